"""An entry of an opening check that fails between its writes: whatever comes next, one statement counts, and the board
shows it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs.catalog.catalogs import Catalogs
from lrs.errors import Full
from lrs.plans.opening_checks import OpeningChecks
from lrs.plans.own_checks import OwnCheck
from lrs.record.appender import StatementConflict
from lrs.store.client import Store
from schemas.asked_question import AskedQuestion
from schemas.catalog import Class, Member
from schemas.invalid import Invalid
from schemas.opening_check import Check, EnteredResult, Question
from schemas.plan_events import KeptCheck
from schemas.xapi.compare import same_statement
from tests.support.classroom import NOW
from tests.support.planned_school import CLASS, KEYS, School

ADA, KEY = KEYS[0], (KEYS[0], 0)
ASKED = AskedQuestion(type="numeric", text="1/2 + 1/4?", correct=["0.75"])
# What fails: each of the writes, before it is done, or after, where whoever asked does not get to know.
WRITES = ["event", "statements", "mark"]
FAULTS = [(write, done) for write in WRITES for done in (False, True)]


class Disk:
    """Statements by id, as a log keeps them, and the one write that fails next."""

    def __init__(self, school: School, id_: str) -> None:
        self.school, self.id = school, id_
        self.statements: dict[str, dict[str, Any]] = {}
        self.fault: tuple[str, bool] | None = None

    def start(self) -> OpeningChecks:
        """A process, which knows what is on the disk alone."""
        catalogs = Catalogs(self.school.log)

        def append(tenant: str, credential: str, change: Any, now: int) -> int:
            position = 0
            for done in self._writing("mark" if change.kind == "check recorded" else "event"):
                if done:
                    position = Catalogs.append(catalogs, tenant, credential, change, now)
            return position

        catalogs.append = append  # type: ignore[method-assign]
        return OpeningChecks(self.school.planner.store, catalogs, lambda: NOW, self.record)

    async def record(self, tenant: str, statements: Sequence[bytes]) -> None:
        made = [orjson.loads(one) for one in statements]
        for done in self._writing("statements"):
            if done:
                if other := [one["id"] for one in made if not same_statement(self.statements.get(one["id"], one), one)]:
                    raise StatementConflict(other)
                self.statements = {one["id"]: one for one in made} | self.statements

    def _writing(self, what: str) -> Iterator[bool]:
        """Whether it is written now; then it fails, where it was to."""
        fails = self.fault is not None and self.fault[0] == what
        fault, self.fault = (self.fault, None) if fails else (None, self.fault)
        yield fault is None or fault[1]
        if fault is not None:
            raise Full("there is no room")

    @property
    def standing(self) -> list[bool]:
        """The answers that no statement voids."""
        voided = {one["object"]["id"] for one in self.statements.values() if one["verb"]["id"].endswith("voided")}
        return [
            one["result"]["success"] for id_, one in self.statements.items() if "result" in one and id_ not in voided
        ]

    @property
    def kept(self) -> KeptCheck:
        return self.school.catalogs.latest(self.school.tenant).planned.checks[CLASS][self.id]

    @property
    def shown(self) -> list[bool]:
        """What the board shows."""
        found = self.kept.results.get(KEY)
        return [] if found is None or found.right is None else [found.right]

    def answer(self, checks: OpeningChecks, response: str | None) -> None:
        class_ = self.school.catalogs.latest(self.school.tenant).classes[CLASS]
        asyncio.run(checks.answer(self.school.tenant, OwnCheck(class_, self.kept, ADA), 0, response))

    def enter(self, checks: OpeningChecks, *right: bool | None) -> None:
        entered = [EnteredResult(learner=ADA, question=0, right=one) for one in right]
        asyncio.run(checks.enter(self.school.tenant, CLASS, self.id, entered, "Ms K"))


@pytest.fixture
def school(store: Store, tmp_path: Path) -> Iterator[School]:
    made = School(store, tmp_path)
    yield made
    made.log.close()


_made = iter(range(10_000))


def disk_of(school: School) -> Disk:
    id_ = f"C{next(_made)}"
    question = Question(item="https://a.example/0", skill="halves", asked=ASKED)
    school.catalogs.append(school.tenant, "test", Check(id=id_, class_id=CLASS, questions=[question]), NOW)
    return Disk(school, id_)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize("later", ["0.75", "3", None, "teacher", "nothing"])
def test_after_an_answer_that_failed_the_next_one_counts_alone(
    school: School, fault: tuple[str, bool], ended: bool, later: str | None
) -> None:
    disk = disk_of(school)
    checks = disk.start()
    disk.fault = fault
    with pytest.raises(Full):
        disk.answer(checks, "0.75")
    if ended:
        checks = disk.start()
    counts = [later == "0.75"]
    match later:
        case "teacher":
            disk.enter(checks, False)
        case "nothing":
            asyncio.run(checks.complete_all())
            counts = [] if fault == ("event", False) else [True]
        case _ if fault == ("mark", True):  # it is known to be recorded: it was answered
            disk.answer(checks, later)
            counts = [True]
        case _:
            disk.answer(checks, later)
    assert disk.standing == disk.shown == counts
    assert not disk.kept.unrecorded


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("later", [True, False, None])
def test_after_a_correction_that_failed_what_is_entered_next_counts_alone(
    school: School, fault: tuple[str, bool], later: bool | None
) -> None:
    disk = disk_of(school)
    checks = disk.start()
    disk.answer(checks, "0.75")
    disk.fault = fault
    with pytest.raises(Full):
        disk.enter(checks, False)
    disk.enter(checks, later)
    assert disk.standing == disk.shown == ([] if later is None else [later])


def test_saving_the_grid_again_unchanged_records_what_is_missing(school: School) -> None:
    disk = disk_of(school)
    checks = disk.start()
    disk.fault = ("statements", False)
    with pytest.raises(Full):
        disk.enter(checks, True)
    assert (disk.standing, disk.shown) == ([], [True])
    disk.enter(checks)
    assert disk.standing == disk.shown == [True]


@pytest.mark.parametrize("done", [False, True])
def test_whoever_is_called_otherwise_meanwhile_is_recorded_as_they_were_called(school: School, done: bool) -> None:
    disk = disk_of(school)
    checks = disk.start()
    disk.fault = ("statements", done)
    with pytest.raises(Full):
        disk.answer(checks, "0.75")
    school.say(Class(id=CLASS, learners=[Member(learner=ADA, name="Ada L.")]))
    disk.answer(checks, "0.75")
    assert [one["actor"]["name"] for one in disk.statements.values()] == ["Ada"]
    assert not disk.kept.unrecorded


def test_what_an_earlier_build_recorded_otherwise_holds_up_nobody(school: School) -> None:
    disk = disk_of(school)
    checks = disk.start()
    disk.fault = ("statements", True)
    with pytest.raises(Full):
        disk.answer(checks, "0.75")
    for one in disk.statements.values():
        one["actor"]["name"] = "as it was made before"
    disk.enter(checks, False)
    assert disk.standing == disk.shown == [False]
    assert not disk.kept.unrecorded


def test_what_no_statement_could_say_is_refused_before_anything_is_written(school: School) -> None:
    disk = disk_of(school)
    question = Question(item="no IRI", skill="halves", asked=ASKED)
    school.catalogs.append(school.tenant, "test", Check(id=disk.id, class_id=CLASS, questions=[question]), NOW)
    with pytest.raises(Invalid):
        disk.answer(disk.start(), "0.75")
    assert not disk.kept.results


def test_an_answer_that_failed_is_asked_again(school: School) -> None:
    disk = disk_of(school)
    checks = disk.start()
    class_ = school.catalogs.latest(school.tenant).classes[CLASS]
    disk.fault = ("statements", False)
    with pytest.raises(Full):
        disk.answer(checks, "3")
    assert OwnCheck(class_, disk.kept, ADA).next
    disk.answer(checks, "3")
    assert OwnCheck(class_, disk.kept, ADA).next is None


answers = st.tuples(st.just("learner"), st.sampled_from(["0.75", "3", "4", None]))
entries = st.tuples(st.just("teacher"), st.sampled_from([True, False, None]))
steps = st.tuples(answers | entries, st.sampled_from([None, *FAULTS]), st.booleans())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, min_size=1, max_size=8))
def test_in_any_order_one_statement_counts_and_the_board_shows_it(
    school: School, done: list[tuple[tuple[str, Any], tuple[str, bool] | None, bool]]
) -> None:
    disk = disk_of(school)
    checks = disk.start()
    acknowledged: list[bool] | None = []  # what the board must show; None after a failure
    for (who, what), fault, ended in done:
        if ended:
            checks = disk.start()
        disk.fault = fault
        before, acknowledged = acknowledged, None
        with suppress(Full):
            if who == "teacher":
                disk.enter(checks, what)
                acknowledged = [] if what is None else [what]
            else:
                disk.answer(checks, what)
                acknowledged = before or ([what == "0.75"] if before == [] else disk.shown)
            assert disk.standing == disk.shown == acknowledged
        disk.fault = None
    asyncio.run(disk.start().complete_all())
    assert disk.standing == disk.shown
    assert not disk.kept.unrecorded
