"""What every log does, whichever it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import pytest

from lrs.log import (
    Entry,
    Exists,
    IndexedLog,
    Log,
    Truncated,
    Unavailable,
    UniqueId,
    kafka,
    kafka_client,
    kafka_producer,
    kafka_reader,
)
from lrs.log.kafka import KafkaLog
from lrs.log.sqlite import SqliteLog
from tests.support.kafka import Broker, make_topics
from tests.support.partitions import Cluster, PartitionsLog

TOPIC = "statements"
Open = Callable[[], Log]
AnyLog = TypeVar("AnyLog", bound=Log)
OpenIndexed = Callable[[], IndexedLog]


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def _sqlite(folder: Path, clock: Clock) -> Callable[[], Log]:
    return lambda: SqliteLog(folder / "log", clock)


def _kafka(broker: Broker, clock: Clock) -> Callable[[], Log]:
    address = broker.address()
    # CreateTime: so that the test's clock says when a record was appended.
    make_topics(address, {TOPIC: 1, "observations": 1}, {"message.timestamp.type": "CreateTime"})
    return lambda: KafkaLog(address, clock)


def _partitions(clock: Clock) -> Callable[[], Log]:
    cluster = Cluster(clock=clock)
    return lambda: PartitionsLog(cluster)


@pytest.fixture(params=["sqlite", "kafka", "partitions"])
def open_log(
    request: pytest.FixtureRequest, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Open]:
    """Opens the same log again each time it is called."""
    if request.param == "kafka":
        # A busy machine may let the broker wait: how soon the log gives up is no part of this contract.
        for module in (kafka, kafka_client, kafka_reader):
            monkeypatch.setattr(module, "ANSWER_MS", 30_000)
        monkeypatch.setattr(kafka_client, "CALL_SECONDS", 60.0)
        monkeypatch.setattr(kafka_reader, "_READ_SECONDS", 40.0)
        monkeypatch.setattr(kafka_producer, "_DELIVERY_MS", 40_000)
        monkeypatch.setattr(kafka_producer, "OVER_SECONDS", 60.0)
        yield from _opening(_kafka(request.getfixturevalue("kafka"), clock))
    else:
        yield from _opening(_sqlite(tmp_path, clock) if request.param == "sqlite" else _partitions(clock))


@pytest.fixture
def open_indexed(tmp_path: Path, clock: Clock) -> Iterator[OpenIndexed]:
    """The same, of the logs that know ids."""
    yield from _opening(lambda: SqliteLog(tmp_path / "log", clock))


def _opening(make: Callable[[], AnyLog]) -> Iterator[Callable[[], AnyLog]]:
    opened: list[AnyLog] = []

    def open_() -> AnyLog:
        log = make()
        opened.append(log)
        return log

    yield open_
    for log in opened:
        log.close()


def id_(number: int, tenant: str = "t") -> UniqueId:
    return UniqueId(tenant, str(UUID(int=number)))


def entry(text: str, *ids: UniqueId, count: int = 1) -> Entry:
    return Entry("key", text.encode(), count, ids)


def values(log: Log, start: int = 0, most: int = 100) -> list[bytes]:
    return [record.value for record in log.read(TOPIC, start, most)]


def test_an_empty_topic_has_no_records_and_ends_at_0(open_log: Open) -> None:
    log = open_log()
    assert log.read(TOPIC, 0, 10) == []
    assert log.end(TOPIC) == 0


def test_records_are_read_in_the_order_they_were_appended(open_log: Open) -> None:
    log = open_log()
    positions = [log.append(TOPIC, entry(str(n))) for n in range(5)]
    assert positions == sorted(set(positions))
    assert values(log) == [b"0", b"1", b"2", b"3", b"4"]
    assert log.end(TOPIC) > positions[-1]


def test_a_read_starts_at_its_position_and_ends_at_the_events_asked_for(open_log: Open) -> None:
    log = open_log()
    positions = [log.append(TOPIC, entry(str(n), count=10)) for n in range(4)]
    assert values(log, positions[2]) == [b"2", b"3"]
    assert values(log, most=20) == [b"0", b"1"]
    assert values(log, most=25) == [b"0", b"1"]


def test_a_read_gives_one_record_even_if_it_holds_more_than_asked_for(open_log: Open) -> None:
    log = open_log()
    log.append(TOPIC, entry("large", count=500))
    log.append(TOPIC, entry("next"))
    assert values(log, most=10) == [b"large"]


def test_what_was_appended_stands_after_the_log_is_opened_again(open_log: Open) -> None:
    open_log().append(TOPIC, entry("a"))
    assert values(open_log()) == [b"a"]


def test_an_id_is_found_after_the_log_is_opened_again(open_indexed: OpenIndexed) -> None:
    open_indexed().append(TOPIC, entry("a", id_(1)))
    assert open_indexed().find(TOPIC, id_(1)) is not None


def test_bytes_come_back_as_they_went_in(open_log: Open) -> None:
    log = open_log()
    value = bytes(range(256)) * 400
    log.append(TOPIC, Entry("ключ", value))
    record = log.read(TOPIC, 0, 1)[0]
    assert (record.key, record.value) == ("ключ", value)


def test_an_id_is_found_where_it_stands(open_indexed: OpenIndexed) -> None:
    log = open_indexed()
    position = log.append(TOPIC, entry("ab", id_(1), id_(2), count=2))
    assert log.find(TOPIC, id_(2)) == (position, 1)
    assert log.find(TOPIC, id_(3)) is None


def test_an_id_of_another_tenant_is_another_id(open_indexed: OpenIndexed) -> None:
    log = open_indexed()
    log.append(TOPIC, entry("a", id_(1, "one")))
    assert log.find(TOPIC, id_(1, "two")) is None
    log.append(TOPIC, entry("b", id_(1, "two")))
    assert values(log) == [b"a", b"b"]


def test_an_entry_with_a_standing_id_is_not_appended_and_says_where_it_stands(open_indexed: OpenIndexed) -> None:
    log = open_indexed()
    position = log.append(TOPIC, entry("a", id_(1)))
    with pytest.raises(Exists) as refused:
        log.append(TOPIC, entry("bc", id_(2), id_(1)))
    assert refused.value.ids == {id_(1): (position, 0)}
    assert values(log) == [b"a"]
    assert log.find(TOPIC, id_(2)) is None


def test_a_refused_entry_takes_no_other_with_it(open_indexed: OpenIndexed) -> None:
    log = open_indexed()
    log.append(TOPIC, entry("a", id_(1)))
    futures: list[Future[int]] = [log.submit(TOPIC, entry(str(n), id_(1 if n == 50 else 100 + n))) for n in range(100)]
    refused = [n for n, future in enumerate(futures) if future.exception() is not None]
    assert refused == [50]
    assert len(values(log, most=1000)) == 100


def test_many_threads_append_and_nothing_is_lost_or_doubled(open_log: Open) -> None:
    log = open_log()

    def write(worker: int) -> None:
        for n in range(50):
            log.append(TOPIC, entry(f"{worker}/{n}", id_(worker * 1000 + n)))

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = values(log, most=1000)
    assert len(found) == len(set(found)) == 400
    mine = [value for value in found if value.startswith(b"3/")]
    assert mine == [f"3/{n}".encode() for n in range(50)]


def test_two_writers_of_one_log_agree_on_positions_and_ids(open_indexed: OpenIndexed) -> None:
    one, other = open_indexed(), open_indexed()
    first, second = one.append(TOPIC, entry("a", id_(1))), other.append(TOPIC, entry("b", id_(2)))
    assert second > first
    with pytest.raises(Exists):
        other.append(TOPIC, entry("c", id_(1)))
    assert values(one) == values(other) == [b"a", b"b"]


def test_two_writers_of_one_log_agree_on_positions(open_log: Open) -> None:
    one, other = open_log(), open_log()
    first, second = one.append(TOPIC, entry("a")), other.append(TOPIC, entry("b"))
    assert second > first
    assert values(one) == values(other) == [b"a", b"b"]


def test_a_read_goes_on_where_the_last_one_ended_and_back_again(open_log: Open) -> None:
    log = open_log()
    for n in range(30):
        log.append(TOPIC, entry(str(n)))
    found, position = [], 0
    while records := log.read(TOPIC, position, 7):
        found += [record.value for record in records]
        position = records[-1].position + 1
    assert found == [str(n).encode() for n in range(30)]
    assert values(log, 3, 2) == [b"3", b"4"]
    assert values(log, 28) == [b"28", b"29"]
    log.append(TOPIC, entry("later"))
    assert values(log, position) == [b"later"]


def test_reading_behind_the_end_is_refused(open_log: Open) -> None:
    log = open_log()
    log.append(TOPIC, entry("a"))
    with pytest.raises(Truncated):
        log.read(TOPIC, 2, 10)


def test_a_key_has_one_of_the_partitions(open_log: Open) -> None:
    log = open_log()
    count = log.partitions(TOPIC)
    assert count >= 1
    assert {log.partition_of(TOPIC, str(n)) for n in range(100)} <= set(range(count))
    assert log.partition_of(TOPIC, "key") == log.partition_of(TOPIC, "key")


def test_ends_and_positions_of_all_partitions_are_had_in_one_look(open_log: Open) -> None:
    log = open_log()
    log.append(TOPIC, entry("a"))
    log.commit("admit", TOPIC, 1)
    assert log.ends(TOPIC) == [log.end(TOPIC)] == [1]
    assert log.reached("admit", TOPIC) == [1]
    assert log.reached("other", TOPIC) == [0]


def test_topics_are_apart(open_log: Open) -> None:
    log = open_log()
    log.append("observations", entry("o"))
    assert values(log) == []
    assert log.end("observations") == 1


def test_a_time_finds_the_first_record_from_then_on(open_log: Open, clock: Clock) -> None:
    log = open_log()
    positions = []
    for clock.now in (1_000, 2_000, 3_000):
        positions.append(log.append(TOPIC, entry(str(clock.now))))
    assert log.at(TOPIC, 0) == positions[0]
    assert log.at(TOPIC, 1_001) == positions[1]
    assert log.at(TOPIC, 3_000) == positions[2]
    assert log.at(TOPIC, 3_001) == log.end(TOPIC)


def test_a_log_has_an_identity_and_vouches_for_what_lies_before_a_position(open_log: Open) -> None:
    log = open_log()
    start = log.checksum_before(TOPIC, 0)
    for text in ("a", "b"):
        log.append(TOPIC, entry(text))
    again = open_log()
    assert log.identity(TOPIC) == again.identity(TOPIC) != ""
    found = [log.checksum_before(TOPIC, position) for position in range(4)]
    assert found[0] == start
    assert len(set(found)) == 4
    assert found[3] is None
    assert [again.checksum_before(TOPIC, position) for position in range(4)] == found
    assert [again.checksum_after(TOPIC, record) for record in again.read(TOPIC, 0, 10)] == found[1:3]


def test_positions_are_kept_by_group_and_topic(open_log: Open) -> None:
    log = open_log()
    assert log.committed("admit", TOPIC) == 0
    log.commit("admit", TOPIC, 7)
    log.commit("admit", TOPIC, 9)
    log.commit("mastery", TOPIC, 3)
    again = open_log()
    assert [again.committed(group, TOPIC) for group in ("admit", "mastery", "other")] == [9, 3, 0]
    assert again.committed("admit", "observations") == 0


def test_a_closed_log_takes_nothing_more(open_log: Open) -> None:
    log = open_log()
    future = log.submit(TOPIC, entry("a"))
    log.close()
    assert future.result(timeout=5) == 0
    with pytest.raises(Unavailable):
        log.submit(TOPIC, entry("b"))
    assert values(open_log()) == [b"a"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="folder"):
        SqliteLog(tmp_path / "file" / "log")
