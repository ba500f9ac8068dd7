"""Classes that appear from statements."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lrs.pacing.boards import Boards
from lrs.pacing.provisional import MOST_MEMBERS, TERM, ProvisionalClassRow, joined_members, provisional_classes
from lrs.store.client import Store
from schemas.catalog import Catalog, Change, Class, Member, Skill
from schemas.roster import ProvisionalClass
from tests.processors.runtime.test_way import Way
from tests.support.statements import HOME, answered, key, learner, voiding

COURSE = f"{HOME}/course/view.php?id=2"
ADL = "http://adlnet.gov/expapi/activities"
NOW = 1_772_500_000_000_000  # µs: 2026-03-03


class School:
    """Statements and a catalog."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.way = Way(store, folder, f"appears-{uuid.uuid4()}")
        self.catalog = Catalog()
        self.changes: list[Change] = []
        self.boards = Boards(
            store,
            lambda _: self.catalog,
            lambda _: (),
            lambda: {"position": 1, "behind": 0, "age_seconds": 0.0},
            lambda: NOW,
        )

    def send(self, *statements: dict[str, Any]) -> None:
        self.way.append(statements)
        self.way.finish()

    def change(self, *changes: Change) -> None:
        for change in changes:
            self.changes.append(change)
            self.catalog.apply(change, self.catalog.position + 1, NOW)

    def join(self) -> list[Change]:
        """What joins, put into the catalog."""
        found = joined_members(self.way.store, self.catalog, self.way.tenant, self.changes)
        self.change(*found)
        return found

    def provisional(self, now: int = NOW) -> list[ProvisionalClassRow]:
        return provisional_classes(self.way.store, self.catalog, self.way.tenant, now)

    def board(self, class_id: str = COURSE) -> dict[str, Any]:
        return self.boards.read_class(self.way.tenant, class_id)


@pytest.fixture
def school(store: Store, tmp_path: Path) -> Iterator[School]:
    found = School(store, tmp_path / "log")
    yield found
    found.way.log.close()


def within(*around: tuple[str, str], name: str = "ada", **more: Any) -> dict[str, Any]:
    """An answer within activities, each with its type."""
    parents = [{"id": id_, "definition": {"type": type_, "name": {"en": f"The {id_[-1]}"}}} for id_, type_ in around]
    statement = answered(name, skills=("halves",), **more)
    statement["context"]["contextActivities"]["parent"] = parents
    return statement


IN_COURSE = (COURSE, f"{ADL}/course")


def test_a_course_is_a_class_of_whoever_worked_in_it(school: School) -> None:
    site = (HOME, "http://id.tincanapi.com/activitytype/site")
    visit = within(IN_COURSE, name="bo")
    visit["verb"] = {"id": "http://id.tincanapi.com/verb/viewed"}
    del visit["result"]
    school.send(within(site, IN_COURSE), within(IN_COURSE, name="cy"), visit)
    [found] = school.provisional()
    assert (found.id, found.name, found.learners, found.archived) == (COURSE, "The 2", 2, False)
    board = school.board()
    assert board["provisional"]
    assert [row["learner"] for row in board["learners"]] == [key("ada"), key("cy")]
    assert [skill["id"] for skill in board["skills"]] == [f"{HOME}/skills/halves"]
    assert [row["cells"][0]["attempts"] for row in board["learners"]] == [1, 1]


CLASSES = [
    "https://w3id.org/xapi/cmi5/activitytype/course",
    f"{ADL}/course",
    "http://purl.imsglobal.org/caliper/CourseSection",
    "http://purl.imsglobal.org/caliper/Group",
]


@pytest.mark.parametrize("type_", CLASSES)
def test_types_that_mean_a_class(school: School, type_: str) -> None:
    school.send(within((COURSE, type_)))
    assert [one.id for one in school.provisional()] == [COURSE]


def test_a_team_is_a_class(school: School) -> None:
    team = {"objectType": "Group", "account": {"homePage": HOME, "name": "team 7"}}
    statement = within()
    statement["context"]["team"] = team
    school.send(statement)
    assert [(one.id, one.learners) for one in school.provisional()] == [(key("team 7"), 1)]


def test_who_teaches_is_no_member_and_is_proposed(school: School) -> None:
    graded = within(IN_COURSE)
    graded["context"]["instructor"] = learner("Ms Kay") | {"name": "Ms Kay"}
    tried = within(IN_COURSE, name="Ms Kay")
    authored = within(IN_COURSE, name="author")
    authored["context"]["extensions"] = {"http://purl.imsglobal.org/caliper/roles": ["Instructor"]}
    school.send(graded, tried, authored)
    [found] = school.provisional()
    assert found.learners == 1
    assert [(one["id"], one["name"]) for one in found.teachers] == [(key("Ms Kay"), "Ms Kay"), (key("author"), "")]
    assert [row["learner"] for row in school.board()["learners"]] == [key("ada")]


def mailbox(name: str, upper: bool = False) -> dict[str, Any]:
    address = f"{name}@school.example"
    return {"mbox": f"mailto:{address.upper() if upper else address}"}


