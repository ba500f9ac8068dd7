"""Compares what is the case now with the alerts that are open, and writes the difference to the log.

Whoever watches may stop at any moment, start again, or be several: an alert is raised once for each kind, learner,
subject and evidence.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from lrs.alerts.causes import causes_of
from lrs.catalog.catalogs import Catalogs
from lrs.errors import Failure
from lrs.store.client import Store
from schemas.alerts import AlertEvent, AlertOver, WatchingAlerts
from schemas.catalog import Catalog

ALERTS_CREDENTIAL = "alerts"  # who the log says it was
DRIFT_SECONDS = 3600  # between looks at who drifts: it follows from days

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class AlertWatch:
    """Looks at one store. Methods raise what the store and the log raise; `now` gives µs since the epoch.

    The store has to refuse while its tables do not hold what the log holds: a missing row does not mean that an alert
    is over.
    """

    store: Store
    catalogs: Catalogs
    now: Callable[[], int]
    _drifted: dict[str, int] = field(default_factory=dict)

    def look(self) -> int:
        """Write events of what is new or over, of every tenant; gives how many. What fails of one tenant is left to the
        next look, and holds up no other."""
        self.catalogs.look()
        return sum(self._try(tenant) for tenant in self.catalogs.tenants())

    def look_at(self, tenant: str) -> int:
        """Write the alerts of one tenant that are new or over; gives how many."""
        now = self.now()
        catalog = self.catalogs.latest(tenant)
        if not (catalog.classes or catalog.alerts.open):
            return 0
        drifts = now - self._drifted.get(tenant, 0) >= DRIFT_SECONDS * 1_000_000
        events = list(self._events(catalog, tenant, now, drifts))
        if events:
            self.catalogs.append_all(tenant, ALERTS_CREDENTIAL, events, now)
            logger.info("changes of alerts: %d", len(events))  # no learner's data in logs
        if drifts:
            self._drifted[tenant] = now
        return len(events)

    def _try(self, tenant: str) -> int:
        try:
            return self.look_at(tenant)
        except Failure:
            raise  # of the store or the log: it concerns all
        except Exception as error:  # noqa: BLE001 - whatever it is, other tenants still hear
            logger.error("alerts of one tenant failed: %s", type(error).__name__)  # its text may name a learner
            return 0

    def _events(self, catalog: Catalog, tenant: str, now: int, drifts: bool) -> list[AlertEvent]:
        causes = causes_of(self.store, catalog, tenant, now, drifts)
        alerts = catalog.alerts
        events: list[AlertEvent] = [] if alerts.watched else [WatchingAlerts()]
        for key, evidence in causes.over.items():
            if key in alerts.open and key not in causes.found:
                events.append(AlertOver(what=key.what, learner=key.learner, about=key.about, evidence=evidence))
        for key, alert in causes.found.items():
            if alerts.is_new(key, alert.evidence):
                quiet = not alerts.watched or alerts.is_back(key, now)
                events.append(alert.model_copy(update={"quiet": True}) if quiet else alert)
        return events
