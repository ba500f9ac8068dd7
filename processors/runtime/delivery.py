"""Give a batch to a stage: what it raises is tried again for ever, or halts the stage by name."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol

from lrs.errors import Refused
from lrs.log import HALTING, Record
from lrs.store.client import StoreUnavailable
from lrs.store.closed_tables import Closure
from processors.stages.stage import Stage

_RETRY_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0)

logger = logging.getLogger(__name__)


class ReadsClosure(Protocol):
    """What says what keeps the tables from being read."""

    def read(self) -> Closure | None: ...


def deliver(stage: Stage, records: Sequence[Record]) -> None:
    """Have a batch handled. Raises whatever the stage raised: then deliver the batch again, after a pause."""
    try:
        stage.handle(records)
    except BaseException:  # an interrupt, too: half a batch must not stay in the caches; it is raised again
        stage.reset()
        raise


def pause(group: str, error: Exception, failures: int, closed: ReadsClosure | None = None) -> float:
    """Say that a batch failed; gives the seconds to wait before the next try, after so many failures in a row.

    While tables are being rebuilt, `closed` says so: that one is refused which is not there is no failure then.
    """
    if isinstance(error, HALTING):  # its text names a position or a version, and nobody's data
        logger.critical("%s is halted: %s", group, error)
        return _RETRY_SECONDS[-1]
    if closed is not None and isinstance(error, Refused) and (state := closed.read()) and state.kind == "rebuild":
        logger.info("%s waits: %s", group, state)
        return _RETRY_SECONDS[-1]
    # Of others the type only: a reason may quote a learner's data.
    why = str(error) if isinstance(error, StoreUnavailable) else type(error).__name__
    logger.warning("%s: batch failed (%s), trying again", group, why)
    return _RETRY_SECONDS[min(failures, len(_RETRY_SECONDS)) - 1]