def test_persons_of_mailboxes_are_members_and_teachers_too(school: School) -> None:
    """A key that is not the person's id: projections know persons, statements and teachers' names know keys."""
    worked = [within(IN_COURSE) | {"actor": mailbox("ada", upper)} for upper in (False, True)]
    worked[0]["context"]["instructor"] = mailbox("kay") | {"name": "Ms Kay"}
    tried = within(IN_COURSE) | {"actor": mailbox("kay")}
    school.send(*worked, tried)
    [found] = school.provisional()
    assert (found.learners, [one["name"] for one in found.teachers]) == (1, ["Ms Kay"])
    board = school.board()
    assert [skill["id"] for skill in board["skills"]] == [f"{HOME}/skills/halves"]
    assert [row["cells"][0]["attempts"] for row in board["learners"]] == [2]


def test_it_is_a_function_of_the_set(school: School) -> None:
    """What is voided was no work, whichever came first."""
    one, other = within(IN_COURSE), within(IN_COURSE, name="cy")
    school.send(voiding(one["id"]), one, other)
    [found] = school.provisional()
    assert found.learners == 1
    school.send(voiding(other["id"]))
    assert school.provisional() == []


def test_asleep_for_a_term(school: School) -> None:
    school.send(within(IN_COURSE))
    assert [one.archived for one in school.provisional(NOW + TERM)] == [True]


def test_hidden(school: School) -> None:
    school.send(within(IN_COURSE))
    school.change(ProvisionalClass(id=COURSE, hidden=True))
    assert school.provisional() == []
    school.change(ProvisionalClass(id=COURSE, removed=True))
    assert len(school.provisional()) == 1


def test_adopted(school: School) -> None:
    school.send(within(IN_COURSE), within(IN_COURSE, name="cy"))
    school.change(*school.boards.adopt(school.way.tenant, COURSE, "7b", "Seven b"))
    assert school.provisional() == []
    board = school.board("7b")
    assert (board["class"], board["provisional"]) == ({"id": "7b", "name": "Seven b"}, False)
    assert [row["learner"] for row in board["learners"]] == [key("ada"), key("cy")]


def test_who_works_in_an_adopted_class_later_joins_it(school: School) -> None:
    school.send(within(IN_COURSE), within(IN_COURSE, name="cy"))
    school.change(*school.boards.adopt(school.way.tenant, COURSE, "7b", "Seven b"))
    assert school.join() == []
    school.send(within(IN_COURSE, name="deb"))
    [joined] = school.join()
    assert isinstance(joined, Class)
    assert (joined.id, joined.name) == ("7b", "Seven b")
    assert [one.learner for one in joined.learners] == [key("ada"), key("cy"), key("deb")]
    assert school.join() == []
    without = joined.model_copy(update={"learners": joined.learners[:2]})
    school.change(without)
    school.send(within(IN_COURSE, name="deb"), within(IN_COURSE, name="eve"))
    [again] = school.join()
    assert isinstance(again, Class)
    assert [one.learner for one in again.learners] == [key("ada"), key("cy"), key("eve")]  # deb was taken out
    school.change(again.model_copy(update={"source": "sis"}))
    school.send(within(IN_COURSE, name="flo"))
    assert school.join() == []  # the roster says who is in it


def test_skills_of_the_catalog_join_an_adopted_class(school: School) -> None:
    school.send(within(IN_COURSE))
    school.change(*school.boards.adopt(school.way.tenant, COURSE, "7b", ""))
    new = within(IN_COURSE)
    new["context"]["contextActivities"]["other"][0]["id"] = f"{HOME}/skills/thirds"
    school.send(new)
    assert school.join() == []  # nobody has said that it is a skill
    school.change(Skill(id=f"{HOME}/skills/thirds"))
    [joined] = school.join()
    assert isinstance(joined, Class)
    assert joined.skills == [f"{HOME}/skills/halves", f"{HOME}/skills/thirds"]


def test_nobody_joins_a_class_that_is_merely_the_same(school: School) -> None:
    school.send(within(IN_COURSE), within(IN_COURSE, name="cy"))
    school.change(Class(id="7b", learners=[Member(learner=key("ada"))]), ProvisionalClass(id=COURSE, into="7b"))
    assert school.join() == []


def test_merged_into_a_class_whose_roster_is_right(school: School) -> None:
    school.send(within(IN_COURSE), within(IN_COURSE, name="cy"))
    school.change(Class(id="7b", learners=[Member(learner=key("ada"))]), ProvisionalClass(id=COURSE, into="7b"))
    assert school.provisional() == []
    assert [row["learner"] for row in school.board("7b")["learners"]] == [key("ada")]


def test_a_large_one_is_a_list(school: School) -> None:
    school.send(*(within(IN_COURSE, name=f"n{number:03}") for number in range(MOST_MEMBERS + 1)))
    board = school.board()
    assert (len(board["learners"]), board["skills"]) == (MOST_MEMBERS + 1, [])
