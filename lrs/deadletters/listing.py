"""The dead letters of a log, and what was decided on each. Nothing is deleted: a decision is an event, too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from lrs.clock import system_time
from lrs.log import Entry, Log, Record
from schemas.envelope import ENVELOPE_VERSION, decode, encode
from schemas.log_records import DeadLetterAction, DeadLetterOutcome
from schemas.record import DEAD_LETTER_OUTCOMES, DEAD_LETTERS, DeadLetter, decode_dead_letter

_LETTERS_READ = 100  # records at a time: each holds bytes that somebody sent
# What differs between dead letters of one reason: ids, numbers, what is quoted.
_PARTICULARS = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|'[^']*'|\"[^\"]*\"|https?://\S+|mailto:\S+|\b\d+\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class ListedDeadLetter:
    """A dead letter with its number, its position in the topic; outcome is None while nothing was decided."""

    number: int
    dead_letter: DeadLetter
    outcome: DeadLetterOutcome | None

    @property
    def dropped(self) -> bool:
        """Whether nothing is to be done about it."""
        return self.outcome is not None and self.outcome.action is DeadLetterAction.DROPPED

    @property
    def kind(self) -> str:
        """The reason without what is particular to this one: dead letters of one kind have one cause."""
        return _PARTICULARS.sub("…", self.dead_letter.reason)


_outcome_decoder = msgspec.json.Decoder(DeadLetterOutcome)


def each_dead_letter(log: Log, start: int = 0) -> Iterator[ListedDeadLetter]:
    """The dead letters from a number on, in order, some in memory at a time.

    Raises Transient, LostData, UnknownVersion.
    """
    outcomes = _outcomes(log)
    for record in _records_of_topic(log, DEAD_LETTERS, start):
        yield ListedDeadLetter(record.position, decode_dead_letter(record.value), outcomes.get(record.position))


def read_dead_letter(log: Log, number: int) -> ListedDeadLetter | None:
    """The dead letter with a number, by its one record; None if there is none. Raises as each_dead_letter."""
    return next(numbered_dead_letters(log, [number]), None)


def numbered_dead_letters(log: Log, numbers: Iterable[int]) -> Iterator[ListedDeadLetter]:
    """Those that there are of these numbers, each by its one record. Raises as each_dead_letter."""
    outcomes, start, end = _outcomes(log), log.starts(DEAD_LETTERS)[0], log.end(DEAD_LETTERS)
    for number in numbers:
        for record in log.read(DEAD_LETTERS, number, 1) if start <= number < end else []:
            if record.position == number:
                yield ListedDeadLetter(number, decode_dead_letter(record.value), outcomes.get(number))


def _outcomes(log: Log) -> dict[int, DeadLetterOutcome]:
    outcomes: dict[int, DeadLetterOutcome] = {}
    for record in _records_of_topic(log, DEAD_LETTER_OUTCOMES):
        outcome = decode(_outcome_decoder, record.value, "an outcome of a dead letter")
        outcomes[outcome.dead_letter] = outcome
    return outcomes


def matches(letter: ListedDeadLetter, reason: str | None, stage: str | None) -> bool:
    """Whether its reason contains a text, and it is of a stage; None stands for any."""
    return (reason is None or reason in letter.dead_letter.reason) and (
        stage is None or stage == letter.dead_letter.stage
    )


def write_outcome(log: Log, dead_letter: ListedDeadLetter, action: DeadLetterAction) -> None:
    """Write to the log what became of a dead letter. Raises Transient, Full."""
    outcome = DeadLetterOutcome(ENVELOPE_VERSION, dead_letter.number, action, system_time())
    log.append(DEAD_LETTER_OUTCOMES, Entry(str(dead_letter.number), encode(outcome)))


def describe_dead_letter(listed_letter: ListedDeadLetter) -> dict[str, Any]:
    """What is said of a dead letter, without its bytes."""
    letter = listed_letter.dead_letter
    return {
        "number": listed_letter.number,
        "stage": letter.stage,
        "reason": letter.reason,
        "kind": listed_letter.kind,
        "tenant": letter.tenant,
        "time": datetime.fromtimestamp(letter.time / 1e6, UTC).isoformat(timespec="seconds"),
        "topic": letter.topic,
        "partition": letter.partition,
        "position": letter.position,
        "outcome": listed_letter.outcome.action.value if listed_letter.outcome else None,
    }


def _records_of_topic(log: Log, topic: str, start: int = 0) -> Iterator[Record]:
    position, end = max(start, log.starts(topic)[0]), log.end(topic)
    while position < end and (records := log.read(topic, position, _LETTERS_READ)):
        yield from records
        position = records[-1].position + 1
