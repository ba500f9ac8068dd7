"""Which threads and connections a query runs in, and with which settings."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from lrs.engine.chdb import EngineAnswer, EngineQuery, asks
from lrs.engine.connect import Writer
from lrs.engine.http import ClickHouseHttp
from lrs.engine.sql import Insert, with_settings

WRITER = Writer("writer", "secret")
TENANTS = {("reader", "secret"): "school"}


@pytest.mark.parametrize("sql", ["SELECT 1", "\nSELECT key\nFROM t FINAL", "select 1", "  SELECT\n1"])
def test_it_is_a_question(sql: str) -> None:
    assert asks(sql)


@pytest.mark.parametrize(
    "sql", ["", "INSERT INTO t SELECT 1", "SELECTED", "ALTER TABLE t", "-- SELECT 1\nDROP TABLE t"]
)
def test_it_is_none(sql: str) -> None:
    assert not asks(sql)


@pytest.mark.parametrize(
    ("sql", "then"),
    [
        ("INSERT INTO t (a)", "INSERT INTO t (a) SETTINGS x = '1', y = '2'"),
        ("INSERT INTO t\nSETTINGS y = 3 ", "INSERT INTO t SETTINGS x = '1', y = '2', y = 3"),
    ],
)
def test_settings_go_into_the_text_of_an_insert(sql: str, then: str) -> None:
    insert = Insert(sql, "CSV", memoryview(b""))
    assert with_settings(insert, ["x = '1'", "y = '2'"]).sql == then
    assert with_settings(insert, []) is insert


class _Engine:
    """Says in which threads it was to run a query."""

    def __init__(self) -> None:
        self.pools: list[tuple[bool, bool]] = []
        self._threads = ThreadPoolExecutor(1)

    def pool(self, reader: bool, asks: bool) -> ThreadPoolExecutor:
        self.pools.append((reader, asks))
        return self._threads

    def run(self, query: EngineQuery) -> EngineAnswer:
        return EngineAnswer(b"", 0, 0, 0.0)


@pytest.mark.parametrize(
    ("login", "arguments", "body", "pool"),
    [
        ("writer", {}, b"\nSELECT 1", (False, True)),
        ("writer", {"query": "SELECT 1"}, b"", (False, True)),
        ("writer", {"query": "INSERT INTO t FORMAT CSV"}, b"SELECT 1", (False, False)),
        ("writer", {}, b"CREATE TABLE t (a String) ENGINE = Memory", (False, False)),
        ("reader", {}, b"SELECT 1", (True, True)),
    ],
)
def test_an_answer_waits_for_nothing_that_is_written(
    login: str, arguments: Mapping[str, str], body: bytes, pool: tuple[bool, bool]
) -> None:
    engine: Any = _Engine()

    async def ask() -> int:
        async with TestClient(
            TestServer(ClickHouseHttp(engine, WRITER, lambda *login: TENANTS.get(login)).app())
        ) as client:
            headers = {"X-ClickHouse-User": login, "X-ClickHouse-Key": "secret"}
            return (await client.post("/", params=arguments, data=body, headers=headers)).status

    assert asyncio.run(ask()) == 200
    assert engine.pools == [pool]
