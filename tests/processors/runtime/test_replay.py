"""A replay while workers go on: the table that takes the name is the fold of the set, whatever came meanwhile."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import pytest

from lrs.catalog.catalogs import Catalogs
from lrs.database.connection import DatabaseUnavailable
from lrs.store.client import Store
from processors.folds.registry import all_folds
from processors.runtime.hold import Stalled
from processors.runtime.replay import AroundSwap, FoldReaders, Replayed, replay
from schemas.record import OBSERVATIONS, PROJECT
from tests.processors.runtime.test_partitions import School
from tests.support.rows import expected, live
from tests.support.statements import answered, voiding

LEARNERS = [f"l{number}" for number in range(8)]  # of both partitions


REFUSED = (Stalled("partitions change hands"), DatabaseUnavailable("a batch takes long"))


class Held:
    """Holds the workers of a school: refuses so many times before."""

    def __init__(self, school: School, refusals: int = 0) -> None:
        self._school, self._refusals = school, refusals

    def wait_until_folded(self) -> list[int]:
        self._school.finish()
        return self._school.api.ends(OBSERVATIONS)

    @contextmanager
    def stages_held(self) -> Iterator[None]:
        if self._refusals:
            self._refusals -= 1
            raise REFUSED[self._refusals % 2]
        self._school.finish()
        yield


@pytest.fixture
def school(store: Store) -> School:
    made = School(store, f"replay-{uuid.uuid4()}")
    send(made, *[name for name in LEARNERS for _ in range(3)])
    for name in LEARNERS[:1] * 40:  # one partition is far ahead of the other
        send(made, name)
    made.finish()
    return made


def send(school: School, *names: str) -> None:
    at = len(school.sent)
    new = [
        answered(name, f"i{number % 5}", number % 2 == 0, ("a",), f"2026-03-02T09:{number // 60:02}:{number % 60:02}Z")
        for number, name in enumerate(names, at)
    ]
    school.append(new)
    school.sent += new


def void(school: School, *names: str) -> None:
    """Take back the last that was sent of each."""
    for name in names:
        last = [s for s in school.sent if s.get("actor", {}).get("account", {}).get("name") == name][-1]
        voiding_statement = voiding(last["id"])
        school.append([voiding_statement])
        school.sent.append(voiding_statement)


def rebuild(
    school: School, fold: int, held: Held, at_first: Callable[[], None], at_last: Callable[[], None]
) -> Replayed:
    """`at_first` happens while everybody is folded, `at_last` once somebody is asked whether to swap."""
    moments = iter([at_first])

    def progress(done: int, of: int) -> None:
        next(moments, lambda: None)()
        school.finish()

    def agreed() -> bool:
        at_last()
        return True

    group = FoldReaders(PROJECT, [fold.name for fold in all_folds()])
    around = AroundSwap(agreed)
    return replay(
        school.api,
        school.store,
        all_folds()[fold],
        Catalogs(school.api),
        group,
        held,
        nullcontext,
        False,
        progress,
        around,
    )


@pytest.mark.parametrize("fold", range(len(all_folds())))
def test_what_comes_meanwhile_in_any_partition_is_in_the_table_and_what_is_voided_is_not(
    school: School, fold: int
) -> None:
    def first() -> None:
        send(school, *LEARNERS)
        void(school, *LEARNERS)  # what was the furthest of each, and perhaps folded beside already

    def last() -> None:
        send(school, *LEARNERS)
        void(school, *LEARNERS[::2])
        send(school, "new")

    assert rebuild(school, fold, Held(school), first, last).swapped
    for each in all_folds():
        assert live(school.store, each, school.tenant) == expected(each, school.tenant, school.sent)
    send(school, *LEARNERS)  # and the workers go on with the other table
    school.finish()
    for each in all_folds():
        assert live(school.store, each, school.tenant) == expected(each, school.tenant, school.sent)


def test_workers_that_cannot_be_held_for_a_moment_are_waited_for_and_others_leave_the_table_as_it_was(
    school: School,
) -> None:
    assert rebuild(school, 0, Held(school, refusals=2), lambda: None, lambda: send(school, *LEARNERS)).swapped
    assert live(school.store, all_folds()[0], school.tenant) == expected(all_folds()[0], school.tenant, school.sent)
    before = live(school.store, all_folds()[0], school.tenant)
    with pytest.raises((Stalled, DatabaseUnavailable)):
        rebuild(school, 0, Held(school, refusals=99), lambda: None, lambda: None)
    assert live(school.store, all_folds()[0], school.tenant) == before
