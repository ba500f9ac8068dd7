"""chDB behind a bounded number of threads."""

from __future__ import annotations

import os
import re
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chdb.state.sqlitelike import connect

from lrs import exits
from lrs.engine.connect import DATABASE
from lrs.engine.sql import Insert, NotReading, from_file, only_reads, with_settings
from lrs.engine.tenant_rows import literal, reader_settings, table_filters

THREADS = 4  # for what is written, which waits for the disk
ANSWER_THREADS = 4  # their own, so that what arrives never holds up an answer
READER_THREADS = 2  # their own, so that reports hold up neither
_READER_SHARE = 4  # one query of a reader may take this part of the memory
READONLY = 164
UNKNOWN = 1002
TABLES_CHANGE = 519  # for clients, one that passes
KEEP_FREE = 64 << 20  # bytes of the disk that inserts and merges leave: what others write meanwhile has room, too
_SLOW_SECONDS = 0.5  # from then on a question may have put on the disk what it had no memory for
_FAILED_WRITES = "SELECT sum(value) FROM system.events WHERE event = 'WriteBufferFromFileDescriptorWriteFailed'"
_ASK_SECONDS = 10.0  # between looks for a failed write while nothing was written
_BEGINNING = 32  # characters
_CODE = re.compile(r"Code: (\d+)")


class ClickHouseError(Exception):
    """ClickHouse's error: its code, and the message as ClickHouse words it."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code

    @classmethod
    def make(cls, code: int, name: str, message: str) -> ClickHouseError:
        """An error of this front, in ClickHouse's words."""
        return cls(code, f"Code: {code}. DB::Exception: {message}. ({name})")


@dataclass(frozen=True, slots=True)
class ExternalTable:
    """External data: a table of one query alone. `structure` is its columns with their types."""

    name: str
    structure: str
    format: str
    data: bytes


@dataclass(frozen=True, slots=True)
class EngineQuery:
    """One query for the embedded engine: SQL, or an INSERT with its data, and who asks."""

    statement: str | Insert
    format: str
    database: str
    parameters: Mapping[str, str]
    settings: Mapping[str, str]
    tenant: str | None  # whose rows a reader sees; None: it is the store itself that asks
    external_tables: Sequence[ExternalTable] = ()


@dataclass(frozen=True, slots=True)
class EngineAnswer:
    """What the engine answered to one query."""

    content: bytes
    rows_read: int
    rows_written: int
    seconds: float


class Engine:
    """chDB at a path, within a budget of memory."""

    def __init__(self, path: Path, memory: int) -> None:
        arguments = {
            # ClickHouse can go past its limit by a fifth, and this process has needs of its own.
            "max_server_memory_usage": memory * 4 // 5,
            "max_memory_usage": memory // 2,
            "max_bytes_before_external_group_by": memory // 4,
            "max_bytes_before_external_sort": memory // 4,
            "mark_cache_size": memory // 16,
            "index_mark_cache_size": memory // 64,
            "primary_index_cache_size": memory // 16,
            "uncompressed_cache_size": 0,
            "query_condition_cache_size": memory // 64,
            "background_pool_size": 2,
            "memory_worker_period_ms": 500,  # its own 50 ms are a fifth of what an idle engine costs
            "storage_configuration.disks.default.keep_free_space_bytes": KEEP_FREE,
            "os_threads_nice_value_merge_mutate": 5,  # whoever asks or writes goes first
        }
        self._dsn = f"{path}?" + "&".join(f"{name}={value}" for name, value in arguments.items())
        # While one connection is open the engine stays up; the others come and go.
        self._keeper = connect(self._dsn)
        self._keeper_free = threading.Lock()
        self._asked: tuple[float, int | None] = 0.0, None  # when `end_unless_written` was, and the writes till then
        self._keeper.query(f"CREATE DATABASE IF NOT EXISTS {DATABASE} ENGINE = Atomic")
        names = self._keeper.query("SELECT lower(name) FROM system.table_functions", "TSV").bytes().decode()
        self._table_functions = frozenset(names.split())
        self._reader_memory = memory // _READER_SHARE
        self._local = threading.local()
        self._writers = ThreadPoolExecutor(THREADS, "writer")
        self._answers = ThreadPoolExecutor(ANSWER_THREADS, "answer")
        self._readers = ThreadPoolExecutor(READER_THREADS, "reader")

    def pool(self, reader: bool, asks: bool) -> ThreadPoolExecutor:
        """The threads in which a login's queries run; `asks`: it is a question."""
        return self._readers if reader else self._answers if asks else self._writers

    def run(self, query: EngineQuery) -> EngineAnswer:
        """Run one query in this thread. Raises ClickHouseError."""
        if query.tenant is not None:
            try:
                if isinstance(query.statement, Insert):
                    raise NotReading("it may not INSERT")
                if query.external_tables:
                    raise NotReading("it may not send external tables")
                only_reads(query.statement, self._table_functions)
            except NotReading as error:
                raise ClickHouseError.make(READONLY, "READONLY", f"This login only reads: {error}") from None
        try:
            if query.tenant is not None:
                answer = self._read(query, query.tenant)
            elif _leaves_nothing(query.statement) and not query.external_tables:
                answer = self._reuse(query)
            else:
                # A connection of its own keeps SET, USE and temporary tables of one request from others.
                with connect(self._dsn) as connection:
                    connection.query(_use_and_set(query.database, query.settings))
                    for table in query.external_tables:
                        _fill(connection, table)
                    answer = _run_query(connection, query)
            if isinstance(query.statement, Insert) or not asks(query.statement) or answer.seconds > _SLOW_SECONDS:
                self.end_unless_written()
            return answer
        except ClickHouseError:
            raise
        except Exception as error:  # noqa: BLE001 - chDB raises several types, whose text holds the code
            error_code = _CODE.search(str(error))
            # The cause is left out as it may hold the query's text.
            raise ClickHouseError(int(error_code[1]) if error_code else UNKNOWN, str(error)) from None

    def _read(self, query: EngineQuery, tenant: str) -> EngineAnswer:
        """Run a reader's query over the rows of its tenant. A table that it may have met unfiltered ends it."""
        with connect(self._dsn) as connection:
            filters = table_filters(connection, tenant)
            connection.query(
                _use_and_set(query.database, reader_settings(query.settings, filters, self._reader_memory))
            )
            answer = _run_query(connection, query)
        with connect(self._dsn) as connection:
            if table_filters(connection, tenant).keys() <= filters.keys():
                return answer
        raise ClickHouseError.make(TABLES_CHANGE, "TABLES_CHANGE", "A table was made meanwhile: ask again")

    def end_unless_written(self) -> None:
        """End the process if ever a write to a file failed: chDB passes over that, and goes on as if all was there.

        An insert, or the part of a merge that takes the place of others, would lack rows. A folder that is opened
        again lacks none: chDB sets such a part aside, and takes those it was made of, which it keeps for minutes.
        """
        with self._keeper_free:
            failed = int(self._keeper.query(_FAILED_WRITES, "TSV").bytes())
        if failed:
            os.write(2, b"a write to the engine's folder failed: make room. The engine ends, and is started again\n")
            os._exit(exits.UNAVAILABLE)

    def check_new_writes(self) -> None:
        """`end_unless_written`, if a write was called for since: asking is most of what an idle engine costs."""
        when, writes = self._asked
        now, writes_now = time.monotonic(), count_writes()
        if writes_now is None or writes_now != writes or now - when > _ASK_SECONDS:
            self.end_unless_written()
            self._asked = now, count_writes()

    def _reuse(self, query: EngineQuery) -> EngineAnswer:
        """Run what leaves nothing behind over this thread's own connection, as a new one costs 0.6 ms."""
        if isinstance(query.statement, Insert):  # whose settings differ each time: they go into its text
            query = replace(query, statement=with_settings(query.statement, _pairs(query.settings)), settings={})
        session = _use_and_set(query.database, query.settings)
        if getattr(self._local, "session", None) != session:
            if (old := getattr(self._local, "connection", None)) is not None:
                old.close()
            self._local.connection = connect(self._dsn)
            self._local.connection.query(session)
        self._local.session = None  # unless all goes well
        answer = _run_query(self._local.connection, query)
        self._local.session = session
        return answer


