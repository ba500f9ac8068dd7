"""The log against its own checksums: every record as it was appended, none missing."""

from __future__ import annotations

from lrs.log import Damaged, Log
from lrs.log.damage_memory import DAMAGED, DamagedRecord, damaged_record, remember
from lrs.log.sqlite import SqliteLog
from lrs.verification.finding import Progress, VerifyFinding, unless_written

_READ = 5_000


def verify_checksums(log: Log, topics: list[str], progress: Progress) -> list[VerifyFinding]:
    """Read every record of every topic; what is damaged in the embedded log is remembered in place of what was before.

    Raises Transient, and on Kafka Truncated.
    """
    if not isinstance(log, SqliteLog):
        return [_kafka(log, topic, progress) for topic in topics]
    damaged: list[DamagedRecord] = []
    findings = [_embedded(log, topic, progress, damaged) for topic in topics]
    return findings + unless_written(DAMAGED, lambda: remember(log.folder, damaged))


def _embedded(log: SqliteLog, topic: str, progress: Progress, found: list[DamagedRecord]) -> VerifyFinding:
    finding = VerifyFinding(
        f"log {topic}", "records", advice="`lrs verify --repair BACKUP` takes the records from a backup"
    )
    for damaged in log.damage(topic):
        held_ids = f" (it held {', '.join(id_.id for id_ in damaged.ids[:5])})" if damaged.ids else ""
        finding.add(f"{damaged}{held_ids}")
        found.append(damaged_record(damaged, [id_.id for id_ in damaged.ids]))
    finding.checked = log.end(topic)
    progress(finding.check, finding.checked)
    return finding


def _kafka(log: Log, topic: str, progress: Progress) -> VerifyFinding:
    """Brokers and client check each batch of records against its own CRC when it is read."""
    finding = VerifyFinding(f"log {topic}", "records")
    for number in range(log.partitions(topic, fresh=True)):
        partition = log.partition(number)
        position = log.starts(topic)[number]
        if position:
            finding.add(f"partition {number} begins at {position}: earlier records are gone")
        end = partition.end(topic)
        while position < end:
            try:
                records = partition.read(topic, position, _READ)
            except Damaged as damaged:
                finding.add(str(damaged))
                finding.checked, position = finding.checked + 1, position + 1
                continue
            if not records:  # what is left are markers of transactions
                break
            finding.checked += len(records)
            progress(finding.check, len(records))
            position = records[-1].position + 1
    return finding
