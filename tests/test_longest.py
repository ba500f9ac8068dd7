"""The order of files: those that take longest are begun first."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.longest import LONGEST, rank

ROOT = Path(__file__).parents[1]


def test_every_file_that_is_named_is_there_once() -> None:
    assert [file for file in LONGEST if not (ROOT / file).is_file()] == []
    assert len(set(LONGEST)) == len(LONGEST)


def test_they_come_in_their_order_before_all_others(request: pytest.FixtureRequest) -> None:
    files = [item.location[0] for item in request.session.items]
    assert [*map(rank, files)] == sorted(map(rank, files))
    assert rank("tests/test_longest.py") > max(map(rank, LONGEST))
