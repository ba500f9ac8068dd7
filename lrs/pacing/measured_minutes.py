"""How long activities take, by what statements say of those who worked on them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from typing import NamedTuple

from lrs.errors import Failure
from lrs.store.client import Store
from schemas.material import Material

LONGEST_HOURS = 4  # of a try: what seems to have taken longer was left open
FEWEST_TRIES = 3  # fewer say nothing of others
MOST_MEASURED = 20_000  # activities, those with the most tries first
_REMEMBERED_SECONDS = 600.0
_SHARE = 100  # measuring takes no more of the time than one part of so many

# A try lasts as long as the longest duration that a statement says of it, else from its first statement to its last.
_MEASURED = """
SELECT item, quantileExactInclusive(0.5)(seconds) / 60, count(), uniqExact(person)
FROM (
  SELECT item, person, ifNull(max(duration), (max(time) - min(time)) / 1e6) AS seconds
  FROM observations FINAL
  WHERE tenant = %(tenant)s AND item != '' AND by = '' {some}
  GROUP BY item, person, multiIf(attempt != '', attempt, session != '', session, statement)
  HAVING seconds > 0 AND seconds <= %(longest)s
)
GROUP BY item HAVING count() >= %(fewest)s ORDER BY count() DESC, item LIMIT %(most)s
"""
_SLOWLY = "SETTINGS max_threads = 1"  # nobody waits for it, and others do for their answers


# By activity, whether it was measured or not.
_TRIED = """
SELECT item, uniqExact(person, multiIf(attempt != '', attempt, session != '', session, statement)) AS tries,
  uniqExact(person)
FROM observations FINAL
WHERE tenant = %(tenant)s AND item != '' AND by = ''
GROUP BY item ORDER BY tries DESC, item LIMIT %(most)s
"""


class Tried(NamedTuple):
    """How often an activity was tried, and by how many learners."""

    tries: int
    learners: int


class Measured(NamedTuple):
    """The median of the minutes that a try took, and how many tries of how many learners that is."""

    minutes: float
    tries: int
    learners: int


def measured_minutes(
    reader: Store, tenant: str, items: Collection[str] | None = None, slowly: bool = False
) -> dict[str, Measured]:
    """By activity, of those that enough learners worked on; items: of these alone; slowly: on one core. Raises the
    store's errors."""
    if items is not None and not items:
        return {}
    item_filter = "" if items is None else "AND item IN %(items)s"
    parameters = {"tenant": tenant, "longest": LONGEST_HOURS * 3600, "fewest": FEWEST_TRIES, "most": MOST_MEASURED}
    rows = reader.tuples(
        _MEASURED.format(some=item_filter) + _SLOWLY * slowly,
        parameters | ({"items": list(items)} if items is not None else {}),
    )
    return {item: Measured(round(minutes, 1) or 0.1, tries, learners) for item, minutes, tries, learners in rows}


def activities_tried(reader: Store, tenant: str) -> dict[str, Tried]:
    """The activities that statements tell of, those with the most tries first. Raises the store's errors."""
    rows = reader.tuples(_TRIED, {"tenant": tenant, "most": MOST_MEASURED})
    return {item: Tried(tries, learners) for item, tries, learners in rows}


def timed(materials: Iterable[Material], measured: dict[str, Measured]) -> dict[str, Material]:
    """Materials by id: with the minutes that the catalog says, else with those that were measured."""
    return {
        material.id: material.model_copy(update={"minutes": measured_time.minutes})
        if not material.minutes and (measured_time := measured.get(material.id)) is not None
        else material
        for material in materials
    }


class RecentMinutes:
    """`measured_minutes` of a tenant as it was ten minutes ago, or longer ago where measuring takes long.

    Threads may share it. Who asks first of a tenant waits until it is measured; from then on nobody does: they are
    answered with what was measured before, while a thread measures again.

    clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._measured: dict[str, tuple[float, dict[str, Measured]]] = {}  # until when, and what was measured
        self._measuring = threading.Lock()

    def __call__(self, reader: Store, tenant: str) -> dict[str, Measured]:
        """Of all activities. Raises the store's errors."""
        until, minutes = self._measured.get(tenant, (0.0, {}))
        if until > self._clock() or not self._measuring.acquire(blocking=False):
            return minutes
        if tenant in self._measured:
            threading.Thread(target=self._again, args=[reader, tenant], name="minutes", daemon=True).start()
            return minutes
        return self._measure(reader, tenant)

    def _again(self, reader: Store, tenant: str) -> None:
        with suppress(Failure):  # whoever asks next has it tried again
            self._measure(reader, tenant, slowly=True)

    def _measure(self, reader: Store, tenant: str, slowly: bool = False) -> dict[str, Measured]:
        """Measure, and let others measure."""
        try:
            began = self._clock()
            minutes = measured_minutes(reader, tenant, slowly=slowly)
            ended = self._clock()
            self._measured[tenant] = ended + max(_REMEMBERED_SECONDS, _SHARE * (ended - began)), minutes
        finally:
            self._measuring.release()
        return minutes
