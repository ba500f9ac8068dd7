"""Options come from the command line, then from variables, then from a file, then from their defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from lrs.cli import reference
from lrs.cli.configuration import PREFIX, option_key, option_variable
from lrs.cli.main import main
from lrs.processes.options import SHARED

ROOT = Path(__file__).parents[3]
LEAVES = dict(reference.leaves())


def parsed(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the command would be called with."""
    found: dict[str, Any] = {}

    def note(self: click.Command, ctx: click.Context) -> None:
        found.update(ctx.params)

    with monkeypatch.context() as patch:
        for command in LEAVES.values():
            patch.setattr(command, "invoke", note.__get__(command))
        done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.stderr
    return found


def test_the_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "pacer.toml"
    file.write_text('data = "of-the-file"\n[serve]\nport = 9001\nengine-port = 9002\ncredential = ["a:b", "c:d"]\n')
    monkeypatch.setenv("PACER_CONFIG", str(file))
    found = parsed(["serve"], monkeypatch)
    assert (found["data"], found["port"], found["engine_port"]) == (Path("of-the-file"), 9001, 9002)
    assert (found["credential"], found["host"]) == (("a:b", "c:d"), "127.0.0.1")
    monkeypatch.setenv("PACER_DATA", "of-the-variable")
    monkeypatch.setenv("PACER_SERVE_PORT", "9003")
    monkeypatch.setenv("PACER_SERVE_CREDENTIAL", "e:f g:h")
    found = parsed(["serve"], monkeypatch)
    assert (found["data"], found["port"], found["credential"]) == (Path("of-the-variable"), 9003, ("e:f", "g:h"))
    found = parsed(["serve", "--port", "9004", "--data", "of-the-line"], monkeypatch)
    assert (found["data"], found["port"], found["engine_port"]) == (Path("of-the-line"), 9004, 9002)


def test_a_file_reaches_commands_of_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "pacer.toml"
    file.write_text('kafka = "broker:9092"\njson = true\ndata = "d"\n[credentials.add]\nrate = 20\n')
    line = ["--config", str(file)]
    found = parsed([*line, "credentials", "add"], monkeypatch)
    assert (found["rate"], found["as_json"], found["data"]) == (20.0, True, Path("d"))
    assert str(parsed([*line, "topics", "show"], monkeypatch)["kafka"]) == "broker:9092"  # required, and given there


def test_data_of_another_meaning_is_not_the_shared_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACER_DATA", str(tmp_path))
    done = CliRunner().invoke(main, ["evaluate", "mastery"])
    assert done.exit_code == 2
    assert "--data" in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("port = 1", "'port' is not an option that commands share"),
        ("[sevre]\nport = 1", "'sevre' is not a command"),
        ("[serve]\nprot = 1", "[serve] has no option prot"),
        ("[credentials.ad]\nrate = 1", "[credentials] has no command ad"),
        ("[serve]\nport = 'x'", "'x' is not a valid integer"),
        ("port", "is not TOML"),
    ],
)
def test_a_wrong_file_is_named(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "pacer.toml"
    file.write_text(text)
    command = ["credentials", "list"] if "credentials" in text else ["serve"]
    done = CliRunner().invoke(main, ["--config", str(file), *command])
    assert done.exit_code == 2
    assert said in done.stderr
    assert CliRunner().invoke(main, ["--config", str(tmp_path / "none.toml"), "serve"]).exit_code == 2


@pytest.mark.parametrize("name", LEAVES)
def test_every_option_has_its_variable(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Click reads the variable that the reference names, for every option."""
    context = click.Context(main, info_name="lrs", auto_envvar_prefix=PREFIX)
    below: click.Command = main
    for word in name.split():
        assert isinstance(below, click.Group)
        found = below.get_command(context, word)
        assert found is not None
        below, context = found, click.Context(found, parent=context, info_name=word)
    for option in reference.options(below):
        monkeypatch.setenv(option_variable(name, option), "given")
        assert option.resolve_envvar_value(context) == "given", option.name


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_can_answer_in_json(name: str) -> None:
    assert "json" in {option_key(option) for option in reference.options(LEAVES[name])}


def test_what_is_shared_means_the_same_everywhere() -> None:
    shared: dict[str, set[str]] = {}
    for name, command in LEAVES.items():
        for option in reference.options(command):
            if isinstance(option.envvar, str):
                shared.setdefault(option_key(option), set()).add(option_variable(name, option))
    assert shared == {name: {f"{PREFIX}_{name.upper().replace('-', '_')}"} for name in SHARED}


def test_the_reference_is_current() -> None:
    page = (ROOT / "docs/reference/commands.md").read_text("utf-8")
    assert page == reference.markdown(), "run python -m lrs.cli.reference > docs/reference/commands.md"
