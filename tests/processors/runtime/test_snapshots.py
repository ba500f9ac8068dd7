"""Snapshots: a late event costs what lies after it, and the rows stay the fold of the sorted set."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from lrs.store import migrate, projections
from lrs.store.client import Store
from processors.folds.registry import all_folds
from processors.meaning.resolve import resolver, resolver_state
from processors.stages import learner_history, refold, snapshots
from processors.stages.fold_mark import SnapshotNote
from processors.stages.refold import Snapshot
from processors.stages.snapshots import Snapshots
from processors.stages.stage import Ticking
from processors.stages.who_is_who import TenantPerson
from tests.processors.runtime.test_way import Way, deliveries, happen
from tests.support.examples import examples
from tests.support.rows import expected, live
from tests.support.statements import HOME, answered, key, voiding

ATTEMPT = "http://adlnet.gov/expapi/activities/attempt"


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refold, "EVERY", 2)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Snapshots are written with their batch."""
    monkeypatch.setattr(snapshots, "WAIT_SECONDS", 0.0)


@pytest.fixture
def way(store: Store, tmp_path: Path) -> Iterator[Way]:
    whole_way = Way(store, tmp_path, f"way-{uuid.uuid4()}")
    yield whole_way
    whole_way.log.close()


@pytest.fixture
def own(store: Store, tmp_path: Path) -> Iterator[Way]:
    """The same in a database of its own, whose tables others do not share."""
    name = f"own_{uuid.uuid4().hex}"
    store.command(f"CREATE DATABASE {name} ENGINE = Atomic")
    beside = store.beside(name)
    migrate.up(beside)
    projections.create_fold_tables(beside, all_folds())
    whole_way = Way(beside, tmp_path, f"way-{uuid.uuid4()}")
    yield whole_way
    whole_way.log.close()
    store.command(f"DROP DATABASE {name} SYNC")


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int | None, int]]:
    """(since when, how many observations) of each reading of the history."""
    readings: list[tuple[int | None, int]] = []
    read = learner_history.read_histories

    def noted(
        store: Store, learners: Any, people: Any, beside: str | None, since: int | None
    ) -> dict[TenantPerson, Any]:
        rows = read(store, learners, people, beside, since)
        readings.append((since, sum(map(len, rows.values()))))
        return rows

    monkeypatch.setattr(learner_history, "read_histories", noted)
    return readings


@pytest.mark.parametrize("wait", [0.0, 60.0])  # s: written with their batch, or lost with their worker
@examples(10, 300)
@given(deliveries())
def test_live_rows_are_the_fold_of_the_sorted_set(
    store: Store,
    often: None,
    monkeypatch: pytest.MonkeyPatch,
    wait: float,
    delivery: tuple[list[dict[str, Any]], list[int], list[tuple[str, int]]],
) -> None:
    """As in test_way, with a snapshot after every second observation."""
    monkeypatch.setattr(snapshots, "WAIT_SECONDS", wait)
    statements, sizes, happenings = delivery
    folder = Path(tempfile.mkdtemp())
    way = Way(store, folder, f"way-{uuid.uuid4()}")
    pending = iter(happenings)
    start = 0
    try:
        while start < len(statements):
            size = sizes[start % len(sizes)]
            way.append(statements[start : start + size])
            start += size
            happen(way, *next(pending, ("admit", 3)))
        for happening, how in pending:
            happen(way, happening, how)
        way.finish()
        for fold in all_folds():
            assert live(store, fold, way.tenant) == expected(fold, way.tenant, statements)
    finally:
        way.log.close()
        shutil.rmtree(folder)


def at(minute: int) -> str:
    return f"2026-03-{minute // 1440 + 1:02}T{minute // 60 % 24:02}:{minute % 60:02}:00Z"


def plain(minute: int) -> dict[str, Any]:
    return answered("ada", f"i{minute % 7}", minute % 3 > 0, (f"s{minute % 4}",), at(minute))


def test_what_is_late_is_folded_from_a_snapshot(way: Way, store: Store, reads: list[tuple[int | None, int]]) -> None:
    """Also by a worker that knows nothing but the tables; and a void, which reaches to its target alone."""
    sent = [plain(minute * 2) for minute in range(600)]
    for start in range(0, len(sent), 50):
        way.append(sent[start : start + 50])
        way.finish()
    assert reads == []
    late = plain(1001)  # a hundred come after it
    way.append([late])
    way.restart()
    way.finish()
    assert [since is not None for since, _ in reads] == [True] * len(all_folds())
    assert all(100 < count < 100 + 2 * refold.EVERY for _, count in reads)
    way.append([voiding(sent[500]["id"])])
    way.restart()
    way.finish()
    assert all(since is not None and count < 100 + 2 * refold.EVERY for since, count in reads)
    for fold in all_folds():
        statements = [*sent[:500], *sent[501:], late]
        assert live(store, fold, way.tenant) == expected(fold, way.tenant, statements)


def test_a_clock_in_2099_makes_nothing_after_it_late(way: Way, reads: list[tuple[int | None, int]]) -> None:
    """It is read as when it was stored, so what comes later is in order."""
    wrong = answered("ada", item="wrong", timestamp="2099-01-01T00:00:00Z")
    stored = 1_772_445_600_000_000
    way.append([wrong], stored)
    way.finish()
    after = [answered("ada", item=f"i{n}", timestamp=f"2026-03-02T10:{n:02}:00Z") for n in range(1, 40)]
    for n, answer in enumerate(after, start=1):
        way.append([answer], stored + n * 60_000_000)
        way.finish()
    assert reads == []


