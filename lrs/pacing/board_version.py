"""Whether what is decided of a class, or the catalog, may have changed, for less than the board costs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from lrs.pacing.board import NotInCatalog
from lrs.store.client import Store
from schemas.catalog import Catalog

SECONDS = 2.0  # for which a version is given again: many look at one class

_LAST = "SELECT max(version), count() FROM decisions WHERE tenant = %(tenant)s AND class = %(class)s"


class _KeptVersion(NamedTuple):
    at: float
    version: str


class BoardVersions:
    """Versions of classes' boards: they change when its learners' decisions, or the catalog, may have changed.

    Safe to use from many threads. Raises what the store and the log raise.
    """

    def __init__(
        self, store: Store, catalog: Callable[[str], Catalog], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store, self._catalog, self._clock = store, catalog, clock
        self._lock = threading.Lock()
        self._versions: dict[tuple[str, str], _KeptVersion] = {}

    def refuse_unknown(self, tenant: str, class_id: str) -> None:
        """Raises NotInCatalog where there is no such class: one that is provisional does not change by itself."""
        if class_id not in self._catalog(tenant).classes:
            raise NotInCatalog

    def of(self, tenant: str, class_id: str) -> str:
        """The version of a class's board."""
        key, now = (tenant, class_id), self._clock()
        with self._lock:
            kept_version = self._versions.get(key)
            if kept_version is not None and now - kept_version.at < SECONDS:
                return kept_version.version
            self._versions = {
                board_key: cached for board_key, cached in self._versions.items() if now - cached.at < SECONDS
            }
        position = self._catalog(tenant).position
        [(last_event, rows)] = self._store.tuples(_LAST, {"tenant": tenant, "class": class_id})
        version = f"{last_event}-{rows}-{position}"
        with self._lock:
            self._versions[key] = _KeptVersion(now, version)
        return version
