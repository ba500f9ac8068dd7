"""Whether the parts of a process do their work: looked at when somebody asks, by one at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lrs.database.connection import check_databases
from lrs.errors import Failure
from lrs.store.client import Store

READINESS_STALLED_SECONDS = 25.0  # /ready is red from then on: within 30 s, polling included
_TABLES_PRESENT = "SELECT name FROM system.tables WHERE database = currentDatabase() AND name IN %(tables)s"


@dataclass(slots=True)
class HealthReport:
    """Why nothing can be written, why nothing (or nothing right) can be read, and how far projections are behind.

    reinterpreting: what was recorded is to be read with a changed catalog, and until that is done it is read as before.
    damaged: records of the log that cannot be read: what needs one of them is refused, and everything else is right.
    failing: by tenant, why its decisions cannot be made; they are as they were before.
    """

    write: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    freshness: dict[str, Any] = field(default_factory=dict)
    reinterpreting: bool = False
    damaged: list[str] = field(default_factory=list)
    failing: dict[str, str] = field(default_factory=dict)

    def of(self, tenant: str) -> HealthReport:
        """As a tenant sees it."""
        if (reason := self.failing.get(tenant)) is None:
            return self
        return replace(self, read=[*self.read, f"the decisions of tenant {tenant} fail: {reason}"])


class Health:
    """The health of one process. For one event loop.

    Args:
        tables: those that answers come from: without one of them some are refused, and that is said here, too.
    """

    def __init__(
        self,
        store: Store,
        freshness: Callable[[], dict[str, Any]],
        log_answers: Callable[[], bool],
        reinterpreting: Callable[[], bool],
        tables: Sequence[str] = (),
        databases: Callable[[], None] = check_databases,
        failing: Callable[[], dict[str, str]] = dict,
        damaged: Callable[[], list[str]] = list,
    ) -> None:
        self._store = store
        self._freshness = freshness
        self._log_answers = log_answers
        self._reinterpreting = reinterpreting
        self._tables = list(tables)
        self._databases = databases
        self._failing = failing
        self._damaged = damaged
        self._found: HealthReport | None = None
        self._looked = 0.0
        self._lock = asyncio.Lock()

    async def look(self, seconds: float) -> HealthReport:
        """What was found not longer ago than so many seconds."""
        asked_at = time.monotonic()
        async with self._lock:  # of many who ask at a time one looks
            if self._found is None or self._looked < asked_at - seconds:
                self._looked = time.monotonic()
                self._found = await asyncio.to_thread(self._look)
            return self._found

    def _look(self) -> HealthReport:
        report = HealthReport()
        try:
            report.damaged = self._damaged()
        except Failure as error:
            report.damaged = [str(error)]
        try:
            report.freshness.update(self._freshness())
            if report.freshness["age_seconds"] > READINESS_STALLED_SECONDS:
                report.read.append(f"the projections are {report.freshness['age_seconds']:.0f} s behind the log")
            if not self._log_answers():
                report.write.append("the log does not answer")
        except Failure as error:
            report.write.append(f"the log: {error}")
        try:
            self._databases()
            report.failing = self._failing()
        except Failure as error:
            report.write.append(f"a database: {error}")
        try:
            self._store.tuples("SELECT count() FROM mastery WHERE tenant = ''", {})
            if self._tables:
                present = {name for (name,) in self._store.tuples(_TABLES_PRESENT, {"tables": self._tables})}
                report.read += [
                    f"ClickHouse: the table {name} is missing" for name in self._tables if name not in present
                ]
            report.reinterpreting = self._reinterpreting()
        except Failure as error:
            report.read.append(f"ClickHouse: {error}")
        return report
