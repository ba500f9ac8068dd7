"""A data folder that this user may not read or write: commands name it and say what to do, without a traceback."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lrs import exits
from lrs.cli.main import main

_NOBODY_UID = 65534
_COMMANDS = ["serve", "doctor", "verify", "accept", "class 7b", "learner ada", "roster show", "people show"]
_COMMANDS += ["credentials list", "accounts list", "webhooks list", "dead-letters list", "catalog unmapped"]


@contextmanager
def _plain_user() -> Iterator[None]:
    """Root may read and write everything: what runs here may not."""
    if os.getuid() != 0:
        yield
        return
    os.setresgid(_NOBODY_UID, _NOBODY_UID, 0)
    os.setresuid(_NOBODY_UID, _NOBODY_UID, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)
        os.setresgid(0, 0, 0)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everybody can reach; those of pytest are their owner's alone."""
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary)
        path.chmod(0o755)
        yield path
        for below in path.rglob("*"):
            below.chmod(0o700)


def _run(command: str, data: Path) -> Result:
    main.get_command(None, command.split()[0])  # type: ignore[arg-type] # imported while all may be read
    with _plain_user():
        return CliRunner().invoke(main, [*command.split(), "--data", str(data)])


def _says(result: Result, path: Path, command: str) -> None:
    assert result.exception is None or isinstance(result.exception, SystemExit), (command, result.exception)
    assert str(path) in result.output, (command, result.output)
    assert result.exit_code == (exits.WRONG if command == "doctor" else exits.UNREADABLE), (command, result.output)


@pytest.mark.parametrize("command", _COMMANDS)
def test_a_folder_that_cannot_be_reached(command: str, folder: Path) -> None:
    """Closed on the way to it, and below a file."""
    (folder / "closed" / "data").mkdir(parents=True)
    (folder / "closed").chmod(0)
    _says(_run(command, folder / "closed" / "data"), folder / "closed" / "data", command)
    (folder / "file").touch(0o644)
    _says(_run(command, folder / "file" / "data"), folder / "file" / "data", command)


@pytest.mark.parametrize("command", _COMMANDS)
@pytest.mark.parametrize("closed", [".", "log", "log/catalog.db"])
def test_what_belongs_to_somebody_else(command: str, closed: str, folder: Path) -> None:
    """The folder, the log in it or a file of that: as after a command that ran as root."""
    data = folder / "data"
    (data / "log").mkdir(parents=True)
    (data / "log" / "catalog.db").touch()
    for below in [data, *data.rglob("*")]:
        below.chmod(0o777)
    (data / closed).chmod(stat.S_IRUSR | stat.S_IXUSR | stat.S_IROTH | stat.S_IXOTH)
    _says(_run(command, data), data / closed, command)
