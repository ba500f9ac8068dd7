"""What a roster changes: added, changed and removed, and nothing the second time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.people import oneroster, roster_changes
from lrs.people.roster import ClassRole, Enrollment, Roster, RosterClass, RosterKind, RosterPerson, RosterSchool
from lrs.people.roster_changes import enrollments_of, plan_roster, rekey_members
from schemas.catalog import Catalog, Change, Class, Member
from schemas.people import by_identity
from schemas.roster import AccountNaming, Person
from tests.support.rosters import ENROLLMENTS, GOOD, USERS, changed, packed

TODAY = date(2026, 11, 25)


def applied(catalog: Catalog, changes: Iterable[Change]) -> Catalog:
    for change in changes:
        catalog.apply(change, catalog.position + 1, 0)
    return catalog


def imported(catalog: Catalog, roster: Roster, source: str = "sis", seen: Iterable[str] = ()) -> Any:
    found = plan_roster(roster, catalog, source, by_identity(seen))
    applied(catalog, found.changes)
    return found


def good(tmp_path: Path, **files: Any) -> Roster:
    return oneroster.read_oneroster(packed(tmp_path / "roster.zip", {**GOOD, **files}), TODAY)


def test_the_first_import(tmp_path: Path) -> None:
    catalog = Catalog()
    found = imported(catalog, good(tmp_path))
    assert {kind: count.added for kind, count in found.counts.items()} == {
        RosterKind.SCHOOL: 1,
        RosterKind.PERSON: 3,
        RosterKind.CLASS: 1,
        RosterKind.ENROLLMENT: 3,
    }
    assert found.needs_removal_confirmation == []
    class_ = catalog.classes["7b"]
    assert [(m.person, m.name, m.learner) for m in class_.learners] == [
        ("u1", "Ada Lovelace", "mbox:mailto:ada@school.example"),
        ("u2", "Ben Bloom", "mbox:mailto:ben@school.example"),
    ]
    assert (class_.teachers, class_.school, class_.grades) == (["w1"], "s1", ["07"])
    assert (class_.starts, class_.ends) == ("2026-09-01", "2027-02-01")


def test_the_same_again_changes_nothing(tmp_path: Path) -> None:
    catalog = Catalog()
    imported(catalog, good(tmp_path))
    assert imported(catalog, good(tmp_path)).changes == []


def test_somebody_leaves(tmp_path: Path) -> None:
    catalog = Catalog()
    imported(catalog, good(tmp_path))
    found = imported(
        catalog, good(tmp_path, users=[*USERS[:2], USERS[3]], enrollments=[ENROLLMENTS[0], *ENROLLMENTS[2:]])
    )
    assert found.counts[RosterKind.PERSON].removed == 1
    assert set(found.needs_removal_confirmation) == {RosterKind.PERSON, RosterKind.ENROLLMENT}
    assert set(catalog.persons) == {"u1", "w1"}


def test_a_delta_removes_what_it_names(tmp_path: Path) -> None:
    catalog = Catalog()
    imported(catalog, good(tmp_path))
    users = [USERS[0], changed(USERS, 3, "status", "tobedeleted")[2]]
    delta = oneroster.read_oneroster(packed(tmp_path / "delta.zip", {"users": users}), TODAY)
    found = imported(catalog, delta)
    assert set(catalog.persons) == {"u1", "w1"}
    assert [m.person for m in catalog.classes["7b"].learners] == ["u1"]
    assert found.counts[RosterKind.CLASS].removed == 0


def test_a_delta_adds_to_what_stands(tmp_path: Path) -> None:
    catalog = Catalog()
    imported(catalog, good(tmp_path))
    rows = [
        ENROLLMENTS[0],
        ("e1", "tobedeleted", "x", *ENROLLMENTS[1][3:]),
        ("e9", "active", "x", "7b", "", "u1", "teacher"),
    ]
    delta = oneroster.read_oneroster(packed(tmp_path / "delta.zip", {"enrollments": rows}), TODAY)
    imported(catalog, delta)
    class_ = catalog.classes["7b"]
    assert ([m.person for m in class_.learners], class_.teachers) == (["u2"], ["u1", "w1"])


def test_an_enrolment_of_nobody_in_a_delta_is_named(tmp_path: Path) -> None:
    catalog = Catalog()
    imported(catalog, good(tmp_path))
    rows = [
        ENROLLMENTS[0],
        ("e9", "active", "x", "7b", "", "u9", "student"),
        ("e8", "active", "x", "9z", "", "u1", "student"),
    ]
    found = imported(catalog, oneroster.read_oneroster(packed(tmp_path / "delta.zip", {"enrollments": rows}), TODAY))
    assert [str(one) for one in found.problems if one.error] == [
        "enrollments.csv: userSourcedId: there is no person u9: left out",
        "enrollments.csv: classSourcedId: there is no class 9z: left out",
    ]


def test_what_people_put_there_stays(tmp_path: Path) -> None:
    """A class's skills, and members whom somebody added by hand."""
    catalog = Catalog()
    imported(catalog, good(tmp_path))
    guest = Member(learner="mbox:mailto:guest@school.example", name="Guest")
    existing = catalog.classes["7b"]
    update = {"skills": ["fractions"], "learners": [*existing.learners, guest]}
    applied(catalog, [existing.model_copy(update=update), Class(id="club", learners=[guest])])
    imported(catalog, good(tmp_path, enrollments=ENROLLMENTS[:2]))
    assert catalog.classes["7b"].skills == ["fractions"]
    assert [m.name for m in catalog.classes["7b"].learners] == ["Ada Lovelace", "Guest"]
    assert "club" in catalog.classes


