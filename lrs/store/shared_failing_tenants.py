"""Tenants for whom something cannot be computed, on many machines: in the transactional database."""

from __future__ import annotations

import threading
from collections.abc import Mapping

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
