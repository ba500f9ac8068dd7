"""`lrs sign-in`."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from lrs.accounts.accounts import Accounts, embedded_accounts_url
from lrs.accounts.issuers import SignInIssuers
from lrs.accounts.logins import Logins
from lrs.accounts.platform_courses import PlatformCourse, PlatformCourses
from lrs.accounts.platforms import Platforms
from lrs.catalog.catalogs import Catalogs
from lrs.cli.doctor import examine
from lrs.cli.main import main
from lrs.clock import system_time
from lrs.exits import NOT_FOUND, UNCONFIRMED, USAGE
from lrs.log.sqlite import SqliteLog
from lrs.processes.runtime import Runtime
from schemas.catalog import Class
from tests.support.course_platform import member, platform_of_courses
from tests.support.oidc_provider import providing

# Nobody answers there.
NOBODY = "http://127.0.0.1:9"
ISSUER = ("--issuer", NOBODY, "--client", "c", "--secret", "-", "--url", "https://store.example")


def run(data: Path, *words: str, text: str | None = None) -> Result:
    return CliRunner().invoke(main, [*words, "--data", str(data)], input=text)


def test_an_issuer_is_added_listed_and_removed(tmp_path: Path) -> None:
    added = run(tmp_path, "sign-in", "add", "school", *ISSUER, "--addresses", "--json", text="very secret\n")
    assert orjson.loads(added.stdout)["redirect_uri"] == "https://store.example/sign-in/callback"
    assert "could not be asked" in added.stderr
    listed = run(tmp_path, "sign-in", "list", "--json")
    (issuer,) = orjson.loads(listed.output)
    assert (issuer["url"], issuer["addresses"]) == (NOBODY, True)
    assert "very secret" not in listed.output
    assert run(tmp_path, "sign-in", "add", "school", *ISSUER, text="s\n").exit_code == USAGE
    assert run(tmp_path, "sign-in", "remove", "school").exit_code == 0
    assert run(tmp_path, "sign-in", "remove", "school").exit_code == NOT_FOUND


@pytest.mark.parametrize(
    "url",
    [
        "http://id.example",
        "https://id.example?tenant=1",
        "https://id.example/?",
        "https://id.example#here",
        "https://kim@id.example",
        "https://id.example/a b",
        "https://id.example/\n",
        "https://",
        "https://[id",
        "https://id.example:port",
        "id.example",
        f"https://id.example/{'a' * 255}",
    ],
)
def test_an_issuer_is_named_as_the_specification_has_it(tmp_path: Path, url: str) -> None:
    addresses = ("--authorization", "https://lms.example/auth", "--jwks", "https://lms.example/keys")
    for words in (("sign-in", "add", "x", "--secret", "s"), ("lti", "add", "x", "--deployment", "1", *addresses)):
        refused = run(tmp_path, *words, "--issuer", url, "--client", "c", "--url", "https://store.example")
        assert refused.exit_code == USAGE, refused.output
        assert "issuer" in refused.stderr


@pytest.mark.parametrize("url", ["http://id.example", "https://", "id.example", "https://id.example/\n", "https://[id"])
def test_an_issuer_that_is_stored_wrongly_keeps_nobody_else_from_signing_in(tmp_path: Path, url: str) -> None:
    lms = ("--authorization", "https://lms.example/a", "--jwks", "https://lms.example/k", "--deployment", "1")
    here = ("--client", "c", "--url", "https://store.example", "--issuer")
    for name in ("good", "bad"):
        run(tmp_path, "sign-in", "add", name, "--secret", "s", *here, f"http://127.0.0.1:9/{name}")
        run(tmp_path, "lti", "add", f"lms-{name}", *lms, *here, f"https://lms.example/{name}")
    with closing(sqlite3.connect(tmp_path / "accounts.db")) as accounts, accounts:
        accounts.execute("UPDATE account_issuers SET url = ? WHERE name = 'bad'", (url,))
        accounts.execute("UPDATE account_platforms SET issuer = ? WHERE name = 'lms-bad'", (url,))
    for command, prefix in (("sign-in", ""), ("lti", "lms-")):
        listed = run(tmp_path, command, "list", "--json")
        assert listed.exit_code == 0, listed.output
        assert [issuer["name"] for issuer in orjson.loads(listed.stdout)] == [f"{prefix}good"]
        assert f"nobody can sign in with {prefix}bad" in listed.stderr
        assert f"`lrs {command} remove {prefix}bad`" in listed.stderr
    assert run(tmp_path, "sign-in", "bindings").exit_code == 0
    SqliteLog(tmp_path / "log").close()
    findings = examine(Runtime(tmp_path), system_time)
    said = {(finding.part, finding.ok) for finding in findings if "nobody can" in finding.found}
    assert said == {("sign-in", False), ("lti", False)}
    with closing(SignInIssuers(embedded_accounts_url(tmp_path))) as stored:
        assert [issuer.name for issuer in stored.all()] == ["good"], "which the page to sign in shows"
        assert stored.get("bad") is None
    with closing(Platforms(embedded_accounts_url(tmp_path))) as platforms:
        assert platforms.find("https://lms.example/good", "c") is not None
    for command, name in (("sign-in", "bad"), ("lti", "lms-bad")):
        assert run(tmp_path, command, "remove", name).exit_code == 0


def test_an_issuer_is_who_its_discovery_document_says(tmp_path: Path) -> None:
    with providing() as provider:
        refused = run(tmp_path, "sign-in", "add", "x", "--issuer", f"{provider.url}/", *ISSUER[2:], text="s\n")
        assert (refused.exit_code, f"'{provider.url}', not {provider.url}/" in refused.stderr) == (USAGE, True)
        added = run(tmp_path, "sign-in", "add", "x", "--issuer", provider.url, *ISSUER[2:], text="s\n")
        assert (added.exit_code, added.stderr) == (0, "")


def test_an_operator_binds_a_login_within_a_tenant(tmp_path: Path) -> None:
    run(tmp_path, "sign-in", "add", "school", *ISSUER, text="s\n")
    run(tmp_path, "accounts", "add", "Kim", "--role", "leader")
    run(tmp_path, "accounts", "add", "lee", "--role", "leader", "--tenant", "elsewhere")
    assert run(tmp_path, "sign-in", "bind", "kim", "school", "Sub-1").exit_code == 0
    logins = Logins(embedded_accounts_url(tmp_path), Accounts(embedded_accounts_url(tmp_path)))
    assert [(bound.subject, bound.account.login, bound.how) for bound in logins.all()] == [("Sub-1", "kim", "operator")]
    listed = run(tmp_path, "sign-in", "bindings", "--json")
    bound = {
        "login": "kim",
        "person": "",
        "issuer": "school",
        "subject": "Sub-1",
        "by": "operator",
        "tenant": "default",
    }
    assert orjson.loads(listed.output) == [bound]
    assert orjson.loads(run(tmp_path, "sign-in", "bindings", "--tenant", "elsewhere", "--json").output) == []
    assert "Sub-1" in run(tmp_path, "sign-in", "bindings").output
    for words in (("lee", "school", "s"), ("nobody", "school", "s"), ("kim", "none", "s")):
        assert run(tmp_path, "sign-in", "bind", *words).exit_code == NOT_FOUND, words
    assert run(tmp_path, "sign-in", "unbind", "school", "Sub-1").exit_code == 0
    assert run(tmp_path, "sign-in", "unbind", "school", "Sub-1").exit_code == NOT_FOUND
    assert logins.all() == []


def test_a_platform_is_registered_and_its_logins_are_bound(tmp_path: Path) -> None:
    addresses = ("--authorization", "https://lms.example/auth", "--jwks", "https://lms.example/keys")
    lms = ("--issuer", "https://lms.example", "--client", "c", *addresses, "--url", "https://store.example/below/")
    added = run(tmp_path, "lti", "add", "moodle", *lms, "--deployment", "1", "--deployment", "2", "--json")
    assert orjson.loads(added.output) == {
        "name": "moodle",
        "login": "https://store.example/below/lti/login",
        "launch": "https://store.example/below/lti/launch",
        "jwks": "https://store.example/below/lti/jwks",
    }
    (platform,) = orjson.loads(run(tmp_path, "lti", "list", "--json").output)
    assert (platform["issuer"], platform["deployments"]) == ("https://lms.example", ["1", "2"])
    assert run(tmp_path, "lti", "add", "again", *lms, "--deployment", "1").exit_code == USAGE
    assert run(tmp_path, "lti", "add", "none", *lms).exit_code == USAGE
    run(tmp_path, "accounts", "add", "kim", "--role", "leader")
    assert run(tmp_path, "sign-in", "bind", "kim", "moodle", "77").exit_code == 0
    assert "moodle" in run(tmp_path, "sign-in", "bindings").output
    (bound,) = Logins(embedded_accounts_url(tmp_path), Accounts(embedded_accounts_url(tmp_path))).all()
    assert (bound.issuer, bound.subject) == ("https://lms.example#c", "77")
    assert run(tmp_path, "lti", "remove", "moodle").exit_code == 0
    assert run(tmp_path, "lti", "remove", "moodle").exit_code == NOT_FOUND


def test_a_roster_is_filled_from_the_course_that_a_teacher_launched(tmp_path: Path) -> None:
    SqliteLog(tmp_path / "log").close()
    with platform_of_courses() as lms:
        addresses = ("--authorization", "https://lms.example/auth", "--jwks", "https://lms.example/keys")
        addresses_and_keys = (
            "--issuer",
            "https://lms.example",
            "--client",
            "c",
            *addresses,
            "--url",
            "https://store.example",
        )
        run(tmp_path, "lti", "add", "moodle", *addresses_and_keys, "--deployment", "1", "--token", f"{lms.url}/token")
        assert "a teacher has to launch" in run(tmp_path, "lti", "members", "moodle").output
        assert run(tmp_path, "lti", "members", "moodle", "7b").exit_code == NOT_FOUND
        PlatformCourses(embedded_accounts_url(tmp_path)).remember(
            "moodle", PlatformCourse("7b", "Maths 7b", f"{lms.url}/members")
        )
        assert "7b: Maths 7b" in run(tmp_path, "lti", "members", "moodle").output
        many = [member(number, name=f"L{number}") for number in range(3)]
        lms.pages = {"/members?limit=200": (200, [], {"members": many})}
        previewed = run(tmp_path, "lti", "members", "moodle", "7b")
        assert "3 members: 3 new persons, 3 join, 0 leave; nothing was written" in previewed.output, previewed.output
        assert classes(tmp_path) == {}
        assert run(tmp_path, "lti", "members", "moodle", "7b", "--apply").exit_code == 0
        assert [member.learner for member in classes(tmp_path)["7b"].learners] == [
            f"account:https://lms.example|{number}" for number in range(3)
        ]
        lms.pages = {"/members?limit=200": (200, [], {"members": many[:1]})}
        assert run(tmp_path, "lti", "members", "moodle", "7b", "--apply").exit_code == UNCONFIRMED
        assert len(classes(tmp_path)["7b"].learners) == 3
        assert run(tmp_path, "lti", "members", "moodle", "7b", "--apply", "--yes").exit_code == 0
        assert len(classes(tmp_path)["7b"].learners) == 1
        lms.token = (401, {})
        assert "gave no access" in run(tmp_path, "lti", "members", "moodle", "7b").output
        run(tmp_path, "lti", "remove", "moodle")
        assert PlatformCourses(embedded_accounts_url(tmp_path)).all("moodle") == []


def classes(data: Path) -> dict[str, Class]:
    log = SqliteLog(data / "log")
    try:
        return Catalogs(log).latest("default").classes
    finally:
        log.close()
