"""`lrs sql-logins`, of a folder; those of a server are `tests/lrs/store/test_sql_logins.py`."""

from __future__ import annotations

import json
import socket
from contextlib import closing
from pathlib import Path

from click.testing import CliRunner, Result

from lrs import exits
from lrs.auth.credentials import Credentials, embedded_credentials_url
from lrs.cli.main import main
from lrs.engine.sql_logins import FolderSqlLogins

PASSWORD = "a password of some length"


def lrs(data: Path, *words: str, given: str | None = None) -> Result:
    return CliRunner().invoke(main, ["sql-logins", *words, "--data", str(data)], input=given)


def test_add_list_and_revoke(tmp_path: Path) -> None:
    with closing(Credentials(embedded_credentials_url(tmp_path))) as credentials:
        credentials.add("tool", "a long secret", "school")
    added = json.loads(lrs(tmp_path, "add", "bi", "--tenant", "school", "--json").stdout)
    logins = FolderSqlLogins(tmp_path)
    assert logins.tenant_of("bi", added["password"]) == "school"
    assert logins.tenant_of("bi", "") is logins.tenant_of("other", added["password"]) is None
    assert (tmp_path / "sql_logins.json").stat().st_mode & 0o077 == 0
    assert added["password"] not in (tmp_path / "sql_logins.json").read_text()
    assert json.loads(lrs(tmp_path, "list", "--json").stdout) == [{"login": "bi", "tenant": "school"}]
    assert lrs(tmp_path, "revoke", "bi").exit_code == 0
    assert logins.tenant_of("bi", added["password"]) is None
    assert lrs(tmp_path, "revoke", "bi").exit_code == exits.NOT_FOUND


def test_a_password_of_a_file_or_the_standard_input(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    shown = lrs(tmp_path, "add", "bi", "--password-file", str(tmp_path / "password"))
    assert shown.exit_code == 0
    assert PASSWORD not in shown.output
    assert FolderSqlLogins(tmp_path).tenant_of("bi", PASSWORD) == "default"
    assert lrs(tmp_path, "add", "bi").exit_code == exits.TAKEN
    other = PASSWORD[::-1]
    words = ("add", "bi", "--tenant", "b", "--yes", "--replace", "--password-file", "-")
    assert lrs(tmp_path, *words, given=f"{other}\n").exit_code == 0
    assert FolderSqlLogins(tmp_path).tenant_of("bi", other) == "b"
    assert FolderSqlLogins(tmp_path).tenant_of("bi", PASSWORD) is None


def test_a_tenant_of_which_nothing_is_known(tmp_path: Path) -> None:
    with closing(Credentials(embedded_credentials_url(tmp_path))) as credentials:
        credentials.add("tool", "a long secret", "school")
    refused = lrs(tmp_path, "add", "bi", "--tenant", "schol")
    assert (refused.exit_code, "there are default, school." in refused.stderr) == (exits.UNCONFIRMED, True)
    assert FolderSqlLogins(tmp_path).listed() == []
    assert lrs(tmp_path, "add", "bi", "--tenant", "schol", "--yes").exit_code == 0


def test_what_it_refuses(tmp_path: Path) -> None:
    short = lrs(tmp_path, "add", "bi", "--password-file", "-", given="short\n")
    assert (short.exit_code, "16 characters" in short.stderr) == (exits.USAGE, True)
    assert lrs(tmp_path, "add", "pacer").exit_code == exits.USAGE
    assert lrs(tmp_path, "add", "bi", "--password-file", str(tmp_path / "none")).exit_code == exits.UNREADABLE
    assert lrs(tmp_path / "none", "add", "bi").exit_code == exits.NOT_FOUND
    (tmp_path / "sql_logins.json").write_text("{")
    assert lrs(tmp_path, "list").exit_code == exits.UNREADABLE
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # where nothing listens
        dsn = f"clickhouse://pacer:secret@127.0.0.1:{nobody.getsockname()[1]}/pacer"
        ended = lrs(tmp_path, "list", "--clickhouse", dsn)
    assert (ended.exit_code, "secret" in ended.output) == (exits.UNAVAILABLE, False)
