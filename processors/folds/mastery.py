"""Mastery: how much of each skill a learner has mastered, on what evidence, and how it came about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import msgspec

from processors.mastery.forgetting import held
from processors.mastery.interval import interval
from processors.mastery.model import Model, bucket_of
from processors.mastery.state import ItemHistory, LearnerHistory, SkillHistory
from processors.mastery.weights import Weights, default_weights
from processors.mastery.worth import worth
from schemas.days import DAY
from schemas.evidence import Evidence
from schemas.observation import Kind

CURVE = 32  # attempts a curve goes back
TREND = 5  # attempts a trend goes back


class SkillEvidence(msgspec.Struct, array_like=True):
    """What one skill's row is made of; times in µs since the epoch."""

    skill: SkillHistory
    first_time: int
    last_time: int
    days: int = 0
    item: str = ""
    next_item: float = 0.0
    first_attempts: int = 0  # answers that were the first on their item …
    first_wins: int = 0  # … and right
    assisted: int = 0  # answers that were no evidence: right after a hint, or after a shown solution
    best: float = 0.0  # the highest mastery so far
    stalled: int = 0  # answers since it last rose
    curve_times: list[int] = []
    curve: list[float] = []
    provisional: bool = False  # the last answer's skill was only the unit that it is in


_evidence_decoder = msgspec.msgpack.Decoder(SkillEvidence)


class _LearnerState(msgspec.Struct, array_like=True):
    learner: LearnerHistory
    last_time: int


_learner_decoder = msgspec.msgpack.Decoder(_LearnerState)


@dataclass(slots=True)
class LearnerMastery:
    """One learner's mastery. `skills` holds the same objects as `evidence`, as the model wants them."""

    learner: LearnerHistory = field(default_factory=LearnerHistory)
    last_time: int = 0
    skills: dict[str, SkillHistory] = field(default_factory=dict)
    evidence: dict[str, SkillEvidence] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)


