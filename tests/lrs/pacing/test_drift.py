"""Drift is judged by a learner's own baseline, and days on which nobody worked are no drift."""

from __future__ import annotations

import random
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import betabinom

from lrs.pacing.board import NotInCatalog
from lrs.pacing.drift import BASELINE, RECENT, WORTH, class_drift, drift_chance, drifting
from lrs.store.client import Store
from tests.support.classroom import NOW, Classroom

TODAY = 20_000
WEEKS = range(TODAY - RECENT - BASELINE, TODAY)
CLASS = [f"other{n}" for n in range(6)]


def days_of(rng: random.Random, share: float, right: float, days: range = WEEKS) -> dict[int, tuple[int, int]]:
    """Ten answers on each day worked."""
    return {day: (10, sum(rng.random() < right for _ in range(10))) for day in days if rng.random() < share}


def judged(days: dict[str, dict[int, tuple[int, int]]]) -> dict[str, list[str]]:
    return {one.person: one.reasons for one in drifting(days, dict.fromkeys(days, TODAY))}


def test_chance_is_that_of_the_beta_binomial() -> None:
    for few, of, before, before_of in ((0, 9, 24, 32), (5, 10, 24, 32), (3, 3, 0, 12), (40, 100, 800, 1000)):
        rate, worth = (before + 0.5) / (before_of + 1), min(before_of + 1, WORTH)
        assert drift_chance(few, of, before, before_of) == pytest.approx(
            betabinom.cdf(few, of, rate * worth, (1 - rate) * worth), rel=1e-9
        )


@given(st.integers(0, 14), st.integers(0, 56))
def test_fewer_is_never_less_surprising(few: int, before: int) -> None:
    found = [drift_chance(k, 14, before, 56) for k in range(few + 1)]
    assert found == sorted(found)
    assert drift_chance(14, 14, before, 56) == pytest.approx(1.0)


def test_who_stops_is_found_and_who_never_worked_much_is_not() -> None:
    rng = random.Random(1)
    days = {one: days_of(rng, 0.7, 0.8) for one in CLASS}
    days["stops"] = {day: its for day, its in days_of(rng, 0.7, 0.8).items() if day < TODAY - RECENT + 1}
    days["seldom"] = days_of(rng, 0.1, 0.8)
    days["new"] = days_of(rng, 0.7, 0.8, range(TODAY - RECENT - 5, TODAY - RECENT))
    found = judged(days)
    assert list(found) == ["stops"]
    assert "days on which the class did, in the last 14" in found["stops"][0]


def test_who_gets_less_right_is_found_though_they_work_as_before() -> None:
    rng = random.Random(2)
    days = {one: days_of(rng, 0.7, 0.8) for one in CLASS}
    days["worse"] = days_of(rng, 0.7, 0.85, range(WEEKS.start, TODAY - RECENT)) | days_of(
        rng, 0.7, 0.35, range(TODAY - RECENT, TODAY)
    )
    days["weak"] = days_of(rng, 0.7, 0.35)
    found = judged(days)
    assert list(found) == ["worse"]
    assert "answers right in the last 14 days" in found["worse"][0]


def test_holidays_are_no_drift() -> None:
    rng = random.Random(3)
    days = {one: days_of(rng, 0.8, 0.8, range(WEEKS.start, TODAY - RECENT)) for one in CLASS}
    assert judged(days) == {}


def test_few_who_work_as_ever_are_called_drifting() -> None:
    called = people = 0
    for seed in range(40):
        rng = random.Random(seed)
        days = {f"{n}": days_of(rng, rng.uniform(0.2, 0.9), rng.uniform(0.4, 0.9)) for n in range(25)}
        people += len(days)
        called += len(judged(days))
    assert called / people < 0.01


def test_of_a_class_from_its_rows(store: Store) -> None:
    room = Classroom(store, uuid.uuid4().hex)
    keys = {f"mbox:mailto:{name}@s.example": name for name in ("ada", "ben")}
    room.teach(keys, {"s": "Skill"})
    ada, ben = keys
    for back in range(1, RECENT + BASELINE):
        room.engagement(ben, back)
        if back > RECENT:
            room.engagement(ada, back)
    (one,) = class_drift(store, room.catalog, room.tenant, "7b", NOW)
    assert (one["learner"], one["name"]) == (ada, "ada")
    assert one["worked"]["recent"] == 0
    assert class_drift(store, room.catalog, "another tenant", "7b", NOW) == []
    with pytest.raises(NotInCatalog):
        class_drift(store, room.catalog, room.tenant, "8c", NOW)
