"""The one way to ClickHouse, embedded or not: clickhouse-connect over HTTP."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import clickhouse_connect
import urllib3
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError

CONNECT_SECONDS = 5
# ClickHouse's error codes that pass by themselves or by making room: time-outs, too many queries or parts,
# no memory, no space, read-only for now, engine full, shutting down.
_PASSING = frozenset({159, 160, 202, 203, 209, 210, 225, 241, 242, 243, 244, 252, 319, 499, 574, 999})
ANSWER_SECONDS = 60


_Answer = TypeVar("_Answer")


class StoreUnavailable(Exception):
    """ClickHouse cannot be reached, or did not answer: what was asked may or may not have happened."""


class StoreRefused(Exception):
    """ClickHouse answered that it will not do it."""


class Store:
    """ClickHouse at a DSN. One client a thread, since a client runs one query at a time.

    Args:
        dsn: gives `clickhouse://user:password@host:port/database`; asked again whenever a client is made,
            as a restarted engine has another port.
    """

    def __init__(self, dsn: Callable[[], str]) -> None:
        self._dsn = dsn
        self._local = threading.local()
        self._others = ThreadPoolExecutor(4, "questions")  # its threads start with the first use of `together`

    def rows(self, sql: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """The rows of a query, with {name:Type} parameters. Raises StoreUnavailable, StoreRefused."""

        def ask(client: Client) -> list[dict[str, Any]]:
            result = client.query(sql, parameters=parameters)
            names = result.column_names
            return [dict(zip(names, row, strict=True)) for row in result.result_rows]

        return self._do(ask)

    def columns(self, sql: str, parameters: dict[str, Any]) -> list[Sequence[Any]]:
        """The columns of a query: cheaper than rows where there are many. Empty list when there is no row."""
        return self._do(lambda client: list(client.query(sql, parameters=parameters).result_columns))

    def tuples(self, sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        """The rows of a query as tuples. Raises StoreUnavailable, StoreRefused."""
        return self._do(lambda client: [tuple(row) for row in client.query(sql, parameters=parameters).result_rows])

    def together(self, questions: Sequence[tuple[str, dict[str, Any]]]) -> list[list[tuple[Any, ...]]]:
        """The rows of several queries, asked at the same time. Raises StoreUnavailable, StoreRefused."""
        *others, own = questions
        asked = [self._others.submit(self.tuples, sql, parameters) for sql, parameters in others]
        last = self.tuples(*own)
        return [*(one.result() for one in asked), last]

    def insert(self, table: str, names: Sequence[str], types: Sequence[str], columns: Sequence[Sequence[Any]]) -> None:
        """Insert columns; every table here takes the same rows twice without counting them twice."""
        if not columns or not columns[0]:
            return

        def put(client: Client) -> None:
            client.insert(table, columns, column_names=names, column_type_names=types, column_oriented=True)

        self._do(put)

    def command(self, sql: str, seconds: int = ANSWER_SECONDS) -> None:
        """Run a statement that gives no rows; `seconds` is how long to wait for its end."""

        def run(client: Client) -> None:
            if seconds == ANSWER_SECONDS:
                client.command(sql)
                return
            patient = _connect(self._dsn(), seconds)
            try:
                patient.command(sql)
            finally:
                patient.close()

        self._do(run)

    def close(self) -> None:
        """Let go of this thread's client."""
        client: Client | None = getattr(self._local, "client", None)
        if client is not None:
            client.close()
            self._local.client = None

    def _do(self, ask: Callable[[Client], _Answer]) -> _Answer:
        try:
            client: Client | None = getattr(self._local, "client", None)
            if client is None:
                client = self._local.client = _connect(self._dsn())
            return ask(client)
        except (OperationalError, OSError, urllib3.exceptions.HTTPError) as error:
            self._local.client = None
            raise StoreUnavailable(f"ClickHouse did not answer: {type(error).__name__}") from error
        except ClickHouseError as error:
            if _code(error) in _PASSING:
                raise StoreUnavailable(_brief(error)) from error
            raise StoreRefused(_brief(error)) from error


def _connect(dsn: str, seconds: int = ANSWER_SECONDS) -> Client:
    return clickhouse_connect.get_client(
        dsn=dsn,
        connect_timeout=CONNECT_SECONDS,
        send_receive_timeout=seconds,
        autogenerate_session_id=False,
        compress=False,  # loopback: compressing costs more than sending
        query_retries=0,
    )


def _code(error: Exception) -> int:
    found = re.search(r"\bCode: (\d+)", str(error)) or re.search(r"error code (\d+)", str(error))
    return int(found[1]) if found else 0


def _brief(error: Exception) -> str:
    """ClickHouse's reason without the query's text, which may hold personal data."""
    return str(error).split("In scope", 1)[0].split("(for url", 1)[0][:500]
