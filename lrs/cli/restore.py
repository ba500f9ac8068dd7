"""`lrs restore`: write a backup into an empty folder, or into Kafka and PostgreSQL."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import click

from lrs import exits
from lrs.auth.revocations import apply_revocations
from lrs.backup.manifest import Manifest, latest_manifest, load_manifest
from lrs.backup.restore import restore_backup
from lrs.backup.target import BackupTarget, open_target
from lrs.cli.answering import fail, print_json
from lrs.cli.counting import counted
from lrs.cli.databases import open_credentials
from lrs.cli.progress import parts_bar
from lrs.errors import Conflict, Failure, LostData, Missing
from lrs.processes.options import json_option, require_beside_kafka, runtime_options
from lrs.processes.runtime import Runtime
from lrs.processes.supervise import FolderInUse, lock_folder
from lrs.verification.attachments import missing_attachments
from lrs.verification.finding import shown_of


@click.command()
@click.argument("source", metavar="DIR|s3://BUCKET/PREFIX")
@click.option("--backup", "backup", type=click.IntRange(1), help="Number of the backup.  [default: the newest]")
@click.option(
    "--incomplete",
    is_flag=True,
    help="Restore even if the backup lacks attachments, or its history of decisions is not whole.",
)
@runtime_options
@json_option
def restore(source: str, backup: int | None, incomplete: bool, runtime: Runtime, as_json: bool) -> None:
    """Write a backup into the empty folder --data, or into empty topics and a database; every byte is checked.

    Start `lrs serve` afterwards (with --kafka the workers, too): the other tables are rebuilt from the log.
    """
    started = time.monotonic()
    lacks_history: list[str] = []
    require_beside_kafka(runtime, "database")
    try:
        target = open_target(source)
        manifest = latest_manifest(target) if backup is None else _numbered_manifest(target, backup)
        if manifest is None:
            fail(f"there is no backup in {source}", exits.NOT_FOUND)
        with lock_folder(runtime.data), parts_bar(as_json) as progress:
            find_missing = missing_attachments if incomplete else None
            missing = restore_backup(runtime, target, manifest, progress, find_missing, lacks_history.append)
            log = runtime.log()
            with open_credentials(runtime.data, runtime.database) as credentials:
                revoked = apply_revocations(log, credentials)
            log.close()
    except ValueError as error:
        fail(str(error), exits.USAGE)
    except (FolderInUse, Conflict) as error:
        fail(str(error), exits.TAKEN)
    except (LostData, Missing) as error:
        fail(f"{error}; nothing was restored", exits.WRONG)
    except Failure as error:
        fail(f"{error}: run it again", exits.UNAVAILABLE)
    for positions in manifest.gone:
        click.echo(f"the backup does not hold {positions}: its log no longer did", err=True)
    for reason in lacks_history:
        click.echo(f"the history of decisions is not restored: {reason}", err=True)
    backup_taken = datetime.fromtimestamp(manifest.time / 1e6, UTC).isoformat(timespec="seconds")
    seconds = round(time.monotonic() - started, 3)
    if as_json:
        lacks: dict[str, Any] = {}
        if incomplete:
            lacks = {"missing_attachments": [str(attachment) for attachment in missing], "lacks_history": lacks_history}
        print_json(
            {
                "backup": manifest.number,
                "taken": backup_taken,
                "revoked_again": revoked,
                "gone": manifest.gone,
                "seconds": seconds,
            }
            | lacks
        )
        return
    start = "`lrs worker` and `lrs serve`" if runtime.kafka else "`lrs serve`"
    click.echo(f"backup {manifest.number} of {backup_taken} is restored in {seconds:.1f} s; start {start} now")
    if manifest.history is not None and manifest.history.files and not lacks_history:
        of = datetime.fromtimestamp(manifest.history.time / 1e6, UTC).isoformat(timespec="seconds")
        put_back = (
            "not restored (--clickhouse says where to)" if runtime.kafka and not runtime.clickhouse else "restored"
        )
        click.echo(f"the history of decisions is {put_back}, as of {of}: {counted(manifest.history.rows, 'row')}")
    for key in revoked:
        click.echo(f"credential {key} was revoked after its copy was made, and is revoked again")
    for attachment in shown_of(missing):
        click.echo(f"missing: {attachment}")


def _numbered_manifest(target: BackupTarget, number: int) -> Manifest:
    try:
        return load_manifest(target, number)
    except Missing as error:
        fail(str(error), exits.NOT_FOUND)
