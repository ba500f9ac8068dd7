"""Two workers fold one learner, as when one hung while another took over: the newer rows win."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence

import pytest

from lrs.store.client import Store
from processors.folds.registry import all_folds
from schemas.record import OBSERVATIONS, STATEMENTS
from schemas.roster import Alias
from tests.processors.runtime.test_partitions import ADA, CY, Answer, Fate, School, Statement, check
from tests.support.rows import live
from tests.support.statements import answered, voiding


def at(minute: int) -> Statement:
    return answered(timestamp=f"2026-03-02T09:{minute:02}:00Z")


def admitted(school: School, statements: Sequence[Statement]) -> None:
    school.append(statements)
    while school.move("admit", 0, 1000):
        pass


def late(school: School) -> list[Statement]:
    """Something that makes the stale worker refold."""
    sent = [at(1)]
    admitted(school, sent)
    return sent


def void(school: School) -> list[Statement]:
    """Something that makes the stale worker refold, whatever it knows."""
    sent = [voiding(school.sent[0]["id"])]
    admitted(school, sent)
    return sent


def later(school: School) -> list[Statement]:
    """Something that the stale worker folds in."""
    sent = [at(20)]
    admitted(school, sent)
    return sent


@pytest.mark.parametrize("step", range(2, 9))
@pytest.mark.parametrize("first", [late, void, later])
def test_the_newer_rows_stand(store: Store, step: int, first: Callable[[School], list[Statement]]) -> None:
    school = School(store, f"stale-{uuid.uuid4()}")
    school.sent = [at(5), at(6), at(7)]
    admitted(school, school.sent)
    while school.move("project", 0, 1000):
        pass
    sent = school.sent + first(school)
    school.move("project", 0, 1000, Fate("pause", step))  # hangs before its step-th operation
    sent += [at(9), voiding(sent[1]["id"]), voiding(sent[2]["id"]), at(30)]
    admitted(school, sent[-4:])
    while school.move("project", 0, 1000):
        pass
    newer = [live(store, fold, school.tenant) for fold in all_folds()]
    while school.asleep:
        school.wake()
    assert [live(store, fold, school.tenant) for fold in all_folds()] == newer
    school.finish()
    check(school, sent)


@pytest.mark.parametrize("step", range(1, 9))
def test_of_equal_knowledge_the_later_generation_stands(store: Store, step: int) -> None:
    """A void is in the history, and not announced yet: whoever read the history before knows as much by its mark."""
    school = School(store, f"stale-{uuid.uuid4()}")
    sent = [at(5), at(6), at(7)]
    admitted(school, sent)
    while school.move("project", 0, 1000):
        pass
    sent += late(school)
    school.move("project", 0, 1000, Fate("pause", step))
    voided = voiding(sent[1]["id"])
    school.append([voided])
    # It writes the retraction and stands still before it announces it: its last append, after its last insert.
    school.move("admit", 0, 1000, Fate("pause", 1, topic=OBSERVATIONS))
    assert len(store.tuples("SELECT 1 FROM observations FINAL WHERE tenant = {t:String}", {"t": school.tenant})) == 3
    while school.move("project", 0, 1000):
        pass
    newer = [live(store, fold, school.tenant) for fold in all_folds()]
    asleep = [sleeper for sleeper in school.asleep if sleeper[0].name == "project"]
    school.asleep = [sleeper for sleeper in school.asleep if sleeper not in asleep]
    for worker, thread in asleep:
        worker.fate.go.set()
        thread.join(30)
    assert [live(store, fold, school.tenant) for fold in all_folds()] == newer
    school.finish()
    check(school, [*sent, voided])


def voided(school: School, stale: Statement) -> list[Statement]:
    """Whoever took over never sees the answer, and so writes nothing of its skill."""
    sent = [voiding(stale["id"])]
    admitted(school, sent)
    return sent


def of_another(school: School, stale: Statement) -> list[Statement]:
    """Whoever took over knows the answer as another person's."""
    school.change(Alias(id=ADA, of=CY))
    while school.move("people", 0, 1000):
        pass
    return []


@pytest.mark.parametrize("step", range(2, 12))
@pytest.mark.parametrize("happens", [voided, of_another])
def test_rows_that_only_a_stale_worker_knows_of_go(
    store: Store, step: int, happens: Callable[[School, Statement], list[Statement]]
) -> None:
    school = School(store, f"stale-{uuid.uuid4()}")
    stale = answered(name="ada", skills=("c",), timestamp="2026-03-02T09:05:00Z")
    admitted(school, [stale])
    school.move("project", 0, 1000, Fate("pause", step))  # hangs before its step-th operation
    sent = [stale, *happens(school, stale)]
    while school.move("project", 0, 1000):
        pass
    school.finish()
    check(school, sent)


class PausesThenFails(Fate):
    """It stands still at one thing that the worker asks for, and the `later`-th after it fails."""

    later = 0

    def meet(self, do: Callable[[], Answer], error: type[Exception], topic: str = "") -> Answer:
        answer = super().meet(do, error, topic)
        if self.left == -self.later:
            raise error("as the test wants it")
        return answer


@pytest.mark.parametrize("later", range(1, 6))
def test_whoever_cannot_look_at_once_looks_later(store: Store, later: int) -> None:
    school = School(store, f"stale-{uuid.uuid4()}")
    stale = answered(name="ada", skills=("c",), timestamp="2026-03-02T09:05:00Z")
    admitted(school, [stale])
    fate = PausesThenFails("pause", 3)  # before it writes
    fate.later = later
    school.move("project", 0, 1000, fate)
    sent = [stale, *voided(school, stale)]
    while school.move("project", 0, 1000):
        pass
    school.finish()
    check(school, sent)


# The seventh request of an admit worker is its first insert: between its last look at the partitions and that insert
# nothing stops it, so what it writes then is found, and taken away again.
@pytest.mark.parametrize("step", range(1, 16))
def test_a_statement_that_comes_again_after_partitions_were_added_is_one_row(store: Store, step: int) -> None:
    school = School(store, f"stale-{uuid.uuid4()}")
    sent = [at(minute) for minute in range(8)]
    school.append(sent)
    school.move("admit", 0, 1000, Fate("pause", step))
    school.cluster.counts[STATEMENTS] = 8
    school.api.partitions(STATEMENTS, fresh=True)
    school.rebalance("admit", 1)
    school.append(sent)
    school.finish()
    check(school, sent)


def test_one_without_a_timestamp_is_observed_once_though_it_was_stored_twice(store: Store) -> None:
    school = School(store, f"stale-{uuid.uuid4()}")
    sent = [{name: value for name, value in at(n).items() if name != "timestamp"} for n in range(8)]
    school.append(sent)
    school.move("admit", 0, 1000, Fate("pause", 7))
    school.cluster.counts[STATEMENTS] = 8
    school.api.partitions(STATEMENTS, fresh=True)
    school.rebalance("admit", 1)
    school.append(sent)
    school.finish()
    for table in ("statements", "agent_statements", "observations"):
        [(count,)] = store.tuples(
            f"SELECT count() FROM {table} FINAL WHERE tenant = {{t:String}}", {"t": school.tenant}
        )
        assert count == len(sent), table
