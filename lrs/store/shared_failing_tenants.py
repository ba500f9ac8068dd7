"""Tenants for whom something cannot be computed, on many machines: in the transactional database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Column, Delete, MetaData, String, Table, Text, delete, insert, select

from lrs.database.connection import LateEngine, database_errors

_failing_metadata = MetaData()
_failing = Table(
    "failing_tenants",
    _failing_metadata,
    Column("tenant", String(250), primary_key=True),
    Column("reason", Text, nullable=False),
)


class SharedFailingTenants:
    """Those of processes on many machines: in the transactional database. Safe to use from many threads."""

    def __init__(self, database: str) -> None:
        self._engine = LateEngine(_failing_metadata, database, pool_size=1)

    def read(self) -> dict[str, str]:
        with database_errors("failing tenants'"), self._engine.open().connect() as connection:
            return {
                str(failing_row.tenant): str(failing_row.reason) for failing_row in connection.execute(select(_failing))
            }

    def write(self, reasons: Mapping[str, str]) -> None:
        self._replace(delete(_failing), reasons)

    def change(self, failing: Mapping[str, str], passed: Iterable[str]) -> None:
        self._replace(delete(_failing).where(_failing.c.tenant.in_([*failing, *passed])), failing)

    def _replace(self, removal: Delete, reasons: Mapping[str, str]) -> None:
        failing_rows = [{"tenant": tenant, "reason": reason} for tenant, reason in reasons.items()]
        with database_errors("failing tenants'"), self._engine.open().begin() as connection:
            connection.execute(removal)
            if failing_rows:
                connection.execute(insert(_failing), failing_rows)
