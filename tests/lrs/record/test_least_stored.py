"""When statements were stored stays so, and grows, where somebody accepts a log that lacks what lay before them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs.log import Entry
from lrs.record.least_stored import keep_least_stored
from lrs.record.stored_times import PartitionTimes
from lrs.store.client import Store
from processors.stages.statement_table import STATEMENT_TYPES, insert_rows
from schemas.record import STATEMENTS, Bundle, sequence
from tests.support.engine import running
from tests.support.partitions import Cluster, PartitionsLog

Steps = list[tuple[int, int]]

PARTITION = 2
START = 1_900_000_000_000_000
# How the broker's clock goes on from record to record, back as well, and how many statements a record holds.
steps = st.lists(st.tuples(st.integers(-3, 5), st.integers(1, 4)), min_size=2, max_size=12)


@pytest.fixture(scope="module")
def own_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store of this log alone."""
    with running(tmp_path_factory.mktemp("least")) as engine_store:
        yield engine_store


class _Log:
    """A log with a clock that the test moves."""

    def __init__(self) -> None:
        self.now = START
        self.cluster = Cluster(4, clock=lambda: self.now)
        self.log = PartitionsLog(self.cluster)

    def append(self, appended: Steps) -> None:
        for step, count in appended:
            self.now += step
            bundle = Bundle("t", "c", 0, 0, [str(uuid.uuid4()) for _ in range(count)], [b"{}"] * count)
            self.log.submit(STATEMENTS, Entry("", bundle.encode(), count), PARTITION)

    def stored(self, store: Store, start: int, appended: Steps) -> list[int]:
        """When the records from a position on are said to have been stored, by who begins to read there."""
        times = PartitionTimes(self.log, store)
        records = self.log.partition(PARTITION).read(STATEMENTS, start, 10_000)
        return [times.of(record, count) for record, (_, count) in zip(records, appended, strict=True)]


def admit(store: Store, appended: Steps, stored_times: Sequence[int]) -> None:
    """Let the table of statements hold these, and no others."""
    forget(store)
    rows = []
    for position, (stored, (_, count)) in enumerate(zip(stored_times, appended, strict=True)):
        for index in range(count):
            row: dict[str, Any] = dict.fromkeys(STATEMENT_TYPES, "") | {
                "id": f"{position}-{index}",
                "stored": stored + index,
                "timestamp": stored,
                "partition": PARTITION,
                "sequence": sequence(position, index),
            }
            row |= {name: [] for name, type_ in STATEMENT_TYPES.items() if type_.startswith("Array")}
            rows.append(tuple(row.values()))
    insert_rows(store, "statements", STATEMENT_TYPES, rows)


def forget(store: Store) -> None:
    store.command("TRUNCATE TABLE statements")


@settings(max_examples=25)
@given(steps, st.data())
def test_what_a_trimmed_log_still_holds_keeps_its_times(own_store: Store, appended: Steps, data: st.DataObject) -> None:
    written = _Log()
    written.append(appended)
    forget(own_store)
    stored = written.stored(own_store, 0, appended)
    admit(own_store, appended, stored)
    for _ in range(data.draw(st.integers(1, 2))):  # accepted, rebuilt, and trimmed again
        start = data.draw(st.integers(1, len(appended) - 1))
        start = max(start, written.cluster.removed.get((STATEMENTS, PARTITION), 0))
        written.cluster.removed[STATEMENTS, PARTITION] = start
        keep_least_stored(written.log, own_store, (), {})
        forget(own_store)
        assert written.stored(own_store, start, appended[start:]) == stored[start:]
        admit(own_store, appended, stored)


@settings(max_examples=25)
@given(steps, steps)
def test_another_topic_begins_after_the_last_that_was_given(own_store: Store, before: Steps, after: Steps) -> None:
    lost = _Log()
    lost.append(before)
    forget(own_store)
    stored = lost.stored(own_store, 0, before)
    admit(own_store, before, stored)
    new = _Log()  # of the same time, as the clock was put back
    new.append(after)
    keep_least_stored(new.log, own_store, {PARTITION}, {PARTITION: 0})
    forget(own_store)
    assert new.stored(own_store, 0, after)[0] > stored[-1] + before[-1][1] - 1


@settings(max_examples=25)
@given(steps, steps, st.data())
def test_records_in_the_place_of_lost_ones_are_later_than_those(
    own_store: Store, before: Steps, after: Steps, data: st.DataObject
) -> None:
    written = _Log()
    written.append(before)
    forget(own_store)
    stored = written.stored(own_store, 0, before)
    admit(own_store, before, stored)
    end = data.draw(st.integers(0, len(before) - 1))
    del written.cluster.of(STATEMENTS)[PARTITION][end:]
    written.append(after)
    keep_least_stored(written.log, own_store, (), {PARTITION: end})
    forget(own_store)
    again = written.stored(own_store, 0, before[:end] + after)
    assert again[:end] == stored[:end]
    assert again[end] > stored[-1] + before[-1][1] - 1
