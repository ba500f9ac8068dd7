"""Wait for ClickHouse, and see that its tables are there."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from lrs.log import Unavailable
from lrs.store import migrate, projections
from lrs.store.client import Store, StoreRefused, StoreUnavailable
from processors.folds.registry import folds

Alone = Callable[[], AbstractContextManager[None]]

logger = logging.getLogger(__name__)


def prepare(store: Store, stop: threading.Event, alone: Alone = nullcontext) -> None:
    """Make the tables that are missing, once ClickHouse answers; `alone` keeps others from doing it too."""
    while not stop.wait(0.1):
        try:
            with alone():
                migrate.up(store)
                projections.create(store, folds())
        except (StoreUnavailable, StoreRefused, Unavailable) as error:
            logger.info("waiting for ClickHouse: %s", error)
            stop.wait(0.4)
        else:
            return
