"""The mastery model: how likely a learner's next answer is right, and how much of a skill is mastered.

Logistic, O(1) an event. Two heads share one state: `next_item` knows which item comes and sees all features;
`mastery` does not know the item and is monotone: a right answer never lowers it, a wrong one never raises it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from math import exp, log, log1p, sqrt
from operator import mul
from typing import NamedTuple

import msgspec

LEARNER_RATES = (0.01, 0.05, 0.2, 0.5)  # of the learner's EWMAs of residuals
SKILL_RATES = (0.1, 0.3, 0.6)  # of the skill's EWMAs
PACES = (0.05, 0.2, 0.8)  # steps of the learner's abilities that forget
SKILL_PACES = (0.2, 0.8)
BUCKETS, HISTORIES, RETRIES, CONTEXTS = 7, 32, 10, 128
SLOPES = 6  # features with a weight for each skill
LOGIT_BASE = 31  # where logit b stands among the features
MASTERY_SLOPES = (2, 3, 4, 5, 9)  # features of mastery with a weight for each skill
# What a right answer does to each feature of mastery (0: nothing, ever); its weight must not have the other sign.
SIGNS = (0, 0, 1, 1, 1, -1, 1, -1, 1, 1, 1, 1, -1, 1, 1, 1, 1, 1, 1, 1)
_BUCKET = (0, 1, 2, 3, 3, 4, 4, 4, 4, *[5] * 11, 6)


class SkillTerms(msgspec.Struct, array_like=True, frozen=True):
    """What next_item knows of one skill."""

    bias: float
    attempts: list[float]  # by bucket of attempts
    history: list[float]  # by the last ≤4 outcomes
    slopes: list[float]


class ItemTerms(msgspec.Struct, array_like=True, frozen=True):
    """What next_item knows of one item."""

    bias: float
    retry: list[float]  # by retry state


class MasteryTerms(msgspec.Struct, array_like=True, frozen=True):
    """What mastery knows of one skill."""

    bias: float
    slopes: list[float]


class NextItem(msgspec.Struct, frozen=True):
    """Weights of the head that knows the item; any_skill and any_item stand for those it never saw."""

    shared: list[float]
    context: list[float]  # by the learner's last ≤5 outcomes, and whether the skill is the one before
    any_skill: SkillTerms
    any_item: ItemTerms
    scale: float  # Platt: σ(shift + scale·z)
    shift: float
    skills: dict[str, SkillTerms] = {}
    items: dict[str, ItemTerms] = {}


class Unseen(msgspec.Struct, frozen=True):
    """Weights of the head that does not know the item."""

    shared: list[float]
    any_skill: MasteryTerms
    scale: float
    shift: float
    skills: dict[str, MasteryTerms] = {}


class Weights(msgspec.Struct, frozen=True):
    """All that was fitted. Frozen between refits, so a replay gives the same rows; `rate` is the global one."""

    version: str
    source: str
    rate: float
    next_item: NextItem
    mastery: Unseen
    kappa: list[float]  # evidence a mastery is worth, in answers, by bucket of attempts
    skill_rates: dict[str, float] = {}
    item_rates: dict[str, float] = {}


class Item(msgspec.Struct, array_like=True):
    """One learner's past with one item."""

    wins: int = 0
    fails: int = 0
    last: int = -1
    failing: int = 0  # wrong answers in a row


class Skill(msgspec.Struct, array_like=True):
    """One learner's past with one skill."""

    wins: int = 0
    fails: int = 0
    streak: int = 0
    position: int = 0
    history: int = 1  # last ≤4 outcomes as bits, under a leading 1
    ability: float = 0.0
    residuals: list[float] = msgspec.field(default_factory=lambda: [0.0] * len(SKILL_RATES))
    levels: list[float] = msgspec.field(default_factory=lambda: [0.0] * len(SKILL_RATES))
    paced: list[float] = msgspec.field(default_factory=lambda: [0.0] * len(SKILL_PACES))

    @property
    def attempts(self) -> int:
        return self.wins + self.fails


class Learner(msgspec.Struct, array_like=True):
    """One learner's past, apart from the skills'."""

    wins: int = 0
    fails: int = 0
    history: int = 1  # last ≤5 outcomes as bits, under a leading 1
    ability: float = 0.0
    residuals: list[float] = msgspec.field(default_factory=lambda: [0.0] * len(LEARNER_RATES))
    paced: list[float] = msgspec.field(default_factory=lambda: [0.0] * len(PACES))
    last_item: str = ""
    last_skills: tuple[str, ...] = ()
    items: dict[str, Item] = {}

    @property
    def attempts(self) -> int:
        return self.wins + self.fails


