"""Tenants for whom something cannot be computed, and why: processors say so, and whoever is asked how it goes reads it.

Tables of the others are right and stay open, so this closes nothing.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import msgspec
from sqlalchemy import Column, MetaData, String, Table, Text, delete, insert, select
from sqlalchemy.engine import Engine

from lrs.database.connection import database_errors, make_tables, open_engine

_metadata = MetaData()
_failing = Table(
    "failing_tenants",
    _metadata,
    Column("tenant", String(250), primary_key=True),
    Column("reason", Text, nullable=False),
)


class FailingTenants(Protocol):
    """What the processors of a runtime say."""

    def read(self) -> dict[str, str]:
        """The reasons, by tenant. Raises DatabaseUnavailable."""

    def write(self, reasons: Mapping[str, str]) -> None:
        """These are all. Raises OSError, DatabaseUnavailable, Full."""


class NotKept:
    """For whoever tells nobody."""

    def read(self) -> dict[str, str]:
        return {}

    def write(self, reasons: Mapping[str, str]) -> None:
        """Nobody reads it."""


class FailingTenantsFile:
    """Those of a data folder: in a file of it."""

    def __init__(self, data: Path) -> None:
        self._path = data / "failing-tenants.json"

    def read(self) -> dict[str, str]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, str])
        except (FileNotFoundError, msgspec.MsgspecError):  # written again at the next start
            return {}

    def write(self, reasons: Mapping[str, str]) -> None:
        if not reasons:
            self._path.unlink(missing_ok=True)
            return
        beside = self._path.with_suffix(".new")
        with open(os.open(beside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.encode(dict(reasons)))
        beside.replace(self._path)


class SharedFailingTenants:
    """Those of processes on many machines: in the transactional database. Safe to use from many threads."""

    def __init__(self, database: str) -> None:
        self._database = database
        self._engine: Engine | None = None
        self._lock = threading.Lock()

    def read(self) -> dict[str, str]:
        with database_errors("failing tenants'"), self._opened().connect() as connection:
            return {str(row.tenant): str(row.reason) for row in connection.execute(select(_failing))}

    def write(self, reasons: Mapping[str, str]) -> None:
        rows = [{"tenant": tenant, "reason": reason} for tenant, reason in reasons.items()]
        with database_errors("failing tenants'"), self._opened().begin() as connection:
            connection.execute(delete(_failing))
            if rows:
                connection.execute(insert(_failing), rows)

    def _opened(self) -> Engine:
        with self._lock:
            if self._engine is None:
                engine = open_engine(self._database, pool_size=1)
                make_tables(engine, _metadata)
                self._engine = engine
            return self._engine
