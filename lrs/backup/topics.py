"""The log's part of a backup: of every topic, what was appended since the last one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from lrs.backup.manifest import Gap, LogEpoch, PartitionManifest, Segment, TopicManifest
from lrs.backup.segments import write_segments
from lrs.backup.target import BackupTarget, kept_names
from lrs.errors import LostData
from lrs.log import Log
from lrs.log.stored_log import StoredLog
from schemas.record import (
    CALIPER,
    CATALOG,
    DEAD_LETTER_OUTCOMES,
    DEAD_LETTERS,
    DIRECT,
    INTAKE,
    OBSERVATIONS,
    STATEMENTS,
)

# What follows from something is copied before it: so the copy holds the cause of all that it holds.
COPY_ORDER = (DEAD_LETTER_OUTCOMES, DEAD_LETTERS, OBSERVATIONS, CALIPER, DIRECT, STATEMENTS, CATALOG)
_FOLDER = "log"
RecordsProgress = Callable[[int], None]


def copy_topics(
    log: StoredLog,
    names: Sequence[str],
    target: BackupTarget,
    before: Callable[[str], TopicManifest | None],
    scratch: Path,
    progress: RecordsProgress = lambda records: None,
) -> list[TopicManifest]:
    """Copy what is new of the topics, and what the target has lost of them.

    Args:
        before: a topic as the last backup has it.
    Raises:
        LostData: the log does not hold what it held.
        Transient, Full: of the log or the target.
    """
    ordered = [name for name in COPY_ORDER if name in names] + [name for name in names if name not in COPY_ORDER]
    there = kept_names(target, _FOLDER)
    return [_copy_topic(log, name, target, before(name), there, scratch, progress) for name in ordered]


def _copy_topic(
    log: StoredLog,
    name: str,
    target: BackupTarget,
    topic_before: TopicManifest | None,
    there: Collection[str],
    scratch: Path,
    progress: RecordsProgress,
) -> TopicManifest:
    identity = log.identity(name)
    if topic_before is not None and topic_before.identity != identity:
        topic_before = None
    backed_up = {} if topic_before is None else {partition.number: partition for partition in topic_before.partitions}
    partitions = []
    for number in range(log.partitions(name, fresh=True)):
        at = log.partition(number)
        # Before the records, and before the statements that follow from them.
        read_by_intake = at.committed(INTAKE, DIRECT) if name == DIRECT else 0
        log_start = log.starts(name)[number]
        known = _still_true(at, name, backed_up[number].segments, log_start) if number in backed_up else []
        known_end = known[-1].end if known else 0
        gaps = [gap for gap in backed_up[number].gaps if gap.end <= known_end] if known else []
        if log_start > known_end:
            gaps.append(Gap(known_end, log_start))
        start = max(known_end, log_start)
        prefix = f"{_FOLDER}/{name}/{identity[:8]}/{number}"
        segments: list[Segment] = []
        for segment in known:
            if segment.file in there:
                segments.append(segment)
            else:
                segments += _write_again(at, name, target, prefix, segment, scratch)
                progress(segment.end - segment.first)
        for segment in write_segments(target, prefix, at.stored(name, start, at.end(name)), scratch):
            segments.append(segment)
            progress(segment.end - segment.first)
        partitions.append(PartitionManifest(number, segments, read_by_intake, gaps))
    epochs = [LogEpoch(*epoch) for epoch in log.epochs(name)]
    return TopicManifest(name, identity, epochs, partitions)


def _write_again(
    log: StoredLog, topic: str, target: BackupTarget, prefix: str, lost: Segment, scratch: Path
) -> list[Segment]:
    """A segment that the target has lost, from the log. Raises LostData where that does not hold the same."""
    try:
        written = list(write_segments(target, prefix, log.stored(topic, lost.first, lost.end), scratch))
    except LostData as error:
        raise LostData(
            f"the backup has lost {lost.file}, and the log its records: {error}; {_way_out(log, lost)}"
        ) from error
    if not written or (written[0].first, written[-1].end, written[-1].checksum) != (
        lost.first,
        lost.end,
        lost.checksum,
    ):
        raise LostData(f"the backup has lost {lost.file}, and the log does not hold its records; {_way_out(log, lost)}")
    return written


def _way_out(log: StoredLog, lost: Segment) -> str:
    mend = f"mend the log ({log.repair_advice})"
    return f"put {lost.file} back from another copy of this backup, or {mend}, and back up again"


def _still_true(log: Log, topic: str, segments: Sequence[Segment], log_start: int) -> list[Segment]:
    """The segments of before that are of this log: one that was restored may have gone on otherwise.

    With those that lie before its start there is nothing to compare: the backup has what the log no longer holds.
    """
    still_true = list(segments)
    while still_true and still_true[-1].end > log_start and not _is_true(log, topic, still_true[-1]):
        still_true.pop()
    return still_true


def _is_true(log: Log, topic: str, segment: Segment) -> bool:
    return segment.end <= log.end(topic) and log.checksum_before(topic, segment.end) == segment.checksum
