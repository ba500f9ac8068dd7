"""The command `lrs`: commands are loaded when they are called, so that `lrs --help` is quick."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from lrs import exits
from lrs.cli.answering import fail
from lrs.errors import UnreadableFile
from lrs.extras import MissingExtra
from lrs.processes.denied import DENIED, DENIED_ADVICE, denied_text

COMMANDS = {
    "serve": "Run the API, the processors and the embedded engine.",
    "worker": "Run a stage of the processors on Kafka.",
    "accounts": "Add, list, invite and disable people who sign in.",
    "lti": "Let learning platforms launch boards by LTI 1.3.",
    "sign-in": "Let people sign in with an OpenID Connect issuer.",
    "credentials": "Add, list, change, revoke and rotate credentials.",
    "sql-logins": "Add, list and revoke logins for SQL, each of one tenant.",
    "import": "Import statements from files.",
    "roster": "Import who is in which class, from OneRoster or plain CSV.",
    "people": "Show who goes by several keys; merge and split persons.",
    "skills": "Import a framework of skills, and what they require.",
    "materials": "Import how activities are opened, and what they teach.",
    "catalog": "List what the catalog does not say.",
    "explain": "Say what statements are read as, and why.",
    "repairs": "Count the repairs of what lenient credentials sent.",
    "clocks": "List senders whose clock is off.",
    "alerts": "List who newly needs a person.",
    "webhooks": "Have alerts sent to addresses.",
    "class": "Print the board of a class.",
    "drifting": "List who of a class works otherwise than they used to.",
    "unlikely": "List who of a class is unlikely to finish.",
    "habits": "Say how each learner of a class works.",
    "learner": "Print the mastery of a learner.",
    "initiatives": "Declare what is tried before it begins, and list it.",
    "plan": "Make, show, change and export the plan of a day.",
    "backup": "Copy the log, the databases and the attachments, while all works.",
    "restore": "Write a backup into an empty folder, or into Kafka.",
    "accept": "Go on with parts of a data folder that are older than others, or gone.",
    "verify": "Check the log, the tables and the projections against each other.",
    "replay": "Rebuild a projection from the history, and swap it in.",
    "reinterpret": "Read all that was recorded with the catalog as it is now.",
    "rebuild": "Have tables rebuilt from the log.",
    "evaluate": "Measure the models on held-out learners.",
    "fit": "Fit the mastery model to a tenant's own history.",
    "diff": "Say which decisions a replay would change, and why.",
    "activate": "Make a fitted version decide.",
    "schemas": "Write OpenAPI and JSON Schema.",
    "dead-letters": "List, show, retry and drop what could not be processed.",
    "topics": "Show or create the topics of a Kafka cluster.",
    "doctor": "Check all parts, and say what to do about what is wrong.",
    "demo": "Play a simulated school and print its boards.",
}
_MODULES = {"import": "import_", "class": "class_"}


class _Commands(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MissingExtra as error:
            fail(str(error), exits.USAGE)
        except UnreadableFile as error:
            fail(str(error), exits.UNREADABLE)
        except OSError as error:
            if error.errno not in DENIED or error.filename is None:
                raise
            fail(f"{denied_text(error)}: {DENIED_ADVICE}", exits.UNREADABLE)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        name = _MODULES.get(cmd_name, cmd_name.replace("-", "_"))
        command: click.Command = getattr(import_module(f"lrs.cli.{name}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"auto_envvar_prefix": "PACER"})
@click.version_option(package_name="pacer-lrs", prog_name="lrs")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A TOML file with options; docs/reference/commands.md names them.",
)
@click.pass_context
def main(context: click.Context, config: Path | None) -> None:
    """Pacer: a learning record store that tells who moves on, who practises and who needs help, and why.

    Every option can be set by a PACER_… variable or in a TOML file, too.
    """
    os.umask(0o077)  # what is made here and by children is its owner's alone: it holds personal data and secrets
    name = context.invoked_subcommand
    if config is None or name is None or (command := main.get_command(context, name)) is None:
        return
    from lrs.cli import configuration

    try:
        context.default_map = {
            name: configuration.defaults(command, name, configuration.read_settings(config, COMMANDS))
        }
    except configuration.BadConfiguration as error:
        fail(str(error), exits.USAGE)


if __name__ == "__main__":
    main()
