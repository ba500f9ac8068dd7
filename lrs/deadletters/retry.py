"""Hand a dead letter to its stage again.

To admit, as its record says it, stored when it was stored first: a statement that an older release could not digest. It
is appended as the statement that the log holds already, so one that was admitted meanwhile changes nothing, and a
rebuild from the log gives the same. To intake, as the tool wrote it, with the ids that it would have got first.
"""

from __future__ import annotations

from lrs.deadletters.listing import ListedDeadLetter
from lrs.errors import Refused
from lrs.log import Damaged, Entry, Log, Record, Truncated, record_at
from lrs.record.stored_times import StoredTimes
from processors.folds.registry import fold_names
from processors.stages.dead_letters import shown
from processors.stages.intake import ORIGIN, UnusableRecord, origin_of
from schemas.envelope import Unreadable
from schemas.record import ADMIT, DIRECT, INTAKE, OBSERVATIONS, STATEMENTS, Bundle, DeadLetter
from schemas.xapi import Invalid, split


class NotRetried(Refused):
    """A dead letter that to try again would not help; the message says what would."""


def retry_dead_letter(log: Log, times: StoredTimes, dead_letter: ListedDeadLetter) -> int:
    """Append what the dead letter holds again; gives the position. Raises NotRetried, Transient, LostData, Full.

    It goes to the partition of its id, as whatever has the id does, with the place and the time of its first record.
    """
    letter = dead_letter.dead_letter
    if letter.stage == INTAKE and letter.topic == DIRECT:
        return _retry_intake(log, letter)
    if letter.stage != ADMIT or letter.topic != STATEMENTS:
        raise NotRetried(_what_helps(dead_letter.number, letter))
    record = _record_of(log, letter)
    try:
        bundle = Bundle.decode(record.value)
    except Unreadable as error:
        raise NotRetried(f"its bytes are not a record of statements: {error}") from error
    letter_bytes = letter.payload.encode()
    index = next((number for number, raw in enumerate(bundle.statements) if raw == letter_bytes), None)
    if index is None:
        raise NotRetried("the record that it came from does not hold it")
    origin = bundle.origin(index, letter.partition, record.position, times.of(record, len(bundle.ids)))
    again = bundle.part([index], origins=[origin])
    return log.append(STATEMENTS, Entry(again.ids[0], again.encode()))


def _retry_intake(log: Log, letter: DeadLetter) -> int:
    try:
        record = _record_of(log, letter)
    except Damaged as error:
        raise NotRetried(f"{error}: its sender has to send it again") from error
    try:
        value, index = _part_of(record.value, letter.payload)
        first = origin_of(record)
    except (Invalid, UnusableRecord, StopIteration) as error:
        raise NotRetried("the record that it came from does not hold it") from error
    headers = tuple((name, header) for name, header in record.headers if name != ORIGIN)
    origin = f"{first.partition}/{first.position}/{first.item + index}".encode()
    return log.append(DIRECT, Entry(record.key, value, headers=(*headers, (ORIGIN, origin))))


def _part_of(value: bytes, payload: str) -> tuple[bytes, int]:
    """What a dead letter shows of a record: all of it, or the statement at an index. Raises Invalid, StopIteration."""
    if shown(value) == payload:
        return value, 0
    return next((raw, index) for index, raw in enumerate(split(value)) if shown(raw) == payload)


def _record_of(log: Log, letter: DeadLetter) -> Record:
    try:
        return record_at(log.partition(letter.partition), letter.topic, letter.position)
    except Truncated as error:
        raise NotRetried(f"{error}: its sender has to send it again") from error


def _what_helps(number: int, letter: DeadLetter) -> str:
    """What to do about a dead letter of another stage than admit."""
    if letter.stage in fold_names():
        return f"the statement is in the record; `lrs replay {letter.stage}` folds it once that is repaired"
    if letter.topic == OBSERVATIONS:
        return "the statements are in the record; `lrs rebuild` reads them again once that is repaired"
    refused = f"{letter.stage} stored no statement of it: "
    drop = f"`lrs dead-letters drop {number}` lists this one no more"
    return f"{refused}its sender has to correct it and send it again, and {drop}"
