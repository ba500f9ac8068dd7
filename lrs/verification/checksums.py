"""The log against its own checksums: every record as it was appended, none missing."""

from __future__ import annotations

from lrs.log import Damaged
from lrs.log.damage_memory import DAMAGED
from lrs.log.stored_log import StoredLog
from lrs.verification.finding import CheckProgress, VerifyFinding, unless_written


def verify_checksums(log: StoredLog, topics: list[str], progress: CheckProgress) -> list[VerifyFinding]:
    """Read every record of every topic; the log keeps what is damaged in place of what it knew before.

    Raises Transient, and on Kafka Truncated.
    """
    all_damaged: list[Damaged] = []
    findings = []
    for topic in topics:
        finding, damaged = _verify_topic(log, topic, progress)
        findings.append(finding)
        all_damaged += damaged
    return findings + unless_written(DAMAGED, lambda: log.keep_damage(all_damaged))


def _verify_topic(log: StoredLog, topic: str, progress: CheckProgress) -> tuple[VerifyFinding, list[Damaged]]:
    finding = VerifyFinding(f"log {topic}", "records", advice=log.repair_advice)
    all_damaged: list[Damaged] = []
    for number in range(log.partitions(topic, fresh=True)):
        partition = log.partition(number)
        start, end = log.starts(topic)[number], partition.end(topic)
        if start:
            finding.add(f"partition {number} begins at {start}: earlier records are gone")
        for damaged in partition.damage(topic, start):
            held_ids = f" (it held {', '.join(id_.id for id_ in damaged.ids[:5])})" if damaged.ids else ""
            finding.add(f"{damaged}{held_ids}")
            all_damaged.append(damaged)
        finding.checked += end - start
        progress(finding.check, end - start)
    return finding, all_damaged
