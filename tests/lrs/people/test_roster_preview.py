"""What people read before they say yes to a roster."""

from __future__ import annotations

import csv
import io

from lrs.csv_files.problem import FileProblem
from lrs.people.roster import ClassRole, Enrollment, Roster, RosterClass, RosterKind, RosterPerson
from lrs.people.roster_changes import plan_roster
from lrs.people.roster_preview import PlannedRow, RowFate, catalog_after, planned_rows
from lrs.people.roster_report import nobodies, roster_report
from schemas.catalog import Catalog, Class, Member


def roster(names: dict[str, str], called: str = "Maths") -> Roster:
    persons = {id_: RosterPerson(id_, name, mailboxes=[f"{id_}@a.example"]) for id_, name in names.items()}
    enrolled = {Enrollment("7b", id_, ClassRole.LEARNER): None for id_ in names}
    return Roster(persons=persons, classes={"7b": RosterClass("7b", called)}, enrollments=enrolled)


def imported(first: Roster) -> Catalog:
    catalog = Catalog()
    for change in plan_roster(first, catalog, "sis", {}).changes:
        catalog.apply(change, 0, 0)
    return catalog


def test_all_is_new() -> None:
    rows = planned_rows(plan_roster(roster({"u1": "Ada"}), Catalog(), "sis", {}).changes, Catalog())
    assert rows == [
        PlannedRow(RowFate.ADDED, RosterKind.PERSON, "u1", "Ada", ""),
        PlannedRow(RowFate.ADDED, RosterKind.CLASS, "7b", "Maths", ""),
        PlannedRow(RowFate.ADDED, RosterKind.ENROLLMENT, "7b", "Ada", "learner"),
    ]


def test_one_leaves_one_comes_one_is_renamed_and_the_class_is() -> None:
    catalog = imported(roster({"u1": "Ada", "u2": "Ben"}))
    changes = plan_roster(roster({"u1": "Ada L.", "u3": "Cy"}, "Maths 7b"), catalog, "sis", {}).changes
    rows = planned_rows(changes, catalog)
    assert rows == [
        PlannedRow(RowFate.REMOVED, RosterKind.PERSON, "u2", "Ben", ""),
        PlannedRow(RowFate.REMOVED, RosterKind.ENROLLMENT, "7b", "Ben", "learner"),
        PlannedRow(RowFate.CHANGED, RosterKind.PERSON, "u1", "Ada L.", "name: Ada → Ada L."),
        PlannedRow(RowFate.CHANGED, RosterKind.CLASS, "7b", "Maths 7b", "name: Maths → Maths 7b; who is in it"),
        PlannedRow(RowFate.ADDED, RosterKind.PERSON, "u3", "Cy", ""),
        PlannedRow(RowFate.ADDED, RosterKind.ENROLLMENT, "7b", "Cy", "learner"),
    ]
    assert planned_rows([], catalog) == []


def test_only_what_differs_of_names_is_said() -> None:
    first = roster({"u1": "Ada"})
    first.persons["u1"].names = {"username": "ada", "identifier": "A-1"}
    second = roster({"u1": "Ada"})
    second.persons["u1"].names = {"username": "ada.l", "email": "x@a.example", "identifier": "A-1"}
    catalog = imported(first)
    (row,) = planned_rows(plan_roster(second, catalog, "sis", {}).changes, catalog)
    assert row.detail == "names.username: ada → ada.l; names.email: nothing → x@a.example"


def test_after_leaves_the_catalog_as_it_is() -> None:
    catalog = imported(roster({"u1": "Ada"}))
    changes = plan_roster(roster({"u2": "Ben"}), catalog, "sis", {}).changes
    assert set(catalog_after(catalog, changes).persons) == {"u2"}
    assert set(catalog.persons) == {"u1"}
    assert catalog_after(catalog, changes).people.rostered("mbox:mailto:u2@a.example") == "u2"


def test_members_by_hand_are_no_enrollments_of_a_roster() -> None:
    catalog = Catalog()
    catalog.apply(Class(id="7b", learners=[Member(learner="mbox:mailto:x@a.example", name="X")], source="sis"), 0, 0)
    rows = planned_rows(plan_roster(roster({"u1": "Ada"}), catalog, "sis", {}).changes, catalog)
    assert [(row.fate, row.name) for row in rows if row.kind is RosterKind.ENROLLMENT] == [(RowFate.ADDED, "Ada")]


def test_the_report_holds_every_defect_and_every_row() -> None:
    row = PlannedRow(RowFate.REMOVED, RosterKind.PERSON, "u2", "=HYPERLINK(1)", "")
    problems = [
        FileProblem("users.csv", 3, "email", "is not an address", error=True),
        FileProblem("r.zip", 0, "", "in a folder"),
    ]
    raw = roster_report(problems, [row])
    assert raw.startswith(b"\xef\xbb\xbf")  # Excel reads it as UTF-8
    header, *lines = csv.reader(io.StringIO(raw.decode("utf-8-sig")))
    assert header[:4] == ["what", "file", "line", "field"]
    assert lines == [
        ["left out", "users.csv", "3", "email", "", "", "", "is not an address"],
        ["note", "r.zip", "", "", "", "", "", "in a folder"],
        ["removed", "", "", "", "person", "u2", "'=HYPERLINK(1)", ""],  # no spreadsheet runs it
    ]


def test_who_matches_nobody() -> None:
    moodle = "account:https://moodle.example|"
    browser = "account:https://h5p.example|11111111-2222-4333-8444-555555555555"
    mail = "mbox:mailto:x@a.example"
    raw = nobodies([browser, f"{moodle}12", mail], {f"{moodle}12": "Ada"})
    _, *lines = csv.reader(io.StringIO(raw.decode("utf-8-sig")))
    assert lines == [
        ["", browser.partition("|")[2], "https://h5p.example", "", "perhaps"],
        ["", "12", "https://moodle.example", "Ada", ""],
        ["", "mailto:x@a.example", "mailto:…@a.example", "", ""],
    ]
