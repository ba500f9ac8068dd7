"""Wait for ClickHouse, and see that its tables are there and hold what the log holds."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from lrs.errors import Full, Refused, Transient

Alone = Callable[[], AbstractContextManager[None]]

logger = logging.getLogger(__name__)


def prepare(see_to: Callable[[], object], stop: threading.Event, alone: Alone = nullcontext) -> bool:
    """Have the tables seen to, once ClickHouse answers; `alone` keeps others from doing it too. False if stopped.

    Raises LostData.
    """
    while not stop.wait(0.1):
        try:
            with alone():
                see_to()
        except (Transient, Refused, Full) as error:
            logger.info("waiting for ClickHouse, or for who works on its tables: %s", error)
            stop.wait(0.4)
        else:
            return True
    return False
