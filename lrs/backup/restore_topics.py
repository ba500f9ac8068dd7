"""Write a backup's topics into a Kafka cluster that has none of their records.

Every record gets the position and the time that it had, so all that follows from these is the same again. The topics
are new ones, with ids of their own: whoever has read the old ones takes nothing of them for what was read before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing

from lrs.backup.kafka_restorer import KafkaRestorer
from lrs.backup.manifest import PartitionManifest, Segment, TopicManifest
from lrs.backup.segments import read_segment
from lrs.backup.target import BackupTarget
from lrs.errors import Conflict, LostData
from lrs.log import Log, Record, Unavailable
from lrs.log.kafka import KafkaLog
from lrs.log.kafka_address import KafkaAddress
from processors.meaning.version import INTERPRETATION
from schemas.envelope import ENVELOPE_VERSION, encode
from schemas.observation import encode_refold
from schemas.record import CALIPER, CATALOG, DIRECT, INTAKE, OBSERVATIONS, STATEMENTS, Bundle, CatalogRecord

_COORDINATOR_SECONDS = 30.0  # a new group's may take a while to be found
# What says nothing, and can be read: it stands for records that are gone between others.
_EMPTY = {
    STATEMENTS: Bundle("", "", 0, 0, [], []).encode(),
    CALIPER: Bundle("", "", 0, 0, [], []).encode(),
    OBSERVATIONS: encode_refold([], INTERPRETATION, 0),
    CATALOG: encode(CatalogRecord(ENVELOPE_VERSION, "", "", 0, [])),
}
RestoreProgress = Callable[[str, int], None]


def check_topics(address: KafkaAddress, topics: Sequence[TopicManifest]) -> None:
    """See that topics can be restored there. Raises Conflict and Unavailable."""
    if embedded := [topic.name for topic in topics if topic.epochs]:
        raise Conflict(f"{', '.join(embedded)} were backed up from a folder: they cannot be restored into Kafka")
    KafkaRestorer(address).check_empty({topic.name: len(topic.partitions) for topic in topics})


def restore_topics(
    address: KafkaAddress, target: BackupTarget, topics: Sequence[TopicManifest], progress: RestoreProgress
) -> int:
    """Write the records of all topics; gives the time of the newest.

    Raises Conflict, LostData, Missing, Unavailable.
    """
    restorer = KafkaRestorer(address)
    newest = 0
    taken_in: dict[int, int] = {}  # by partition of `direct`: how many of its records are in the statements already
    with restorer.keeping_times([topic.name for topic in topics]):
        for topic in topics:
            for partition in topic.partitions:
                gap_ends = [] if topic.name == DIRECT else [gap.end for gap in partition.gaps]
                for segment in _kept_segments(topic.name, partition):
                    while gap_ends and gap_ends[0] <= segment.first:
                        _skip(restorer, topic.name, partition, gap_ends.pop(0))
                    stored_records = read_segment(target, segment)
                    records = [
                        Record(r.position, r.time, r.key, r.value, partition.number, r.headers) for r in stored_records
                    ]
                    restorer.write(topic.name, partition.number, records)
                    newest = max([newest, *(record.time for record in records)])
                    if topic.name == DIRECT:
                        read_records = sum(record.position < partition.read for record in records)
                        taken_in[partition.number] = taken_in.get(partition.number, 0) + read_records
                    progress("log", len(records))
                for end in gap_ends:
                    _skip(restorer, topic.name, partition, end)
    with closing(KafkaLog(address)) as log:
        for topic in topics:
            for partition in topic.partitions:
                _check_topics(log.partition(partition.number), topic.name, partition)
        for number, position in taken_in.items():
            _commit(log.partition(number), position)
    return newest


def _kept_segments(topic: str, partition: PartitionManifest) -> list[Segment]:
    """Those that are written back: all, or those after the last gap, where no record can stand for what is gone."""
    if topic in _EMPTY or topic == DIRECT or not partition.gaps:
        return partition.segments
    return [segment for segment in partition.segments if segment.first >= partition.gaps[-1].end]


def _skip(restorer: KafkaRestorer, topic: str, partition: PartitionManifest, end: int) -> None:
    """Records after a gap keep their positions: the topic begins after it, or empty records stand for what is gone."""
    first = min((segment.first for segment in _kept_segments(topic, partition)), default=end)
    begins = topic != CATALOG and end <= first  # the catalog is read from its beginning
    restorer.skip(topic, partition.number, end, _EMPTY.get(topic, b""), begins)


def _check_topics(log: Log, topic: str, partition: PartitionManifest) -> None:
    """See that a partition holds what was backed up, by its last record."""
    if topic == DIRECT:  # where positions may have moved up
        return
    last_segment = partition.segments[-1] if partition.segments else None
    if log.end(topic) != partition.end or (
        last_segment is not None
        and last_segment.end == partition.end
        and log.checksum_before(topic, last_segment.end) != last_segment.checksum
    ):
        raise LostData(f"partition {partition.number} of {topic} does not hold what was backed up")


def _commit(log: Log, position: int) -> None:
    deadline = time.monotonic() + _COORDINATOR_SECONDS
    while True:
        try:
            log.commit(INTAKE, DIRECT, position)
        except Unavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return
