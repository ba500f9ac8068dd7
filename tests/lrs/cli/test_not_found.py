"""Whatever a command is asked about and does not find, it ends with the exit code for that."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lrs.cli.main import main
from lrs.exits import NOT_FOUND

_ISSUER = "--issuer http://127.0.0.1:9 --client c --secret s --url https://store.example"
_NAMED_BY_NOBODY = [
    "accounts disable x",
    "accounts enable x",
    "accounts invite x",
    "accounts change x --role leader",
    "credentials revoke x",
    "sign-in remove x",
    "sign-in bind x school SUBJECT",
    "sign-in bind kim x SUBJECT",
    "sign-in unbind x SUBJECT",
    "sign-in unbind school SUBJECT",
    "lti remove x",
    "lti members x",
    "webhooks add hook --account x --url https://hook.example",
    "webhooks remove x",
    "sql-logins revoke x",
    "restore {backup} --backup 9",
    "restore {backup}",
]
_LISTS = [
    "accounts list",
    "credentials list",
    "sign-in list",
    "sign-in bindings",
    "lti list",
    "webhooks list",
    "sql-logins list",
    "dead-letters list",
]


def _run(data: Path, command: str) -> Result:
    return CliRunner().invoke(main, [*command.format(backup=data.parent / "backup").split(), "--data", str(data)])


@pytest.mark.parametrize("command", _NAMED_BY_NOBODY)
def test_what_nobody_has_named(command: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    for there in (f"sign-in add school {_ISSUER}", "accounts add kim --role leader"):
        assert _run(data, there).exit_code == 0
    ended = _run(data, command)
    assert (ended.exit_code, ended.stdout) == (NOT_FOUND, ""), ended.stderr


@pytest.mark.parametrize("command", _LISTS)
def test_a_folder_that_nobody_has_made(command: str, tmp_path: Path) -> None:
    ended = _run(tmp_path / "nowhere", command)
    assert (ended.exit_code, "nowhere" in ended.stderr) == (NOT_FOUND, True), ended.stderr
    assert not (tmp_path / "nowhere").exists()