class SkillFeatures(NamedTuple):
    """Where a skill's tables are read, and the features its slopes weigh."""

    skill: str
    bucket: int
    history: int
    slopes: tuple[float, ...]


class Features(NamedTuple):
    """What next_item weighs: shared features (means over the event's skills) and places in tables."""

    shared: list[float]
    skills: list[SkillFeatures]
    retry: int
    context: int


class Model:
    """The model under one set of weights; learners' states are the caller's."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights

    def skill_rate(self, skill: str) -> float:
        return self.weights.skill_rates.get(skill, self.weights.rate)

    def base(self, item: str | None, skills: Sequence[str]) -> float:
        """The rate of right answers on an item; on its skills where it is not known."""
        rate = self.weights.item_rates.get(item) if item is not None else None
        if rate is None:
            rate = sum(map(self.skill_rate, skills)) / len(skills)
        return min(max(rate, 0.02), 0.98)

    def predict(self, learner: Learner, past: Mapping[str, Skill], item: str | None, skills: Sequence[str]) -> float:
        """P(right) of the learner's next answer, on `item` (None: on any item) of one or more `skills`."""
        head = self.weights.next_item
        shared, per_skill, retry, context = self.features(learner, past, item, skills)
        terms = head.items.get(item, head.any_item) if item is not None else head.any_item
        z = sum(map(mul, head.shared, shared)) + terms.bias + terms.retry[retry]
        for skill, bucket, history, slopes in per_skill:
            own = head.skills.get(skill, head.any_skill)
            z += (own.bias + own.attempts[bucket] + own.history[history] + sum(map(mul, own.slopes, slopes))) / len(
                per_skill
            )
        return sigmoid(head.shift + head.scale * (z + head.context[context]))

    def mastery(self, learner: Learner, skill: str, past: Skill) -> float:
        """P(right) on an item of the skill that nobody knows yet: what people are shown as mastery."""
        head = self.weights.mastery
        y = self.mastery_features(learner, skill, past)
        own = head.skills.get(skill, head.any_skill)
        z = own.bias + sum(map(mul, head.shared, y))
        for place, slope in zip(MASTERY_SLOPES, own.slopes, strict=True):
            z += slope * y[place]
        return sigmoid(head.shift + head.scale * z)

    def features(
        self, learner: Learner, past: Mapping[str, Skill], item: str | None, skills: Sequence[str]
    ) -> Features:
        """What `predict` weighs. Without an item, its rate is the skills' and nothing of it is known."""
        met = learner.items.get(item, _NO_ITEM) if item is not None else _NO_ITEM
        again = item is not None and item == learner.last_item and met.last >= 0
        first = float(item is not None and met.last < 0)
        theta, n = learner.ability, learner.attempts
        u = 1.0 / sqrt(1.0 + n)
        logit_b = logit(self.base(item, skills))
        last = (-1.0, 1.0)[learner.history & 1] if n else 0.0
        before = (-1.0, 1.0)[learner.history >> 1 & 1] if n > 1 else 0.0
        own: list[list[float]] = []
        per_skill: list[SkillFeatures] = []
        same = False
        for skill in skills:
            s = past.get(skill, _NO_SKILL)
            n_s = s.wins + s.fails
            u_s = 1.0 / sqrt(1.0 + n_s)
            followed = skill in learner.last_skills
            same = same or followed
            wins, fails = log1p(s.wins), log1p(s.fails)
            own.append(
                [
                    wins,
                    fails,
                    *s.residuals,
                    min(max(s.streak, 0), 6) / 6,
                    min(max(-s.streak, 0), 6) / 6,
                    log1p(n - s.position) / 5 if n_s else 0.0,
                    (s.wins + 1.5) / (n_s + 2) - 0.7,
                    float(followed),
                    float(followed and last > 0),
                    s.ability,
                    u_s,
                    s.ability * (1.0 - u_s),
                ]
            )
            per_skill.append(
                SkillFeatures(skill, bucket_of(n_s), s.history, (wins, fails, s.residuals[1], first, theta, s.ability))
            )
        m = own[0] if len(own) == 1 else [sum(values) / len(own) for values in zip(*own, strict=True)]
        shared = [
            log1p(learner.wins), log1p(learner.fails), m[0], m[1], log1p(met.wins), log1p(met.fails),
            *learner.residuals, *m[2:5], first, *m[5:9],
            float(met.last == 1), float(met.last == 0),
            float(again and met.last == 1), float(again and met.last == 0), log1p(met.failing),
            m[9], m[10], last, before, theta, m[11], m[12], u,
            logit_b, 1.0, logit_b * u, learner.residuals[1] * (1.0 - u), m[13],
        ]  # fmt: skip
        return Features(shared, per_skill, _retry(met, again), learner.history << 1 | same)

    def mastery_features(self, learner: Learner, skill: str, s: Skill) -> list[float]:
        """What `mastery` weighs. A right answer moves each by its sign in SIGNS or not at all; a wrong one against."""
        rate, n = self.skill_rate(skill), s.wins + s.fails
        logit_s = logit(min(max(rate, 0.02), 0.98))
        return [
            1.0,
            logit_s,
            learner.ability,
            s.ability,
            log1p(s.wins),
            log1p(s.fails),
            min(max(s.streak, 0), 6) / 6,
            min(max(-s.streak, 0), 6) / 6,
            *s.levels,
            log1p(learner.wins),
            log1p(learner.fails),
            logit((s.wins + 2 * rate) / (n + 2)) - logit_s,
            logit((s.wins + 8 * rate) / (n + 8)) - logit_s,
            *learner.paced,
            *s.paced,
        ]

    def update(self, learner: Learner, past: dict[str, Skill], item: str, skills: Sequence[str], right: bool) -> None:
        """Fold one answer in, in place. `skills` are distinct and at least one."""
        b = self.base(item, skills)
        logit_b, residual, n = logit(b), right - b, learner.attempts
        theta = learner.ability
        mean_ability = 0.0
        for skill in skills:
            s = past.get(skill)
            if s is None:
                s = past[skill] = Skill()
            mean_ability += s.ability / len(skills)
            level = right - self.skill_rate(skill)
            step = 0.4 / (1 + 0.05 * (s.wins + s.fails))
            s.ability += step * (right - sigmoid(logit_b + theta + s.ability))
            for i, k in enumerate(SKILL_RATES):
                s.residuals[i] += k * (residual - s.residuals[i])
                s.levels[i] += k * (level - s.levels[i])
            for i, k in enumerate(SKILL_PACES):
                s.paced[i] += k * (right - sigmoid(logit_b + s.paced[i]))
            s.wins += right
            s.fails += not right
            s.streak = max(s.streak, 0) + 1 if right else min(s.streak, 0) - 1
            s.position = n
            s.history = _remember(s.history, right, 4)
        learner.ability += 0.4 / (1 + 0.05 * n) * (right - sigmoid(logit_b + theta + mean_ability))
        for i, k in enumerate(LEARNER_RATES):
            learner.residuals[i] += k * (residual - learner.residuals[i])
        for i, k in enumerate(PACES):
            learner.paced[i] += k * (right - sigmoid(logit_b + learner.paced[i]))
        learner.wins += right
        learner.fails += not right
        learner.history = _remember(learner.history, right, 5)
        learner.last_item, learner.last_skills = item, tuple(skills)
        met = learner.items.get(item)
        if met is None:
            met = learner.items[item] = Item()
        met.wins += right
        met.fails += not right
        met.last = int(right)
        met.failing = 0 if right else met.failing + 1


