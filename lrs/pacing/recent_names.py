"""What tools call activities, as it was half a minute ago at the most: a name seldom changes and decides nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

from lrs.pacing.display_names import said_names
from lrs.store.client import Store

_RECENT_SECONDS = 30.0
_REMEMBERED_ACTIVITIES = 20_000  # activities, of all tenants


class RecentNames:
    """`said_names` that asks the store of an activity once in 30 s. Threads may share it.

    clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._names: dict[tuple[str, str], tuple[float, str]] = {}  # until when, and the name; "" where none was said

    def __call__(self, reader: Store, tenant: str, ids: Collection[str]) -> dict[str, str]:
        """Names of those that have one. Raises the store's errors."""
        now = self._clock()
        names: dict[str, str] = {}
        missing: list[str] = []
        for id_ in ids:
            until, name = self._names.get((tenant, id_), (0.0, ""))
            if until > now:
                names[id_] = name
            else:
                missing.append(id_)
        tool_names = said_names(reader, tenant, missing)
        if len(self._names) + len(missing) > _REMEMBERED_ACTIVITIES:
            self._names = {}
        for id_ in missing:
            names[id_] = tool_names.get(id_, "")
            self._names[tenant, id_] = now + _RECENT_SECONDS, names[id_]
        return {id_: name for id_, name in names.items() if name}
