"""The one way to ClickHouse, embedded or not: clickhouse-connect over HTTP."""

from __future__ import annotations

import random
import re
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

import clickhouse_connect
import urllib3
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError
from clickhouse_connect.driver.query import QueryResult

from lrs.errors import Refused, Transient
from lrs.store import cluster
from lrs.store.clickhouse_address import BadClickHouseAddress, ClickHouseAddress, in_database
from lrs.store.query_lists import bind_lists

CONNECT_SECONDS = 5
ANSWER_SECONDS = 60
MOST_ROWS = 10_000  # of one insert: a part that is worth making, and a request of some megabytes
# ClickHouse's error codes that pass by themselves or by making room: time-outs, too many queries or parts,
# no memory, no space, read-only for now, replicas or shards away, engine full, shutting down.
_PASSING_CODES = frozenset(
    {159, 160, 198, 202, 203, 209, 210, 225, 236, 241, 242, 243, 244, 252, 279, 285, 286, 319, 499, 519, 574, 999}
)


_NO_DATABASE, _TOO_LARGE, _NO_MEMORY = 81, 396, 241

_Answer = TypeVar("_Answer")


class StoreUnavailable(Transient):
    """ClickHouse cannot be reached, or did not answer: what was asked may or may not have happened."""


class StoreRefused(Refused):
    """ClickHouse answered that it will not do it."""


class NoDatabase(StoreRefused):
    """ClickHouse has no database of this name: every table is missing."""


class TooLarge(StoreRefused):
    """The answer is larger than the question allows (max_result_bytes)."""


class _NoAnswer(StoreUnavailable):
    """There was no answer."""


class _Busy(StoreUnavailable):
    """ClickHouse answered that it cannot do it now, as where it has too many queries."""


class OutOfMemory(_Busy):
    """ClickHouse has not the memory to do it now, or to do so much at once."""


@dataclass(frozen=True, slots=True)
class Patience:
    """When to ask again: up to `tries` times in all, the last begun within `seconds` of the first, after errors `of`.

    A ClickHouse that is busy is asked as often as there is time for in `busy_seconds`; not where it has no memory and
    who asks can do with `less` at once.
    """

    tries: int
    seconds: float
    of: type[StoreUnavailable] = StoreUnavailable
    busy_seconds: float = 0.0
    less: bool = False

    def pause(self, failed: int) -> float:
        """Seconds before the next try: longer each time, and drawn, so that those who failed come back one by one."""
        return random.uniform(0.02, min(0.1 * 2.0 ** min(failed, 10), _LONGEST_PAUSE))

    def is_over(self, error: StoreUnavailable, failed: int, passed: float) -> bool:
        """Whether a try that would begin after `passed` seconds is one too many."""
        if self.less and isinstance(error, OutOfMemory):
            return True
        if isinstance(error, _Busy):
            return passed > self.busy_seconds
        return not isinstance(error, self.of) or failed >= self.tries or passed > self.seconds


_LONGEST_PAUSE = 3.0
ONCE = Patience(1, 0)
READING = Patience(3, 2.0, _NoAnswer)
INSERTING = Patience(
    5, 5.0, busy_seconds=5.0
)  # less than the time in which a stage must stop; the stage itself tries for ever


