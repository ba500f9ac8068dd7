"""`lrs credentials`, embedded and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from lrs.auth.credentials import Credential, Credentials, embedded_credentials_url
from lrs.auth.limits import Rate
from lrs.auth.scopes import EVERY, Scope
from lrs.cli.credentials import credentials
from lrs.cli.serve import add as add_given
from lrs.processes.runtime import Runtime
from tests.support import postgres
from tests.support.basic import basic
from tests.support.server import free_port

DATABASES = ["sqlite", "postgresql"]
Where = tuple[list[str], str]  # the options, and the URL of the database


@pytest.fixture(params=DATABASES)
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Where]:
    if request.param == "sqlite":
        yield ["--data", str(tmp_path / "data")], embedded_credentials_url(tmp_path / "data")
        return
    with postgres.running() as url:
        yield ["--database", url], url


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(credentials, list(arguments), input=stdin)


def json(*arguments: str) -> Any:
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.stderr
    return orjson.loads(done.stdout)


def known(url: str, key: str, secret: str) -> Credential | None:
    store = Credentials(url)
    credential = store.verify(basic(key, secret))
    store.close()
    return credential


def test_the_life_of_a_credential(where: Where) -> None:
    options, url = where
    added = json("add", *options)
    assert known(url, added["key"], added["secret"]) == Credential(added["key"], "default", EVERY)
    fields = ["--key", "quiz", "--tenant", "school", "--name", "Quiz", "--rate", "2.5", "--burst", "9"]
    scoped = json("add", *options, *fields, "--scope", "state", "--scope", "statements/write")
    scopes = frozenset({Scope.STATE, Scope.STATEMENTS_WRITE})
    assert known(url, "quiz", scoped.pop("secret")) == Credential("quiz", "school", scopes, Rate(2.5, 9))
    assert json("list", *options, "--tenant", "school") == [scoped]
    assert {listed["key"] for listed in json("list", *options)} == {"quiz", added["key"]}

    changed = json("change", "quiz", *options, "--scope", "all/read", "--rate", "0")
    assert changed == scoped | {"scopes": ["all/read"], "rate": None, "burst": None}
    mended = json("change", "quiz", *options, "--lenient", "--home-page", "https://lms.example")
    assert (mended["lenient"], mended["home_page"]) == (True, "https://lms.example")
    assert json("change", "quiz", *options, "--strict") == changed
    turned = json("rotate", "quiz", *options)
    assert known(url, "quiz", turned["secret"]) == Credential("quiz", "school", frozenset({Scope.ALL_READ}))
    assert json("revoke", "quiz", *options)["revoked"] is True
    assert known(url, "quiz", turned["secret"]) is None
    assert run("rotate", "quiz", *options, "--secret", "-", stdin="from a pipe\n").exit_code == 0
    assert known(url, "quiz", "from a pipe") is not None


def test_the_secret_is_shown_once(where: Where) -> None:
    options, _ = where
    done = run("add", *options, "--key", "quiz", "--secret", "a very long secret")
    assert (done.stdout.count("a very long secret"), done.exit_code) == (1, 0)
    for command in (["list"], ["list", "--json"], ["change", "quiz", "--name", "n"], ["revoke", "quiz", "--json"]):
        assert "a very long secret" not in run(*command, *options).output


WRONG: list[tuple[list[str], int, str]] = [
    (["add", "--key", "there"], 3, "lrs credentials rotate there"),
    (["add", "--key", "a:b"], 2, "no colon"),
    (["add", "--key", "cmi5-x"], 2, "cmi5 sessions"),
    (["add", "--secret", ""], 2, "the secret is empty"),
    (["add", "--tenant", ""], 2, "a tenant must have"),
    (["add", "--scope", "everything"], 2, "statements/read/mine"),
    (["add", "--burst", "3"], 2, "--burst needs a --rate"),
    (["add", "--rate", "nan"], 2, "rate"),
    (["add", "--rate", "inf"], 2, "rate"),
    (["change", "there"], 2, "give --scope, --name, --rate, --lenient or --strict"),
    (["change", "there", "--home-page", "https://a.example"], 2, "--home-page needs --lenient"),
    (["change", "nobody", "--name", "n"], 5, "there is no credential nobody"),
    (["revoke", "nobody"], 5, "`lrs credentials list` names them"),
    (["rotate", "nobody"], 5, "there is no credential nobody"),
]


@pytest.mark.parametrize(("arguments", "code", "message"), WRONG)
def test_errors_say_what_to_do(tmp_path: Path, arguments: list[str], code: int, message: str) -> None:
    options = ["--data", str(tmp_path)]
    json("add", *options, "--key", "there")
    done = run(*arguments, *options)
    assert done.exit_code == code, done.output
    assert message in done.stderr


def test_where_there_is_nothing(tmp_path: Path) -> None:
    nowhere = run("list", "--data", str(tmp_path / "nowhere"))
    assert (nowhere.exit_code, "--data that `lrs serve`" in nowhere.stderr) == (5, True)
    away = run("list", "--database", f"postgresql+pg8000://pacer:hidden@127.0.0.1:{free_port()}/postgres")
    assert (away.exit_code, "does it run?" in away.stderr, "hidden" in away.output) == (4, True, False)
    for url in ("nonsense", "postgres://x:hidden@y/z", "postgresql+none://x:hidden@y/z"):
        wrong = run("list", "--database", url)
        assert (wrong.exit_code, "postgresql+pg8000://" in wrong.stderr, "hidden" in wrong.output) == (2, True, False)


def test_sessions_of_cmi5_are_listed_when_asked_for(tmp_path: Path) -> None:
    options = ["--data", str(tmp_path)]
    json("add", *options, "--key", "quiz")
    store = Credentials(embedded_credentials_url(tmp_path))
    store.add("cmi5-1", "s")
    store.close()
    assert [listed["key"] for listed in json("list", *options)] == ["quiz"]
    assert [listed["key"] for listed in json("list", *options, "--sessions")] == ["cmi5-1", "quiz"]


def test_what_was_revoked_stays_so_when_the_server_starts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    add_given(Runtime(tmp_path), ("a:s:school", "b:s"))
    json("revoke", "a", "--data", str(tmp_path))
    json("change", "b", "--data", str(tmp_path), "--scope", "state")
    add_given(Runtime(tmp_path), ("a:s:school", "b:t"))
    assert "credential a stays revoked" in caplog.text
    assert known(embedded_credentials_url(tmp_path), "a", "s") is None
    assert known(embedded_credentials_url(tmp_path), "b", "t") == Credential("b", "default", frozenset({Scope.STATE}))
