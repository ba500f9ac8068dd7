"""Fit every tenant's weights again each week, and activate what was fitted only where the operator said so."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lrs.catalog.catalogs import Catalogs
from lrs.catalog.versions import active_weights, complete_versions, keep_version, own_version
from lrs.errors import Failure, Transient
from lrs.evaluation.history import answering_tenants, read_history
from lrs.evaluation.tenant_fit import fit_own
from lrs.models.activation import Replaying, activate_version
from lrs.models.fit_reports import better, losses, too_little
from lrs.models.waiting import unfinished_version, waiting_version
from lrs.store.replay_turn import ReplayUnderWay
from processors.runtime.hold import Stalled
from schemas.days import DAY

BY = "weekly fit"  # who fitted and activated, in the log
WEEK, AGAIN = 7 * DAY, DAY  # µs between fits; and until a tenant that had nothing to fit is looked at again
LOOK_SECONDS, RETRY_SECONDS = 3_600.0, 60.0  # between looks; after one at which a part did not answer

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FittedWeekly:
    """What was done for one tenant: the version is in the log with its report."""

    tenant: str
    version: str
    better: bool  # on enough answers held out, its log loss is not above the running version's
    active: bool


class WeeklyFits:
    """One process fits for all tenants. What is due follows from the log: a start again fits nothing twice.

    activating: what is not worse than the running version, on enough answers of enough learners held out, becomes
    active by itself; what could not become active waits, and is tried again at each start and each day. An activation
    that a part did not answer is finished at the next look. `now`: µs since the epoch.
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
                logger.warning("weekly fits will be retried later: %s", error)
                wait = RETRY_SECONDS
            if stop.wait(wait):
                return

    def look(self) -> list[FittedWeekly]:
        """Fit for whoever is due, and take up what waits. Raises the first tenant's Failure, after all tenants."""
        fits: list[FittedWeekly] = []
        failures: list[Failure] = []
        for tenant in answering_tenants(self._mode.store):
            try:
                fitted_weekly = self._look(tenant)
            except Failure as error:
                logger.warning("tenant %s: the weekly fit did not finish: %s", tenant, error)
                failures.append(error)
                if isinstance(error, Transient):
                    self._put_off.pop(tenant, None)  # what was kept, or half activated, is taken up once it answers
            else:
                fits += [fitted_weekly] if fitted_weekly is not None else []
        if failures:
            raise failures[0]
        return fits

    def _look(self, tenant: str) -> FittedWeekly | None:
        if self._now() < self._put_off.get(tenant, 0):
            return None
        catalog = self._catalogs.latest(tenant)
        if self._now() >= max((model_version.at for model_version in complete_versions(catalog)), default=-WEEK) + WEEK:
            self._put_off[tenant] = self._now() + AGAIN  # whatever comes of it
            return self._fit(tenant)
        if not self._activating:
            return None
        if version := unfinished_version(self._mode.store, tenant, catalog) or waiting_version(catalog):
            self._put_off[tenant] = self._now() + AGAIN
            return FittedWeekly(tenant, version, True, self._activate(tenant, version))
        return None

    def _fit(self, tenant: str) -> FittedWeekly | None:
        catalog = self._catalogs.latest(tenant)
        running = active_weights(catalog)
        version = own_version(self._now())
        try:
            own = fit_own(read_history(self._mode.store, tenant, catalog.people), running, version)
        except ValueError as error:
            logger.info("tenant %s has nothing to fit: %s", tenant, error)
            return None
        report = own.report | {"weekly": True}
        keep_version(self._catalogs, tenant, BY, own.weights, report, self._now())
        logger.info("tenant %s: %s is kept; log loss %s", tenant, version, _said(report))
        if lacking := too_little(report):
            logger.info("tenant %s: %s %s", tenant, version, lacking)
        active = self._activating and better(report) and self._activate(tenant, version)
        return FittedWeekly(tenant, version, better(report), active)

    def _activate(self, tenant: str, version: str) -> bool:
        try:
            activate_version(self._mode, self._catalogs, tenant, version, BY, self._now)
        except (Stalled, ReplayUnderWay) as error:
            logger.warning("tenant %s: %s is better but not active: %s", tenant, version, error)
            return False
        logger.info("tenant %s: %s is active", tenant, version)
        return True


def _said(report: dict[str, Any]) -> str:
    return ", ".join(
        f"{name}: {new:.4f} against {old:.4f} of {report['running']}" for name, (new, old) in losses(report).items()
    )
