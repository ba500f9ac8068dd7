"""Whether what is decided of a class, or the catalog, may have changed, for less than the board costs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from lrs.store.client import Store
from schemas.catalog import Catalog

SECONDS = 2.0  # for which a mark is given again: many look at one class

_LAST = "SELECT max(version), count() FROM decisions WHERE tenant = %(tenant)s AND class = %(class)s"


class _Kept(NamedTuple):
    at: float
    mark: str


class Marks:
    """Marks of classes: another one where what is decided of its learners, or the catalog, may have changed.

    Safe to use from many threads. Raises what the store and the log raise.
    """

    def __init__(
        self, store: Store, catalog: Callable[[str], Catalog], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store, self._catalog, self._clock = store, catalog, clock
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], _Kept] = {}

    def of(self, tenant: str, class_id: str) -> str:
        """The mark of a class."""
        key, now = (tenant, class_id), self._clock()
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and now - kept.at < SECONDS:
                return kept.mark
            self._kept = {other: one for other, one in self._kept.items() if now - one.at < SECONDS}
        position = self._catalog(tenant).position
        [(version, rows)] = self._store.tuples(_LAST, {"tenant": tenant, "class": class_id})
        mark = f"{version}-{rows}-{position}"
        with self._lock:
            self._kept[key] = _Kept(now, mark)
        return mark
