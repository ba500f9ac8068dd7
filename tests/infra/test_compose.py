"""infra/compose.yaml and the Dockerfile, checked against the command line and the tree."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from lrs.cli.configuration import option_variable
from lrs.cli.main import main
from lrs.store.clickhouse_address import ClickHouseAddress
from tests.support.compose import INFRA, document, filled, services, variables

ROOT = INFRA.parent
OURS = {name: service for name, service in services().items() if service["image"].startswith("pacer-lrs")}


def command_of(arguments: list[str]) -> tuple[click.Command, list[str]]:
    """The command that arguments name, and what is left for it."""
    found: click.Command = main
    while isinstance(found, click.Group):
        below = found.get_command(click.Context(found), arguments[0])
        assert below is not None, f"lrs has no command {arguments[0]}"
        found, arguments = below, arguments[1:]
    return found, arguments


class TestCommands:
    @pytest.mark.parametrize("name", OURS)
    def test_the_command_line_takes_it(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Every argument parses, and every setting of the environment is an option's."""
        for setting in [s for s in os.environ if s.startswith("PACER_")]:
            monkeypatch.delenv(setting)
        environment = {k: filled(v) for k, v in OURS[name]["environment"].items()}
        for setting, value in environment.items():
            monkeypatch.setenv(setting, value)
        service_command = OURS[name]["command"][0]
        command, rest = command_of([filled(word) for word in OURS[name]["command"]])
        command.make_context(name, rest)
        known = {option_variable(service_command, p) for p in command.params if isinstance(p, click.Option)}
        assert set(environment) <= known

    def test_what_runs(self) -> None:
        assert {name: service["command"][0] for name, service in OURS.items()} == {
            "api": "serve",
            "intake": "worker",
            "admit": "worker",
            "project": "worker",
            "decide": "worker",
            "reinterpret": "worker",
            "people": "worker",
            "topics": "topics",
            "sql-login": "sql-logins",
        }

    def test_clickhouse(self) -> None:
        found = ClickHouseAddress.parse(filled(OURS["api"]["environment"]["PACER_CLICKHOUSE"]))
        assert (found.secure, found.loopback, found.cluster) == (False, False, "")


class TestServices:
    @pytest.mark.parametrize("name", services())
    def test_pinned(self, name: str) -> None:
        image, _, tag = services()[name]["image"].partition(":")
        assert re.fullmatch(r"[\w.-]*\d[\w.-]*", tag), image

    @pytest.mark.parametrize("name", services())
    def test_published_on_loopback_alone(self, name: str) -> None:
        assert all(port.startswith("127.0.0.1:") for port in services()[name].get("ports", []))

    @pytest.mark.parametrize("name", services())
    def test_files_and_volumes_are_there(self, name: str) -> None:
        for volume in services()[name].get("volumes", []):
            source = volume.split(":")[0]
            assert (INFRA / source).exists() if source.startswith(".") else source in document()["volumes"], volume

    @pytest.mark.parametrize("name", services())
    def test_waits_for_what_can_be_waited_for(self, name: str) -> None:
        for other, how in services()[name].get("depends_on", {}).items():
            waited: dict[str, Any] = services()[other]
            if how["condition"] == "service_healthy":
                assert "test" in waited["healthcheck"], other
            else:
                assert (how["condition"], waited["restart"]) == ("service_completed_successfully", "no")

    def test_health_is_known(self) -> None:
        without = {name for name, service in services().items() if "test" not in service.get("healthcheck", {})}
        assert without == {
            "api",
            "intake",
            "admit",
            "project",
            "decide",
            "reinterpret",
            "people",
            "topics",
            "sql-login",
        }  # the image's own for api; the others listen nowhere
        assert "healthcheck" not in OURS["api"]
        assert "HEALTHCHECK" in (INFRA / "Dockerfile").read_text("utf-8")


class TestSecrets:
    def test_every_variable_is_in_the_example(self) -> None:
        assert variables() == set(re.findall(r"^(\w+)=$", (INFRA / ".env.example").read_text("utf-8"), re.MULTILINE))

    def test_drawn_once_for_the_owner(self, tmp_path: Path) -> None:
        for name in ("secrets.sh", ".env.example"):
            shutil.copy(INFRA / name, tmp_path)
        found = []
        for _ in range(2):
            subprocess.run([tmp_path / "secrets.sh"], check=True, capture_output=True)
            found.append((tmp_path / ".env").read_text("utf-8"))
        assert found[0] == found[1]
        assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
        values = dict(line.split("=") for line in found[0].splitlines() if "=" in line)
        assert set(values) == variables()
        key, _, secret = values.pop("PACER_CREDENTIAL").partition(":")
        assert key == "tool"
        drawn = [*values.values(), secret]
        assert len(set(drawn)) == len(drawn)
        assert all(re.fullmatch("[0-9a-f]{48}", one) for one in drawn)


class TestImage:
    def test_what_is_copied_makes_the_package(self, tmp_path: Path) -> None:
        """The Dockerfile's own COPY and install, without Docker."""
        text = (INFRA / "Dockerfile").read_text("utf-8")
        ignored = (INFRA / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
        for *sources, target in (line.split() for line in re.findall(r"^COPY (.*)$", text, re.MULTILINE)):
            for source in sources:
                assert f"!{source}" in ignored, source
                to = tmp_path / target.removeprefix("/build").lstrip("/")
                if (ROOT / source).is_dir():
                    shutil.copytree(ROOT / source, to, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    shutil.copy(ROOT / source, to)
        assert "--require-hashes" in text
        assert "--hash=sha256:" in (tmp_path / "requirements.txt").read_text("utf-8")
        install = re.findall(r"^RUN pip install (--no-deps .*) /build &&", text, re.MULTILINE)[0].split()
        made = tmp_path / "made"
        pip = [sys.executable, "-m", "pip", "install", "--quiet", *install, "--target", str(made), str(tmp_path)]
        subprocess.run(pip, check=True, timeout=200)
        packaged = {str(path.relative_to(made)) for path in made.rglob("*") if path.is_file()}
        for package in ("lrs", "processors", "schemas"):
            for path in (ROOT / package).rglob("*"):
                if path.is_file() and "__pycache__" not in path.parts:
                    assert str(path.relative_to(ROOT)) in packaged
        assert "bin/lrs" in packaged

    def test_does_not_run_as_root(self) -> None:
        lines = (INFRA / "Dockerfile").read_text("utf-8").splitlines()
        assert lines.index("USER pacer") < lines.index('ENTRYPOINT ["lrs"]')
