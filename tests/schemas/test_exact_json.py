"""How much memory JSON takes that is kept."""

from __future__ import annotations

import tracemalloc

import orjson
import pytest

from schemas.exact_json import exact_json

KEPT = 100


@pytest.mark.parametrize("size", [10, 500, 3_000, 70_000])
def test_it_takes_what_its_bytes_take(size: int) -> None:
    value = {"a": "x" * size}
    tracemalloc.start()
    try:
        kept = [exact_json(value) for _ in range(KEPT)]
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept[0] == orjson.dumps(value)
    assert taken < KEPT * (len(kept[0]) + 100)