def test_two_sources_leave_each_other_alone(tmp_path: Path) -> None:
    catalog = Catalog()
    imported(catalog, good(tmp_path))
    other = Roster(persons={"u1": RosterPerson("u1", "Another"), "x1": RosterPerson("x1", "Xenia")})
    found = imported(catalog, other, source="other")
    assert catalog.persons["u1"].name == "Ada Lovelace"
    assert [problem.message for problem in found.problems] == [
        "the person u1 is in the roster sis, too: left as that one says"
    ]
    assert set(catalog.persons) == {"u1", "u2", "w1", "x1"}
    imported(catalog, Roster(), source="other")
    assert set(catalog.persons) == {"u1", "u2", "w1"}


def test_members_are_shown_by_the_key_that_statements_use(tmp_path: Path) -> None:
    moodle = "account:https://moodle.example|ada.l"
    catalog = applied(Catalog(), [AccountNaming(id="https://moodle.example/", template="{username|lower}")])
    imported(catalog, good(tmp_path), seen=[moodle])
    members = {m.person: m.learner for m in catalog.classes["7b"].learners}
    assert members == {"u1": moodle, "u2": "account:https://moodle.example/|ben"}
    seen = by_identity(["mbox:mailto:BEN@school.example"])
    applied(catalog, rekey_members(catalog, seen))
    members = {m.person: m.learner for m in catalog.classes["7b"].learners}
    assert members["u2"] == "mbox:mailto:BEN@school.example"
    assert rekey_members(catalog, seen) == []


def test_demographics_are_kept_apart(tmp_path: Path) -> None:
    catalog = Catalog()
    demographics = [("sourcedId", "status", "dateLastModified", "sex"), ("u1", "", "", "female")]
    imported(catalog, good(tmp_path, demographics=demographics))
    assert catalog.attributes["u1"].values == {"sex": "female"}
    assert "female" not in catalog.persons["u1"].model_dump_json()
    imported(catalog, Roster())
    assert (catalog.persons, catalog.attributes) == ({}, {})


ids = st.integers(0, 5).map(str)
roles = st.sampled_from(list(ClassRole))
attributes = st.sampled_from([{}, {"sex": "female"}, {"sex": "male"}])


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    persons = {
        id_: RosterPerson(id_, draw(st.sampled_from("AB")), mailboxes=[f"{id_}@a.example"], attributes=draw(attributes))
        for id_ in draw(st.sets(ids))
    }
    classes = {id_: RosterClass(id_, draw(st.sampled_from("XY"))) for id_ in draw(st.sets(ids))}
    enrolled: list[Enrollment] = []
    if persons and classes:
        pairs = st.tuples(st.sampled_from(sorted(classes)), st.sampled_from(sorted(persons)), roles)
        enrolled = [Enrollment(*pair) for pair in draw(st.lists(pairs, max_size=8))]
    schools = {id_: RosterSchool(id_, draw(st.sampled_from("MN"))) for id_ in draw(st.sets(ids, max_size=2))}
    return Roster(schools=schools, persons=persons, classes=classes, enrollments=dict.fromkeys(enrolled))


@given(st.lists(rosters(), min_size=1, max_size=4))
def test_the_last_whole_roster_is_the_truth(sent: list[Roster]) -> None:
    """Whatever was imported before: a bulk import decides what there is, and importing it again changes nothing."""
    catalog, fresh = Catalog(), Catalog()
    for roster in sent:
        imported(catalog, roster)
    assert imported(catalog, sent[-1]).changes == []
    imported(fresh, sent[-1])
    for kept in ("schools", "persons", "classes"):
        assert getattr(catalog, kept) == getattr(fresh, kept)


