"""Tenants for whom something cannot be computed, on many machines: in the transactional database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Column, Delete, MetaData, String, Table, Text, delete, insert, select

from lrs.database.connection import LateEngine, database_errors

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
        self._engine = LateEngine(_metadata, database, pool_size=1)

    def read(self) -> dict[str, str]:
        with database_errors("failing tenants'"), self._engine.open().connect() as connection:
            return {str(row.tenant): str(row.reason) for row in connection.execute(select(_failing))}

    def write(self, reasons: Mapping[str, str]) -> None:
        self._replace(delete(_failing), reasons)

    def change(self, failing: Mapping[str, str], passed: Iterable[str]) -> None:
        self._replace(delete(_failing).where(_failing.c.tenant.in_([*failing, *passed])), failing)

    def _replace(self, removal: Delete, reasons: Mapping[str, str]) -> None:
        rows = [{"tenant": tenant, "reason": reason} for tenant, reason in reasons.items()]
        with database_errors("failing tenants'"), self._engine.open().begin() as connection:
            connection.execute(removal)
            if rows:
                connection.execute(insert(_failing), rows)
