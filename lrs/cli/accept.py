"""`lrs accept`: go on with parts of a data folder that are older than others have seen, or gone."""

from __future__ import annotations

from contextlib import closing, nullcontext

import click

from lrs import exits
from lrs.cli.answering import fail, print_json
from lrs.errors import Held, Transient
from lrs.log.sqlite import SqliteLog
from lrs.processes.options import json_option, runtime_options
from lrs.processes.runtime import Runtime
from lrs.processes.shared_stamps import SharedStamps
from lrs.processes.stamps import LostPart, Stamps
from lrs.processes.supervise import FolderInUse, lock_folder


@click.command()
@runtime_options
@json_option
def accept(runtime: Runtime, as_json: bool) -> None:
    """Go on with databases, attachments and a log that are older than other parts have seen, or gone.

    What they held since is lost: first look for the right files, or a backup. Stop `lrs serve` before. On Kafka this is
    about the database and the object store, and workers may run. Where the tables hold statements that the log lacks,
    use `lrs rebuild --accept-log` instead, which writes them down.
    """
    try:
        with nullcontext() if runtime.kafka else lock_folder(runtime.data):
            lost = [*([] if runtime.kafka else _accept_folder(runtime)), *_accept_servers(runtime)]
    except (FolderInUse, Held) as error:
        fail(str(error), exits.TAKEN)
    except Transient as error:
        fail(f"{error}: try again", exits.UNAVAILABLE)
    if as_json:
        print_json([{"part": lost_part.part, "reason": lost_part.reason} for lost_part in lost])
        return
    for lost_part in lost:
        click.echo(f"accepted as it is: {lost_part}")
    if not lost:
        click.echo("no part is older than others have seen, and none is gone")


def _accept_folder(runtime: Runtime) -> list[LostPart]:
    """Accept the parts of a folder that is locked."""
    with closing(SqliteLog(runtime.data / "log")) as log:
        stamps = Stamps(runtime)
        lost = stamps.lost(log)
        for topic in log.topics() if lost else []:
            log.begin_epoch(topic)
        if lost:
            stamps.accept(log)
        return lost


def _accept_servers(runtime: Runtime) -> list[LostPart]:
    with closing(SharedStamps(runtime)) as shared:
        if lost := shared.lost():
            shared.accept()
        return lost
