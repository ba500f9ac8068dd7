"""Rosters in one plain CSV, and CSVs of account names."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrs.csv_files.problem import UnreadableCsv
from lrs.people import plain_csv
from lrs.people.roster import ClassRole, Enrollment, Roster
from lrs.people.roster_changes import plan_roster
from schemas.catalog import CHANGE, Catalog, Class

HEADER = "class,class_name,school,id,name,role,grade,email,actor,home_page,account,username\n"


def read(tmp_path: Path, text: str) -> Roster:
    path = tmp_path / "roster.csv"
    path.write_text(text)
    return plain_csv.read_plain_csv(path)


def test_a_row_for_each_person_in_a_class(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        HEADER
        + "7b,Maths 7b,North,u1,Ada Lovelace,,07,Ada@a.example,,,,ada\n"
        + "7b,,North,,Ben,student,07,,,https://m.example,ben,\n"
        + '7b,,North,,Tess,Teacher,,,"{""mbox"": ""mailto:Tess@a.example""}",,,\n'
        + "7c,,North,u1,Ada Lovelace,learner,,,,,,\n",
    )
    assert found.problems == []
    ben, tess = "account:https://m.example|ben", "mbox:mailto:tess@a.example"
    assert list(found.enrollments) == [
        Enrollment("7b", "u1", ClassRole.LEARNER),
        Enrollment("7b", ben, ClassRole.LEARNER),
        Enrollment("7b", tess, ClassRole.TEACHER),
        Enrollment("7c", "u1", ClassRole.LEARNER),
    ]
    assert found.persons["u1"].mailboxes == ["ada@a.example"]
    assert found.persons["u1"].names == {"sourcedId": "u1", "username": "ada", "email": "ada@a.example"}
    assert found.persons[ben].aliases == [ben]
    assert found.classes["7b"].name == "Maths 7b"
    assert found.schools["North"].name == "North"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (",,,u1,Ada,,,,,,,", "roster.csv:2: class: is empty: the row is left out"),
        ("7b,,,,Ada,,,,,,,", "roster.csv:2: id: nothing names the person: the row is left out"),
        ("7b,,,u1,Ada,head,,,,,,", "roster.csv:2: role: head is neither learner nor teacher: the row is left out"),
        ("7b,,,u1,Ada,,,ada,,,,", "roster.csv:2: email: is not an address: passed over"),
        ("7b,,,u1,Ada,,,,nobody,,,", "roster.csv:2: actor: is not an actor: give a mailbox"),
        ("7b,,,u1,Ada,,,,,https://m.example,,", "roster.csv:2: account: is not an actor"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, line: str, said: str) -> None:
    [problem] = read(tmp_path, HEADER + line + "\n").problems
    assert str(problem).startswith(said.split(": is not an actor")[0]), problem


LONG = {
    **dict.fromkeys((*plain_csv.PLAIN_COLUMNS.needed, *plain_csv.PLAIN_COLUMNS.known), "x"),
    **{"email": "ada@a.example", "actor": "https://m.example|ada", "home_page": "https://m.example/"},
}


@pytest.mark.parametrize("length", [257, 2049, 8000])
@pytest.mark.parametrize("column", LONG)
@pytest.mark.parametrize("named", ["u1", ""])
def test_a_long_cell_is_no_failure(tmp_path: Path, column: str, length: int, named: str) -> None:
    cells = {"class": "7b", "id": named, "home_page": "https://m.example", "account": "ada"}
    cells[column] = "a" * length + LONG[column] if column == "email" else LONG[column] + "a" * length
    found = read(tmp_path, f"{','.join(cells)}\n{','.join(cells.values())}\n")
    made = plan_roster(found, Catalog(), "sis", {})
    for one in made.changes:
        CHANGE.validate_json(one.model_dump_json())
    in_class = {m.person for one in made.changes if isinstance(one, Class) for m in one.learners}
    assert in_class or any(problem.error for problem in found.problems)


def test_a_person_whose_account_no_class_can_hold_is_a_member(tmp_path: Path) -> None:
    made = plan_roster(
        read(tmp_path, f"class,id,home_page,account\n7b,u1,https://m.example,{'a' * 2030}\n"), Catalog(), "sis", {}
    )
    [class_] = [one for one in made.changes if isinstance(one, Class)]
    assert [m.learner for m in class_.learners] == ["person:u1"]
    assert made.nameless == 1


def test_zones_of_schools(tmp_path: Path) -> None:
    lines = "class,id,school,zone\n7b,u1,North,Europe/Berlin\n7b,u2,South,Mars/Olympus\n"
    found = read(tmp_path, lines)
    assert (found.schools["North"].zone, found.schools["South"].zone) == ("Europe/Berlin", "")
    assert [str(one) for one in found.problems] == ["roster.csv:3: zone: Mars/Olympus is not a time zone: passed over"]


def test_no_class_column(tmp_path: Path) -> None:
    with pytest.raises(UnreadableCsv, match="class: the column is missing"):
        read(tmp_path, "name,email\nAda,ada@a.example\n")


def test_the_example_of_the_docs(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs/how-to/import-rosters.md").read_text()
    example = tmp_path / "roster.csv"
    example.write_text(page.partition("```text\n")[2].partition("```")[0])
    found = plain_csv.read_plain_csv(example)
    assert found.problems == []
    assert [person.name for person in found.persons.values()] == ["Ada Lovelace", "Ben Bloom", "Tess Taylor"]
    assert found.schools["North School"].zone == "Europe/Berlin"
    assert found.classes["7b"].name == "Maths 7b"
    assert len(found.enrollments) == 3
