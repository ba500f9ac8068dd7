"""Learners' states as their table has them, where ClickHouse need not be asked again: on this machine, in SQLite.

Planning a query for fifty rows of one learner costs ClickHouse more than reading them. So what was asked of a learner
is kept here, and whoever writes the table writes here, too, before its checkpoint vouches for the rows. A reader first
says here whom it asks for, and then asks the table. So whoever writes either finds the learner here, or has written
before the reader asked.

What is kept is of one generation of the table's gate (see lrs.store.gate), each in a file of its own: a swap, a writer
that starts, and a batch that may have been written in part begin another. Of two rows of a key the later version wins,
as in the table.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import msgspec
from crc32c import crc32c

from lrs.errors import Transient, UnreadableFile
from lrs.store.gate import FileGate

_CHECKSUM_BYTES = 4
_KEPT_LEARNERS = 5_000  # who was asked for first is forgotten first
# Seconds of waiting for another process, and for other threads of this one; a reader then asks the table.
_READING_SECONDS, _WRITING_SECONDS, _TURN_SECONDS = 0.05, 5.0, 0.2
_TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS learners (
  id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, learner TEXT NOT NULL, whole INTEGER NOT NULL DEFAULT 0,
  UNIQUE (tenant, learner)
);
CREATE TABLE IF NOT EXISTS states (
  of INTEGER NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, content BLOB NOT NULL, PRIMARY KEY (of, key)
) WITHOUT ROWID;
"""
_FIND = "SELECT id FROM learners WHERE tenant = ? AND learner = ?"
_READ = """
SELECT key, version, content FROM learners LEFT JOIN states ON of = id
WHERE tenant = ? AND learner = ? AND whole
"""
_WRITE = """
INSERT INTO states VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET version = excluded.version, content = excluded.content
WHERE excluded.version {} version
"""
_WRITTEN = _WRITE.format(">=")  # the last of the same version wins
_READ_BEFORE = _WRITE.format(">")  # what was read of the table may have been written again since


class _Damaged(Exception):
    """What is kept is not what was written."""


class _Content(NamedTuple):
    deleted: int
    weights: str
    state: str
    low: float
    high: float


_content_decoder = msgspec.msgpack.Decoder(_Content)


class StoredState(NamedTuple):
    """A row of the table, of those columns that its others follow from."""

    key: str
    version: int
    deleted: int
    weights: str
    state: str
    low: float
    high: float


def remove_states(folder: Path) -> None:
    """Remove what is kept of every generation. Only before the first process starts, which may read or write it.

    What is found then may be of another time than the tables, and so may the gate's count of generations.
    """
    for path in folder.glob("states-*"):
        with suppress(OSError):  # what cannot be removed cannot be opened either
            path.unlink()


