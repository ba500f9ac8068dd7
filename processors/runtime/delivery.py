"""Give a batch to a stage: what may pass by itself is raised, what will not pass holds up nobody."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol

from lrs.errors import Full, Transient
from lrs.log import Log, Record
from processors.stages.dead_letters import DeadLetters

TRANSIENT = (Transient, Full)
_RETRY_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0)

logger = logging.getLogger(__name__)


class Handler(Protocol):
    """A stage: what it reads, under which name it keeps its position, and what it does with a batch."""

    topic: str
    group: str

    def handle(self, records: Sequence[Record]) -> None: ...

    def reset(self) -> None: ...


class Delivery:
    """Gives batches to one handler; a record that it cannot digest goes to dead letters."""

    def __init__(self, log: Log, handler: Handler) -> None:
        self._handler = handler
        self._dead_letters = DeadLetters(log, handler.group, handler.topic)

    def __call__(self, records: Sequence[Record]) -> None:
        """Have a batch handled. Raises one of TRANSIENT: then give it again, after a pause."""
        try:
            self._handler.handle(records)
        except TRANSIENT:
            self._handler.reset()
            raise
        except Exception as error:  # noqa: BLE001 - one bad record must not hold up the others
            self._handler.reset()
            if len(records) == 1:
                self._dead_letters.write(records[0], "", f"{type(error).__name__}: {error}")
                return
            for record in records:
                self([record])


def failed(group: str, error: Exception, failures: int) -> float:
    """Say that a batch failed; gives the seconds to wait before the next try, after so many failures in a row."""
    # The type only: a reason may quote a learner's data.
    logger.warning("%s: batch failed (%s), trying again", group, type(error).__name__)
    return _RETRY_SECONDS[min(failures, len(_RETRY_SECONDS)) - 1]
