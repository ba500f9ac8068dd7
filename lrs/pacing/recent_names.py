"""What tools call activities, as it was half a minute ago at the most: a name seldom changes and decides nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import islice, takewhile

from lrs.pacing.display_names import said_names
from lrs.store.client import Store

_RECENT_SECONDS = 30.0
_SOON_SECONDS = 15.0  # a name that is asked for again within so many goes with those that the store is asked for anyway
_TOGETHER = 100  # names that one question asks for before they are missing
_REMEMBERED_ACTIVITIES = 20_000  # activities, of all tenants


@dataclass(slots=True)
class _Name:
    until: float
    text: str  # "" where none was said
    used: bool = False  # since it was asked for


class RecentNames:
    """`said_names` that asks the store of an activity once in 30 s, and of many at once: a question costs much the same
    for a hundred as for one. Threads may share it.

    clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._names: dict[str, dict[str, _Name]] = {}  # by tenant and activity, those that were asked for first first

    def __call__(self, reader: Store, tenant: str, ids: Collection[str]) -> dict[str, str]:
        """Names of those that have one. Raises the store's errors."""
        now = self._clock()
        kept = self._names.get(tenant, {})
        names: dict[str, str] = {}
        missing: list[str] = []
        for id_ in ids:
            name = kept.get(id_)
            if name is not None and name.until > now:
                name.used = True
                names[id_] = name.text
            else:
                missing.append(id_)
        if missing:
            names |= self._ask(reader, tenant, missing, now)
        return {id_: name for id_, name in names.items() if name}

    def _ask(self, reader: Store, tenant: str, missing: Collection[str], now: float) -> dict[str, str]:
        kept = list(self._names.get(tenant, {}).items())  # others may change it meanwhile
        due = takewhile(lambda item: item[1].until < now + _SOON_SECONDS, kept)
        soon = islice((id_ for id_, name in due if name.used and id_ not in missing), _TOGETHER)
        asked = [*missing, *soon]
        tool_names = said_names(reader, tenant, asked)
        if sum(map(len, self._names.values())) + len(asked) > _REMEMBERED_ACTIVITIES:
            self._names = {}
        remembered = self._names.setdefault(tenant, {})
        for id_ in asked:
            remembered.pop(id_, None)
            remembered[id_] = _Name(now + _RECENT_SECONDS, tool_names.get(id_, ""))
        return {id_: tool_names.get(id_, "") for id_ in missing}
