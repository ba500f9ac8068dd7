"""Folds that take the same batches share what is read and resolved, and only where they are at the same point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest

from lrs.store.client import Store
from processors.meaning.interpret import interpret
from processors.meaning.resolve import Refold, Resolver, resolve
from processors.meaning.resolve.active import IDLE
from processors.stages import learner_history
from processors.stages.fold_mark import FoldMark
from processors.stages.shared_reading import FoldedLearner, SharedReading
from processors.stages.who_is_who import TenantPerson
from schemas.catalog import Catalog
from schemas.observation import Observation
from schemas.people import People
from tests.support.statements import answered

ADA = ("t", "ada")


def observations(count: int) -> list[Observation]:
    sent = [answered("ada", f"i{n}", timestamp=f"2026-03-02T10:{n:02}:00Z") for n in range(count)]
    return [o for n, statement in enumerate(sent) for o in interpret(statement, Catalog(), "t", 0, n)]


def shared(folds: int = 2) -> SharedReading:
    return SharedReading(cast(Store, None), folds)


def folded(reading: SharedReading, dumped: bytes = b"") -> FoldedLearner:
    return FoldedLearner(None, FoldMark(), reading.restore(ADA, dumped, IDLE))


def test_what_the_first_fold_resolved_is_the_others() -> None:
    reading, history = shared(), observations(6)
    first_fold, other = folded(reading), folded(reading)
    for start in (0, 3):
        evidence = reading.advance(first_fold, history[start : start + 3])
        assert reading.advance(other, list(history[start : start + 3])) is evidence
        assert evidence == resolve(history)[0][start : start + 3]
        reading.forget()
    assert first_fold.resolver is other.resolver
    assert first_fold.resolver.dump() == resolve(history)[1].dump()


def test_a_fold_that_took_no_part_in_a_batch_does_not_go_on_from_it() -> None:
    reading, history = shared(), observations(4)
    first_fold, other = folded(reading), folded(reading)
    reading.advance(first_fold, history[:2])
    with pytest.raises(Refold):  # it has other observations
        reading.advance(other, history[:1])
    reading.forget()
    reading.advance(first_fold, history[2:])
    with pytest.raises(Refold):
        reading.advance(other, history[2:])


def test_what_cannot_be_resolved_is_of_no_use_to_any(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, history = shared(), observations(2)
    first_fold, other = folded(reading), folded(reading)

    def fails(self: Resolver, o: Observation) -> list[Any]:
        raise ArithmeticError

    with monkeypatch.context() as patched:
        patched.setattr(Resolver, "advance", fails)
        with pytest.raises(ArithmeticError):
            reading.advance(first_fold, history)
    for each in (first_fold, other):
        with pytest.raises(Refold):
            reading.advance(each, history)


def test_folds_at_different_points_have_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, history = shared(), observations(3)
    before = resolve(history[:1])[1].dump()
    first_fold, other = folded(reading, before), folded(reading)
    assert first_fold.resolver is not other.resolver
    assert reading.advance(first_fold, history[1:]) == reading.advance(other, history)[1:]
    whole = reading.read_on(ADA, None, history, [2], IDLE)
    assert reading.read_on(ADA, None, history, range(2, 3), IDLE) is whole
    assert reading.read_on(ADA, before, history[1:], [], IDLE) is not whole


def test_histories_are_read_once_for_the_same_people(monkeypatch: pytest.MonkeyPatch) -> None:
    learners_read: list[Sequence[TenantPerson]] = []

    def read(
        store: Store, learners: Sequence[TenantPerson], people: Any, beside: Any, since: Any
    ) -> dict[TenantPerson, Any]:
        learners_read.append(list(learners))
        return {learner: [] for learner in learners}

    monkeypatch.setattr(learner_history, "read_histories", read)
    reading, people = shared(), {"t": People(Catalog())}
    for _ in range(2):
        reading.histories([ADA], people, None, None)
    assert len(learners_read) == 1
    reading.histories([ADA], {"t": People(Catalog())}, None, None)  # who is who is seen otherwise
    reading.histories([ADA], people, "beside", None)
    reading.forget()
    reading.histories([ADA], people, "beside", None)
    assert len(learners_read) == 4
    alone = shared(folds=1)
    for _ in range(2):
        alone.histories([ADA], people, None, None)
    assert len(learners_read) == 6  # nobody else will ask
