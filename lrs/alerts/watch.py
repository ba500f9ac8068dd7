"""Watches for what a person should know: what is the case now beside what was, as events of the log.

Whoever watches may stop at any moment, start again, or be several: an alert is raised once for a cause, which is what
is the case, of whom, resting on which evidence.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from lrs.alerts.causes import causes_of
from lrs.catalog.catalogs import Catalogs
from lrs.store.client import Store
from schemas.alerts import AlertEvent, AlertOver, WatchingAlerts
from schemas.catalog import Catalog

CREDENTIAL = "alerts"  # who the log says it was
DRIFT_SECONDS = 3600  # between looks at who drifts: it follows from days

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Watch:
    """Looks at one store. Methods raise what the store and the log raise; `now` gives µs since the epoch.

    The store has to refuse while its tables do not hold what the log holds: what is missing from them is not over.
    """

    store: Store
    catalogs: Catalogs
    now: Callable[[], int]
    _drifted: dict[str, int] = field(default_factory=dict)

    def look(self) -> int:
        """Raise what is new, of every tenant; gives how many events that took."""
        self.catalogs.look()
        return sum(self.look_at(tenant) for tenant in self.catalogs.tenants())

    def look_at(self, tenant: str) -> int:
        """Raise what is new of one tenant."""
        now = self.now()
        catalog = self.catalogs.latest(tenant)
        if not catalog.classes:
            return 0
        drifts = now - self._drifted.get(tenant, 0) >= DRIFT_SECONDS * 1_000_000
        events = list(self._events(catalog, tenant, now, drifts))
        if events:
            self.catalogs.append_all(tenant, CREDENTIAL, events, now)
            logger.info("%d changes of alerts", len(events))  # of whom is nobody's business here
        if drifts:
            self._drifted[tenant] = now
        return len(events)

    def _events(self, catalog: Catalog, tenant: str, now: int, drifts: bool) -> list[AlertEvent]:
        causes = causes_of(self.store, catalog, tenant, now, drifts)
        known = catalog.alerts
        events: list[AlertEvent] = [] if known.watched else [WatchingAlerts()]
        for key, evidence in causes.over.items():
            if key in known.open and key not in causes.found:
                events.append(AlertOver(what=key.what, learner=key.learner, about=key.about, evidence=evidence))
        for key, alert in causes.found.items():
            if known.is_new(key, alert.evidence):
                quiet = not known.watched or known.is_back(key, now)
                events.append(alert.model_copy(update={"quiet": True}) if quiet else alert)
        return events
