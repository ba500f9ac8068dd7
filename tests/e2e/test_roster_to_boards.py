"""A school of 5,000 as one zip to a running server: every class has its board, and the roster again changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.rosters import packed, school
from tests.support.server import Server, serving

USERS, CLASSES, MEMBERS = 5_000, 950, 25


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path / "data") as server:
        yield server


def test_from_the_zip_to_the_boards(own: Server, tmp_path: Path) -> None:
    roster = packed(tmp_path / "school.zip", school(USERS)).read_bytes()
    with own.client(timeout=300) as client:
        answer = client.post("/roster", params={"source": "sis"}, content=roster)
        assert answer.status_code == 200, answer.text
        assert answer.json()["problems"] == []
        assert answer.json()["counts"]["person"]["added"] == USERS
        classes = client.get("/pacing/classes").json()["classes"]
        assert len(classes) == CLASSES
        for one in classes[:: CLASSES // 10]:
            board = client.get(f"/pacing/classes/{one['id']}").json()
            assert len(board["learners"]) == one["learners"] <= MEMBERS
            assert all(row["name"] for row in board["learners"])
        again = client.post("/roster", params={"source": "sis"}, content=roster).json()["counts"]
        assert [(count["added"], count["changed"], count["removed"]) for count in again.values()] == [(0, 0, 0)] * 4
