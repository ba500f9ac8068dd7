"""How learners work, by day rows."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest
from click.testing import CliRunner

from lrs import exits
from lrs.catalog.catalogs import Catalogs
from lrs.cli.main import main
from lrs.log.sqlite import SqliteLog
from lrs.pacing.board import NotInCatalog
from lrs.pacing.drift import RECENT
from lrs.pacing.habits import DayWorked, Habits, class_habits, learner_habits, regularity
from lrs.store.client import Store
from schemas.catalog import Class, Member
from tests.support.classroom import NOW, Classroom

TODAY = 20_000
NOTHING = Habits(*[None] * len(Habits._fields))


def test_the_last_days_are_beside_the_weeks_before() -> None:
    days = {TODAY - back: DayWorked(10, 10.0, 4, 1, 3, 60.0) for back in range(20, 40, 4)}
    days |= {TODAY - back: DayWorked(10, 20.0, 4, 3, 1, 600.0) for back in (0, 5, 13)}
    found = learner_habits(days, TODAY)
    assert found[:5] == (0.75, 0.25, 0.25, 0.75, 2.0)
    assert found.regularity is not None
    # 5 minutes in the 23 days before, so 3 in 14
    assert found.media == 30.0
    assert found.media_before == pytest.approx(5 * 14 / 23)
    later = learner_habits(days, TODAY + RECENT)  # what was lately is of the weeks before by then
    assert (later.persistence, later.pace) == (None, None)
    assert later.persistence_before == pytest.approx((5 * 1 + 3 * 3) / (8 * 4))


def test_nothing_is_said_on_too_little() -> None:
    assert learner_habits({TODAY: DayWorked(9, 9.0, 4, 4, 0, 0.0)}, TODAY) == NOTHING
    assert learner_habits({}, TODAY) == NOTHING
    lately = learner_habits({TODAY - 3: DayWorked(0, 0.0, 0, 0, 0, 90.0)}, TODAY)
    assert (lately.media, lately.media_before) == (1.5, None)


def test_regularity_is_of_weekdays() -> None:
    assert regularity([7 * week for week in range(6)]) == 1.0
    assert regularity(list(range(14))) == pytest.approx(0.0)
    two = regularity([7 * week + day for week in range(4) for day in (0, 3)])
    assert two is not None
    assert 0.5 < two < 1.0
    assert regularity([0, 7, 14, 21, 28]) is None


def test_a_class_by_name_and_none_that_is_unknown(store: Store) -> None:
    room = Classroom(store, uuid.uuid4().hex)
    ada, ben = keys = [f"mbox:mailto:{name}@s.example" for name in ("ada", "ben")]
    room.teach(dict(zip(keys, ("Ada", "Ben"), strict=True)), {"s": "Skill"})
    for back in (1, 3, 8):
        room.engagement(ada, back, errors=4, persisted=3, sought=1, attempts=8, media_seconds=60.0)
    found = class_habits(store, room.catalog, room.tenant, "7b", NOW)
    assert [(one["name"], one["learner"]) for one in found] == [("Ada", ada), ("Ben", ben)]
    assert (found[0]["persistence"], found[0]["help_seeking"], found[0]["pace"]) == (0.75, 0.25, None)
    assert found[0]["media"] == 3.0
    assert found[1]["persistence"] is None
    assert class_habits(store, room.catalog, "another tenant", "7b", NOW)[0]["persistence"] is None
    with pytest.raises(NotInCatalog):
        class_habits(store, room.catalog, room.tenant, "8c", NOW)


def test_the_command_prints_a_row_for_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = SqliteLog(tmp_path / "log")
    Catalogs(log).append("default", "t", Class(id="7b", learners=[Member(learner="mbox:mailto:ada@s.example")]), 1)
    log.close()
    found = [{"name": "Ada", **Habits(0.75, 0.5, None, None, 1.5, 0.2, 7.0, None)._asdict()}]
    monkeypatch.setattr("lrs.cli.habits.class_habits", lambda store, catalog, tenant, class_id, now: found)
    said = CliRunner().invoke(main, ["habits", "7b", "--data", str(tmp_path)], env={"COLUMNS": "200"}).output
    assert all(part in said for part in ("Ada", "75% (50%)", "– (–)", "× 1.5", "20%", "7 min (–)"))
    as_json = CliRunner().invoke(main, ["habits", "7b", "--data", str(tmp_path), "--json"])
    assert json.loads(as_json.output)["habits"] == found
    monkeypatch.undo()
    unknown = CliRunner().invoke(main, ["habits", "8c", "--data", str(tmp_path)])
    assert unknown.exit_code == exits.NOT_FOUND
