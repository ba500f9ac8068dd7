"""The units of systemd and their configuration file, checked against the command line."""

from __future__ import annotations

import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from lrs import exits
from lrs.cli import configuration
from lrs.cli.main import COMMANDS, main
from lrs.cli.worker import STAGES
from lrs.exits import DRAIN_SECONDS
from tests.support.compose import INFRA
from tests.support.not_tested import not_tested

FOLDER = INFRA / "systemd"
UNITS = sorted(path.name for path in FOLDER.glob("*.service"))


def unit(name: str) -> ConfigParser:
    found = ConfigParser(interpolation=None, strict=False)
    found.optionxform = str  # type: ignore[assignment, method-assign]
    found.read_string((FOLDER / name).read_text("utf-8"))
    return found


@pytest.mark.parametrize("name", UNITS)
def test_the_command_line_takes_it(name: str) -> None:
    service = unit(name)["Service"]
    program, command, *rest = service["ExecStart"].split()
    assert program.endswith("/lrs")
    for stage in STAGES if rest else [""]:
        arguments = [word.replace("%i", stage) for word in rest]
        found = main.get_command(main.make_context("lrs", [command]), command)
        assert found is not None
        found.make_context(command, arguments)
    assert service["Environment"] == "PACER_CONFIG=/etc/pacer/pacer.toml"


@pytest.mark.parametrize("name", UNITS)
def test_stops_and_restarts_fit_the_exit_codes(name: str) -> None:
    service = unit(name)["Service"]
    assert float(service["TimeoutStopSec"]) > DRAIN_SECONDS
    never = set(map(int, service["RestartPreventExitStatus"].split()))
    assert never == (exits.PERMANENT if name == "pacer.service" else {exits.USAGE, exits.HALTED})


@pytest.mark.parametrize("name", UNITS)
def test_systemd_reads_it(name: str, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        not_tested("how systemd reads the units", "systemd is not installed")
    copy = tmp_path / name.replace("@", "@admit")
    copy.write_text((FOLDER / name).read_text("utf-8").replace("/opt/pacer/bin/lrs", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True, timeout=60)
    assert name.split("@")[0] not in done.stderr, done.stderr


def test_the_file_holds_options_alone() -> None:
    settings = configuration.read_settings(FOLDER / "pacer.toml", COMMANDS)
    command = main.get_command(main.make_context("lrs", ["serve"]), "serve")
    assert command is not None
    assert configuration.defaults(command, "serve", settings)["engine_port"] == 8123
    done = CliRunner().invoke(main, ["--config", str(FOLDER / "pacer.toml"), "serve", "--help"])
    assert done.exit_code == 0, done.stderr
