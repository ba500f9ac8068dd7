"""What activities are called, wherever they are shown."""

from __future__ import annotations

import uuid

import orjson
import pytest

from lrs.pacing.answers import answers_of
from lrs.pacing.board import learner_page
from lrs.pacing.display_names import activity_names, beside_skill, material_names, with_skill
from lrs.pacing.next_items import next_items
from lrs.store.client import Store
from schemas.catalog import Activity
from schemas.cmi5.course import Au, Course, activity_id
from schemas.material import Material
from tests.lrs.evaluation.test_history import answer, keep
from tests.support.classroom import NOW, Classroom

ADA = "mbox:mailto:ada@school.example"
HOME = "https://lms.example/mod"


@pytest.fixture
def room(store: Store) -> Classroom:
    made = Classroom(store, uuid.uuid4().hex)
    made.teach({ADA: "Ada"}, {"halves": "Halves"})
    return made


def say(room: Classroom, activity: str, version: int = 1, **names: str) -> None:
    """Insert what statements call an activity, by language."""
    types = {"tenant": "String", "activity": "String", "part": "String", "key": "String", "value": "String"}
    rows = [(room.tenant, activity, "name", key, orjson.dumps(name).decode(), version) for key, name in names.items()]
    columns = [list(column) for column in zip(*rows, strict=True)]
    room.store.insert("definitions", [*types, "version"], [*types.values(), "UInt128"], columns)


def test_the_catalog_names_an_activity_else_its_tool_does_else_its_id(room: Classroom) -> None:
    room.change(Activity(id=f"{HOME}/1", name="Cut a cake"))
    room.change(Activity(id=f"{HOME}/2"))
    room.change(Material(id=f"{HOME}/3", name="Workbook, page 3"))
    texts, course = {"en": "Parts of a whole"}, "https://c.example"
    unit = Au(id="https://c.example/u1", title=texts, description=texts, url="https://c.example/open")
    room.change(Course(id=course, title=texts, description=texts, children=[unit]))
    for number in (1, 2, 3):
        say(room, f"{HOME}/{number}", 1, de="Kuchen", **{"en-GB": f"Said {number}"})
    ids = [*(f"{HOME}/{n}" for n in (1, 2, 3, 4)), activity_id(course, unit.id), "urn:uuid:7", ""]
    found = activity_names(room.store, room.catalog, room.tenant, ids)
    assert [found[id_] for id_ in ids] == [
        *("Cut a cake", "Said 2", "Workbook, page 3", "4"),
        *("Parts of a whole", "urn:uuid:7", ""),
    ]


def test_the_last_name_that_a_tool_said_counts_in_whichever_order_it_was_written(room: Classroom) -> None:
    for version in (2, 3, 1):
        say(room, f"{HOME}/1", version, en=f"Said {version}", de=f"Gesagt {version}")
    assert activity_names(room.store, room.catalog, room.tenant, [f"{HOME}/1"]) == {f"{HOME}/1": "Said 3"}


def test_a_material_has_its_own_name_first(room: Classroom) -> None:
    named, nameless = Material(id=f"{HOME}/1", name="Own"), Material(id=f"{HOME}/2")
    say(room, nameless.id, en="Said")
    found = material_names(room.store, room.catalog, room.tenant, [named, nameless])
    assert found == {named.id: "Own", nameless.id: "Said"}


def test_answers_the_last_item_and_what_is_next_have_names(room: Classroom) -> None:
    item = f"{HOME}/quiz/view.php"
    room.change(Activity(id=item, skills=["halves"]))
    room.change(Material(id=item, minutes=5))
    room.mastery(ADA, "halves", 0.5, item=item)
    person = room.catalog.people.person(ADA)
    keep(room.store, [answer(room.tenant, person, NOW - 1, item, ("halves",))])

    def shown() -> set[str]:
        [one] = answers_of(room.store, room.catalog, room.tenant, ADA, "halves", NOW)["answers"]
        [skill] = learner_page(room.store, room.catalog, room.tenant, ADA, NOW)["skills"]
        [following] = next_items(room.store, room.catalog, room.tenant, ADA, 1, NOW)["items"]
        return {one["name"], skill["last_item"], following["name"]}

    assert shown() == {"view.php"}
    say(room, item, en="Halves of a cake")
    assert shown() == {"Halves of a cake"}


@pytest.mark.parametrize(
    ("name", "rest", "whole"),
    [
        ("Ratios: card game", "card game", "Ratios: card game"),
        ("ratios, task 3", "task 3", "Ratios: task 3"),
        ("Ratios – a workbook", "a workbook", "Ratios: a workbook"),
        ("Ratios", "", "Ratios"),
        ("Ratios and parts", "Ratios and parts", "Ratios: Ratios and parts"),  # another thing
        ("Ratiosity", "Ratiosity", "Ratios: Ratiosity"),
        ("Pizza game", "Pizza game", "Ratios: Pizza game"),
    ],
)
def test_a_name_beside_its_skill_does_not_say_the_skill_again(name: str, rest: str, whole: str) -> None:
    assert (beside_skill(name, "Ratios"), with_skill(name, "Ratios")) == (rest, whole)
