"""`lrs import`: statements from files, straight into the log."""

from __future__ import annotations

import asyncio
import resource
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import click
from rich.progress import Progress

from lrs import exits
from lrs.attachments.setting import open_attachments
from lrs.auth.credentials import Credential
from lrs.catalog.catalogs import Catalogs
from lrs.cli.answering import fail, print_json
from lrs.cli.counting import counted
from lrs.cli.imported_files import print_first
from lrs.cli.progress import bar
from lrs.errors import Full, LostData
from lrs.importing import assistments, xapi
from lrs.importing.attachments import AttachmentFiles
from lrs.importing.load import ImportCounts, ImportMark, load_statements
from lrs.importing.taken_log import load_taken_log
from lrs.log import Unavailable
from lrs.log.sqlite import SqliteLog
from lrs.processes.modes import Mode, choose_mode
from lrs.processes.options import json_option, runtime_options, tenant_option
from lrs.processes.runtime import Runtime
from lrs.record.recorder import Preparation, Recorder
from lrs.verification.readers import settle
from schemas.record import STATEMENTS

PRINTED_REFUSALS = 20  # refusals that are printed; all are in --json
READERS = {"xapi": xapi.read_xapi, "assistments": assistments.read_assistments}


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@runtime_options
@tenant_option
@click.option("--format", type=click.Choice(sorted(READERS)), default="xapi", show_default=True)
@click.option(
    "--attachments-in",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with the data of attachments, in files named by their SHA-2 sum.",
)
@click.option("--again", is_flag=True, help="Read files from their start that an import before has read.")
@click.option("--wait", is_flag=True, help="Wait until everything is folded (`lrs serve` must be running).")
@json_option
def import_(
    files: tuple[Path, ...],
    runtime: Runtime,
    tenant: str,
    format: str,
    attachments_in: Path | None,
    again: bool,
    wait: bool,
    as_json: bool,
) -> None:
    """Import FILES: xAPI statements as other stores export them, or another --format.

    A file holds a JSON document a line or one document: statements, arrays, pages of GET /statements (with attachments,
    too), and exports of Learning Locker, Veracity, ADL's LRS and Ralph; packed with gzip or zstd, or not. Identical
    statements are taken once, however often they are imported; an import that broke off goes on where it was.

    A folder is a log that was taken away: `data/log` as it was. Its statements keep tenant, id and authority.
    """
    started = time.monotonic()
    mode = choose_mode(runtime)
    import_counts = ImportCounts()
    try:
        catalogs = Catalogs(mode.log)
        catalogs.follow()
        recorder = Recorder(mode.storing(), Preparation(catalogs))
        with bar(as_json) as progress:
            for file in files:
                if file.is_dir():
                    import_counts.add(_import_taken_log(file, mode, catalogs.position, progress))
                    continue
                task = progress.add_task(f"{file.name} (bytes)", total=file.stat().st_size)
                mark = ImportMark(runtime.data / "imports", file, tenant, again)
                beside = AttachmentFiles(open_attachments(runtime.data, runtime.attachments), attachments_in)
                try:
                    beside.take(file)
                    imported = asyncio.run(
                        load_statements(
                            iter(READERS[format](file)),
                            recorder,
                            Credential("import", tenant),
                            lambda done, task=task: progress.update(task, completed=done),  # type: ignore[misc]
                            beside,
                            mark,
                        )
                    )
                finally:
                    beside.close()
                import_counts.add(imported)
        read_seconds = time.monotonic() - started
        if wait:
            with bar(as_json) as progress:
                task = progress.add_task("folded (records)")
                if not settle(mode.log, mode.groups, lambda done, of: progress.update(task, completed=done, total=of)):
                    fail("nothing was folded for a minute: are `lrs serve` or the workers running?", exits.UNAVAILABLE)
    except* Full as error:
        fail(f"{error.exceptions[0]}: make room and import again, nothing is taken twice", exits.UNAVAILABLE)
    except* LostData as error:
        fail(str(error.exceptions[0]), exits.UNREADABLE)
    except* (Unavailable, OSError, ValueError) as error:
        fail(str(error.exceptions[0]))
    finally:
        mode.log.close()
    _print_total(import_counts, read_seconds, time.monotonic() - started, as_json)
    if import_counts.refused:
        raise SystemExit(exits.WRONG)


def _import_taken_log(folder: Path, mode: Mode, catalog: int, progress: Progress) -> ImportCounts:
    if not (folder / f"{STATEMENTS}.db").is_file():
        fail(f"{folder} is not the folder of a log, as it has no {STATEMENTS}.db: give files, or a log", exits.USAGE)
    with closing(SqliteLog(folder)) as taken:
        task = progress.add_task(f"{folder.name} (records)", total=taken.end(STATEMENTS))
        done = partial(progress.update, task)
        loading = load_taken_log(taken, mode.storing(), mode.logged(), catalog, lambda at: done(completed=at))
        return asyncio.run(loading)


def _print_total(import_counts: ImportCounts, read_seconds: float, seconds: float, as_json: bool) -> None:
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    if as_json:
        import_answer = {
            "statements": import_counts.statements,
            "already": import_counts.already,
            "resumed": import_counts.resumed,
            "refused": import_counts.refused,
            "seconds": round(seconds, 3),
        }
        print_json({**import_answer, "recorded_seconds": round(read_seconds, 3), "memory_mb": memory})
        return
    if import_counts.resumed:
        click.echo(f"{import_counts.resumed:,} were read by an import before (--again reads them, too)")
    if import_counts.already:
        click.echo(f"{import_counts.already:,} of the taken log were there already")
    rate = import_counts.statements / max(read_seconds, 1e-9)
    click.echo(
        f"{counted(import_counts.statements, 'statement is', 'statements are')} in the log "
        f"({rate:,.0f}/s, {memory} MB); {seconds:.1f} s in all"
    )
    print_first([f"refused: {refusal}" for refusal in import_counts.refused], PRINTED_REFUSALS)
