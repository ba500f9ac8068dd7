"""What keeps tables closed for all processes: each stage says it for itself, a halt outlives who found it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrs.errors import LostData
from lrs.log import OtherLog, Record
from lrs.store import shared_closed_tables as module
from lrs.store.closed_tables import Closure
from lrs.store.shared_closed_tables import SharedClosedTables
from processors.runtime.halts import WAY_OUT, StageClosure


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'shared.db'}"


def test_each_stage_takes_back_only_its_own(url: str) -> None:
    admit, project, api = (SharedClosedTables(url, stage) for stage in ("admit", "project", "api"))
    assert api.own() is None
    project.write(Closure("rebuild", "a"))
    admit.write(Closure("halt", "b"))
    admit.write(Closure("halt", "c", until_passed={3: 7}))
    api.own()  # looks now
    assert api.read() == Closure("halt", "c", until_passed={3: 7})  # a halt goes before a rebuild
    admit.clear()
    api.own()
    assert api.read() == Closure("rebuild", "a")
    api.replace(Closure("rebuild", "by a person"))
    assert project.own() is None
    assert project.read() == Closure("rebuild", "by a person")


def test_a_look_is_kept_for_a_moment(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    api, admit = SharedClosedTables(url, "api"), SharedClosedTables(url, "admit")
    monkeypatch.setattr(module, "LOOK_SECONDS", 60.0)
    assert api.read() is None
    admit.write(Closure("halt", "b"))
    assert api.read() is None
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.0)
    assert api.read() == Closure("halt", "b")


def test_a_halt_is_over_when_its_position_is_passed(url: str) -> None:
    halted, later = (StageClosure(SharedClosedTables(url, "admit"), "admit") for _ in range(2))
    records = [Record(position, 0, "", b"", partition) for partition, position in ((0, 5), (1, 9), (0, 4))]
    halted.say(LostData("a record cannot be read"), records)
    for behind in ({0: 4}, {0: 4, 1: 10}, {0: 5, 1: 9}):
        later.passed(behind)
        assert SharedClosedTables(url, "admit").own() is not None
    later.passed({0: 5, 2: 0})
    assert SharedClosedTables(url, "admit").own() is None


def test_a_halt_names_its_stage_and_the_way_out(url: str) -> None:
    StageClosure(SharedClosedTables(url, "admit"), "admit").say(OtherLog("statements is another log"))
    assert str(SharedClosedTables(url).read()) == f"halted: admit: statements is another log: {WAY_OUT}"
