"""The index of ids against the records: each id is found where the log holds it, and nowhere else."""

from __future__ import annotations

from lrs.errors import LostData, Transient
from lrs.log import DamagedFile
from lrs.log.sqlite_index import ids_in
from lrs.log.stored_log import IdIndex, StoredLog
from lrs.verification.finding import CheckProgress, VerifyFinding
from schemas.envelope import Unreadable

_INDEXED_READ = 5_000
INDEX_ADVICE = "the next start of `lrs serve` makes the index again from the records"


def verify_index(log: StoredLog, topics: list[str], progress: CheckProgress) -> list[VerifyFinding]:
    """Look up every id of every topic that has some, where the log has an index. Raises Transient, UnknownVersion."""
    indexes = [(topic, id_index) for topic in topics if (id_index := log.id_index(topic)) is not None]
    findings = [_verify_index(log, topic, id_index, progress) for topic, id_index in indexes]
    return [finding for finding in findings if finding.checked or finding.wrong]


def _verify_index(log: StoredLog, topic: str, id_index: IdIndex, progress: CheckProgress) -> VerifyFinding:
    finding = VerifyFinding(f"index of {topic}", "ids", advice=INDEX_ADVICE)
    whole = id_index.is_whole()
    try:
        _look_up(log, topic, id_index, finding, progress)
    except (DamagedFile, Transient):
        if whole:
            raise
        finding.add("it cannot be read")
    if finding.ok and not whole:
        finding.add("it holds ids that no record does")
    return finding


def _look_up(log: StoredLog, topic: str, id_index: IdIndex, finding: VerifyFinding, progress: CheckProgress) -> None:
    position, end = 0, log.end(topic)
    while position < end:
        try:
            records = log.read(topic, position, _INDEXED_READ)
        except LostData:  # named by the check of the log itself
            position += 1
            continue
        for record in records:
            try:
                ids = ids_in(topic, record.value)
            except Unreadable:  # a dead letter
                continue
            for item, id_ in enumerate(ids):
                place = id_index.find(id_)
                if place is None:
                    finding.add(f"{id_.id} of {id_.tenant}, at position {record.position}, is not in it")
                elif place != (record.position, item):
                    finding.add(f"{id_.id} of {id_.tenant} is at positions {place[0]} and {record.position}")
            finding.checked += len(ids)
            progress(finding.check, len(ids))
        position = records[-1].position + 1
