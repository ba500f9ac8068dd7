"""A refold from any snapshot gives the bytes of a refold of the whole history, whatever came late or was retracted."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.folds.interface import Fold
from processors.folds.registry import all_folds
from processors.meaning.resolve import Refold
from processors.stages import refold as module
from processors.stages.refold import refold, snapshot_slot
from schemas.observation import Kind, Observation
from tests.processors.meaning.test_resolve import ordered, seen

DAY = 86_400
_KINDS = [Kind.ATTEMPT, Kind.ATTEMPT, Kind.ATTEMPT, Kind.SCORE, Kind.COMPLETION, Kind.SESSION, Kind.HELP, Kind.MEDIA]


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EVERY", 3)


def observations(draw: random.Random, count: int) -> Iterator[Observation]:
    """What one learner may have done: regrades, wholes and parts, reviewed sessions, help, and quick successions."""
    for n in range(count):
        kind = draw.choice(_KINDS)
        yield seen(
            draw.choice([draw.randrange(3 * DAY), draw.randrange(600), draw.random() * 9]),
            kind,
            id_=f"{n}",
            verb=draw.choice(["answered", "http://x/paused", "evaluated"]),
            item=f"i{draw.randrange(5)}",
            skills=draw.choice([(), ("s",), ("r", "s")]),
            outcome=draw.choice([None, 0.0, 1.0]),
            share=draw.choice([None, None, 0.5]),
            attempt=draw.choice(["", "", "a", "b"]),
            by=draw.choice(["", "", "", "teacher"]),
            parents=draw.choice([(), ("quiz",), ("i1",)]),
            session=draw.choice(["", "s1", "s2"]),
            mode=draw.choice([""] * 9 + ["review"]) if kind is Kind.SESSION else "",
            assistance=draw.choice(["", "hint", "solution"]) if kind is Kind.HELP else "",
            duration=draw.choice([None, 20.0]),
        )


@pytest.mark.parametrize("fold", all_folds(), ids=lambda fold: fold.name)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 60), late=st.integers(1, 4), voided=st.integers(0, 3))
def test_from_a_snapshot_as_from_the_start(fold: Fold, seed: int, count: int, late: int, voided: int) -> None:
    draw = random.Random(seed)
    everything = list(observations(draw, count))
    draw.shuffle(everything)
    added, gone = everything[:late], everything[late : late + voided]
    first = refold(fold, ordered(*everything[late:]))
    now = ordered(*everything[:late], *everything[late + voided :])
    whole = refold(fold, now)
    changed = min(o.order for o in [*added, *gone])
    for snapshot in first.snapshots:
        if snapshot.order < changed:
            try:
                refolded = refold(fold, [o for o in now if o.order > snapshot.order], snapshot)
            except Refold:
                continue
            assert refolded.rows == whole.rows
            assert refolded.resolver.dump() == whole.resolver.dump()
            assert refolded.count == whole.count
            assert fold.restore([(key, row[1]) for key, row in refolded.rows.items()]) is not None


def test_nothing_that_reaches_back_means_a_short_refold() -> None:
    """What is late among plain answers is folded from the last snapshot before it."""
    history = [seen(n * 60, id_=f"{n:03}", item=f"i{n}") for n in range(60)]
    fold = all_folds()[0]
    first = refold(fold, history)
    late = seen(50 * 60 + 1, id_="late", item="late")
    now = ordered(*history, late)
    snapshot = [taken for taken in first.snapshots if taken.order < late.order][-1]
    assert snapshot.count >= 48
    assert refold(fold, [o for o in now if o.order > snapshot.order], snapshot).rows == refold(fold, now).rows


def test_a_regrade_reaches_over_snapshots() -> None:
    """Between an answer and its later judgement nothing is kept, as neither is without the other."""
    history = [seen(n * 60, id_=f"{n:03}", item=f"i{n}") for n in range(30)]
    regrade = seen(29.5 * 60, Kind.SCORE, id_="regrade", item="i10", outcome=0.0, by="teacher")
    snapshots = refold(all_folds()[0], ordered(*history, regrade)).snapshots
    assert [snapshot.count for snapshot in snapshots if 10 < snapshot.count <= 30] == []
    assert [snapshot.count for snapshot in snapshots if snapshot.count <= 10]


def test_slots_hold_ever_fewer_of_what_is_further_back() -> None:
    """A refold costs at most thrice what lies after what is late, and two distances between snapshots."""
    slots = {snapshot_slot(count): count for count in range(3, 3001, 3)}
    assert len(slots) <= 10
    for late in range(3, 2900):
        best = max((count for count in slots.values() if count <= 3000 - late), default=0)
        assert 3000 - best <= 3 * late + 6
