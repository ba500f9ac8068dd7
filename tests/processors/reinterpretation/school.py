"""A school whose catalog changes, and whose past is read again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from lrs.catalog.catalogs import Catalogs
from lrs.log import Entry
from lrs.store.client import Store
from processors.folds.registry import all_folds
from processors.reinterpretation.follower import Follower
from schemas.catalog import Change
from schemas.record import OBSERVATIONS, STATEMENTS, Bundle
from tests.processors.runtime.test_way import Way
from tests.support.rows import expected, live
from tests.support.statements import HOME, answered

Statement = dict[str, Any]
ITEMS = [f"{HOME}/items/{name}" for name in ("i1", "i2", "i3")]
UNITS = [f"{HOME}/units/{name}" for name in ("u1", "u2")]


class School(Way):
    """A way whose catalog changes."""

    def __init__(self, store: Store, folder: Path, tenant: str) -> None:
        super().__init__(store, folder, tenant)
        self.catalogs = Catalogs(self.log)
        self.sent: list[tuple[int, Statement]] = []  # with the position of the catalog then

    def send(self, statements: Sequence[Statement]) -> None:
        self.catalogs.follow()
        position = self.catalogs.position
        raw = [orjson.dumps(s) for s in statements]
        bundle = Bundle(self.tenant, "tool", 1, position, [s["id"] for s in statements], raw)
        self.log.append(STATEMENTS, Entry("", bundle.encode(), len(raw)))
        self.sent += [(position, s) for s in statements]

    def change(self, *changes: Change, at: int | None = None) -> int:
        """`at`: what the server's clock says (µs); None: the time it is."""
        now = time.time_ns() // 1000 if at is None else at
        return self.catalogs.append_all(self.tenant, "tool", changes, now)

    def wait_until_folded(self) -> list[int]:
        self.finish()
        return self.log.ends(OBSERVATIONS)

    @contextmanager
    def stages_held(self) -> Iterator[None]:
        self.finish()
        try:
            yield
        finally:
            self.restart()

    def follower(self) -> Follower:
        return Follower(self.log, self.store, all_folds(), self, threading.Event())

    def expected(self) -> dict[str, Any]:
        """What each fold must hold: every statement read with the catalog that counts for it now."""
        catalogs_now = Catalogs(self.log)
        catalogs_now.follow()
        catalogs = {s["id"]: catalogs_now.at(self.tenant, position) for position, s in self.sent}
        statements = [s for _, s in self.sent]
        latest = catalogs_now.latest(self.tenant)
        return {f.name: expected(f, self.tenant, statements, lambda s: catalogs[s["id"]], latest) for f in all_folds()}

    def live(self) -> dict[str, Any]:
        return {fold.name: live(self.store, fold, self.tenant) for fold in all_folds()}

    def reread(self) -> list[tuple[Any, ...]]:
        return self.store.tuples(
            "SELECT statement, version, deleted FROM observations WHERE tenant = %(t)s AND version BETWEEN 1 AND 1000",
            {"t": self.tenant},
        )


def forget(school: School) -> None:
    """The engine is shared by logs that have nothing to do with each other."""
    school.store.command("TRUNCATE TABLE checkpoints")


def ask(name: str, item: str, right: bool = True, parents: Sequence[str] = (), **more: Any) -> Statement:
    context = {"contextActivities": {"parent": [{"id": parent} for parent in parents]}} if parents else {}
    return answered(name, item, right, (), context=context, **more)
