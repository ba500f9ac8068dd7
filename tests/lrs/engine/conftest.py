"""A running engine, its clients and a table."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from clickhouse_connect.driver.client import Client

from tests.support.engine_process import base, client, login, running


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with running(tmp_path_factory.mktemp("engine")) as folder:
        yield folder


@pytest.fixture
def db(data: Path) -> Iterator[Client]:
    with client(data) as clickhouse:
        yield clickhouse


@pytest.fixture
def table(db: Client) -> Iterator[str]:
    name = f"t_{uuid.uuid4().hex}"
    db.command(f"CREATE TABLE {name} (a UInt64, s String) ENGINE = MergeTree ORDER BY a")
    yield name
    db.command(f"DROP TABLE {name}")


@pytest.fixture
def http(data: Path) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base(data), auth=login(data), timeout=30, verify=False) as http_client:
        yield http_client
