"""The README's commands, word for word but for the port and the folders."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
TUTORIAL = (ROOT / "docs/tutorial/first-decision.md").read_text()
LONGEST = 70  # lines of the README
SECONDS = 240


def blocks(text: str, heading: str) -> list[str]:
    """The shell blocks below a heading."""
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0] if heading else text
    found = re.findall(r"^```sh\n(.*?)^```", section, re.M | re.S)
    assert found, f"no commands below '{heading}'"
    return found


def run(commands: str, folder: Path) -> str:
    """Run commands as a reader types them; the server they started is stopped at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / ".venv").mkdir()
    (folder / ".venv/bin").symlink_to(Path(sys.executable).parent)
    script = f"set -eu\ntrap 'kill $(jobs -p); wait' EXIT\n{re.sub('808[01]', str(port), commands)}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode in (0, 143), done.stderr
    return done.stdout


@pytest.fixture(autouse=True)
def _tools() -> None:
    for tool in ("bash", "curl"):
        assert shutil.which(tool), f"{tool} is needed to run what the README says"


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= LONGEST
    [commands] = blocks(README, "From a first statement to a first decision")
    assert len(commands.splitlines()) <= 10


def test_it_says_how_to_end_the_server() -> None:
    assert "`kill $!` ends the server" in README


def test_a_first_decision(tmp_path: Path) -> None:
    [commands] = blocks(README, "From a first statement to a first decision")
    said = run(commands, tmp_path)
    assert '"decision":"practise"' in said
    assert "4 attempts (3 right)" in said
    assert "Ada" in said.rpartition("}")[2], "the board on the command line names the learner"


def test_the_tutorial(tmp_path: Path) -> None:
    said = run("\n".join(blocks(TUTORIAL, "")), tmp_path)
    [reason] = re.findall(r'"reason": ("[^"]+")', TUTORIAL)
    assert f'"reason":{reason}' in said, "the tutorial shows another reason than the commands give"
    for decision in ('"decision":"practise"', '"decision":"advance"', '"decision":"help"'):
        assert decision in said
