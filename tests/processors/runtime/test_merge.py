"""Merging partitions: every record once, each partition in order, and the oldest first."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.log import Entry
from processors.runtime import merge
from processors.runtime.merge import merged
from schemas.record import STATEMENTS
from tests.support.partitions import Cluster, PartitionsLog


def filled(appends: list[tuple[int, int]]) -> PartitionsLog:
    """A log of three partitions, to which (partition, µs since the append before) were appended."""
    now = 0
    cluster = Cluster(count=3, clock=lambda: now)
    log = PartitionsLog(cluster)
    for number, (partition, pause) in enumerate(appends):
        now += pause
        log.submit(STATEMENTS, Entry("", b"%d" % number), partition).result()
    return log


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merge, "_READ_AT_ONCE", 2)
    monkeypatch.setattr(merge, "_BATCH_RECORDS", 3)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), max_size=40), st.data())
def test_every_record_once_and_the_oldest_first(appends: list[tuple[int, int]], data: st.DataObject) -> None:
    log = filled(appends)
    positions = {n: data.draw(st.integers(0, log.partition(n).end(STATEMENTS))) for n in range(3)}
    places_to_read = {(n, p) for n, start in positions.items() for p in range(start, log.partition(n).end(STATEMENTS))}
    records = []
    for batch in merged(log, STATEMENTS, positions):
        assert 0 < len(batch) <= 3
        records += batch
    places = [(record.partition, record.position) for record in records]
    assert len(places) == len(places_to_read)
    assert set(places) == places_to_read
    assert all(earlier.time <= other.time for earlier, other in pairwise(records))
    for n in range(3):
        own = [position for partition, position in places if partition == n]
        assert own == sorted(own)
    assert positions == {n: log.partition(n).end(STATEMENTS) for n in range(3)}


def test_what_was_not_handled_is_given_again() -> None:
    log = filled([(n % 3, 1) for n in range(12)])
    positions = dict.fromkeys(range(3), 0)
    batches = merged(log, STATEMENTS, positions)
    first, _ = next(batches), next(batches)  # the second was not handled
    assert {(record.partition, record.position) for record in first} == {(0, 0), (1, 0), (2, 0)}
    again = next(merged(log, STATEMENTS, positions))
    assert [record.position for record in again] == [1, 1, 1]
