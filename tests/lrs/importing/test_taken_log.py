"""A log that was taken away: what was accepted into it alone comes into the log that is put in its place."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from lrs import exits
from lrs.auth.credentials import Credential
from lrs.catalog.catalogs import Catalogs
from lrs.cli.main import main
from lrs.log.sqlite import SqliteLog
from lrs.record.appender import IndexedAppender
from lrs.record.completion import add_times
from lrs.record.recorder import Preparation, Recorder
from schemas.record import STATEMENTS, Bundle, ImportedFrom
from tests.support.statements import answered, voiding

TOOL, OTHER = Credential("tool", "default"), Credential("other", "elsewhere")


def without_time(name: str) -> dict[str, Any]:
    """A statement that gets the time when it is stored."""
    return {key: value for key, value in answered(name).items() if key != "timestamp"}


def send(data: Path, credential: Credential, *statements: dict[str, Any]) -> None:
    log = SqliteLog(data / "log")
    recorder = Recorder(IndexedAppender(log), Preparation(Catalogs(log)))
    asyncio.run(recorder.record([orjson.dumps(statement) for statement in statements], credential, "1.0.3"))
    log.close()


def stands(folder: Path) -> dict[tuple[str, str], tuple[dict[str, Any], str, ImportedFrom | None]]:
    """By tenant and id: the statement as it is read, with its credential, and what was said of it before."""
    log = SqliteLog(folder)
    found = {}
    for record in log.read(STATEMENTS, 0, 1_000_000):
        bundle = Bundle.decode(record.value)
        for index, raw in enumerate(bundle.statements):
            add_times(raw, statement := orjson.loads(raw), record.time + index)
            imported = bundle.imported[index] if bundle.imported else None
            found[bundle.tenant, bundle.ids[index]] = (statement, bundle.credential, imported)
    log.close()
    return found


def taken_in(data: Path, folder: Path) -> Result:
    return CliRunner().invoke(main, ["import", str(folder), "--data", str(data), "--json"])


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """The data folder with an older copy of its log, and the log that was taken away for it."""
    data, older, taken = tmp_path / "data", tmp_path / "older", tmp_path / "taken"
    send(data, TOOL, answered("ada"), without_time("ben"))
    shutil.copytree(data / "log", older)
    untimed = without_time("ada")
    send(data, TOOL, untimed, answered("ben", item="i2"))
    send(data, OTHER, answered("cem"), voiding(untimed["id"]))
    (data / "log").rename(taken)
    shutil.copytree(older, data / "log")
    return data, taken


def test_what_only_the_taken_log_holds_is_taken_in_as_it_was(places: tuple[Path, Path]) -> None:
    data, taken = places
    lost = stands(taken).keys() - stands(data / "log").keys()
    answer = json.loads(taken_in(data, taken).stdout)
    assert (answer["statements"], answer["already"], answer["refused"]) == (6, 2, [])
    before, now = stands(taken), stands(data / "log")
    assert (now.keys(), len(lost)) == (before.keys(), 4)
    for key in now:
        (was, had, _), (statement, has, imported) = before[key], now[key]
        stored = was.pop("stored")
        assert (statement.pop("stored") == stored) == (key not in lost)
        assert (statement, has) == (was, had)
        assert imported == (ImportedFrom(stored) if key in lost else None)


def test_it_may_be_repeated(places: tuple[Path, Path]) -> None:
    data, taken = places
    taken_in(data, taken)
    first = stands(data / "log")
    answer = json.loads(taken_in(data, taken).stdout)
    assert (answer["statements"], answer["already"]) == (6, 6)
    assert stands(data / "log") == first


def test_a_statement_without_a_time_that_was_sent_again_is_the_same(places: tuple[Path, Path]) -> None:
    data, taken = places
    [untimed] = [
        statement for statement, *_ in stands(taken).values() if statement["timestamp"] == statement["stored"]
    ][1:]
    sent_again = {name: untimed[name] for name in ("id", "actor", "verb", "object", "result", "context")}
    send(data, TOOL, sent_again)
    answer = json.loads(taken_in(data, taken).stdout)
    assert (answer["statements"], answer["already"], answer["refused"]) == (6, 3, [])


def test_what_is_damaged_or_different_holds_up_no_other(places: tuple[Path, Path]) -> None:
    data, taken = places
    different = next(id_ for tenant, id_ in stands(taken) if tenant == "elsewhere")
    with closing(sqlite3.connect(taken / "statements.db", isolation_level=None)) as connection:
        connection.execute("UPDATE records SET value = CAST(replace(value, 'ada', 'eve') AS BLOB) WHERE position = 1")
    send(data, OTHER, answered("dee", id_=different))
    ended = taken_in(data, taken)
    answer = json.loads(ended.stdout)
    assert (ended.exit_code, answer["statements"], answer["already"]) == (exits.WRONG, 3, 2)
    damaged, conflict = answer["refused"]
    assert "position 1 of statements is damaged" in damaged
    assert different in conflict


def test_a_folder_without_a_log_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    ended = taken_in(tmp_path / "data", tmp_path / "folder")
    assert (ended.exit_code, "statements.db" in ended.stderr) == (exits.USAGE, True)
    assert not list((tmp_path / "folder").iterdir())
