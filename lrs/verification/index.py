"""The index of ids against the records: each id is found where the log holds it, and nowhere else."""

from __future__ import annotations

from lrs.errors import LostData, Transient
from lrs.log.sqlite import SqliteLog
from lrs.log.sqlite_index import ids_in
from lrs.verification.finding import Progress, VerifyFinding
from schemas.envelope import Unreadable

_READ = 5_000
ADVICE = "the next start of `lrs serve` makes the index again from the records, and `lrs verify --repair` does"


def verify_index(log: SqliteLog, topics: list[str], progress: Progress) -> list[VerifyFinding]:
    """Look up every id of every topic that has some. Raises Transient, UnknownVersion."""
    return [finding for topic in topics if (finding := _verify(log, topic, progress)).checked or finding.wrong]


def _verify(log: SqliteLog, topic: str, progress: Progress) -> VerifyFinding:
    finding = VerifyFinding(f"index of {topic}", "ids", advice=ADVICE)
    whole = log.index_is_whole(topic)
    try:
        _look_up(log, topic, finding, progress)
    except Transient:
        if whole:
            raise
        finding.add("it cannot be read")
    if finding.ok and not whole:
        finding.add("it holds ids that no record does")
    return finding


def _look_up(log: SqliteLog, topic: str, finding: VerifyFinding, progress: Progress) -> None:
    position, end = 0, log.end(topic)
    while position < end:
        try:
            records = log.read(topic, position, _READ)
        except LostData:  # named by the check of the log itself
            position += 1
            continue
        for record in records:
            try:
                ids = ids_in(topic, record.value)
            except Unreadable:  # a dead letter
                continue
            for item, id_ in enumerate(ids):
                place = log.find(topic, id_)
                if place is None:
                    finding.add(f"{id_.id} of {id_.tenant}, at position {record.position}, is not in it")
                elif place != (record.position, item):
                    finding.add(f"{id_.id} of {id_.tenant} is at positions {place[0]} and {record.position}")
            finding.checked += len(ids)
            progress(finding.check, len(ids))
        position = records[-1].position + 1
