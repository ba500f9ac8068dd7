"""Dead letters: what could not be digested, with its reason, so that nothing is dropped and nobody is held up."""

from __future__ import annotations

import time

from lrs.log import Entry, Log, Record
from schemas.record import DEAD_LETTERS, FORMAT, DeadLetter, encode


class DeadLetters:
    """Writes the dead letters of one stage that reads one topic."""

    def __init__(self, log: Log, stage: str, topic: str) -> None:
        self._log = log
        self._stage = stage
        self._topic = topic

    def write(self, record: Record, tenant: str, reason: str, payload: bytes | None = None) -> None:
        """Keep `payload` (or the record's whole value). Raises what Log.append raises."""
        bytes_ = record.value if payload is None else payload
        letter = DeadLetter(
            FORMAT,
            self._stage,
            reason,
            self._topic,
            record.position,
            tenant,
            time.time_ns() // 1000,
            bytes_.decode("utf-8", "backslashreplace"),
            record.partition,
        )
        self._log.append(DEAD_LETTERS, Entry(self._stage, encode(letter)))
