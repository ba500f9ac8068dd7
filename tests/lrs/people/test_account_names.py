"""Whose accounts are whose, from a CSV."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrs.csv_files.problem import UnreadableCsv
from lrs.people import account_names
from lrs.people.account_names import AccountNames, NamedAccount
from lrs.people.roster_report import nobodies
from schemas.catalog import Catalog
from schemas.roster import AccountNaming, Person

MOODLE = "https://moodle.example"


def read(tmp_path: Path, text: str, page: str = MOODLE) -> AccountNames:
    path = tmp_path / "names.csv"
    path.write_text(text)
    return account_names.read_account_names(path, page)


def catalog(*changes: Person | AccountNaming) -> Catalog:
    made = Catalog()
    for change in changes:
        made.apply(change, 0, 0)
    return made


def test_two_columns(tmp_path: Path) -> None:
    found = read(tmp_path, "sourcedId,account\nu1,17\nu2,18\nu2,19\nu3,17\n,20\nu4,\n")
    assert found.pages == {MOODLE: {"u1": "17", "u2": "18"}}
    assert [(problem.line, problem.error) for problem in found.problems] == [(n, True) for n in (4, 5, 6, 7)]


@pytest.mark.parametrize(
    ("row", "page", "said"),
    [
        (f"u1,not-trackable-1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed,{MOODLE}", "", "names a browser"),
        ("u1,mailto:a@a.example,mailto:…@a.example", "", "merge on the page of people"),
        ("u1,17,", "", "home_page: is neither given nor in the file"),
        (f"{'u' * 257},17,", MOODLE, "sourcedId: is longer than 256 characters"),
        (f"u1,{'1' * 2048},", MOODLE, "account: with its home page is longer than 2,048 characters"),
        ("u1,17,https://other.example", MOODLE, "home_page: https://other.example is another system: passed over"),
    ],
)
def test_what_is_no_account_of_a_person(tmp_path: Path, row: str, page: str, said: str) -> None:
    found = read(tmp_path, f"sourcedId,account,home_page\n{row}\n", page)
    assert found.pages == {}
    [problem] = found.problems
    assert said in str(problem)


def test_a_file_without_the_columns(tmp_path: Path) -> None:
    with pytest.raises(UnreadableCsv, match="has to name sourcedId"):
        read(tmp_path, "person,account\n")


def test_the_list_of_whom_nobody_knows_is_read_as_it_was_filled_in(tmp_path: Path) -> None:
    keys = [
        f"account:{MOODLE}|@ada",
        f"account:{MOODLE}| 17",
        "account:https://edx.example|18",
        "mbox:mailto:x@a.example",
    ]
    path = tmp_path / "nobody.csv"
    filled = nobodies(keys, {}).decode().replace("\r\n,'@ada", "\r\nu1,'@ada").replace("\r\n,18", "\r\nu2,18")
    path.write_text(filled.replace("\r\n,' 17", "\r\nu3,' 17"), newline="")
    found = account_names.read_account_names(path)
    assert found.pages == {MOODLE: {"u1": "@ada", "u3": " 17"}, "https://edx.example": {"u2": "18"}}
    assert [str(one) for one in found.problems] == [
        "nobody.csv: sourcedId: is empty in some rows, which are passed over: 1"
    ]


def test_what_was_said_of_others_stays_and_an_account_moves(tmp_path: Path) -> None:
    known = AccountNaming(id=MOODLE, template="{username}", names={"u1": "17", "u2": "18", "u9": "99"})
    found = read(tmp_path, "sourcedId,account\nu1,17\nu3,18\n")
    plan = account_names.plan_names(found, catalog(known, Person(id="u1", name="Ada"), Person(id="u3", name="Cem")))
    assert plan.changes == [known.model_copy(update={"names": {"u1": "17", "u9": "99", "u3": "18"}})]
    assert plan.rows == [NamedAccount(MOODLE, "u3", "Cem", "18", "of u2")]


def test_what_is_known_changes_nothing(tmp_path: Path) -> None:
    known = AccountNaming(id=MOODLE, names={"u1": "17"})
    found = read(tmp_path, "sourcedId,account\nu1,17\n")
    assert account_names.plan_names(found, catalog(known, Person(id="u1", name="Ada"))) == ([], [])
    assert found.problems == []


def test_a_person_of_no_roster_is_noted(tmp_path: Path) -> None:
    found = read(tmp_path, "sourcedId,account\nu1,17\n")
    plan = account_names.plan_names(found, Catalog())
    assert plan.changes == [AccountNaming(id=MOODLE, names={"u1": "17"})]
    [problem] = found.problems
    assert (problem.message, problem.error) == ("there is no person u1: kept until there is", False)


@pytest.mark.parametrize("page", [MOODLE, "urn:instructure:canvas:user"])
def test_what_is_a_home_page(page: str) -> None:
    assert account_names.is_home_page(page)


@pytest.mark.parametrize(
    "page", ["", "moodle.example", "mailto:…@a.example", "openid", "mbox_sha1sum", "u:" + "r" * 2047]
)
def test_what_is_none(page: str) -> None:
    assert not account_names.is_home_page(page)
