"""Options come from the command line, then from variables, then from a file, then from their defaults."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
import pytest
from click.core import ParameterSource
from click.testing import CliRunner

from lrs import exits
from lrs.cli import configuration, reference
from lrs.cli.configuration import PREFIX, option_key, option_variable
from lrs.cli.main import COMMANDS, main
from lrs.processes.options import SHARED

ROOT = Path(__file__).parents[3]
LEAVES = dict(reference.leaves())


def parsed(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the command would be called with."""
    parameters: dict[str, Any] = {}

    def note(self: click.Command, ctx: click.Context) -> None:
        parameters.update(ctx.params)

    with monkeypatch.context() as patch:
        for command in LEAVES.values():
            patch.setattr(command, "invoke", note.__get__(command))
        done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.stderr
    return parameters


def test_the_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "pacer.toml"
    file.write_text('data = "of-the-file"\n[serve]\nport = 9001\nengine-port = 9002\ncredential = ["a:b", "c:d"]\n')
    monkeypatch.setenv("PACER_CONFIG", str(file))
    options = parsed(["serve"], monkeypatch)
    assert (options["data"], options["port"], options["engine_port"]) == (Path("of-the-file"), 9001, 9002)
    assert (options["credential"], options["host"]) == (("a:b", "c:d"), "127.0.0.1")
    monkeypatch.setenv("PACER_DATA", "of-the-variable")
    monkeypatch.setenv("PACER_SERVE_PORT", "9003")
    monkeypatch.setenv("PACER_SERVE_CREDENTIAL", "e:f g:h")
    options = parsed(["serve"], monkeypatch)
    assert (options["data"], options["port"], options["credential"]) == (Path("of-the-variable"), 9003, ("e:f", "g:h"))
    options = parsed(["serve", "--port", "9004", "--data", "of-the-line"], monkeypatch)
    assert (options["data"], options["port"], options["engine_port"]) == (Path("of-the-line"), 9004, 9002)


def test_a_file_reaches_commands_of_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "pacer.toml"
    file.write_text('kafka = "broker:9092"\njson = true\ndata = "d"\n[credentials.add]\nrate = 20\n')
    line = ["--config", str(file)]
    options = parsed([*line, "credentials", "add"], monkeypatch)
    assert (options["rate"], options["as_json"], options["data"]) == (20.0, True, Path("d"))
    assert str(parsed([*line, "topics", "show"], monkeypatch)["kafka"]) == "broker:9092"  # required, and given there


def test_data_of_another_meaning_is_not_the_shared_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACER_DATA", str(tmp_path))
    done = CliRunner().invoke(main, ["evaluate", "mastery"])
    assert done.exit_code == 2
    assert "--data" in done.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("port = 1", "'port' is not an option that commands share"),
        ("[sevre]\nport = 1", "'sevre' is not a command"),
        ("[serve]\nprot = 1", "[serve] has no option prot"),
        ("[credentials.ad]\nrate = 1", "[credentials] has no command ad"),
        ("[serve]\nport = 'x'", "'x' is not a valid integer"),
        ("port", "is not TOML"),
    ],
)
def test_a_wrong_file_is_named(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "pacer.toml"
    file.write_text(text)
    command = ["credentials", "list"] if "credentials" in text else ["serve"]
    done = CliRunner().invoke(main, ["--config", str(file), *command])
    assert done.exit_code == 2
    assert message in done.stderr
    assert CliRunner().invoke(main, ["--config", str(tmp_path / "none.toml"), "serve"]).exit_code == 2


def context_of(name: str, settings: dict[str, Any]) -> click.Context:
    """That of a command, with the settings of a file."""
    words = name.split()
    top = main.get_command(click.Context(main), words[0])
    assert top is not None
    defaults = {words[0]: configuration.defaults(top, words[0], settings)}
    context = click.Context(main, info_name="lrs", auto_envvar_prefix=PREFIX, default_map=defaults)
    for word in words:
        assert isinstance(context.command, click.Group)
        subcommand = context.command.get_command(context, word)
        assert subcommand is not None
        context = click.Context(subcommand, parent=context, info_name=word)
    return context


@pytest.mark.parametrize("name", LEAVES)
def test_every_option_is_read_from_the_line_the_variable_and_the_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them as the reference names it, and in this order."""
    file = tmp_path / "pacer.toml"
    for option in reference.options(LEAVES[name]):
        key, variable = option_key(option), option_variable(name, option)
        table = "" if isinstance(option.envvar, str) else f"[{'.'.join(name.split())}]\n"
        value = "true" if option.is_flag else '["filed"]' if option.multiple else '"filed"'
        file.write_text(f"{table}{key} = {value}\n")
        context = context_of(name, configuration.read_settings(file, COMMANDS))
        filed = True if option.is_flag else ["filed"] if option.multiple else "filed"
        assert option.consume_value(context, {}) == (filed, ParameterSource.DEFAULT_MAP), key
        monkeypatch.setenv(variable, "given")
        option_value, source = option.consume_value(context, {})
        assert (source, "given" in option_value) == (ParameterSource.ENVIRONMENT, True), variable
        typed: Any = {option.name: "typed"}
        assert option.consume_value(context, typed) == ("typed", ParameterSource.COMMANDLINE), key


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


def test_the_reference_names_every_exit_code() -> None:
    named = re.findall(r"(\d+) [a-z]", reference.markdown().split("Exit codes:")[1].split("\n\n")[0])
    codes = {value for name, value in vars(exits).items() if name.isupper() and isinstance(value, int)}
    assert {int(code) for code in named} - {0} == {code for code in codes if code < 10}


def test_the_reference_is_current() -> None:
    page = (ROOT / "docs/reference/commands.md").read_text("utf-8")
    assert page == reference.markdown(), "run python -m lrs.cli.reference > docs/reference/commands.md"
