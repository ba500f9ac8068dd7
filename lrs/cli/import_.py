"""`lrs import`: statements from files, straight into the log."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import click

from lrs.auth.credentials import Credential
from lrs.catalog.catalogs import Catalogs
from lrs.cli.options import fail, print_json
from lrs.cli.parts import settle
from lrs.cli.progress import bar
from lrs.errors import Full
from lrs.importing import assistments, xapi
from lrs.importing.line import Line
from lrs.log import Busy, Unavailable
from lrs.processes import exits
from lrs.processes.options import json_option, runtime_options, tenant_option
from lrs.processes.runtime import Runtime
from lrs.record.recorder import Recorder, StatementConflict
from schemas.xapi import Invalid

BATCH = 200  # statements a bundle
WAITING = 8  # bundles under way, so that checking and the disk overlap
SHOWN = 20  # refusals that are printed; all are in --json
READERS = {"xapi": xapi.read, "assistments": assistments.read}


@dataclass
class Imported:
    """How many statements stand in the log now (new ones, and identical ones from before), and what was refused."""

    statements: int = 0
    refused: list[str] = field(default_factory=list)


async def load(
    lines: Iterator[Line | Invalid], recorder: Recorder, credential: Credential, progress: Callable[[int], None]
) -> Imported:
    """Record every statement; one that is refused holds up no other. Raises Full, Unavailable."""
    done = Imported()
    room = asyncio.Semaphore(WAITING)

    async def put(batch: list[Line]) -> None:
        try:
            await _record(batch, recorder, credential)
            done.statements += len(batch)
        except (Invalid, StatementConflict) as error:
            if len(batch) == 1:
                done.refused.append(f"{batch[0].place}: {error}")
            else:  # one at a time, to find the one that is wrong
                for line in batch:
                    await put([line])

    async def release(batch: list[Line]) -> None:
        try:
            await put(batch)
            progress(batch[-1].through)
        finally:
            room.release()

    async with asyncio.TaskGroup() as group:
        while batch := list(islice(lines, BATCH)):
            good = [line for line in batch if isinstance(line, Line)]
            done.refused += [str(line) for line in batch if isinstance(line, Invalid)]
            if good:
                await room.acquire()
                group.create_task(release(good))
    return done


async def _record(batch: list[Line], recorder: Recorder, credential: Credential) -> None:
    while True:
        try:
            await recorder.record([line.raw for line in batch], credential, "1.0.3")
            return
        except Busy:
            await asyncio.sleep(0.1)


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@runtime_options
@tenant_option
@click.option("--format", type=click.Choice(sorted(READERS)), default="xapi", show_default=True)
@click.option("--wait", is_flag=True, help="Wait until everything is folded (`lrs serve` must be running).")
@json_option
def import_(files: tuple[Path, ...], runtime: Runtime, tenant: str, format: str, wait: bool, as_json: bool) -> None:
    """Import FILES: xAPI statements as NDJSON or JSON arrays, or another --format.

    Identical statements are taken once, however often they are imported.
    """
    started = time.monotonic()
    log = runtime.log()
    total = Imported()
    try:
        catalogs = Catalogs(log)
        catalogs.follow()
        recorder = Recorder(log, catalogs)
        with bar(as_json) as shown:
            for file in files:
                task = shown.add_task(f"{file.name} (bytes)", total=file.stat().st_size)
                one = asyncio.run(
                    load(
                        iter(READERS[format](file)),
                        recorder,
                        Credential("import", tenant),
                        lambda done, task=task: shown.update(task, completed=done),  # type: ignore[misc]
                    )
                )
                total.statements += one.statements
                total.refused += one.refused
        read = time.monotonic() - started
        if wait:
            with bar(as_json) as shown:
                task = shown.add_task("folded (records)")
                if not settle(log, lambda done, of: shown.update(task, completed=done, total=of)):
                    fail("nothing was folded for a minute: are `lrs serve` or the workers running?", exits.UNAVAILABLE)
    except* Full as error:
        fail(f"{error.exceptions[0]}: make room and import again, nothing is taken twice", exits.UNAVAILABLE)
    except* (Unavailable, OSError, ValueError) as error:
        fail(str(error.exceptions[0]))
    finally:
        log.close()
    _say(total, read, time.monotonic() - started, as_json)
    if total.refused:
        raise SystemExit(exits.WRONG)


def _say(total: Imported, read: float, seconds: float, as_json: bool) -> None:
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    if as_json:
        answer = {"statements": total.statements, "refused": total.refused, "seconds": round(seconds, 3)}
        print_json({**answer, "recorded_seconds": round(read, 3), "memory_mb": memory})
        return
    rate = total.statements / max(read, 1e-9)
    click.echo(f"{total.statements:,} statements stand in the log ({rate:,.0f}/s, {memory} MB); {seconds:.1f} s in all")
    for refusal in total.refused[:SHOWN]:
        click.echo(f"refused: {refusal}", err=True)
    if len(total.refused) > SHOWN:
        click.echo(f"… and {len(total.refused) - SHOWN} more; --json lists them all", err=True)