class Store:
    """ClickHouse at a DSN. A client runs one query at a time; a new one asks four questions first, so they are kept.

    A list in a query, `IN %(name)s`, may have any length: see lrs.store.query_lists.

    What does not come back is asked again: a question, and an insert with the token it had (ClickHouse drops what it
    has seen under one), but not a command, which may have happened. What is refused is not.

    Args:
        dsn: gives `clickhouse://user:password@host:port/database` (clickhouses: over TLS; `?cluster=NAME`: the tables
            are Distributed over that cluster); asked again whenever a client is made, as a restarted engine has
            another port.
        embedded: whether it is the engine of a folder on this machine.
        closed: what keeps the tables from being read, if anything does: a question gets that for an answer.
        busy_seconds: how long a question waits for a ClickHouse that is busy. 0 where a person waits for the answer,
            and can ask again.
    """

    def __init__(
        self,
        dsn: Callable[[], str],
        embedded: bool = False,
        closed: Callable[[], object | None] = lambda: None,
        busy_seconds: float = 0.0,
    ) -> None:
        self._dsn = dsn
        self.embedded = embedded
        self._closed = closed
        self._reading = replace(READING, busy_seconds=busy_seconds)
        self._inserting = replace(INSERTING, busy_seconds=max(busy_seconds, INSERTING.busy_seconds))
        self._idle: list[Client] = []  # clients that run no query; the last one is taken first
        self._others = ThreadPoolExecutor(4, "questions")  # its threads start with the first use of `together`

    def rows(self, sql: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """The rows of a query, with {name:Type} parameters. Raises StoreUnavailable, StoreRefused."""
        result = self._query(sql, parameters)
        return [dict(zip(result.column_names, row, strict=True)) for row in result.result_rows]

    def columns(self, sql: str, parameters: dict[str, Any]) -> list[Sequence[Any]]:
        """The columns of a query: cheaper than rows where there are many. Empty list when there is no row."""
        return list(self._query(sql, parameters).result_columns)

    def tuples(self, sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        """The rows of a query as tuples. Raises StoreUnavailable, StoreRefused."""
        return [tuple(row) for row in self._query(sql, parameters).result_rows]

    def together(self, questions: Sequence[tuple[str, dict[str, Any]]]) -> list[list[tuple[Any, ...]]]:
        """The rows of several queries, asked at the same time. Raises StoreUnavailable, StoreRefused."""
        *other_queries, own_query = questions
        futures = [self._others.submit(self.tuples, sql, parameters) for sql, parameters in other_queries]
        last_rows = self.tuples(*own_query)
        return [*(future.result() for future in futures), last_rows]

    def insert(self, table: str, names: Sequence[str], types: Sequence[str], columns: Sequence[Sequence[Any]]) -> None:
        """Insert columns; every table here takes the same rows twice without counting them twice.

        Up to 10,000 rows are one insert, that is written as a whole or not at all; more are several. What takes more
        memory than ClickHouse has is inserted in halves.
        """
        for start in range(0, len(columns[0]) if columns else 0, MOST_ROWS):
            self._insert(table, names, types, [column[start : start + MOST_ROWS] for column in columns])

    def _insert(self, table: str, names: Sequence[str], types: Sequence[str], columns: Sequence[Sequence[Any]]) -> None:
        rows = len(columns[0])
        try:
            self._insert_at_once(table, names, types, columns, replace(self._inserting, less=rows > 1))
        except OutOfMemory:
            if rows == 1:
                raise
            for half in (slice(rows // 2), slice(rows // 2, rows)):
                self._insert(table, names, types, [column[half] for column in columns])

    def _insert_at_once(
        self,
        table: str,
        names: Sequence[str],
        types: Sequence[str],
        columns: Sequence[Sequence[Any]],
        patience: Patience,
    ) -> None:
        # Drawn, not made of the rows: the same rows may be inserted again on purpose after they were taken away.
        settings = {"async_insert": 0, "insert_deduplication_token": str(uuid.uuid4())}

        def put(client: Client) -> None:
            client.insert(
                table, columns, column_names=names, column_type_names=types, column_oriented=True, settings=settings
            )

        self._do(put, patience)

    def command(self, sql: str, seconds: int | None = None) -> None:
        """Run a statement that makes, fills or changes tables; on a cluster, what lrs.store.cluster makes of it.

        `seconds` is how long to wait for its end, where it may take longer than a question.
        """
        address = self._address()
        for statement in cluster.render_for_cluster(sql, address.cluster) if address.cluster else [sql]:
            self._do(partial(self._run, statement, seconds), ONCE)

    def administer(self, sql: str) -> None:
        """Run a statement that changes users or what they may do; it names a cluster itself."""
        self._do(partial(self._run, sql, None), ONCE)

    def _run(self, sql: str, seconds: int | None, client: Client) -> None:
        if seconds is None:
            client.command(sql)
            return
        patient = self._connect(self._address(), seconds)
        try:
            patient.command(sql)
        finally:
            patient.close()

    def beside(self, database: str) -> Store:
        """The same ClickHouse with another database."""
        return Store(lambda: in_database(self._dsn(), database), self.embedded, busy_seconds=self._reading.busy_seconds)

    @property
    def database(self) -> str:
        """The name of the database. Raises StoreRefused."""
        return urlsplit(self._address().url).path.strip("/") or "default"

    @property
    def cluster(self) -> str:
        """The name of the cluster; "" for one server. Raises StoreRefused."""
        return self._address().cluster

    @property
    def clustered(self) -> bool:
        """Whether the tables are Distributed over a cluster. Raises StoreRefused."""
        return bool(self.cluster)

    def everywhere(self, table: str) -> str:
        """What to SELECT FROM for a table of every server of the cluster; `_shard_num` says of which, from 1."""
        return cluster.everywhere(self.cluster, table)

    def servers(self) -> list[tuple[int, int]]:
        """(shard, replica) of each server of the cluster, as `everywhere` numbers them. Raises the store's errors."""
        by_address: dict[tuple[str, int], tuple[int, int]] = {}
        for shard, replica, host, port in self.tuples(cluster.SERVERS, {"cluster": self.cluster}):
            by_address.setdefault((host, port), (shard, replica))  # one that is named twice is asked once
        return list(by_address.values())

    def check_open(self) -> None:
        """Refuse (StoreUnavailable) while tables must not be read: they are being rebuilt, or a stage has halted."""
        if (reason := self._closed()) is not None:
            raise StoreUnavailable(str(reason))

    def _query(self, sql: str, parameters: dict[str, Any]) -> QueryResult:
        self.check_open()
        sql, parameters, beside = bind_lists(sql, parameters)
        return self._do(lambda client: client.query(sql, parameters=parameters, external_data=beside), self._reading)

    def close(self) -> None:
        """Let go of the clients that run no query."""
        while (client := self._take()) is not None:
            client.close()

    def _take(self) -> Client | None:
        with suppress(IndexError):  # another thread may take the last one
            return self._idle.pop()
        return None

    def _do(self, ask: Callable[[Client], _Answer], patience: Patience) -> _Answer:
        began = time.monotonic()
        failed = 0
        while True:
            try:
                return self._once(ask)
            except StoreUnavailable as error:
                failed += 1
                rest = patience.pause(failed)
                if patience.is_over(error, failed, time.monotonic() + rest - began):
                    raise
            time.sleep(rest)

    def _once(self, ask: Callable[[Client], _Answer]) -> _Answer:
        client: Client | None = None
        try:
            client = self._take() or self._connect(self._address())
            answer = ask(client)
        except (ClickHouseError, OSError, urllib3.exceptions.HTTPError) as error:
            code = _error_code(error)
            lost = code not in _PASSING_CODES and not _is_answer(error)
            if lost:  # the others were made for the same server: it may be another now
                self.close()
            elif client is not None:
                self._idle.append(client)
            if code in _PASSING_CODES:
                busy = OutOfMemory if code == _NO_MEMORY else _Busy
                raise busy(f"ClickHouse cannot do it now: {_name_of(code, error)}") from error
            if lost:
                raise _NoAnswer(f"ClickHouse did not answer: {type(error).__name__}") from error
            refusal = {_NO_DATABASE: NoDatabase, _TOO_LARGE: TooLarge}.get(code, StoreRefused)
            raise refusal(_brief(error)) from error
        self._idle.append(client)
        return answer

    def _connect(self, address: ClickHouseAddress, seconds: int | None = None) -> Client:
        client = clickhouse_connect.get_client(
            dsn=address.url,
            secure=address.secure,
            connect_timeout=CONNECT_SECONDS,
            send_receive_timeout=seconds or ANSWER_SECONDS,
            autogenerate_session_id=False,
            compress=False if address.loopback else "lz4",
            query_retries=0,
            settings=cluster.SETTINGS if address.cluster else None,
        )
        if address.cluster:
            # Every replica acknowledges an insert, so that whichever is asked later has all that was acknowledged.
            client.set_client_setting("insert_quorum", _replicas(client, address.cluster))
        return client

    def _address(self) -> ClickHouseAddress:
        try:
            return ClickHouseAddress.parse(self._dsn())
        except BadClickHouseAddress as error:
            raise StoreRefused(f"ClickHouse's DSN is {error}") from error


def _replicas(client: Client, name: str) -> int:
    """How many replicas a shard of a cluster has at most."""
    sql = "SELECT max(replica_num) FROM system.clusters WHERE cluster = {name:String} HAVING count() > 0"
    replica_rows = client.query(sql, parameters={"name": name}).result_rows
    if not replica_rows:
        raise StoreRefused(f"ClickHouse's configuration has no cluster {name}")
    return int(replica_rows[0][0])


def _is_answer(error: Exception) -> bool:
    return isinstance(error, ClickHouseError) and not isinstance(error, OperationalError)


def _error_code(error: Exception) -> int:
    code = re.search(r"\bCode: (\d+)", str(error)) or re.search(r"error code (\d+)", str(error))
    return int(code[1]) if code else 0


def _name_of(code: int, error: Exception) -> str:
    """ClickHouse's name of an error, without its text, which may hold personal data."""
    name = re.search(r"\(([A-Z][A-Z_]{4,})\)", str(error))
    return f"{name[1]} ({code})" if name else f"error {code}"


def _brief(error: Exception) -> str:
    """ClickHouse's reason without the query's text, which may hold personal data."""
    return re.split(r"In scope|\(for url|: failed at position", str(error), maxsplit=1)[0][:500]
