"""The index of ids: damage is seen whatever it is, and the index is made again from the records."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from lrs.backup.rewrite import repair_indexes
from lrs.cli.verify import verify
from lrs.errors import LostData
from lrs.log import Entry, Exists, UniqueId
from lrs.log.sqlite import SqliteLog
from schemas.envelope import ENVELOPE_VERSION, encode
from schemas.original import ORIGINALS, Original, OriginalsRecord
from schemas.record import STATEMENTS, Bundle, StoredFirst

RECORDS, EACH = 12, 3
DAMAGE = [
    "DELETE FROM ids WHERE position = 3",
    "DELETE FROM ids",
    "DROP TABLE ids",
    "UPDATE ids SET position = position + 1 WHERE position = 5 AND item = 1",
    "UPDATE ids SET item = 2 - item WHERE position = 5 AND item = 2",
    "UPDATE ids SET tenant = 'schooL' WHERE position = 5 AND item = 1",
    "UPDATE ids SET id = x'00' WHERE position = 5 AND item = 1",
    "UPDATE ids SET position = 'x' WHERE position = 5 AND item = 1",
    "INSERT INTO ids VALUES ('school', x'00112233445566778899aabbccddeeff', 4, 0)",
]


def bundle(*ids: str, tenant: str = "school") -> Bundle:
    return Bundle(tenant, "tool", 1, 0, list(ids), [b'{"n":1}'] * len(ids))


def append(log: SqliteLog, *ids: str, tenant: str = "school") -> int:
    entry = Entry(ids[0], bundle(*ids, tenant=tenant).encode(), len(ids), [UniqueId(tenant, id_) for id_ in ids])
    return log.append(STATEMENTS, entry)


def new() -> str:
    return str(uuid.uuid4())


@pytest.fixture
def ids() -> list[list[str]]:
    return [[new() for _ in range(EACH)] for _ in range(RECORDS)]


@pytest.fixture
def log(tmp_path: Path, ids: list[list[str]]) -> Iterator[SqliteLog]:
    sqlite_log = SqliteLog(tmp_path / "log")
    for each in ids:
        append(sqlite_log, *each)
    yield sqlite_log
    sqlite_log.close()


def change(log: SqliteLog, sql: str) -> None:
    with sqlite3.connect(log.folder / f"{STATEMENTS}.db") as connection:
        connection.execute(sql)
    connection.close()


def finds_all(log: SqliteLog, ids: list[list[str]]) -> bool:
    places = {id_: (n, item) for n, each in enumerate(ids) for item, id_ in enumerate(each)}
    return all(log.find(STATEMENTS, UniqueId("school", id_)) == place for id_, place in places.items())


def test_what_is_whole_is_left_alone(log: SqliteLog, ids: list[list[str]]) -> None:
    with pytest.raises(Exists):
        append(log, new(), ids[0][0])
    log.append(STATEMENTS, Entry("x", b"not a bundle"))
    again = Bundle("school", "tool", 1, 0, [ids[0][0]], [b"{}"], origins=[StoredFirst(0, 0, 1)])
    log.append(STATEMENTS, Entry("x", again.encode()))  # as `lrs dead-letters retry` does
    append(log, ids[0][0], tenant="other")
    assert log.mend_index(STATEMENTS) is None


@pytest.mark.parametrize("sql", DAMAGE)
def test_damage_is_found_at_the_start_and_accepts_no_duplicate(
    sql: str, log: SqliteLog, ids: list[list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    change(log, sql)
    log.close()
    repair_indexes(log.folder)
    again = SqliteLog(log.folder)
    assert "statements: the index of ids" in caplog.text
    assert finds_all(again, ids)
    for each in ids:
        with pytest.raises(Exists):
            append(again, each[0])
    assert append(again, new()) == RECORDS
    caplog.clear()
    repair_indexes(log.folder)
    assert caplog.text == ""
    again.close()


@pytest.mark.parametrize("sql", DAMAGE)
def test_verify_names_it(sql: str, log: SqliteLog) -> None:
    change(log, sql)
    log.close()
    done = CliRunner().invoke(verify, ["--data", os.fspath(log.folder.parent), "--log-only", "--json"])
    findings = {finding["check"]: finding for finding in orjson.loads(done.stdout)}
    assert (done.exit_code, findings["log statements"]["ok"], findings["index of statements"]["ok"]) == (1, True, False)


def test_a_duplicate_that_was_accepted_meanwhile_is_named(log: SqliteLog, ids: list[list[str]]) -> None:
    change(log, "DELETE FROM ids WHERE position = 3")
    append(log, ids[3][1])
    mended = log.mend_index(STATEMENTS)
    assert mended is not None
    assert mended.held_twice == [UniqueId("school", ids[3][1])]
    assert f"{ids[3][1]} of school is in the log twice" in str(mended)
    assert finds_all(log, ids)


def test_what_a_damaged_record_held_stays_known(log: SqliteLog, ids: list[list[str]]) -> None:
    change(log, "UPDATE records SET value = x'00' WHERE position = 2")
    change(log, "DELETE FROM ids WHERE position = 7")
    assert log.mend_index(STATEMENTS) is not None
    assert finds_all(log, ids)
    assert log.mend_index(STATEMENTS) is None


def test_bits_flipped_in_the_file_let_no_duplicate_in(tmp_path: Path) -> None:
    """Wherever they are: every id whose record can be read is found, and is refused the second time."""
    log, draw = SqliteLog(tmp_path / "log"), random.Random(3)
    ids = [[new() for _ in range(40)] for _ in range(60)]
    for each in ids:
        append(log, *each)
    log.close()
    with sqlite3.connect(tmp_path / "log" / "statements.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = (tmp_path / "log" / "statements.db").read_bytes()
    mended = refused = 0
    for _ in range(60):
        folder = tmp_path / "flipped"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        changed = bytearray(content)
        changed[draw.randrange(16_384, len(changed))] ^= 1 << draw.randrange(8)
        (folder / "statements.db").write_bytes(changed)
        log = SqliteLog(folder)
        whole, damaged = (
            log.index_is_whole(STATEMENTS),
            {damaged_record.position for damaged_record in log.damage(STATEMENTS)},
        )
        log.close()
        try:
            repair_indexes(folder)
        except LostData:  # that, and records that are damaged: it is named, and nothing is accepted
            refused += 1
            continue
        mended += not whole
        log = SqliteLog(folder)
        for position, each in enumerate(ids):
            if position not in damaged:
                with pytest.raises(Exists):
                    append(log, *each)
        log.close()
    print(f"{mended} of 60 flips hit the index; {refused} more than that, and were named")
    assert mended > 5


@pytest.mark.parametrize("column", ["position", "item"])
def test_a_zero_that_became_nothing_is_noticed(tmp_path: Path, column: str) -> None:
    """A flipped bit makes NULL of 0, and no sum of the others changes."""
    log = SqliteLog(tmp_path / "log")
    append(log, new())
    assert log.index_is_whole(STATEMENTS)
    with sqlite3.connect(tmp_path / "log" / "statements.db") as connection:
        connection.execute("CREATE TABLE loose (tenant TEXT, id BLOB, position, item, PRIMARY KEY (tenant, id))")
        connection.execute("INSERT INTO loose SELECT * FROM ids")
        connection.execute(f"UPDATE loose SET {column} = NULL")
        connection.execute("DROP TABLE ids")
        connection.execute("ALTER TABLE loose RENAME TO ids")
    connection.close()
    assert not log.index_is_whole(STATEMENTS)
    log.close()


def test_of_originals_too(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log")
    statement_id = new()
    record = encode(OriginalsRecord(ENVELOPE_VERSION, "school", "tool", 1, 1, [Original(statement_id, [], "{}")]))
    log.append(ORIGINALS, Entry(statement_id, record, 1, [UniqueId("school", statement_id)]))
    with sqlite3.connect(tmp_path / "log" / f"{ORIGINALS}.db") as connection:
        connection.execute("DELETE FROM ids")
    connection.close()
    assert log.mend_index(ORIGINALS) is not None
    assert log.find(ORIGINALS, UniqueId("school", statement_id)) == (0, 0)
    log.close()


KEYS = st.tuples(st.sampled_from(["a", "b"]), st.uuids(version=4) | st.sampled_from([uuid.UUID(int=1)]))


@given(st.lists(st.lists(KEYS, min_size=1, max_size=5, unique=True), max_size=12))
def test_totals_follow_from_what_was_appended(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[tuple[str, uuid.UUID]]]
) -> None:
    log = SqliteLog(tmp_path_factory.mktemp("log"))
    for n, batch in enumerate(batches):
        keys = [UniqueId(tenant, str(id_)) for tenant, id_ in batch]
        with suppress(Exists):
            log.append(STATEMENTS, Entry("k", b"%d" % n, len(keys), keys))
    assert log.index_is_whole(STATEMENTS)
    log.close()