class RecentStates:
    """The states of one table. Threads and processes may share what is kept in a folder.

    Args:
        folder: where the files are.
        gate: the table's; whoever writes the table passes it, or shuts it.
    """

    columns = ("tenant", "learner", *StoredState._fields)

    def __init__(self, folder: Path, gate: FileGate) -> None:
        self._folder = folder
        self._gate = gate
        self._local = threading.local()
        self._written = 0  # the generation that was written last
        self._keeping = threading.Lock()  # SQLite has a writer sleep while another writes, and it may never be its turn

    def read(self, tenant: str, learner: str, ask: Callable[[], Sequence[StoredState]]) -> Sequence[StoredState]:
        """A learner's rows: those that are kept, else what `ask` gives, which asks the table. Raises what it raises."""
        try:
            generation = self._gate.generation()
            if generation is None:
                return ask()
            with self._open(generation, _READING_SECONDS) as database:
                rows = database.execute(_READ, (tenant, learner)).fetchall()
                if rows:
                    return [_row(key, version, content) for key, version, content in rows if key is not None]
                with self._turn():
                    id_ = _expect(database, tenant, learner)
        except (OSError, UnreadableFile, sqlite3.Error, _Damaged):
            return ask()
        asked = ask()
        with (
            suppress(OSError, sqlite3.Error),
            self._open(generation, _READING_SECONDS) as database,
            self._turn(),
        ):
            _keep(database, id_, asked)
        return asked

    def begin(self) -> None:
        """Forget all: rows may have been written that are not here. Raises UnreadableFile and Transient."""
        with self._gate.shut():
            pass

    def write(self, generation: int, rows: Iterable[Sequence[object]]) -> None:
        """Write what was written to the table, with the gate's generation then. A row has the values of `columns`.

        Raises Transient: then begin again.
        """
        if generation != self._written:
            self._remove_others(generation)
            self._written = generation
        if not self._path(generation).exists():
            return  # nobody has asked yet
        try:
            with self._open(generation, _WRITING_SECONDS) as database, _transaction(database):
                ids: dict[tuple[object, object], int | None] = {}
                for tenant, learner, *values in rows:
                    if (tenant, learner) not in ids:
                        ids[tenant, learner] = _id_of(database, tenant, learner)
                    if (id_ := ids[tenant, learner]) is not None:
                        database.execute(_WRITTEN, _values(id_, StoredState(*values)))  # type: ignore[arg-type]
        except (OSError, sqlite3.Error) as error:
            raise Transient(f"{self._folder}: {type(error).__name__}") from error

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Readers of this process write one after another. Raises TimeoutError."""
        if not self._keeping.acquire(timeout=_TURN_SECONDS):
            raise TimeoutError
        try:
            yield
        finally:
            self._keeping.release()

    def _remove_others(self, generation: int) -> None:
        for path in self._folder.glob("states-*"):
            if not path.name.startswith(self._path(generation).name):
                with suppress(OSError):  # nobody reads it
                    path.unlink()

    def _path(self, generation: int) -> Path:
        return self._folder / f"states-{generation}.db"

    @contextmanager
    def _open(self, generation: int, seconds: float) -> Iterator[sqlite3.Connection]:
        """This thread's connection; another where the file is not the one that was opened."""
        path = self._path(generation)
        opened: tuple[Path, os.stat_result, sqlite3.Connection] | None = getattr(self._local, "opened", None)
        if opened is None or opened[0] != path or not _is_same(path, opened[1]):
            if opened is not None:
                self._local.opened = None
                opened[2].close()
            connection = sqlite3.connect(path, timeout=seconds, isolation_level=None)
            connection.executescript(_TABLES)
            opened = self._local.opened = path, path.stat(), connection
        yield opened[2]


def _is_same(path: Path, opened: os.stat_result) -> bool:
    with suppress(OSError):
        return os.path.samestat(path.stat(), opened)
    return False


@contextmanager
def _transaction(database: sqlite3.Connection) -> Iterator[None]:
    with database:  # commits, or rolls back if anything is raised
        database.execute("BEGIN IMMEDIATE")
        yield


def _id_of(database: sqlite3.Connection, tenant: object, learner: object) -> int | None:
    row = database.execute(_FIND, (tenant, learner)).fetchone()
    return row[0] if row else None


def _expect(database: sqlite3.Connection, tenant: str, learner: str) -> int:
    """From now on what is written of a learner is written here; gives the learner's number."""
    id_ = _id_of(database, tenant, learner)
    if id_ is not None:
        return id_
    with _transaction(database):
        database.execute("INSERT OR IGNORE INTO learners (tenant, learner) VALUES (?, ?)", (tenant, learner))
        id_ = _id_of(database, tenant, learner)
        assert id_ is not None
        too_many = "SELECT id FROM learners WHERE id <= ?"
        for (forgotten,) in database.execute(too_many, (id_ - _KEPT_LEARNERS,)).fetchall():
            database.execute("DELETE FROM learners WHERE id = ?", (forgotten,))
            database.execute("DELETE FROM states WHERE of = ?", (forgotten,))
    return id_


def _keep(database: sqlite3.Connection, id_: int, rows: Iterable[StoredState]) -> None:
    """Keep what the table says of a learner, unless the learner was forgotten meanwhile."""
    with _transaction(database):
        if database.execute("UPDATE learners SET whole = 1 WHERE id = ?", (id_,)).rowcount:
            database.executemany(_READ_BEFORE, [_values(id_, row) for row in rows])


def _values(id_: int, row: StoredState) -> tuple[int, str, int, bytes]:
    packed = msgspec.msgpack.encode(_Content(row.deleted, row.weights, row.state, row.low, row.high))
    return id_, row.key, row.version, _checksum(row.key, row.version, packed) + packed


def _row(key: str, version: int, content: bytes) -> StoredState:
    """A row as it was written. Raises _Damaged."""
    checksum, packed = content[:_CHECKSUM_BYTES], content[_CHECKSUM_BYTES:]
    if checksum != _checksum(key, version, packed):
        raise _Damaged
    return StoredState(key, version, *_content_decoder.decode(packed))


def _checksum(key: str, version: int, packed: bytes) -> bytes:
    return crc32c(packed, crc32c(f"{version} {key}".encode())).to_bytes(_CHECKSUM_BYTES, "big")
