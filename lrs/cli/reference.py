"""The reference of commands and options, made from the commands: python -m lrs.cli.reference."""

from __future__ import annotations

from collections.abc import Iterator

import click

from lrs.cli.configuration import option_key, option_variable
from lrs.cli.main import COMMANDS, main

_REFERENCE_HEAD = """# Commands and options

Written by `python -m lrs.cli.reference`; a test keeps it current.

Every option can be given on the command line, as an environment variable, or in a TOML file (`lrs --config FILE`, or
`PACER_CONFIG`). The command line goes before variables, and variables before the file. In a file, options that several
commands share are at the top, those of one command in its table; an option that may be repeated is an array there, and
words between spaces in a variable. Such a file may hold passwords: let its owner alone read it.

```toml
data = "/var/lib/pacer"

[serve]
port = 8080
credential = ["KEY:SECRET"]

[credentials.add]
rate = 20
```

Exit codes: 0 done, 1 what was checked is wrong, 2 wrong usage, 3 another process holds what is needed, 4 a part cannot
be reached (try again), 5 not found, 6 a checkpoint does not fit the log, 7 a worker made no progress, 8 much would be
removed and was not confirmed, 9 what is stored cannot be read (starting again would not help).
"""


def leaves() -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with its full name."""
    context = click.Context(main)
    for name in COMMANDS:
        command = main.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from ((f"{name} {below}", subcommand) for below, subcommand in command.commands.items())
        else:
            yield name, command


def options(command: click.Command) -> Iterator[click.Option]:
    """The options of a command that people may use."""
    return (option for option in command.params if isinstance(option, click.Option) and not option.hidden)


def markdown() -> str:
    """The page."""
    return "\n".join([_REFERENCE_HEAD, *(_section(name, command) for name, command in leaves())])


def _section(name: str, command: click.Command) -> str:
    arguments = " ".join(f"{a.name.upper()}" for a in command.params if isinstance(a, click.Argument) and a.name)
    section_lines = [f"## `lrs {name}{f' {arguments}' if arguments else ''}`", "", _help(command.help or ""), ""]
    section_lines += ["| option | variable | key | default | |", "|---|---|---|---|---|"]
    for option in options(command):
        table = "" if isinstance(option.envvar, str) else f"[{'.'.join(name.split())}] "
        key = option_key(option)
        section_lines.append(
            f"| `--{key}`{_option_values(option)} | `{option_variable(name, option)}` | `{table}{key}` | "
            f"{_default(option)} | {_escaped_markdown(option.help or '')} |"
        )
    return "\n".join([*section_lines, ""])


def _help(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().split("\n"))


def _option_values(option: click.Option) -> str:
    if option.is_flag:
        return ""
    if isinstance(option.type, click.Choice):
        return " " + " ".join(f"`{choice}`" for choice in option.type.choices)
    return f" {_escaped_markdown(option.metavar)}" if option.metavar else f" {option.type.name}"


def _default(option: click.Option) -> str:
    if option.required:
        return "required"
    if option.is_flag or not option.show_default:
        return ""
    default = option.default
    return f"`{' '.join(map(str, default)) if isinstance(default, (list, tuple)) else default}`"


def _escaped_markdown(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


if __name__ == "__main__":
    click.echo(markdown(), nl=False)
