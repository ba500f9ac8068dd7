"""The rows of a school: classes and skills."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from lrs.pacing.school import school_rows
from lrs.store.client import Store
from processors.stages.decision_table import TYPES
from schemas.alerts import Alert, AlertKind
from schemas.catalog import Member
from schemas.days import DAY
from schemas.people import People
from tests.support.classroom import NOW, Classroom

NAMES = ("ada", "ben", "cem")
SKILLS = {"a": "Adding", "b": "Subtracting", "https://school.example/skills/c": ""}


def key(name: str) -> str:
    return f"mbox:mailto:{name}@school.example"


@pytest.fixture
def room(store: Store) -> Classroom:
    made = Classroom(store, uuid.uuid4().hex)
    made.teach({key(name): name for name in NAMES}, SKILLS, "7a", "Seven A")
    made.teach({key("dan"): "dan", key("ada"): "Ada"}, {"a": "Adding"}, "7b")
    return made


def decide(room: Classroom, *rows: tuple[str, str, str, str, int]) -> None:
    """Insert decisions: class, learner, skill, decision, attempts; advance since an hour ago."""
    made = []
    for class_, name, skill, decision, attempts in rows:
        row: dict[str, Any] = {column: "" if "String" in kind else 0 for column, kind in TYPES.items()}
        row |= {"tenant": room.tenant, "learner": room.catalog.people.person(key(name)), "skill": skill}
        row |= {"class": class_, "decision": decision, "attempts": attempts, "since": NOW - 1, "last_time": NOW - 1}
        made.append(row | {"estimate": None, "low": None, "high": None, "until": None, "version": 1})
    columns = [[row[name] for row in made] for name in TYPES]
    room.store.insert("decisions", list(TYPES), list(TYPES.values()), columns)


def rows(room: Classroom) -> dict[str, Any]:
    return school_rows(room.store, room.catalog, room.tenant, list(room.catalog.classes.values()), NOW)


def test_a_class_covers_what_half_of_it_began(room: Classroom) -> None:
    decide(
        room,
        *(("7a", name, "a", "practise", 3) for name in NAMES[:2]),
        ("7a", "ada", "b", "help", 5),
        *(("7a", name, "b", "wait", 0) for name in NAMES[1:]),
        ("7b", "ada", "a", "advance", 3),
    )
    room.engagement(key("ada"), None)
    first, second = rows(room)["rows"]
    assert (first["covered"], first["skills"], first["learners"], first["mastered"]) == (1, 3, 3, 0)
    assert (second["covered"], second["skills"], second["mastered"], second["active"]) == (1, 1, 1, 1)
    assert first["everybody"]["help"] == 1
    assert sum(first["everybody"].values()) == 3


def test_skills_are_counted_over_their_classes_in_teaching_order(room: Classroom) -> None:
    decide(
        room,
        ("7a", "ada", "a", "advance", 9),
        ("7a", "ben", "a", "help", 4),
        ("7b", "ada", "a", "advance", 9),
        ("7b", "dan", "a", "start", 0),
    )
    found = rows(room)["skills"]
    assert [one["name"] for one in found] == ["Adding", "Subtracting", "c"]
    counted = {name: found[0][name] for name in ("classes", "learners", "begun", "mastered", "help")}
    assert counted == {"classes": 2, "learners": 5, "begun": 3, "mastered": 2, "help": 1}
    assert (found[1]["begun"], found[1]["learners"]) == (0, 3)


def test_who_a_member_is_is_looked_up_once_whatever_the_class_learns(
    room: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[Member] = []
    people = room.catalog.people  # made before: that looks everybody up, too
    member = People.member

    def counted(self: People, one: Member) -> str:
        looked_up.append(one)
        return member(self, one)

    monkeypatch.setattr(People, "member", counted)
    rows(room)
    assert room.catalog.people is people
    assert len(looked_up) == len(NAMES) + 2


def test_nobody_and_nothing(store: Store) -> None:
    made = Classroom(store, uuid.uuid4().hex)
    assert rows(made) == {"rows": [], "skills": [], "untaught": 0}
    made.teach({}, {"a": "Adding"})
    [row] = rows(made)["rows"]
    assert (row["covered"], row["skills"], row["last_seen"]) == (0, 1, None)


def test_open_alerts_are_counted_by_class(room: Classroom) -> None:
    for about, quiet in (("a", False), ("b", True)):  # that one was the case before anybody watched
        alert = Alert(
            what=AlertKind.HELP,
            learner=key("ada"),
            class_id="7a",
            about=about,
            reason="r",
            evidence=NOW - DAY,
            quiet=quiet,
        )
        room.catalog.alerts.apply(alert, NOW)
    assert [row["alerts"] for row in rows(room)["rows"]] == [1, 0]