def count_writes() -> int | None:
    """How often this process called for a write, done or failed; None where the system does not count that."""
    try:
        counts = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
        return int(counts["syscw"])
    except (OSError, KeyError, ValueError):
        return None


def _leaves_nothing(statement: str | Insert) -> bool:
    """Whether SQL is surely one SELECT or one INSERT: behind a semicolon there may be a SET."""
    return isinstance(statement, Insert) or (asks(statement) and ";" not in statement)


def asks(statement: str) -> bool:
    """Whether SQL begins as a question does."""
    return statement[:_BEGINNING].split(maxsplit=1)[:1] in (["SELECT"], ["select"])


def _use_and_set(database: str, settings: Mapping[str, str]) -> str:
    pairs = _pairs(settings)
    return f"USE {_quoted(database)}" + (f"; SET {', '.join(pairs)}" if pairs else "")


def _pairs(settings: Mapping[str, str]) -> list[str]:
    return [f"{_checked_setting(name)} = {literal(value)}" for name, value in settings.items()]


def _run_query(connection: Any, query: EngineQuery) -> EngineAnswer:
    if isinstance(query.statement, Insert):
        # Not chDB's send_insert: it reports success even when the disk was full and nothing was written.
        with _file_of_data(query.statement.data) as path:
            sql = from_file(query.statement, path, query.statement.format or query.format)
            done = connection.query(sql)
        return EngineAnswer(b"", 0, done.rows_written(), done.elapsed())
    result = connection.query(query.statement, query.format, params=dict(query.parameters) or None)
    return EngineAnswer(result.bytes() or b"", result.rows_read(), result.rows_written(), result.elapsed())


def _fill(connection: Any, table: ExternalTable) -> None:
    name = _quoted(table.name)
    connection.query(f"CREATE TEMPORARY TABLE {name} ({table.structure})")
    with _file_of_data(memoryview(table.data)) as path:
        connection.query(f"INSERT INTO {name} FROM INFILE '{path}' FORMAT {_checked_setting(table.format)}")


@contextmanager
def _file_of_data(data: memoryview) -> Iterator[str]:
    """The path of a file that holds `data`: in memory on Linux, where a killed engine leaves nothing behind."""
    if hasattr(os, "memfd_create"):
        with open(os.memfd_create("insert"), "wb") as file:
            file.write(data)
            file.flush()
            yield f"/proc/self/fd/{file.fileno()}"
    else:
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            yield file.name


def _checked_setting(setting: str) -> str:
    if not re.fullmatch(r"[A-Za-z_]\w*", setting, re.ASCII):
        raise ClickHouseError.make(115, "UNKNOWN_SETTING", "A setting's name is not a word")
    return setting


def _quoted(name: str) -> str:
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"
