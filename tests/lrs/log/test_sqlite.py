"""What the embedded log promises beyond the contract: a chain over its bytes, damage that is named, times that grow."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from uuid import UUID

import pytest

from lrs.errors import Full, UnreadableFile
from lrs.log import Damaged, Entry, Unavailable, UniqueId
from lrs.log.sqlite import SqliteLog
from lrs.log.sqlite_writer import TopicWriter

TOPIC = "statements"
FLIPS = 200


class Clock:
    def __init__(self) -> None:
        self.now = 1_000

    def __call__(self) -> int:
        return self.now


def ids(number: int, count: int = 1) -> list[UniqueId]:
    return [UniqueId("t", str(UUID(int=number * 1000 + n))) for n in range(count)]


def value(number: int) -> bytes:
    return random.Random(number).randbytes(900 + number * 37 % 3000)


def fill(folder: Path, count: int, first: int = 0) -> None:
    log = SqliteLog(folder)
    for n in range(first, first + count):
        log.append(TOPIC, Entry(f"key-{n}", value(n), 2, ids(n, 2)))
    log.close()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    fill(tmp_path / "log", 5)
    sqlite_log = SqliteLog(tmp_path / "log")
    yield sqlite_log
    sqlite_log.close()


def change(log: SqliteLog, statement: str, *values: object) -> None:
    """Change the file behind the log's back."""
    connection = sqlite3.connect(log.folder / f"{TOPIC}.db")
    connection.execute(statement, values)
    connection.commit()
    connection.close()


class TestDamage:
    def test_a_damaged_record_is_named_with_its_ids_and_the_rest_is_read(self, log: SqliteLog) -> None:
        change(log, "UPDATE records SET value = ? WHERE position = 2", value(2)[:-1] + b"?")
        assert [record.position for record in log.read(TOPIC, 0, 100)] == [0, 1]
        with pytest.raises(Damaged, match="position 2 of statements is damaged") as damaged:
            log.read(TOPIC, 2, 100)
        assert damaged.value.position == 2
        assert [record.value for record in log.read(TOPIC, 3, 100)] == [value(3), value(4)]
        [damaged_record] = log.damage(TOPIC)
        assert (damaged_record.position, damaged_record.ids) == (2, ids(2, 2))

    def test_appends_go_on(self, log: SqliteLog) -> None:
        change(log, "UPDATE records SET value = x'00' WHERE position = 4")
        assert log.append(TOPIC, Entry("k", b"after")) == 5
        assert [record.value for record in log.read(TOPIC, 5, 1)] == [b"after"]
        assert [damaged_record.position for damaged_record in log.damage(TOPIC)] == [4]

    @pytest.mark.parametrize("column", ["time", "events", "before", "checksum"])
    def test_every_column_is_covered(self, log: SqliteLog, column: str) -> None:
        change(log, f"UPDATE records SET {column} = {column} + 1 WHERE position = 3")
        assert [damaged_record.position for damaged_record in log.damage(TOPIC)] == [3]

    def test_a_record_that_is_missing_is_named(self, log: SqliteLog) -> None:
        change(log, "DELETE FROM records WHERE position = 1")
        assert [damaged_record.position for damaged_record in log.damage(TOPIC)] == [1]

    def test_one_that_was_put_in_the_place_of_another_is_found(self, log: SqliteLog, tmp_path: Path) -> None:
        fill(tmp_path / "other", 5)
        change(log, "ATTACH ? AS other", str(tmp_path / "other" / f"{TOPIC}.db"))
        with sqlite3.connect(log.folder / f"{TOPIC}.db") as connection:
            connection.execute("ATTACH ? AS other", (str(tmp_path / "other" / f"{TOPIC}.db"),))
            connection.execute("REPLACE INTO records SELECT * FROM other.records WHERE position = 2")
        assert 2 in [damaged_record.position for damaged_record in log.damage(TOPIC)]

    def test_no_flipped_bit_is_ever_served(self, tmp_path: Path) -> None:
        count, draw = 60, random.Random(7)
        fill(tmp_path / "whole", count)
        with sqlite3.connect(tmp_path / "whole" / f"{TOPIC}.db") as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        whole = (tmp_path / "whole" / f"{TOPIC}.db").read_bytes()
        noticed = appended = 0
        for _ in range(FLIPS):
            folder = tmp_path / "flipped"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            damaged = bytearray(whole)
            damaged[draw.randrange(len(damaged))] ^= 1 << draw.randrange(8)
            (folder / f"{TOPIC}.db").write_bytes(damaged)
            log = SqliteLog(folder)
            try:
                missing = set(range(count)) - served(log, count)
                noticed += bool(missing)
                appended += self._appends(log)
            finally:
                log.close()
        print(f"{noticed} of {FLIPS} flips hit a record and were named; appends went on after {appended}")
        assert noticed > FLIPS / 3
        assert appended > FLIPS * 0.9

    @staticmethod
    def _appends(log: SqliteLog) -> bool:
        try:
            position = log.append(TOPIC, Entry("k", b"after", 1, [UniqueId("t", str(UUID(int=10**9)))]))
            return log.read(TOPIC, position, 1)[0].value == b"after"
        except (Unavailable, Full, Damaged, UnreadableFile):  # a page that every append or read needs: it is named
            return False


def served(log: SqliteLog, count: int) -> set[int]:
    """The positions that are read, each seen to be what was appended; none is skipped silently."""
    positions: set[int] = set()
    position = 0
    while position < count:
        try:
            records = log.read(TOPIC, position, 1)
        except Damaged:
            position += 1
            continue
        except (Unavailable, UnreadableFile):  # the file as a whole cannot be used: that is said, too
            return positions
        [record] = records
        assert (record.position, record.key, record.value) == (position, f"key-{position}", value(position))
        positions.add(position)
        position += 1
    return positions


