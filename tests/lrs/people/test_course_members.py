"""What becomes of the members of a course: a roster of one class, and the names by which a platform calls persons."""

from __future__ import annotations

from lrs.auth.nrps import CourseMember
from lrs.people.course_members import course_roster, named_members
from lrs.people.roster_changes import RosterPlan, plan_roster
from lrs.people.roster_preview import catalog_after
from schemas.catalog import Catalog, Change, Class, Member
from schemas.roster import AccountNaming, Person

LMS, CLASS = "https://moodle.example", "7b"


def member(user: str, person: str = "", name: str = "", role: str = "Learner", active: bool = True) -> CourseMember:
    return CourseMember(user, person, name, frozenset({role}), active)


def catalog(*changes: Change) -> Catalog:
    found = Catalog()
    for change in changes:
        found.apply(change, 0, 0)
    return found


def filled(before: Catalog, *members: CourseMember) -> tuple[Catalog, RosterPlan]:
    """The catalog as `lrs lti members --apply` leaves it."""
    made = course_roster(named_members(members), "moodle", LMS, CLASS, "Maths 7b", before)
    found = plan_roster(made.roster, catalog_after(before, [made.accounts]), made.source, {})
    return catalog_after(before, [made.accounts, *found.changes]), found


def test_an_empty_catalog_is_filled_and_moodles_ids_are_known() -> None:
    found, _ = filled(
        Catalog(), member("3", "p-ada", "Ada"), member("4", "", "Ben"), member("5", "t1", "Ms K", "Instructor")
    )
    class_ = found.classes[CLASS]
    assert (class_.name, class_.teachers, class_.source) == ("Maths 7b", ["t1"], "lti:moodle:7b")
    assert [(one.learner, one.name, one.person) for one in class_.learners] == [
        (f"account:{LMS}|3", "Ada", "p-ada"),
        (f"account:{LMS}|4", "Ben", "moodle:4"),
    ]
    assert found.people.rostered(f"account:{LMS}|3") == "p-ada"


def test_whoever_a_roster_knows_stays_as_it_says_and_other_classes_are_left_alone() -> None:
    ada = Person(id="p-ada", name="Ada Lovelace", mailboxes=["ada@school.example"], source="sis")
    other = Class(id="8c", learners=[Member(learner="mbox:mailto:ada@school.example", person="p-ada")], source="sis")
    before = catalog(ada, other, AccountNaming(id=LMS, template="{username}", names={"x": "9"}))
    found, _ = filled(before, member("3", "p-ada", "Ada L."))
    assert found.persons["p-ada"] == ada
    assert found.classes["8c"] == other
    assert found.accounts[LMS] == AccountNaming(id=LMS, template="{username}", names={"x": "9", "p-ada": "3"})
    assert [one.person for one in found.classes[CLASS].learners] == ["p-ada"]


def test_a_class_of_another_roster_keeps_its_members_and_ids_are_learnt() -> None:
    ada, ben = Person(id="p-ada", name="Ada", source="sis"), Person(id="p-ben", name="Ben", source="sis")
    class_ = Class(id=CLASS, learners=[Member(learner="person:p-ada", person="p-ada")], teachers=["t1"], source="sis")
    found, change = filled(catalog(ada, ben, class_), member("3", "p-ben"), member("9", "", "A guest"))
    assert [one.person for one in found.classes[CLASS].learners] == ["p-ada"]
    assert found.classes[CLASS].teachers == ["t1"]
    assert found.people.rostered(f"account:{LMS}|3") == "p-ben"
    assert not any(one.error for one in change.problems)


def test_who_is_not_listed_any_more_leaves_the_class_and_stays_known() -> None:
    first, _ = filled(Catalog(), *(member(str(number), f"p{number}", f"L{number}") for number in range(12)))
    second, change = filled(first, *(member(str(number), f"p{number}", f"L{number}") for number in range(11)))
    assert len(second.classes[CLASS].learners) == 11
    assert "p11" in second.persons
    assert change.needs_removal_confirmation == []
    _, change = filled(first, member("0", "p0", "L0"))
    assert change.needs_removal_confirmation != []


def test_the_same_again_changes_nothing() -> None:
    members = (member("3", "p-ada", "Ada"), member("5", "t1", "Ms K", "Instructor"))
    first, _ = filled(Catalog(), *members)
    again, change = filled(first, *members)
    assert change.changes == []
    assert again.classes == first.classes


def test_who_is_inactive_or_neither_learns_nor_teaches_is_not_in_the_class() -> None:
    found, _ = filled(Catalog(), member("1", "p1", "A", active=False), member("2", "p2", "B", "Mentor"))
    assert found.classes[CLASS].learners == []
    assert found.persons == {}
