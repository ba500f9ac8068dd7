"""Dead letters: what could not be processed, with its reason, so that nothing is dropped or held up."""

from __future__ import annotations

from lrs.clock import system_time
from lrs.log import Entry, Log, Record
from schemas.envelope import ENVELOPE_VERSION, encode
from schemas.record import DEAD_LETTERS, DeadLetter


def shown(payload: bytes) -> str:
    """Bytes as a dead letter shows them, whatever they are."""
    return payload.decode("utf-8", "backslashreplace")


class DeadLetters:
    """Writes the dead letters of one stage."""

    def __init__(self, log: Log, stage: str, topic: str) -> None:
        self._log = log
        self._stage = stage
        self._topic = topic

    def write(self, record: Record, tenant: str, reason: str, payload: bytes | None = None) -> None:
        """Keep `payload` (or the record's whole value). Raises what Log.append raises."""
        letter = record.value if payload is None else payload
        self.write_at(self._topic, record.partition, record.position, tenant, reason, letter)

    def write_at(self, topic: str, partition: int, position: int, tenant: str, reason: str, payload: bytes) -> None:
        """Keep `payload`, which lies at a position of the log. Raises what Log.append raises."""
        letter = DeadLetter(
            ENVELOPE_VERSION,
            self._stage,
            reason,
            topic,
            position,
            tenant,
            system_time(),
            shown(payload),
            partition,
        )
        self._log.append(DEAD_LETTERS, Entry(self._stage, encode(letter)))
