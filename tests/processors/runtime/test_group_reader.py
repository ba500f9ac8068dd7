"""Where a group continues reading: a gap is an error, a transaction's marker is not a gap."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import pytest

from lrs.log import Record, Truncated
from lrs.log.kafka import KafkaLog
from processors.runtime.group_reader import Committed, GroupReader


@dataclass
class Partitions:
    """What a log says of one topic."""

    start: list[int] = field(default_factory=lambda: [0, 0])
    end: list[int] = field(default_factory=lambda: [10, 10])
    at: list[int] = field(default_factory=lambda: [3, 0])
    holds: set[tuple[int, int]] = field(default_factory=set)  # partition and position
    number: int = 0

    def partitions(self, topic: str, fresh: bool = False) -> int:
        return len(self.end)

    def refuse_recreated(self, group: str, topic: str) -> None:
        """It is."""

    def starts(self, topic: str) -> list[int]:
        return self.start

    def ends(self, topic: str) -> list[int]:
        return self.end

    def reached(self, group: str, topic: str) -> list[int]:
        return list(self.at)

    def partition(self, number: int) -> Partitions:
        return Partitions(self.start, self.end, self.at, self.holds, number)

    def read(self, topic: str, start: int, most: int) -> list[Record]:
        return [record(p, self.number) for p in range(start, self.end[self.number]) if (self.number, p) in self.holds]


def record(position: int, partition: int = 0) -> Record:
    return Record(position, 0, "", b"", partition)


def reading(partitions: Partitions) -> GroupReader:
    log = cast(KafkaLog, partitions)
    reader = GroupReader(log, "admit", "statements", Committed(log, "admit", "statements"))
    reader.begin()
    return reader


def taken(reading: GroupReader, records: list[Record]) -> list[tuple[int, int]]:
    """Partitions and positions of what there is to handle; it is handled."""
    whole = reading.whole(records)
    reading.read(whole)
    return [(taken_record.partition, taken_record.position) for taken_record in whole]


def test_what_follows_is_taken() -> None:
    reader = reading(Partitions())
    assert taken(reader, [record(3), record(0, 1), record(4), record(1, 1)]) == [(0, 3), (1, 0), (0, 4), (1, 1)]
    assert taken(reader, [record(5)]) == [(0, 5)]


def test_a_place_without_a_record_is_no_gap() -> None:
    assert taken(reading(Partitions()), [record(3), record(5)]) == [(0, 3), (0, 5)]


def test_what_was_passed_over_is_read_and_read_again_until_it_is_handled() -> None:
    reader = reading(Partitions(holds={(0, 3), (0, 4), (0, 6), (1, 0), (1, 1), (1, 2)}))
    for _ in range(2):  # the first time nothing of it was handled
        assert [
            (read_record.partition, read_record.position) for read_record in reader.whole([record(5), record(2, 1)])
        ] == [
            *((0, 3), (0, 4), (0, 5)),
            *((1, 0), (1, 1), (1, 2)),
        ]
    assert taken(reader, [record(5), record(2, 1)])[-1] == (1, 2)
    assert taken(reader, [record(6), record(3, 1)]) == [(0, 6), (1, 3)]


def test_what_is_delivered_again_is_passed_over_once_it_is_handled() -> None:
    reader = reading(Partitions())
    assert len(reader.whole([record(3), record(4)])) == 2
    assert taken(reader, [record(3), record(4)]) == [(0, 3), (0, 4)]
    assert taken(reader, [record(3), record(5)]) == [(0, 5)]


class Vouched(Committed):
    """Positions that are not those that Kafka keeps."""

    start: dict[int, int]

    def resume(self) -> dict[int, int]:
        return self.start


def test_where_checkpoint_and_group_differ_the_checkpoint_counts() -> None:
    log = cast(KafkaLog, Partitions(at=[6, 3], holds={(0, p) for p in range(10)} | {(1, p) for p in range(10)}))
    positions = Vouched(log, "admit", "statements")
    positions.start = {0: 2, 1: 5}
    reader = GroupReader(log, "admit", "statements", positions)
    reader.begin()
    [again] = list(reader.unvouched([0, 1]))
    assert [read_record.position for read_record in again] == [2, 3, 4, 5]
    assert taken(reader, [record(3, 1), record(4, 1)]) == []
    assert taken(reader, [record(5, 1)]) == [(1, 5)]
    reader.begin()  # before it was handled
    assert taken(reader, [record(6)]) == [(0, 2), (0, 3), (0, 4), (0, 5), (0, 6)]


def test_where_no_checkpoint_is_all_is_read_again() -> None:
    log = cast(KafkaLog, Partitions(at=[3, 0], holds={(0, p) for p in range(10)}))
    positions = Vouched(log, "admit", "statements")
    positions.start = {}
    reader = GroupReader(log, "admit", "statements", positions)
    reader.begin()
    assert [[read_record.position for read_record in some] for some in reader.unvouched([0, 1])] == [[0, 1, 2]]


@pytest.mark.parametrize("records", [[record(6)], [record(3), record(7)]])
def test_a_gap_that_the_log_no_longer_holds_is_told(records: list[Record]) -> None:
    with pytest.raises(Truncated, match="partition 0 of statements no longer holds"):
        reading(Partitions(start=[6, 0])).whole(records)


def test_a_partition_that_was_added_is_read_from_its_start() -> None:
    partitions = Partitions()
    reader = reading(partitions)
    assert taken(reader, [record(0, 2)]) == [(2, 0)]
    partitions.start = [0, 0, 4]
    with pytest.raises(Truncated):
        reading(partitions).whole([record(4, 2)])


def test_looks_tell_what_no_record_shows() -> None:
    assert reading(Partitions()).look() == {0: 3, 1: 0}
    assert reading(Partitions(at=[10, 9])).look() == {1: 9}
    assert reading(Partitions(at=[10, 10])).look() == {}
    with pytest.raises(Truncated, match="starts at 5"):
        reading(Partitions(start=[5, 0])).look()
    with pytest.raises(Truncated, match="it lost records"):
        reading(Partitions(at=[11, 0])).look()


@pytest.mark.parametrize("field_", ["start", "end", "at"])
def test_partitions_that_not_every_question_knows_yet(field_: str) -> None:
    partitions = Partitions()
    follower = reading(partitions)
    getattr(partitions, field_).append(0)
    assert follower.look() == {0: 3, 1: 0}