class Mastery:
    """The fold of judged attempts that have skills. Key "" is the learner's own row, any other a skill's id.

    `mastery` is the number when the skill was last attempted. What is shown at any moment is `expected` of it: what
    was forgotten since is taken off by the row's own `forget_…` and `held` (see Forgetting). An
    answer moves what was shown just before towards its outcome or not at all, so a right one never lowers it and a
    wrong one never raises it, whatever else the learner did in between. `next_item` is the same estimate without
    that clamp: the chance that the next answer on the skill is right.
    """

    name: ClassVar[str] = "mastery"
    column_types: ClassVar[Mapping[str, str]] = {
        "mastery": "Float64",
        "low": "Float64",
        "high": "Float64",
        "next_item": "Float64",
        "attempts": "UInt32",
        "wins": "UInt32",
        "first_attempts": "UInt32",
        "first_wins": "UInt32",
        "assisted": "UInt32",
        "last_outcome": "Int8",
        "streak": "Int32",
        "trend": "Float64",
        "stalled": "UInt32",
        "first_time": "Int64",
        "last_time": "Int64",
        "days": "UInt32",
        "item": "String",
        "curve_times": "Array(Int64)",
        "curve": "Array(Float64)",
        "forget_drop": "Float64",
        "forget_half_life": "Float64",
        "forget_spacing": "Float64",
        "held": "Float64",
        "provisional": "Bool",
        "weights": "LowCardinality(String)",
    }
    columns: ClassVar[tuple[str, ...]] = tuple(column_types)
    # What Forgetting.expected says at the moment of a query.
    computed: ClassVar[Mapping[str, tuple[str, str]]] = {
        "expected": (
            "Float64",
            "if(mastery <= 0 OR mastery >= 1, mastery, 1 / (1 + (1 - mastery) / mastery * exp("
            "if(forget_drop = 0, 0, greatest(0, forget_drop * pow(greatest(days, 1), -forget_spacing) + held))"
            f" * (1 - exp2(-greatest(0, toUnixTimestamp64Micro(now64(6)) - last_time) / {DAY} / forget_half_life)))))",
        )
    }

    def __init__(
        self, model: Model | Weights | None = None, active: Callable[[str], Model | Weights] | None = None
    ) -> None:
        """`active` gives a tenant's model; without it, every tenant has `model`. Weights are those of Pacer's own."""
        model = model or default_weights()
        self.model = model if isinstance(model, Model) else Model(model)
        self._active = active

    @property
    def version(self) -> str:
        return self.model.weights.version

    def of(self, tenant: str) -> Mastery:
        """The fold with the tenant's active weights."""
        if self._active is None:
            return self
        return Mastery(self._active(tenant))

    def start(self) -> LearnerMastery:
        return LearnerMastery()

    def step(self, state: LearnerMastery, evidence: Evidence) -> None:
        state.touched.add("")
        if evidence.kind != Kind.ATTEMPT or evidence.outcome is None:
            return
        skills = tuple(dict.fromkeys(skill for skill in evidence.skills if skill))
        if not skills:
            return
        learner, model, time = state.learner, self.model, evidence.time
        value = worth(evidence)
        if value is None:
            learner.items.setdefault(evidence.item, ItemHistory())
            for skill in skills:
                if past := state.evidence.get(skill):
                    past.assisted += 1
                    state.touched.add(skill)
            return
        first = evidence.item not in learner.items
        model.update(learner, state.skills, evidence.item, skills, value)
        state.last_time = time
        state.touched.update(skills)
        for skill in skills:
            skill_state = state.skills[skill]
            mastery = estimate = model.mastery(learner, skill, skill_state)
            past = state.evidence.get(skill)
            if past is None:
                past = state.evidence[skill] = SkillEvidence(skill_state, time, time - DAY)
            if past.curve:
                mastery = self._clamped(past, time, value, estimate)
            past.days += time // DAY != past.last_time // DAY
            past.last_time = time
            past.item = evidence.item
            past.provisional = evidence.provisional
            past.next_item = estimate
            past.first_attempts += first
            past.first_wins += first and value >= 0.5
            past.stalled = 0 if mastery > past.best else past.stalled + 1
            past.best = max(past.best, mastery)
            past.curve_times.append(time)
            past.curve.append(mastery)
            del past.curve_times[:-CURVE], past.curve[:-CURVE]

    def drain(self, state: LearnerMastery) -> list[tuple[Any, ...]]:
        rows = [self._row(state, key) for key in sorted(state.touched)]
        state.touched.clear()
        return rows

    def restore(self, rows: Iterable[tuple[str, bytes]]) -> LearnerMastery:
        state = LearnerMastery()
        for key, dumped in rows:
            if key:
                evidence = _evidence_decoder.decode(dumped)
                state.evidence[key], state.skills[key] = evidence, evidence.skill
            else:
                own = _learner_decoder.decode(dumped)
                state.learner, state.last_time = own.learner, own.last_time
        return state

    def _clamped(self, evidence: SkillEvidence, time: int, value: float, estimate: float) -> float:
        """The number to show after an answer: the estimate, but never on the other side of what was shown before it.

        A right answer brings back what was forgotten since the last one: it was known, and is again.
        """
        once, since = evidence.curve[-1], (time - evidence.last_time) / DAY
        if value >= once:
            return max(estimate, once)
        up = held(once, evidence.next_item)
        before = self.model.weights.forgetting.expected(once, since, evidence.days, up)
        return max(estimate, before) if value >= before else min(estimate, before)

    def _row(self, state: LearnerMastery, key: str) -> tuple[Any, ...]:
        if not key:
            weights = self.model.weights
            learner, time = state.learner, state.last_time
            own = msgspec.msgpack.encode(_LearnerState(learner, time))
            counts = (learner.attempts, learner.wins, 0, 0, 0)
            numbers = (0.0, 0.0, 0.0, 0.0, *counts, -1, 0, 0.0, 0)
            forgetting = msgspec.structs.astuple(weights.forgetting)
            return ("", own, *numbers, 0, time, 0, "", [], [], *forgetting, 0.0, False, weights.version)
        evidence = state.evidence[key]
        band = self.model.weights.bands[bucket_of(evidence.skill.attempts)]
        ends = interval(evidence.curve[-1], band)
        return (key, msgspec.msgpack.encode(evidence), *self._values(evidence, *ends))

    def columns_of(self, evidence: SkillEvidence, low: float, high: float) -> dict[str, Any]:
        """A skill's row as the table has it, by column: but for the interval, which is dear to compute, it follows at
        once from what is kept of the skill."""
        return dict(zip(self.columns, self._values(evidence, low, high), strict=True))

    def _values(self, evidence: SkillEvidence, low: float, high: float) -> tuple[Any, ...]:
        weights = self.model.weights
        skill, mastery = evidence.skill, evidence.curve[-1]
        return (
            mastery,
            low,
            high,
            evidence.next_item,
            skill.attempts,
            skill.wins,
            evidence.first_attempts,
            evidence.first_wins,
            evidence.assisted,
            skill.history & 1,
            skill.streak,
            mastery - evidence.curve[-TREND - 1 :][0],
            evidence.stalled,
            evidence.first_time,
            evidence.last_time,
            evidence.days,
            evidence.item,
            list(evidence.curve_times),
            list(evidence.curve),
            *msgspec.structs.astuple(weights.forgetting),
            held(mastery, evidence.next_item),
            evidence.provisional,
            weights.version,
        )
