"""The history of decisions in backups: the one table that does not follow from the log."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lrs.backup import decision_history
from lrs.backup.backup import back_up
from lrs.backup.decision_history import restore_history
from lrs.backup.manifest import Manifest
from lrs.backup.restore import restore_backup
from lrs.backup.target import BackupFolder
from lrs.errors import LostData, Missing
from lrs.log import Entry
from lrs.log.sqlite import SqliteLog
from lrs.processes.engine_for import engine_for
from lrs.processes.runtime import Runtime
from lrs.processes.supervise import lock_folder
from lrs.store.client import Store
from processors.stages.decision_table import TYPES
from schemas.days import DAY
from schemas.record import CATALOG
from tests.support.engine import put_tables

START = 1_800_000_000_000_000


def decided(store: Store, learner: str, since: int, decision: str = "help") -> None:
    row: dict[str, Any] = {name: "" if "String" in kind else 0 for name, kind in TYPES.items()}
    row |= {"tenant": "school", "learner": learner, "since": since, "decision": decision, "version": since}
    row |= {"estimate": 0.1, "low": None, "until": None}
    store.insert("decision_history", list(row), list(TYPES.values()), [[value] for value in row.values()])


def history(data: Path) -> list[tuple[Any, ...]]:
    with engine_for(Runtime(data)) as store:
        return store.tuples("SELECT * FROM decision_history FINAL ORDER BY learner, since", {})


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder that nobody serves, with decisions of two weeks: more of the second than go into a file."""
    folder = tmp_path / "data"
    put_tables(folder)
    SqliteLog(folder / "log").close()
    with engine_for(Runtime(folder)) as store:
        for learner in ("ada", "bo'\\ü", "cy"):
            decided(store, learner, START)
            decided(store, learner, START + 8 * DAY, "advance")
    return folder


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision_history, "_FILE_ROWS", 2)


def taken(data: Path, target: Path) -> Manifest:
    return back_up(Runtime(data), BackupFolder(target))


def files(target: Path) -> set[str]:
    return {path.name for path in (target / "decision_history").iterdir()}


def test_the_history_is_restored_and_only_weeks_that_changed_are_copied_again(data: Path, tmp_path: Path) -> None:
    target, before = tmp_path / "backup", history(data)
    first = taken(data, target)
    assert first.history is not None
    assert (first.history.rows, len(files(target))) == (6, 4)
    with engine_for(Runtime(data)) as store:
        decided(store, "dee", START + 8 * DAY)
    kept = files(target)
    second = taken(data, target)
    assert second.history is not None
    assert (second.history.rows, len(files(target) - kept)) == (7, 1)
    restore_backup(Runtime(tmp_path / "new"), BackupFolder(target), second)
    assert history(tmp_path / "new") == history(data)
    restore_backup(Runtime(tmp_path / "old"), BackupFolder(target), first)
    assert history(tmp_path / "old") == before
    with engine_for(Runtime(tmp_path / "old")) as store:  # as one does that was cut short, and is run again
        restore_history(store, BackupFolder(target), first.history)
    assert history(tmp_path / "old") == before


def test_a_table_that_cannot_be_read_keeps_nobody_from_a_backup(data: Path, tmp_path: Path) -> None:
    target, reasons = BackupFolder(tmp_path / "backup"), list[str]()
    first = back_up(Runtime(data), target)
    with lock_folder(data):  # somebody has the folder, and runs no engine
        second = back_up(Runtime(data), target, lacks_history=reasons.append)
    assert (second.history, len(reasons)) == (first.history, 1)
    shutil.rmtree(data / "engine")
    assert back_up(Runtime(data), target).history == first.history


def test_what_a_table_lacks_that_was_lost_and_made_again_stays_in_the_backup(data: Path, tmp_path: Path) -> None:
    target, before, kept = BackupFolder(tmp_path / "backup"), history(data), list[int]()
    first = back_up(Runtime(data), target)
    with engine_for(Runtime(data)) as store:
        store.command("TRUNCATE TABLE decision_history")
        decided(store, "ada", START + 8 * DAY, "later")  # the same row, as it was written again
        decided(store, "dee", START + 8 * DAY)
    again = history(data)
    for _ in range(2):  # and in the runs that follow
        second = back_up(Runtime(data), target, keeps_history=kept.append)
    assert kept == [first.number, first.number + 1]
    restore_backup(Runtime(tmp_path / "new"), BackupFolder(tmp_path / "backup"), second)
    keys = sorted({row[:4] + row[16:17] for row in before + again}, key=str)
    assert sorted((row[:4] + row[16:17] for row in history(tmp_path / "new")), key=str) == keys
    with engine_for(Runtime(data)) as store:
        assert second.history
        restore_history(store, target, second.history)
    third = back_up(Runtime(data), target, keeps_history=kept.append)
    assert (third.history and third.history.rows, len(kept)) == (7, 2)


def test_what_was_decided_in_another_log_or_on_a_way_that_was_given_up_stays_in_no_backup(
    data: Path, tmp_path: Path
) -> None:
    target, kept = BackupFolder(tmp_path / "backup"), list[int]()
    first = back_up(Runtime(data), target)
    with closing(SqliteLog(data / "log")) as log:
        log.append(CATALOG, Entry("k", b"{}"))
    with engine_for(Runtime(data)) as store:
        decided(store, "dee", START)
    back_up(Runtime(data), target)
    restore_backup(Runtime(tmp_path / "new"), target, first)
    with closing(SqliteLog(tmp_path / "new" / "log")) as log:
        log.append(CATALOG, Entry("other", b"{}"))
    assert (third := back_up(Runtime(tmp_path / "new"), target, keeps_history=kept.append)).history
    assert (third.history.rows, kept) == (6, [])


def test_a_history_that_is_damaged_or_lacks_files_is_named_before_anything_is_restored(
    data: Path, tmp_path: Path
) -> None:
    target = tmp_path / "backup"
    manifest = taken(data, target)
    path = next((target / "decision_history").iterdir())
    whole = path.read_bytes()
    for damaged in (whole[:-1] + b"?", whole[:20], b"", None):
        path.unlink() if damaged is None else path.write_bytes(damaged)
        with pytest.raises(Missing if damaged is None else LostData, match=f"decision_history/{path.name}"):
            restore_backup(Runtime(tmp_path / "other"), BackupFolder(target), manifest)
        assert not (tmp_path / "other").exists()