class TestIdentity:
    def test_each_log_has_its_own_and_keeps_it(self, log: SqliteLog, tmp_path: Path) -> None:
        again, other = SqliteLog(tmp_path / "log"), SqliteLog(tmp_path / "other")
        assert again.identity(TOPIC) == log.identity(TOPIC) != other.identity(TOPIC)
        again.close()
        other.close()

    def test_an_older_log_that_went_on_differently_has_another_checksum(self, tmp_path: Path) -> None:
        fill(tmp_path / "log", 3)
        shutil.copytree(tmp_path / "log", tmp_path / "older")
        fill(tmp_path / "log", 2, first=3)
        fill(tmp_path / "older", 2, first=13)
        log, older = SqliteLog(tmp_path / "log"), SqliteLog(tmp_path / "older")
        assert log.identity(TOPIC) == older.identity(TOPIC)
        assert log.checksum_before(TOPIC, 3) == older.checksum_before(TOPIC, 3)
        assert log.checksum_before(TOPIC, 4) != older.checksum_before(TOPIC, 4)
        assert log.checksum_before(TOPIC, 6) is None
        log.close()
        older.close()

    def test_a_new_epoch_gives_the_same_records_other_checksums(self, tmp_path: Path) -> None:
        clock = Clock()
        fill_ = [Entry("k", str(n).encode()) for n in range(4)]
        first = SqliteLog(tmp_path / "one", clock)
        for entry in fill_[:2]:
            first.append(TOPIC, entry)
        first.close()
        shutil.copytree(tmp_path / "one", tmp_path / "two")
        first, two = SqliteLog(tmp_path / "one", clock), SqliteLog(tmp_path / "two", clock)
        assert two.begin_epoch(TOPIC) == 2
        assert two.begin_epoch(TOPIC) == 2  # restored again, before anything was appended
        for entry in fill_[2:]:
            first.append(TOPIC, entry)
            two.append(TOPIC, entry)
        assert [record.value for record in first.read(TOPIC, 0, 9)] == [
            record.value for record in two.read(TOPIC, 0, 9)
        ]
        assert first.checksum_before(TOPIC, 2) == two.checksum_before(TOPIC, 2)
        assert first.checksum_before(TOPIC, 3) != two.checksum_before(TOPIC, 3)
        assert list(first.damage(TOPIC)) == list(two.damage(TOPIC)) == []
        first.close()
        two.close()


class TestTime:
    def test_it_grows_by_the_events_of_each_record_whatever_the_clock_does(self, tmp_path: Path) -> None:
        clock = Clock()
        log = SqliteLog(tmp_path / "log", clock)
        for clock.now in (5_000, 4_000, 5_001, 6_000):
            log.append(TOPIC, Entry("k", b"v", 10))
        log.close()
        clock.now = 0
        log = SqliteLog(tmp_path / "log", clock)  # a restart, with the clock set back
        log.append(TOPIC, Entry("k", b"v"))
        assert [record.time for record in log.read(TOPIC, 0, 100)] == [5_000, 5_010, 5_020, 6_000, 6_010]
        log.close()


class TestUnreadable:
    def test_a_file_of_another_format(self, log: SqliteLog) -> None:
        change(log, "PRAGMA user_version = 77")
        other = SqliteLog(log.folder)
        with pytest.raises(UnreadableFile, match=f"{TOPIC}.db has format 77; this release reads format"):
            other.open_all()
        with pytest.raises(UnreadableFile, match="has format 77"):
            other.append(TOPIC, Entry("k", b"v"))
        other.close()

    def test_a_file_that_is_none_of_ours(self, tmp_path: Path) -> None:
        (tmp_path / f"{TOPIC}.db").write_bytes(b"something else" * 1_000)
        (tmp_path / "observations.db").mkdir()
        log = SqliteLog(tmp_path)
        with pytest.raises(UnreadableFile, match=f"{TOPIC}.db is not a file of a log"):
            log.end(TOPIC)
        with pytest.raises(UnreadableFile, match=r"observations.db cannot be opened: it is not a file"):
            log.end("observations")
        log.close()


class TestWriter:
    def test_an_append_that_is_cancelled_leaves_the_writer_alive(self, log: SqliteLog) -> None:
        log.end(TOPIC)  # as long as the log has a connection, the journal stays
        writer = TopicWriter(lambda: log._open(TOPIC, 1000), lambda: 0)
        futures: list[Future[int]] = [writer.submit(Entry("k", b"v")) for _ in range(200)]
        cancelled = [future.cancel() for future in futures[::2]]
        assert [future.result(timeout=5) for future in futures[1::2]]
        for future in (writer.submit(Entry("k", b"v")) for _ in range(200)):
            future.cancel()
        assert writer.submit(Entry("k", b"last")).result(timeout=5)
        assert any(cancelled)
        writer.close()
        assert list(log.damage(TOPIC)) == []

    def test_one_whose_file_cannot_be_opened_says_so_and_tries_again(self, log: SqliteLog) -> None:
        failures = [OSError("no such device"), Unavailable("busy")]

        def opened() -> sqlite3.Connection:
            if failures:
                raise failures.pop()
            return log._open(TOPIC, 1000)

        writer = TopicWriter(opened, lambda: 0)
        for _ in range(2):
            with pytest.raises(Unavailable):
                writer.submit(Entry("k", b"v")).result(timeout=5)
        assert writer.submit(Entry("k", b"v")).result(timeout=5) == 5
        writer.close()
