"""The ids that may exist already: none is overlooked, false positives are few."""

from __future__ import annotations

import uuid
import zlib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lrs.record.id_filter import IdFilter, hashes
from lrs.store.client import Store
from processors.stages.known_ids import KnownIds


@given(st.lists(st.uuids().map(str), min_size=1, max_size=200), st.integers(1, 50))
def test_what_was_taken_in_is_never_denied(ids: list[str], size: int) -> None:
    id_filter = IdFilter()
    for start in range(0, len(ids), size):
        id_filter.add(hashes(ids[start : start + size]))
    assert id_filter.may_hold(hashes(ids)).all()


def test_few_others_are_taken_for_them_however_many_there_are() -> None:
    id_filter = IdFilter()
    for start in range(0, 400_000, 50_000):  # past the first filters' room; version 1 shares most of its bits
        id_filter.add(hashes([str(uuid.UUID(int=start + n, version=1)) for n in range(50_000)]))
    others = hashes([str(uuid.UUID(int=1_000_000 + n, version=1)) for n in range(50_000)])
    assert id_filter.may_hold(others).mean() < 0.02


def test_a_partitions_ids_are_read_where_they_stand(store: Store) -> None:
    tenant = f"seen-{uuid.uuid4()}"
    ids = [str(uuid.uuid4()) for _ in range(300)]
    columns: list[list[Any]] = [[tenant] * 300, list(range(300)), ids, [0] * 300, list(range(300)), [""] * 300]
    names, types = (
        ["tenant", "stored", "id", "partition", "sequence", "statement"],
        ["String", "Int64", "String", "UInt32", "UInt64", "String"],
    )
    known_ids = KnownIds(store)
    before = known_ids.at_home_in(1, 4)
    assert not before.may_hold(hashes(ids)).all()
    store.insert("statements", names, types, columns)
    home = [id_ for id_ in ids if zlib.crc32(id_.encode()) % 4 == 1]
    assert not known_ids.at_home_in(1, 4).may_hold(hashes(home)).all()  # read once
    known_ids.forget()
    assert known_ids.at_home_in(1, 4).may_hold(hashes(home)).all()
    away = [id_ for id_ in ids if zlib.crc32(id_.encode()) % 4 != 1]
    assert known_ids.at_home_in(1, 4).may_hold(hashes(away)).mean() < 0.1
    assert (
        known_ids.at_home_in(1, 2).may_hold(hashes([i for i in ids if zlib.crc32(i.encode()) % 2 == 1])).all()
    )  # another count