def test_a_snapshot_that_is_lost_or_damaged_makes_a_refold_longer_not_wrong(
    way: Way, store: Store, often: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [plain(minute) for minute in range(0, 52, 2)]
    for answer in sent:
        way.append([answer])
        way.finish()
    load = Snapshots.load
    notes_asked: list[Mapping[TenantPerson, SnapshotNote]] = []

    def lost(self: Snapshots, notes: Mapping[TenantPerson, SnapshotNote]) -> dict[TenantPerson, Snapshot]:
        notes_asked.append(notes)
        return load(self, notes) if len(notes_asked) > 1 else {}

    monkeypatch.setattr(Snapshots, "load", lost)
    late = plain(45)
    way.append([late])
    way.finish()
    first, second = (notes[way.tenant, key("ada")].count for notes in notes_asked[:2])
    assert first > second > 0
    for fold in all_folds():
        assert live(store, fold, way.tenant) == expected(fold, way.tenant, [*sent, late])


@pytest.mark.parametrize("restart", [False, True])
def test_a_table_of_snapshots_that_is_dropped_is_made_again(
    own: Way, often: None, monkeypatch: pytest.MonkeyPatch, restart: bool
) -> None:
    """Whether it is written to first, or read by a worker that has none in memory."""
    sent = [plain(minute) for minute in range(0, 40, 2)]
    for answer in sent:
        own.append([answer])
        own.finish()
    own.store.command("DROP TABLE snapshots SYNC")
    if restart:
        own.restart()
    late = plain(31)
    own.append([late])
    own.finish()
    assert snapshots_of(own, own.store)
    for fold in all_folds():
        assert live(own.store, fold, own.tenant) == expected(fold, own.tenant, [*sent, late])


def test_snapshots_of_a_learner_are_few(way: Way, store: Store, often: None) -> None:
    for first in range(0, 200, 4):  # two snapshots in each batch
        way.append([plain(first + number) for number in range(4)])
        way.finish()
    store.command("OPTIMIZE TABLE snapshots FINAL")
    slots = store.tuples("SELECT slot FROM snapshots FINAL WHERE tenant = {tenant:String}", {"tenant": way.tenant})
    assert len(all_folds()) <= len(slots) <= len(all_folds()) * 8


def snapshots_of(way: Way, store: Store) -> int:
    sql = "SELECT count() FROM snapshots WHERE tenant = {tenant:String}"
    return int(store.tuples(sql, {"tenant": way.tenant})[0][0])


def test_snapshots_wait_for_each_other_and_are_written_by_the_clock(
    way: Way, store: Store, often: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one insert, also when nothing comes any more."""
    monkeypatch.setattr(snapshots, "WAIT_SECONDS", 60.0)
    for minute in range(20):
        way.append([plain(minute)])
        way.finish()
    assert snapshots_of(way, store) == 0
    monkeypatch.setattr(snapshots, "WAIT_SECONDS", 0.0)
    for fold in all_folds():
        stage = way.stages[fold.name]
        assert isinstance(stage, Ticking)
        stage.tick()
    written = snapshots_of(way, store)
    assert len(all_folds()) * 2 <= written <= len(all_folds()) * 5  # the last of each slot
    for fold in all_folds():
        stage = way.stages[fold.name]
        assert isinstance(stage, Ticking)
        stage.tick()
    assert snapshots_of(way, store) == written


def test_a_worker_that_took_a_snapshot_need_not_read_it(
    way: Way, store: Store, often: None, monkeypatch: pytest.MonkeyPatch, reads: list[tuple[int | None, int]]
) -> None:
    """What it has in memory is what the mark names, whatever became of the table."""
    monkeypatch.setattr(snapshots, "WAIT_SECONDS", 60.0)
    sent = [plain(minute) for minute in range(0, 40, 2)]
    for answer in sent:
        way.append([answer])
        way.finish()
    late = plain(37)
    way.append([late])
    way.finish()
    assert all(since is not None for since, _ in reads)
    way.restart()  # and what waited is lost
    reads.clear()
    later = plain(35)
    way.append([later])
    way.finish()
    assert all(since is None for since, _ in reads)
    for fold in all_folds():
        assert live(store, fold, way.tenant) == expected(fold, way.tenant, [*sent, late, later])


def test_a_grade_of_one_who_answered_much_reads_no_history(
    way: Way, store: Store, reads: list[tuple[int | None, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state no longer tells whether a try is new: it is looked up. A late grade of an old one is a refold."""
    monkeypatch.setattr(resolver_state, "_BLOOM_SIZE", 8)
    monkeypatch.setattr(resolver, "LATEST", 1)
    monkeypatch.setattr(resolver, "MOST_OPEN_TRIES", 2)

    def told(minute: int, verb: str = "answered", of: int | None = None) -> dict[str, Any]:
        number = minute if of is None else of
        attempt = {"id": f"{HOME}/attempt.php?attempt={number}", "definition": {"type": ATTEMPT}}
        sent = answered("ada", f"i{number}", of is None, ("s",), at(minute))
        sent["context"]["contextActivities"]["parent"] = [attempt]
        return {**sent, "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}"}, "result": {"score": {"scaled": 1}}}

    sent = [told(minute) for minute in range(60)]
    sent += [told(minute, "scored") for minute in range(60, 80)]
    for start in range(0, len(sent), 10):
        way.append(sent[start : start + 10])
        way.finish()
    assert reads == []
    sent.append(told(90, "scored", of=5))
    way.append(sent[-1:])
    way.finish()
    assert reads
    for fold in all_folds():
        assert live(store, fold, way.tenant) == expected(fold, way.tenant, sent)
