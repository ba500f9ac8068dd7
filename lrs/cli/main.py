"""The command `lrs`: commands are loaded when they are called, so that `lrs --help` is quick."""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS = {
    "serve": "Run the API, the processors and the embedded engine.",
    "worker": "Run a stage of the processors on Kafka.",
    "credentials": "Say who may ask, what, and how often; revoke at once.",
    "import": "Import statements from files.",
    "class": "Print a class's board: who advances, practises, reviews, needs help.",
    "learner": "Print what a learner has mastered, and what is next.",
    "replay": "Rebuild a projection from the history, and swap it in.",
    "evaluate": "Measure the models on held-out learners.",
    "schemas": "Write OpenAPI and JSON Schema of what crosses a boundary.",
    "topics": "Show or make the topics of a Kafka cluster.",
    "doctor": "Check the parts, and say what to do about what is wrong.",
    "demo": "Play a simulated school and show its boards.",
}
_MODULES = {"import": "import_", "class": "class_"}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        name = _MODULES.get(cmd_name, cmd_name)
        command: click.Command = getattr(import_module(f"lrs.cli.{name}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands)
@click.version_option(package_name="pacer-lrs", prog_name="lrs")
def main() -> None:
    """Pacer: a learning record store that tells who moves on, who practises and who needs help, and why."""


if __name__ == "__main__":
    main()
