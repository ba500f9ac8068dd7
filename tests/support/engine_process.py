"""The process of the engine as tests start, ask and stop it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import clickhouse_connect
import httpx
from clickhouse_connect.driver.client import Client

from lrs.engine.connect import connect_url
from lrs.engine.sql_logins import FolderSqlLogins

MODULE = [sys.executable, "-m", "lrs.engine.serve"]
MOST_QUERY_BYTES = 64 << 20


def start(data: Path, *more: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([*MODULE, "--data", os.fspath(data), *more], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while not answers(data):
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return process


def answers(data: Path) -> bool:
    try:
        return httpx.get(base(data) + "/ping", verify=False).text == "Ok.\n"
    except (FileNotFoundError, httpx.TransportError):
        return False


def base(data: Path) -> str:
    return "http://" + connect_url(data).rpartition("@")[2].removesuffix("/pacer")


def stop(process: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> bytes:
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    return errors


def client(data: Path, login: tuple[str, str] | None = None, compress: bool | str = False) -> Client:
    return clickhouse_connect.get_client(dsn=connect_url(data, login), compress=compress)


@contextmanager
def running(data: Path) -> Iterator[Path]:
    process = start(data)
    try:
        yield data
    finally:
        stop(process)


def login(data: Path) -> tuple[str, str]:
    """The store's own login."""
    user, _, password = connect_url(data).removeprefix("clickhouse://").partition("@")[0].partition(":")
    return user, password


def reader(data: Path, tenant: str = "default") -> tuple[str, str]:
    """A login that reads the rows of a tenant."""
    name, password = f"of-{tenant.encode().hex()}", "a password of a reader"
    FolderSqlLogins(data).add(name, tenant, password, replace=True)
    return name, password
