"""Fit every tenant's weights again each week, and activate what was fitted only where the operator said so."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lrs.catalog.catalogs import Catalogs
from lrs.catalog.versions import active_weights, keep_version, versions_of
from lrs.errors import Failure
from lrs.evaluation.history import answering_tenants, read_history
from lrs.evaluation.tenant_fit import fit_own
from lrs.models.activation import Replaying, activate_version
from processors.runtime.replay import Stalled, StillAdmitting
from schemas.days import DAY

BY = "weekly fit"  # who fitted and activated, in the log
WEEK, AGAIN = 7 * DAY, DAY  # µs between fits; and until a tenant that had nothing to fit is looked at again
LOOK_SECONDS, RETRY_SECONDS = 3_600.0, 60.0  # between looks; after one at which a part did not answer
JUDGED = ("all", "next item")  # slices of a report whose log loss must not be worse

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FittedWeekly:
    """What was done for one tenant: the version is in the log with its report."""

    tenant: str
    version: str
    better: bool  # its log loss is not above the running version's
    active: bool


class WeeklyFits:
    """One process fits for all tenants. What is due follows from the log: a start again fits nothing twice.

    activating: what is not worse than the running version, on learners held out, becomes active by itself. `now`: µs
    since the epoch.
    """

    def __init__(self, mode: Replaying, catalogs: Catalogs, now: Callable[[], int], activating: bool) -> None:
        self._mode, self._catalogs, self._now, self._activating = mode, catalogs, now, activating
        self._put_off: dict[str, int] = {}  # by tenant: when to look again

    def run(self, stop: threading.Event) -> None:
        """Look until `stop` is set."""
        while True:
            wait = LOOK_SECONDS
            try:
                self.look()
            except Failure as error:  # the tables are being rebuilt, or a part does not answer
                logger.warning("weekly fits are looked at again later: %s", error)
                wait = RETRY_SECONDS
            if stop.wait(wait):
                return

    def look(self) -> list[FittedWeekly]:
        """Fit for whoever is due. Raises Failure."""
        found = (self._fit(tenant) for tenant in answering_tenants(self._mode.store) if self._due(tenant))
        return [one for one in found if one is not None]

    def _due(self, tenant: str) -> bool:
        last = max((one.at for one in versions_of(self._catalogs.latest(tenant)).known.values()), default=-WEEK)
        return self._now() >= max(last + WEEK, self._put_off.get(tenant, 0))

    def _fit(self, tenant: str) -> FittedWeekly | None:
        self._put_off[tenant] = self._now() + AGAIN  # whatever comes of it
        running = active_weights(self._catalogs.latest(tenant))
        version = time.strftime("own-%Y%m%d-%H%M%S", time.gmtime(self._now() // 1_000_000))
        try:
            own = fit_own(read_history(self._mode.store, tenant), running, version)
        except ValueError as error:
            logger.info("tenant %s has nothing to fit: %s", tenant, error)
            return None
        report = own.report | {"weekly": True}
        keep_version(self._catalogs, tenant, BY, own.weights, report, self._now())
        better, said = not_worse(report), _said(report)
        logger.info("tenant %s: %s is kept; log loss %s", tenant, version, said)
        active = self._activating and better and self._activate(tenant, version)
        return FittedWeekly(tenant, version, better, active)

    def _activate(self, tenant: str, version: str) -> bool:
        try:
            activate_version(self._mode, self._catalogs, tenant, version, BY, self._now)
        except StillAdmitting:
            logger.warning(
                "tenant %s: %s is better but not active: on Kafka, stop every `lrs worker admit` and run "
                "`lrs activate %s`",
                tenant,
                version,
                version,
            )
            return False
        except Stalled as error:
            logger.warning("tenant %s: %s is better but not active: %s", tenant, version, error)
            return False
        logger.info("tenant %s: %s is active", tenant, version)
        return True


def not_worse(report: dict[str, Any]) -> bool:
    """Whether a new version's log loss on learners held out is at most that of the version that was running."""
    return all(new <= old for new, old in _losses(report).values())


def _losses(report: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """(new, running) by slice."""
    return {
        row["slice"]: (row[report["version"]]["log_loss"], row[report["running"]]["log_loss"])
        for row in report["rows"]
        if row["slice"] in JUDGED
    }


def _said(report: dict[str, Any]) -> str:
    return ", ".join(
        f"{name}: {new:.4f} against {old:.4f} of {report['running']}" for name, (new, old) in _losses(report).items()
    )
