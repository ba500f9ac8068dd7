"""Mastery: how much of each skill a learner has mastered, on what evidence, and how it came about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import exp, lgamma, log, log1p
from typing import Any, ClassVar

import msgspec

from processors.mastery.model import Learner, Model, Skill, Weights, bucket_of, default_weights
from schemas.observation import Kind, Observation

CURVE = 32  # attempts a curve goes back
TREND = 5  # attempts a trend goes back
_TAIL = 0.05  # on either side of an interval
_DAY = 86_400 * 1_000_000


class Evidence(msgspec.Struct, array_like=True):
    """What one skill's row stands on; times in µs since the epoch."""

    skill: Skill
    first_time: int
    last_time: int
    days: int = 0
    item: str = ""
    next_item: float = 0.0
    curve_times: list[int] = []
    curve: list[float] = []


class _Own(msgspec.Struct, array_like=True):
    learner: Learner
    last_time: int


@dataclass(slots=True)
class State:
    """One learner's mastery. `skills` holds the same objects as `evidence`, as the model wants them."""

    learner: Learner = field(default_factory=Learner)
    last_time: int = 0
    skills: dict[str, Skill] = field(default_factory=dict)
    evidence: dict[str, Evidence] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)


class Mastery:
    """The fold of judged attempts that have skills. Key "" is the learner's own row, any other a skill's id.

    A skill's row is what stood when the skill was last attempted: attempts on other skills move the learner's
    ability, but this row only with the next attempt on its own skill. There a right answer never lowers the
    mastery shown and a wrong one never raises it, whatever happened in between.
    """

    name: ClassVar[str] = "mastery"
    column_types: ClassVar[Mapping[str, str]] = {
        "mastery": "Float64",
        "low": "Float64",
        "high": "Float64",
        "next_item": "Float64",
        "attempts": "UInt32",
        "wins": "UInt32",
        "last_outcome": "Int8",
        "streak": "Int32",
        "trend": "Float64",
        "first_time": "Int64",
        "last_time": "Int64",
        "days": "UInt32",
        "item": "String",
        "curve_times": "Array(Int64)",
        "curve": "Array(Float64)",
        "weights": "LowCardinality(String)",
    }
    columns: ClassVar[tuple[str, ...]] = tuple(column_types)

    def __init__(self, weights: Weights | None = None) -> None:
        self.model = Model(weights or default_weights())

    def start(self) -> State:
        return State()

    def step(self, state: State, observation: Observation) -> None:
        state.touched.add("")
        outcome = observation.outcome
        skills = tuple(dict.fromkeys(skill for skill in observation.skills if skill))
        if observation.kind != Kind.ATTEMPT or outcome is None or not skills:
            return
        right = outcome >= 0.5
        self.model.update(state.learner, state.skills, observation.item, skills, right)
        state.last_time = observation.time
        state.touched.update(skills)
        next_item = self.model.predict(state.learner, state.skills, observation.item, skills)
        for skill in skills:
            past = state.skills[skill]
            mastery = self.model.mastery(state.learner, skill, past)
            evidence = state.evidence.get(skill)
            if evidence is None:
                evidence = state.evidence[skill] = Evidence(past, observation.time, observation.time - _DAY)
            if evidence.curve:
                mastery = (max if right else min)(mastery, evidence.curve[-1])
            evidence.days += observation.time // _DAY != evidence.last_time // _DAY
            evidence.last_time = observation.time
            evidence.item = observation.item
            evidence.next_item = next_item
            evidence.curve_times.append(observation.time)
            evidence.curve.append(mastery)
            del evidence.curve_times[:-CURVE], evidence.curve[:-CURVE]

    def drain(self, state: State) -> list[tuple[Any, ...]]:
        rows = [self._row(state, key) for key in sorted(state.touched)]
        state.touched.clear()
        return rows

    def restore(self, rows: Iterable[tuple[str, bytes]]) -> State:
        state = State()
        for key, kept in rows:
            if key:
                evidence = msgspec.msgpack.decode(kept, type=Evidence)
                state.evidence[key], state.skills[key] = evidence, evidence.skill
            else:
                own = msgspec.msgpack.decode(kept, type=_Own)
                state.learner, state.last_time = own.learner, own.last_time
        return state

    def _row(self, state: State, key: str) -> tuple[Any, ...]:
        version = self.model.weights.version
        if not key:
            learner, time = state.learner, state.last_time
            own = msgspec.msgpack.encode(_Own(learner, time))
            counts = (learner.attempts, learner.wins)
            return ("", own, 0.0, 0.0, 0.0, 0.0, *counts, -1, 0, 0.0, 0, time, 0, "", [], [], version)
        evidence = state.evidence[key]
        skill, mastery = evidence.skill, evidence.curve[-1]
        return (
            key,
            msgspec.msgpack.encode(evidence),
            mastery,
            *interval(mastery, self.model.weights.kappa[bucket_of(skill.attempts)]),
            evidence.next_item,
            skill.attempts,
            skill.wins,
            skill.history & 1,
            skill.streak,
            mastery - evidence.curve[-TREND - 1 :][0],
            evidence.first_time,
            evidence.last_time,
            evidence.days,
            evidence.item,
            list(evidence.curve_times),
            list(evidence.curve),
            version,
        )


def interval(mastery: float, kappa: float) -> tuple[float, float]:
    """The 90 % interval of Beta(mastery·kappa, (1 - mastery)·kappa), to three decimals of mastery, around it."""
    low, high = _interval(round(mastery, 3), kappa)
    return min(low, mastery), max(high, mastery)


@lru_cache(maxsize=8192)
def _interval(mean: float, kappa: float) -> tuple[float, float]:
    mean = min(max(mean, 0.0005), 0.9995)
    a, b = mean * kappa, (1.0 - mean) * kappa
    return _beta_quantile(a, b, _TAIL), _beta_quantile(a, b, 1.0 - _TAIL)


def _beta_quantile(a: float, b: float, share: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        if _beta_cdf(a, b, middle) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _beta_cdf(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function, by Lentz's continued fraction (DLMF 8.17.22)."""
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - _beta_cdf(b, a, 1.0 - x)
    if x <= 0.0:
        return 0.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    c, d = 1.0, 1.0 / (1.0 - (a + b) * x / (a + 1.0))
    fraction = d
    for m in range(1, 200):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            c, d = 1.0 + term / c, 1.0 / (1.0 + term * d)
            fraction *= c * d
        if abs(c * d - 1.0) < 1e-12:
            break
    return front * fraction
