"""When statements were stored follows from the log alone: whoever reads it, from wherever, finds the same times."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs.log import Entry
from lrs.log.sqlite import SqliteLog
from lrs.record.completion import timestamp
from lrs.record.embedded_finder import EmbeddedFinder
from lrs.record.stored_times import PartitionTimes
from lrs.store.client import Store
from processors.stages.statement_table import STATEMENT_TYPES, insert_rows
from schemas.record import ADMIT, STATEMENTS, Bundle, sequence
from tests.support.engine import running
from tests.support.partitions import Cluster, PartitionsLog

records = st.lists(st.tuples(st.integers(-3, 5), st.integers(1, 4), st.booleans()), min_size=1, max_size=12)


@pytest.fixture(scope="module")
def own_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store of this log alone."""
    with running(tmp_path_factory.mktemp("stored")) as engine_store:
        yield engine_store


def bundle(count: int) -> bytes:
    ids = [str(uuid.uuid4()) for _ in range(count)]
    return Bundle("t", "c", 0, 0, ids, [b"{}"] * count).encode()


@settings(max_examples=25)
@given(records, st.data())
def test_they_grow_and_are_the_same_from_wherever_a_partition_is_read(
    own_store: Store, steps: list[tuple[int, int, bool]], data: st.DataObject
) -> None:
    """Steps of the clock, back as well; how many statements a record holds; whether they come to be admitted."""
    partition = data.draw(st.integers(0, 3))
    now = 1_900_000_000_000_000
    cluster = Cluster(4, clock=lambda: now)
    log = PartitionsLog(cluster)
    for step, count, _ in steps:
        now += step
        log.submit(STATEMENTS, Entry("", bundle(count), count), partition)
    read = log.partition(partition).read(STATEMENTS, 0, 10_000)
    own_store.command("TRUNCATE TABLE statements")
    times = PartitionTimes(log, own_store)
    stored_times = [times.of(record, count) for record, (_, count, _) in zip(read, steps, strict=True)]
    last = 0
    for stored, record, (_, count, _) in zip(stored_times, read, steps, strict=True):
        assert stored == max(record.time, last + 1)
        last = stored + count - 1
    for record, stored, (_, _, admitted) in zip(read, stored_times, steps, strict=True):
        if admitted:
            row: dict[str, Any] = dict.fromkeys(STATEMENT_TYPES, "") | {
                "stored": stored,
                "timestamp": stored,
                "partition": partition,
                "sequence": sequence(record.position, 0),
            }
            row |= {name: [] for name, type_ in STATEMENT_TYPES.items() if type_.startswith("Array")}
            insert_rows(own_store, "statements", STATEMENT_TYPES, [tuple(row.values())])
    for start in data.draw(st.lists(st.integers(0, len(read) - 1), min_size=1, max_size=3)):
        again = PartitionTimes(log, own_store)  # another worker, or this one started again
        assert [again.of(r, steps[r.position][1]) for r in read[start:]] == stored_times[start:]


def test_consistent_through_is_never_early(own_store: Store, tmp_path: Path) -> None:
    now = 1_900_000_000_000_000
    log = SqliteLog(tmp_path / "log", lambda: now)
    finder = EmbeddedFinder(log, own_store)
    assert finder.consistent_through(now) == now  # nothing is appended: whatever will be is later
    log.append(STATEMENTS, Entry("", bundle(3), 3))
    assert finder.consistent_through(now) == now  # none is admitted
    log.commit(ADMIT, STATEMENTS, 1)
    assert finder.consistent_through(now) == now + 3
    now += 5_000_000  # nobody sends anything: who waits for a moment sees it pass
    assert finder.consistent_through(now) == now
    now -= 60_000_000  # the clock steps back: what comes then is later all the same
    log.append(STATEMENTS, Entry("", bundle(1), 1))
    [record] = log.read(STATEMENTS, 1, 1)
    assert record.time > finder.consistent_through(now)
    log.commit(ADMIT, STATEMENTS, 2)
    assert finder.consistent_through(now) == record.time
    log.close()


def test_times_are_exact_to_the_microsecond() -> None:
    assert timestamp(1_900_000_000_000_001) == "2030-03-17T17:46:40.000001Z"
    assert timestamp(1) == "1970-01-01T00:00:00.000001Z"