def _counted(catalog: Catalog, sources: Iterable[str]) -> dict[RosterKind, dict[Any, Any]]:
    """What rosters with these sources say, by kind; of a person the attributes, too."""
    kept: dict[RosterKind, dict[Any, Any]] = {
        RosterKind.SCHOOL: {id_: one for id_, one in catalog.schools.items() if one.source in sources},
        RosterKind.PERSON: {
            id_: (one, catalog.attributes.get(id_)) for id_, one in catalog.persons.items() if one.source in sources
        },
        RosterKind.CLASS: {id_: one for id_, one in catalog.classes.items() if one.source in sources},
    }
    of_classes = [one for class_ in kept[RosterKind.CLASS].values() for one in enrollments_of(class_)]
    return kept | {RosterKind.ENROLLMENT: dict.fromkeys(of_classes)}


@given(rosters(), rosters(), rosters(), rosters())
def test_counts_say_what_an_import_did(by_hand: Roster, of_another: Roster, earlier: Roster, now: Roster) -> None:
    """Whoever said before what the roster says: people, whose entries it takes over, another roster, or itself."""
    catalog = Catalog()
    imported(catalog, by_hand, source="")
    imported(catalog, of_another, source="other")
    imported(catalog, earlier)
    own, made_by_hand = _counted(catalog, ["sis"]), _counted(catalog, [""])
    counts = imported(catalog, now).counts
    after = _counted(catalog, ["sis"])
    for kind, count in counts.items():
        taken = {id_: one for id_, one in made_by_hand[kind].items() if id_ in after[kind]}
        if kind is RosterKind.ENROLLMENT:  # with a class all who are in it
            classes = after[RosterKind.CLASS]
            taken = {one: None for one in made_by_hand[kind] if one.class_ in classes}
        before = own[kind] | taken
        assert (count.before, count.added, count.removed) == (
            len(before),
            len(after[kind].keys() - before.keys()),
            len(before.keys() - after[kind].keys()),
        ), kind
        if kind is not RosterKind.ENROLLMENT:
            assert count.changed == sum(before[id_] != after[kind][id_] for id_ in before.keys() & after[kind].keys())


def test_one_child_of_whom_people_said_something_before() -> None:
    catalog = applied(Catalog(), [Person(id="u1", name="Ada")])
    child = RosterPerson("u1", "Ada Lovelace", attributes={"sex": "female"})
    count = imported(catalog, Roster(persons={"u1": child})).counts[RosterKind.PERSON]
    assert (count.before, count.added, count.changed, count.removed) == (1, 0, 1, 0)
    child.attributes = {"sex": "male"}
    count = imported(catalog, Roster(persons={"u1": child})).counts[RosterKind.PERSON]
    assert (count.before, count.added, count.changed, count.removed) == (1, 0, 1, 0)


def test_what_a_roster_takes_over_hides_no_removal() -> None:
    """A file cut short stays one, however many that people made it names."""
    catalog = Catalog()
    imported(catalog, Roster(persons={"x": RosterPerson("x", "Xenia")}))
    applied(catalog, [Person(id=str(number), name="Ada") for number in range(20)])
    found = plan_roster(Roster(persons={str(n): RosterPerson(str(n), "Ada") for n in range(20)}), catalog, "sis", {})
    assert found.needs_removal_confirmation == [RosterKind.PERSON]
    assert found.much_removed == "1 of 1 person"


def test_learners_beyond_those_a_class_may_have_are_left_out_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster_changes, "MOST_LEARNERS", 3)
    ids = ["a", "b", "c", "d", "e"]
    roster = Roster(
        persons={id_: RosterPerson(id_, id_) for id_ in ids},
        classes={"7b": RosterClass("7b", "7b", "")},
        enrollments={Enrollment("7b", id_, ClassRole.LEARNER): None for id_ in ids[1:]}
        | {Enrollment("7b", "a", ClassRole.TEACHER): None},
    )
    by_hand = Member(learner="mbox:mailto:x@a.example")
    catalog = applied(Catalog(), [Class(id="7b", learners=[by_hand])])
    found = imported(catalog, roster)
    said = "the class 7b has more than 3 learners: 2 left out"
    assert [problem.message for problem in found.problems] == [said]
    assert [member.person for member in catalog.classes["7b"].learners] == ["b", "c", ""]
    assert catalog.classes["7b"].teachers == ["a"]
    assert found.counts[RosterKind.ENROLLMENT].added == 3
    roster.persons |= {"0": RosterPerson("0", "0")}
    roster.enrollments |= {Enrollment("7b", "0", ClassRole.LEARNER): None}
    again = imported(catalog, roster)
    assert [member.person for member in catalog.classes["7b"].learners] == ["b", "c", ""]  # who is in it stays
    assert again.counts[RosterKind.ENROLLMENT].added == 0
