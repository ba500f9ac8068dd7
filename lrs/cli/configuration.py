"""Options from a TOML file: `lrs --config FILE`, or the variable PACER_CONFIG.

The command line goes before variables, and variables before the file. What several commands share is at the top of
the file and in PACER_NAME; what one command has is in its table and in PACER_COMMAND_NAME:

    data = "/var/lib/pacer"        # PACER_DATA

    [serve]
    port = 8080                    # PACER_SERVE_PORT
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from lrs.processes.options import SHARED

PREFIX = "PACER"


class BadConfiguration(Exception):
    """A file that cannot be read, or that holds what no option is called."""


def read_settings(path: Path, commands: Mapping[str, object]) -> dict[str, Any]:
    """The settings in a file. Raises BadConfiguration."""
    try:
        settings = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadConfiguration(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfiguration(f"{path} is not TOML: {error}") from error
    for name, value in settings.items():
        allowed = commands if isinstance(value, dict) else SHARED
        if name not in allowed:
            kind = "a command" if isinstance(value, dict) else "an option that commands share"
            raise BadConfiguration(f"{path}: {name!r} is not {kind} ({', '.join(sorted(allowed))})")
    return settings


def defaults(command: click.Command, name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Click's default_map of a command and of those below it. Raises BadConfiguration."""
    common = {key: value for key, value in settings.items() if not isinstance(value, dict)}
    return _defaults(command, name, settings.get(name, {}), common)


def option_variable(command: str, option: click.Option) -> str:
    """The environment variable of an option of a command ("credentials add")."""
    if isinstance(option.envvar, str):
        return option.envvar
    return "_".join([PREFIX, *command.replace("-", "_").split(), option.name or ""]).upper()


def option_key(option: click.Option) -> str:
    """The name of an option, as it is written in a file."""
    return max(option.opts, key=len).lstrip("-")


def _defaults(command: click.Command, name: str, own: Mapping[str, Any], common: Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(command, click.Group):
        _refuse_unknown(name, own, command.commands, "command")
        return {
            below: _defaults(subcommand, f"{name}.{below}", own.get(below, {}), common)
            for below, subcommand in command.commands.items()
        }
    options = {option_key(option): option for option in command.params if isinstance(option, click.Option)}
    _refuse_unknown(name, own, options, "option")
    inherited = {k: v for k, v in common.items() if k in options and options[k].envvar is not None}
    return {options[k].name or k: value for k, value in {**inherited, **own}.items()}


def _refuse_unknown(name: str, own: Mapping[str, Any], allowed: Mapping[str, object], kind: str) -> None:
    if wrong := sorted(own.keys() - allowed.keys()):
        raise BadConfiguration(f"[{name}] has no {kind} {', '.join(wrong)} ({', '.join(sorted(allowed))})")
