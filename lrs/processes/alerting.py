"""Looks for alerts and sends them to webhooks, beside the processors or, with Kafka, in an API process."""

from __future__ import annotations

import logging
import threading
import time

from lrs.accounts.accounts import embedded_accounts_url
from lrs.accounts.webhooks import Webhooks
from lrs.alerts.deliver import FIRST_WAIT, WebhookDeliveries
from lrs.alerts.feed import AlertFeed
from lrs.alerts.watch import AlertWatch
from lrs.catalog.catalogs import Catalogs
from lrs.clock import system_time
from lrs.errors import Failure
from lrs.processes.runtime import Runtime
from lrs.store.client import Store

LOOK_SECONDS = FIRST_WAIT  # what failed at one look is due at the next

logger = logging.getLogger(__name__)


class Alerting:
    """Runs in its own thread, so that a slow webhook delays nothing else. `store`: see AlertWatch."""

    def __init__(self, runtime: Runtime, store: Store, catalogs: Catalogs) -> None:
        self._webhooks = Webhooks(runtime.database or embedded_accounts_url(runtime.data))
        self._watch = AlertWatch(store, catalogs, system_time)
        self._deliveries = WebhookDeliveries(self._webhooks, AlertFeed(catalogs, system_time), time.time)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alerts", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End, unless a webhook is being waited for: then the process ends it."""
        self._stop.set()
        self._thread.join(1.0)
        self._webhooks.close()

    def _run(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            for step in (self._watch.look, self._deliveries.deliver):  # a failed look does not delay earlier alerts
                try:
                    step()
                except Failure as error:  # the tables are being rebuilt, or a part does not answer: next time
                    logger.warning("alerts are looked at again later: %s", error)
                except Exception as error:  # noqa: BLE001 - else nobody would hear of anything until the next start
                    logger.error("alerts are looked at again later: %s", type(error).__name__)
