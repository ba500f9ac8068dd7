"""What an initiative changed, from the tables, and when that cannot be said."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lrs.catalog.catalogs import Catalogs
from lrs.log.sqlite import SqliteLog
from lrs.plans.initiative_outcomes import InitiativeOutcomes, NoInitiative
from lrs.store.client import Store
from schemas.catalog import Class, Member, Skill
from schemas.days import DAY
from schemas.plan_events import Initiative
from schemas.xapi.actor import identity
from tests.support.classroom import NOW  # 2030-03-17

SINCE, DAYS = NOW // DAY + 10, 20  # 2030-03-27, until 2030-04-16
AFTER = NOW + 60 * DAY
OURS = [f"mbox:mailto:our{n}@school.example" for n in range(12)]
THEIRS = [f"mbox:mailto:their{n}@school.example" for n in range(12)]


class School:
    """Two classes, and an initiative that was declared before it began."""

    def __init__(self, store: Store, path: Path) -> None:
        self.store, self.tenant = store, uuid.uuid4().hex
        self.log = SqliteLog(path)
        self.catalogs = Catalogs(self.log)
        classes = [
            Class(id=id_, learners=[Member(learner=one) for one in its], skills=["halves", "thirds"])
            for id_, its in (("7b", OURS), ("7c", THEIRS))
        ]
        self.append([*classes, Skill(id="halves"), Skill(id="thirds")])

    def append(self, changes: list[Any], now: int = NOW) -> None:
        self.catalogs.append_all(self.tenant, "test", changes, now)

    def declare(self, now: int = NOW, **more: Any) -> None:
        fields = {"id": "i", "what": "Pairs", "classes": ["7b"], "since": "2030-03-27", "until": "2030-04-16"}
        self.append([Initiative.model_validate(fields | more)], now)

    def outcome(self, now: int = AFTER) -> dict[str, Any]:
        return InitiativeOutcomes(self.store, self.catalogs, lambda: now).read(self.tenant, "i", lambda _: True)

    def minutes(self, learner: str, day: int, minutes: float) -> None:
        name = str((SINCE + day) * DAY)
        key = self.store.tuples(f"SELECT toString(toDate(fromUnixTimestamp64Micro({name}, 'UTC')))", {})[0][0]
        types = ["String", "String", "String", "Float64", "UInt64", "UInt8"]
        row: list[Any] = [self.tenant, identity(learner), key, minutes, 1, 0]
        names = ["tenant", "learner", "key", "minutes", "version", "deleted"]
        self.store.insert("engagement", names, types, [[value] for value in row])

    def decided(self, rows: list[tuple[str, str, int, str]]) -> None:
        """(learner, skill, day after the beginning, decision)."""
        columns: list[list[Any]] = [
            [self.tenant] * len(rows),
            [identity(learner) for learner, *_ in rows],
            [skill for _, skill, *_ in rows],
            ["7b"] * len(rows),
            [decision for *_, decision in rows],
            [decision for *_, decision in rows],
            [(SINCE + day) * DAY + DAY // 2 for *_, day, _ in rows],
            [1] * len(rows),
        ]
        names = ["tenant", "learner", "skill", "class", "decision", "computed", "since", "version"]
        self.store.insert("decision_history", names, ["String"] * 6 + ["Int64", "UInt64"], columns)

    def attempted(self, rows: list[tuple[str, int, str]]) -> None:
        """(learner, day after the beginning, skill)."""
        columns: list[list[Any]] = [
            [self.tenant] * len(rows),
            [identity(learner) for learner, *_ in rows],
            [identity(learner) for learner, *_ in rows],
            [(SINCE + day) * DAY + DAY // 2 for _, day, _ in rows],
            [str(uuid.uuid4()) for _ in rows],
            ["attempt"] * len(rows),
            [[skill] for *_, skill in rows],
            [1] * len(rows),
        ]
        names = ["tenant", "learner", "person", "time", "statement", "kind", "skills", "version"]
        types = ["String", "String", "String", "Int64", "String", "String", "Array(String)", "UInt64"]
        self.store.insert("observations", names, types, columns)


@pytest.fixture
def school(store: Store, tmp_path: Path) -> Iterator[School]:
    made = School(store, tmp_path / "log")
    yield made
    made.log.close()


def test_attempts_against_other_classes(school: School) -> None:
    school.declare(outcome="attempts", comparison="classes", compared=["7c"], skills=["halves"])
    for at, learner in enumerate(OURS + THEIRS):
        before = [(learner, -1 - day, "halves") for day in range(at % 12)]
        during = [(learner, day, "halves") for day in range(at % 12 + (3 if learner in OURS else 0))]
        outside = [(learner, -21, "halves"), (learner, 20, "halves"), (learner, 1, "thirds")]
        school.attempted([*before, *during, *outside])
    found = school.outcome()
    assert found["refused"] is None
    assert found["tried"] == {"learners": 12, "before": 5.5, "during": 8.5}
    assert found["compared"] == {"learners": 12, "before": 5.5, "during": 5.5}
    assert found["difference"]["more"] == 3.0
    assert found["words"].startswith("Attempts, of each learner: 8.50, against 5.50 of those compared with.")


def test_skills_mastered_against_before(school: School) -> None:
    school.declare()
    school.decided([(learner, "halves", -40, "practise") for learner in OURS])
    school.decided([(OURS[0], "halves", -10, "advance")])  # before
    school.decided([(learner, "halves", 3, "advance") for learner in OURS[1:]])
    school.decided([(OURS[1], "halves", 5, "review"), (OURS[2], "halves", 5, "help")])  # still mastered; not any more
    school.decided([(learner, "thirds", 25, "advance") for learner in OURS])  # afterwards
    found = school.outcome()
    assert found["tried"] == pytest.approx({"learners": 12, "before": 1 / 12, "during": 10 / 12})
    assert found["compared"] is None
    assert found["difference"]["more"] == pytest.approx(9 / 12)
    assert found["difference"]["low"] > 0
    assert "Chance among learners does not explain it." in found["words"]


def test_calls_for_help(school: School) -> None:
    school.declare(outcome="help")
    school.decided([(learner, "halves", day, "help") for learner in OURS for day in (-15, -9, 2)])
    school.decided([(OURS[0], "thirds", -3, "help")])
    found = school.outcome()
    assert found["tried"] == pytest.approx({"learners": 12, "before": 13 / 12, "during": 1.0})
    assert found["difference"]["more"] == pytest.approx(-1 / 12)
    assert "0.08 fewer" in found["words"]
    assert "That may be chance." in found["words"]


def test_active_minutes(school: School) -> None:
    school.declare(outcome="active minutes")
    school.minutes(OURS[0], -1, 12.0)
    school.minutes(OURS[0], 0, 24.0)
    school.minutes(OURS[1], 20, 99.0)
    found = school.outcome()
    assert found["tried"] == {"learners": 12, "before": 1.0, "during": 2.0}


def test_what_was_declared_too_late_or_is_not_over_or_not_counted_is_refused(school: School) -> None:
    school.declare(SINCE * DAY)
    assert "not before its first day" in school.outcome()["refused"]
    school.declare()
    assert "not over before 2030-04-16" in school.outcome(NOW + 15 * DAY)["refused"]
    school.declare(outcome="active minutes", skills=["halves"])
    refused = school.outcome()
    assert refused["refused"] == "active minutes are not counted by skill"
    assert refused["words"] == "What it changed cannot be said: active minutes are not counted by skill."
    assert refused["tried"] is refused["difference"] is None


def test_what_is_unknown_or_too_little_is_refused(school: School) -> None:
    school.declare(outcome="attempts")
    assert "nothing was recorded" in school.outcome()["refused"]
    school.declare()
    school.attempted([(OURS[0], -100, "halves")])
    assert "decisions are not kept" in school.outcome()["refused"]
    school.decided([(OURS[0], "halves", -15, "practise")])
    assert "only since 2030-03-12" in school.outcome()["refused"]
    school.append([Class(id="7c", learners=[Member(learner=one) for one in THEIRS[:9]])])
    school.declare(outcome="attempts", comparison="classes", compared=["7c"])
    assert "learners to compare with: 9;" in school.outcome()["refused"]


def test_days_of_which_there_are_not_as_many_before(school: School) -> None:
    school.declare(until="9999-12-31")
    found = school.outcome()
    assert found["before"] == "0001-01-01"
    assert found["refused"] == "it is not over before 9999-12-31"


def test_who_does_not_see_its_classes_does_not_see_it(school: School) -> None:
    school.declare()
    outcomes = InitiativeOutcomes(school.store, school.catalogs, lambda: AFTER)
    for tenant, id_ in ((school.tenant, "other"), ("other", "i")):
        with pytest.raises(NoInitiative):
            outcomes.read(tenant, id_, lambda _: True)
    with pytest.raises(NoInitiative):
        outcomes.read(school.tenant, "i", lambda one: one is not None and one.id == "7c")
