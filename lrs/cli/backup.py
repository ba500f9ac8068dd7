"""`lrs backup`: copy all parts while `lrs serve` runs."""

from __future__ import annotations

import time
from collections.abc import Mapping

import click

from lrs import exits
from lrs.backup.backup import back_up
from lrs.backup.decision_history import TABLE, lost_history
from lrs.backup.target import open_target
from lrs.cli.answering import fail, print_json
from lrs.cli.counting import counted
from lrs.cli.parts import need_log
from lrs.cli.progress import parts_bar
from lrs.errors import Conflict, Failure, LostData
from lrs.processes.options import json_option, runtime_options
from lrs.processes.runtime import Runtime


@click.command()
@click.argument("target", metavar="DIR|s3://BUCKET/PREFIX")
@runtime_options
@json_option
def backup(target: str, runtime: Runtime, as_json: bool) -> None:
    """Copy the log, the transactional databases, the attachments and the history of decisions to a folder or an object
    store.

    It may run while everything works. What the target still has from a run before is not copied again.
    """
    started = time.monotonic()
    need_log(runtime)
    try:
        with parts_bar(as_json) as progress:
            opened = open_target(target)
            done = back_up(runtime, opened, progress, _say_history_lacks, _say_history_stays)
            lost = lost_history(opened, done.history)
    except ValueError as error:
        fail(str(error), exits.USAGE)
    except Conflict as error:
        fail(f"{error}: this run left no usable backup; run it again", exits.TAKEN)
    except LostData as error:
        fail(f"{error}; nothing was backed up: run `lrs verify`", exits.WRONG)
    except Failure as error:
        fail(f"{error}: run it again, what was copied is not copied again", exits.UNAVAILABLE)
    records = {topic.name: topic.records for topic in done.topics}
    rows = {database.name: database.rows for database in done.databases}
    if done.history is not None:
        rows[TABLE] = done.history.rows
    seconds = round(time.monotonic() - started, 3)
    if as_json:
        print_json(
            {
                "backup": done.number,
                "records": records,
                "rows": rows,
                "attachments": done.attachments,
                "gone": done.gone,
                "seconds": seconds,
            }
        )
    else:
        click.echo(f"backup {done.number} is complete, in {seconds:.1f} s: {counted(done.attachments, 'attachment')}")
        click.echo(f"  records of the log: {_counts_listed(records)}")
        click.echo(f"  rows of databases: {_counts_listed(rows)}")
    for positions in done.gone:
        click.echo(f"the backup does not hold {positions}: the log no longer did", err=True)
    if lost:
        fail(
            f"the backup has lost {', '.join(lost)}, and the history of decisions cannot be read to write it again; "
            "the rest is backed up: `lrs restore --incomplete` restores it"
        )


def _say_history_lacks(reason: str) -> None:
    click.echo(f"the history of decisions is not copied, what earlier backups have of it stays: {reason}", err=True)


def _say_history_stays(number: int) -> None:
    click.echo(
        f"the history of decisions lacks rows that backup {number} has: they stay in this backup, too; `lrs verify "
        "--log-only --repair BACKUP` puts them back while `lrs serve` is stopped",
        err=True,
    )


def _counts_listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items()) or "none"
