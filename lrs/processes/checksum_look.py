"""Read the checksums of the embedded log while it works, a little at a time: damage that nobody reads is found, too."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from lrs.errors import Failure
from lrs.log import Damaged
from lrs.log.sqlite import SqliteLog

LOOK_SECONDS = 10.0  # between two pieces of a round
LOOK_BYTES = 8 << 20  # of one piece: 48 MiB a minute
ROUND_SECONDS = 3_600.0  # from the end of a round to the start of the next
_GROUP = "checksums"  # how far the round is stands beside the stages' positions: a restart goes on from there
_ROW_BYTES = 64  # what a record costs beside its value

logger = logging.getLogger(__name__)


class ChecksumLook:
    """A round reads every record of every topic. The log itself remembers what is met damaged."""

    def __init__(self, log: SqliteLog, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._due = clock() + LOOK_SECONDS

    def look_if_due(self) -> None:
        """Read the next piece, if it is time to."""
        if self._clock() >= self._due:
            done = self.look()
            self._due = self._clock() + (ROUND_SECONDS if done else LOOK_SECONDS)

    def look(self) -> bool:
        """Read the next piece; whether the round is done with it. What cannot be read now waits for the next round."""
        left = LOOK_BYTES
        topics = self._log.topics()
        for topic in topics:
            try:
                left = self._look_at(topic, left)
            except Failure as error:
                logger.warning("the checksums of %s are read again later: %s", topic, error)
            if left <= 0:
                return False
        for topic in topics:
            self._commit(topic, 0)
        return True

    def _look_at(self, topic: str, left: int) -> int:
        begun = position = self._log.committed(_GROUP, topic)
        end = self._log.end(topic)
        while position < end and left > 0:
            try:
                for row in self._log.rows(topic, position):
                    position = row.position + 1
                    left -= len(row.value) + _ROW_BYTES
                    if left <= 0:
                        break
            except Damaged as damaged:
                position = damaged.position + 1
                left -= _ROW_BYTES
        if position != begun:
            self._commit(topic, position)
        return left

    def _commit(self, topic: str, position: int) -> None:
        try:
            self._log.commit(_GROUP, topic, position)
        except Failure as error:
            logger.warning("how far the checksums of %s were read is not kept: %s", topic, error)
