"""`lrs accounts`."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from lrs.accounts.accounts import Accounts, embedded_accounts_url
from lrs.catalog.catalogs import Catalogs
from lrs.cli.main import main
from lrs.exits import USAGE
from lrs.log.sqlite import SqliteLog
from schemas.catalog import Class, Member
from schemas.roster import Person

ADA = "account:https://school.example|ada"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    log = SqliteLog(tmp_path / "log")
    ada = Member(learner=ADA, name="Ada", person="p1")
    Catalogs(log).append_all("default", "test", [
        Person(id="t1", name="Ms K"), Person(id="p1", name="Ada"), Person(id="p2", names={"sis": "ben"}),
        Person(id="h1", schools=["north"]),
        Class(id="7b", learners=[ada], teachers=["t1", "t2"]),
    ], 0)  # fmt: skip
    log.close()
    return tmp_path


def add(data: Path, role: str, person: str) -> Result:
    words = ("accounts", "add", f"{role}-{person}", "--role", role, "--person", person, "--data", str(data))
    return CliRunner().invoke(main, words)


@pytest.mark.parametrize(
    ("role", "person"),
    [
        ("principal", "h1"),
        ("teacher", "t1"),
        ("teacher", "t2"),
        ("learner", "p1"),
        ("learner", ADA),
        ("learner", "p2"),
        ("guardian", ADA),
    ],
)
def test_whom_a_roster_or_a_class_names_is_added_without_a_word(data: Path, role: str, person: str) -> None:
    added = add(data, role, person)
    assert (added.exit_code, added.stderr) == (0, "")
    assert "/invitations/" in added.stdout


@pytest.mark.parametrize(
    ("role", "person"), [("teacher", "t9"), ("learner", "p9"), ("guardian", "mbox:mailto:x@y.example")]
)
def test_whom_nobody_names_is_added_with_a_warning(data: Path, role: str, person: str) -> None:
    added = add(data, role, person)
    assert added.exit_code == 0
    assert f"no roster or class names a person '{person}'" in added.stderr
    assert "/invitations/" in added.stdout


@pytest.mark.parametrize("person", ["h9", "t1"])
def test_a_principal_whose_school_no_roster_says_is_added_with_a_warning(data: Path, person: str) -> None:
    added = add(data, "principal", person)
    assert (added.exit_code, f"no roster gives the person '{person}' a school" in added.stderr) == (0, True)


def run(data: Path, *words: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(main, ["accounts", *words, "--data", str(data)])


def test_an_account_gets_another_role_and_person(data: Path) -> None:
    add(data, "teacher", "t9")
    changed = run(data, "change", "teacher-t9", "--role", "principal", "--person", "h1", "--json")
    assert (changed.exit_code, changed.stderr) == (0, "")
    assert (orjson.loads(changed.stdout)["role"], orjson.loads(changed.stdout)["person"]) == ("principal", "h1")
    nobody = run(data, "change", "teacher-t9", "--person", "h9")
    assert (nobody.exit_code, "gives the person 'h9' a school" in nobody.stderr) == (0, True)
    assert "Mr N, leader" in run(data, "change", "teacher-t9", "--role", "leader", "--name", "Mr N").stdout
    for words in (("teacher-t9",), ("teacher-t9", "--role", "teacher", "--person", "")):
        assert run(data, "change", *words).exit_code == USAGE, words


def states(data: Path) -> tuple[str, dict[str, bool]]:
    """What `list` says of the one account: to a person, and to a machine."""
    [account] = orjson.loads(run(data, "list", "--json").stdout)
    return run(data, "list").stdout, {name: account[name] for name in ("active", "disabled", "has_password")}


@pytest.mark.parametrize(
    ("has_password", "disabled", "said"),
    [
        (False, False, "no password"),
        (True, False, "active"),
        (True, True, "disabled"),
        (False, True, "disabled"),
    ],
)
def test_the_list_says_why_an_account_lets_nobody_in(has_password: bool, disabled: bool, said: str, data: Path) -> None:
    invitation = add(data, "teacher", "t1").stdout.split("/invitations/")[1].strip()
    if has_password:
        with closing(Accounts(embedded_accounts_url(data))) as accounts:
            assert accounts.accept(invitation, "a password that nobody guesses") is not None
    if disabled:
        run(data, "disable", "teacher-t1")
    table, fields = states(data)
    assert said in table
    assert fields == {
        "active": has_password and not disabled,
        "disabled": disabled,
        "has_password": has_password,
    }
    run(data, "enable", "teacher-t1")
    assert ("active" if has_password else "no password") in states(data)[0]


def test_who_invites_to_a_disabled_account_is_told_to_enable_it(data: Path) -> None:
    add(data, "teacher", "t1")
    run(data, "disable", "teacher-t1")
    refused = run(data, "invite", "teacher-t1")
    assert (refused.exit_code, refused.stdout) == (USAGE, "")
    assert "`lrs accounts enable teacher-t1` first" in " ".join(refused.stderr.split())
