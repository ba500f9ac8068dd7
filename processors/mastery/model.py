"""The mastery model: how likely a learner's next answer is right, and how much of a skill is mastered.

Logistic, O(1) an answer. Two heads share one state and the features of learner and skill: `next_item` also knows which
item comes, `mastery` does not and is what people are shown. Neither is monotone by itself: the fold clamps what it
shows, and the weights of `mastery` were fitted through that clamp.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import exp, log, log1p, sqrt
from operator import mul
from typing import NamedTuple

from processors.mastery.state import ItemHistory, LearnerHistory, SkillHistory, remember
from processors.mastery.weights import HeadWeights, Weights
from schemas.sums import add_up

FIRST = 3  # where among the slopes it is said that an item was not met before
_BUCKET = (0, 1, 2, 3, 3, 4, 4, 4, 4, *[5] * 11, 6)


class SkillFeatures(NamedTuple):
    """What a head weighs of one skill, and where its tables are read."""

    core: list[float]
    slopes: tuple[float, ...]
    bucket: int
    history: int
    followed: bool  # the learner's answer before was on the skill, too


class Model:
    """The model under one set of weights; learners' states are the caller's."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self._logits: dict[str, float] = {}

    def skill_rate(self, skill: str) -> float:
        return self.weights.skill_rates.get(skill, self.weights.rate)

    def base(self, item: str | None, skills: Sequence[str]) -> float:
        """The rate of right answers on an item; on its skills where it is not known."""
        rate = self.weights.item_rates.get(item) if item is not None else None
        if rate is None:
            rate = add_up(map(self.skill_rate, skills)) / len(skills)
        return min(max(rate, 0.02), 0.98)

    def mastery(self, learner: LearnerHistory, skill: str, past: SkillHistory) -> float:
        """P(right) on an item of the skill that nobody knows yet."""
        head = self.weights.mastery
        features = self.see(learner, skill, past, 0.0)
        z = add_up(map(mul, head.core, features.core)) + _terms(head, skill, features)
        z += head.context[learner.history << 1 | features.followed]
        return sigmoid(head.shift + head.scale * z)

    def next_item(
        self, learner: LearnerHistory, past: Mapping[str, SkillHistory], item: str, skills: Sequence[str]
    ) -> float:
        """P(right) of the learner's next answer, on `item` of one or more `skills`."""
        return self.next_items(learner, past, skills)(item)

    def next_items(
        self, learner: LearnerHistory, past: Mapping[str, SkillHistory], skills: Sequence[str]
    ) -> Callable[[str], float]:
        """P(right) of the learner's next answer by item, for items of the same `skills`: what they share is weighed
        once."""
        head, of_items = self.weights.next_item, self.weights.item
        z_of = {0.0: 0.0, 1.0: 0.0}  # by whether the item was not met before
        same = False
        for skill in skills:
            features = self.see(learner, skill, past.get(skill, _NO_SKILL), 0.0)
            core = add_up(map(mul, head.core, features.core))
            for first in z_of:
                slopes = (*features.slopes[:FIRST], first, *features.slopes[FIRST + 1 :])
                z_of[first] += (core + _terms(head, skill, features._replace(slopes=slopes))) / len(skills)
            same = same or features.followed
        context = head.context[learner.history << 1 | same]

        def chance(item: str) -> float:
            met = learner.items.get(item, _NO_ITEM)
            again = item == learner.last_item and met.last >= 0
            own = of_items.items.get(item, of_items.any_item)
            z = z_of[float(met.last < 0)]
            z += add_up(map(mul, of_items.item, self._item(learner, met, again, self.base(item, skills))))
            z += own.bias + own.retry[_retry(met, again)] + context
            return sigmoid(head.shift + head.scale * z)

        return chance

    def see(self, learner: LearnerHistory, skill: str, s: SkillHistory, first: float) -> SkillFeatures:
        """The features of one learner and skill; `first` says that the item was not met before."""
        n, n_s, theta, theta_s = learner.attempts, s.attempts, learner.ability, s.ability
        u, u_s = 1.0 / sqrt(1.0 + n), 1.0 / sqrt(1.0 + n_s)
        v, v_s = 1.0 - u, 1.0 - u_s
        last = (-1.0, 1.0)[learner.history & 1] if n else 0.0
        before = (-1.0, 1.0)[learner.history >> 1 & 1] if n > 1 else 0.0
        followed = skill in learner.last_skills
        wins, fails, streak, logit_s = log1p(s.credit), log1p(n_s - s.credit), s.streak, self._logit_skill(skill)
        a1, a2, a3, a4 = learner.residuals
        p1, p2, p3 = learner.paced
        e1, e2, e3 = s.residuals
        l1, l2, l3 = s.levels
        q1, q2 = s.paced
        # In this order: `weights.CORE` counts them, `LOGIT_SKILL` is a place among them, `tabulate` fills them alike.
        core = [
            1.0, log1p(learner.credit), log1p(n - learner.credit), a1, a2, a3, a4, last, before, theta, u, a2 * v,
            p1, p2, p3, p1 * v, p2 * v, p3 * v, wins, fails, e1, e2, e3,
            (streak if streak < 6 else 6) / 6 if streak > 0 else 0.0,
            (-streak if streak > -6 else 6) / 6 if streak < 0 else 0.0,
            log1p(n - s.position) / 5 if n_s else 0.0, (s.credit + 1.5) / (n_s + 2) - 0.7,
            1.0 if followed else 0.0, 1.0 if followed and last > 0 else 0.0, theta_s, u_s, theta_s * v_s,
            logit_s, logit_s * u, logit_s * u_s, l1, l2, l3, l1 * v_s, l2 * v_s, l3 * v_s,
            q1, q2, q1 * v_s, q2 * v_s, theta * u_s, a2 * u_s,
        ]  # fmt: skip
        return SkillFeatures(core, (wins, fails, e2, first, theta, theta_s), bucket_of(n_s), s.history, followed)

    def update(
        self, learner: LearnerHistory, past: dict[str, SkillHistory], item: str, skills: Sequence[str], value: float
    ) -> None:
        """Fold one answer in, in place; value in [0, 1]. `skills` are distinct and at least one."""
        b = self.base(item, skills)
        logit_b, residual, n, right = logit(b), value - b, learner.attempts, value >= 0.5
        theta, abilities = learner.ability, 0.0
        for skill in skills:
            s = past.get(skill)
            if s is None:
                s = past[skill] = SkillHistory()
            abilities += s.ability
            level = value - self.skill_rate(skill)
            s.ability += 0.4 / (1 + 0.05 * s.attempts) * (value - sigmoid(logit_b + theta + s.ability))
            x, y, z = s.residuals
            s.residuals = (x + 0.1 * (residual - x), y + 0.3 * (residual - y), z + 0.6 * (residual - z))
            x, y, z = s.levels
            s.levels = (x + 0.1 * (level - x), y + 0.3 * (level - y), z + 0.6 * (level - z))
            x, y = s.paced
            s.paced = (x + 0.2 * (value - sigmoid(logit_b + x)), y + 0.8 * (value - sigmoid(logit_b + y)))
            s.credit += value
            s.attempts += 1
            s.wins += right
            s.streak = max(s.streak, 0) + 1 if right else min(s.streak, 0) - 1
            s.position = n
            s.history = remember(s.history, right, 4)
        learner.ability += 0.4 / (1 + 0.05 * n) * (value - sigmoid(logit_b + theta + abilities / len(skills)))
        w, x, y, z = learner.residuals
        learner.residuals = (
            w + 0.01 * (residual - w), x + 0.05 * (residual - x), y + 0.2 * (residual - y), z + 0.5 * (residual - z)
        )  # fmt: skip
        x, y, z = learner.paced
        learner.paced = (
            x + 0.05 * (value - sigmoid(logit_b + x)),
            y + 0.2 * (value - sigmoid(logit_b + y)),
            z + 0.8 * (value - sigmoid(logit_b + z)),
        )
        learner.credit += value
        learner.attempts += 1
        learner.wins += right
        learner.history = remember(learner.history, right, 5)
        learner.last_item, learner.last_skills = item, tuple(skills)
        met = learner.items.get(item)
        if met is None:
            met = learner.items[item] = ItemHistory()
        met.credit += value
        met.attempts += 1
        met.last = int(right)
        met.failing = 0 if right else met.failing + 1

    def _item(self, learner: LearnerHistory, met: ItemHistory, again: bool, base: float) -> list[float]:
        logit_b = logit(base)
        return [
            log1p(met.credit), log1p(met.attempts - met.credit), float(met.last < 0),
            float(met.last == 1), float(met.last == 0), float(again and met.last == 1), float(again and met.last == 0),
            log1p(met.failing), logit_b, logit_b / sqrt(1.0 + learner.attempts),
        ]  # fmt: skip

    def _logit_skill(self, skill: str) -> float:
        skill_logit = self._logits.get(skill)
        if skill_logit is None:
            skill_logit = self._logits[skill] = logit(min(max(self.skill_rate(skill), 0.02), 0.98))
        return skill_logit


def sigmoid(z: float) -> float:
    return 1.0 / (1.0 + exp(-z)) if z > -700.0 else 0.0


def logit(p: float) -> float:
    return log(p / (1.0 - p))


def bucket_of(attempts: int) -> int:
    """The bucket of a number of attempts: 0, 1, 2, 3-4, 5-8, 9-19, 20 and more."""
    return _BUCKET[attempts if attempts < 20 else 20]


_NO_ITEM, _NO_SKILL = ItemHistory(), SkillHistory()


def _terms(head: HeadWeights, skill: str, features: SkillFeatures) -> float:
    own = head.skills.get(skill, head.any_skill)
    z = own.bias + own.attempts[features.bucket] + own.history[features.history]
    return z + add_up(map(mul, own.slopes, features.slopes))


def _retry(met: ItemHistory, again: bool) -> int:
    """0 never met; last right: 1 at once again, 2 later, 3 later after fails; 4-9 wrong 1, 2, 3+ times in a row."""
    if met.last < 0:
        return 0
    if met.last == 1:
        return 1 if again else 2 + (met.attempts > met.credit)
    return 4 + 2 * min(met.failing - 1, 2) + again
