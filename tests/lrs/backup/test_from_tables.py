"""Damaged records of statements are made again from the tables, byte for byte, or not at all."""

from __future__ import annotations

import random
import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from lrs.backup.repair import repair_from_tables
from lrs.catalog.catalogs import Catalogs
from lrs.errors import LostData
from lrs.log import Entry, UniqueId
from lrs.log.sqlite import SqliteLog
from lrs.store.client import Store
from processors.stages.admit import Admit
from schemas.catalog import Skill
from schemas.record import STATEMENTS, Bundle
from tests.support.engine import running
from tests.support.log_rows import rows
from tests.support.statements import answered

RECORDS = 12
KNOWN = 7  # changes of the catalog that the statements were taken in with


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """An engine of its own: positions are those of one log."""
    with running(tmp_path_factory.mktemp("engine")) as own_engine:
        yield own_engine


@pytest.fixture
def folder(own: Store, tmp_path: Path) -> Path:
    """A log whose statements are admitted."""
    own.command("TRUNCATE TABLE statements")
    log = SqliteLog(tmp_path / "log")
    catalogs = Catalogs(log)
    for n in range(KNOWN):
        catalogs.append("school", "tool", Skill(id=f"skill-{n}"), n)
    for n in range(RECORDS):
        many = [answered("ada", f"i{n}", id_=str(uuid.uuid4())) for _ in range(3)]
        for statement in many:
            statement.pop("stored", None)
            if n % 2:
                statement.pop("timestamp", None)
        ids = [str(statement["id"]) for statement in many]
        bundle = Bundle(
            "school", "tool", 1_000 + n, KNOWN, ids, [orjson.dumps(statement) for statement in many], defines=n % 3 > 0
        )
        log.append(STATEMENTS, Entry(ids[0], bundle.encode(), 3, [UniqueId("school", id_) for id_ in ids]))
    Admit(log, own, catalogs).handle(log.read(STATEMENTS, 0, 1_000))
    log.close()
    return tmp_path / "log"


def change(folder: Path, sql: str, *values: object) -> None:
    with sqlite3.connect(folder / f"{STATEMENTS}.db") as connection:
        connection.execute(sql, values)
    connection.close()


def test_any_flipped_byte_of_a_value(folder: Path, own: Store) -> None:
    whole, draw = rows(folder), random.Random(2)
    headers = 0
    for position in range(RECORDS):
        value = bytearray(bytes(whole[position][6]))  # type: ignore[call-overload]
        at = draw.randrange(value.index(b"\n") + 1, len(value)) if position % 3 else value.index(b"tool") + 1
        headers += position % 3 == 0
        value[at] ^= 1 << draw.randrange(7)
        change(folder, "UPDATE records SET value = ? WHERE position = ?", bytes(value), position)
    assert headers
    assert repair_from_tables(folder, own) == RECORDS
    assert rows(folder) == whole
    assert repair_from_tables(folder, own) == 0


@pytest.mark.parametrize("column", ["time", "events", "checksum"])
def test_what_follows_from_the_others(column: str, folder: Path, own: Store) -> None:
    whole = rows(folder)
    change(folder, f"UPDATE records SET {column} = {column} + 1 WHERE position = 4")
    assert repair_from_tables(folder, own) >= 1
    assert rows(folder) == whole


def test_what_does_not_fit_changes_nothing(folder: Path, own: Store) -> None:
    change(folder, "UPDATE records SET value = x'00' WHERE position = 4")
    before = (folder / "statements.db").read_bytes()
    with pytest.raises(LostData, match="the tables do not hold what position 4 of statements held"):
        repair_from_tables(folder, own)
    assert (folder / "statements.db").read_bytes() == before