@cache
def default_weights() -> Weights:
    """The weights Pacer comes with: for a deployment that has not fitted its own."""
    return msgspec.json.decode(files("processors.mastery").joinpath("weights.json").read_bytes(), type=Weights)


def sigmoid(z: float) -> float:
    return 1.0 / (1.0 + exp(-z)) if z > -700.0 else 0.0


def logit(p: float) -> float:
    return log(p / (1.0 - p))


def bucket_of(attempts: int) -> int:
    """The bucket of a number of attempts: 0, 1, 2, 3-4, 5-8, 9-19, 20 and more."""
    return _BUCKET[min(attempts, 20)]


_NO_ITEM, _NO_SKILL = Item(), Skill()


def _remember(history: int, right: bool, length: int) -> int:
    """Shift an outcome in under the leading 1, keeping the last `length`."""
    longer = history << 1 | right
    return longer if longer < 2 << length else longer & (1 << length) - 1 | 1 << length


def _retry(met: Item, again: bool) -> int:
    """0 never met; last right: 1 at once again, 2 later, 3 later after fails; 4-9 wrong 1, 2, 3+ times in a row."""
    if met.last < 0:
        return 0
    if met.last == 1:
        return 1 if again else 2 + (met.fails > 0)
    return 4 + 2 * min(met.failing - 1, 2) + again
