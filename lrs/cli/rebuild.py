"""`lrs rebuild`: have tables rebuilt from the log."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import click

from lrs import exits
from lrs.cli.answering import fail, print_json
from lrs.cli.counting import counted
from lrs.cli.parts import open_parts
from lrs.cli.progress import bar
from lrs.errors import LostData
from lrs.log import Log, UniqueId
from lrs.log.damage_memory import leave_out
from lrs.processes.modes import Mode
from lrs.processes.options import json_option, runtime_options
from lrs.processes.runtime import Runtime
from lrs.store.checkpoints import Checkpoints
from lrs.store.client import Store
from lrs.store.closed_tables import ClosedTables, Closure
from processors.folds.registry import fold_names
from processors.runtime.rebuild import RECORD, VIEW
from schemas.record import STATEMENTS, position_of

_Place = tuple[str, int, int]  # topic, partition, position
_STATEMENTS_READ = 1_000  # statements at a time
_POLL_SECONDS = 0.2
_START_SECONDS = 90.0  # the processors look again every 30 s when they have halted


@click.command()
@runtime_options
@click.option(
    "--only", metavar="TABLE", help="Rebuild the table of one fold alone. One of the record is rebuilt with all."
)
@click.option(
    "--accept-log",
    is_flag=True,
    help="Go on with a log that lacks what the tables have seen. Statements that only the tables hold are written to "
    "DATA/exported first, for `lrs import`.",
)
@click.option(
    "--without",
    multiple=True,
    metavar="TOPIC:POSITION",
    help="Go on without this damaged record, as `/ready` names it, where nothing puts it back: the tables lack what it "
    "held, and that stays named. May be given several times: what is not named is read again.",
)
@json_option
def rebuild(runtime: Runtime, only: str | None, accept_log: bool, without: tuple[str, ...], as_json: bool) -> None:
    """Have every table rebuilt from the log, beside a running `lrs serve`, or on Kafka the workers.

    Writes go on. Until a table is whole, who reads it gets a 503.
    """
    tables, places = [*RECORD, *fold_names()], [_place_of_statement(text) for text in without]
    if only is not None and only not in tables:
        fail(f"there is no table {only!r}: {', '.join(tables)} can be rebuilt", exits.NOT_FOUND)
    closed_tables = runtime.closed_tables()
    if accept_log:
        runtime.make_log_folder()  # one that is gone is accepted as an empty one
    with open_parts(runtime) as parts:
        if parts.store.clustered:
            fail("on a cluster: drop the tables, and the workers fill new ones from the log's beginning", exits.USAGE)
        state = closed_tables.read()
        if state is not None and state.kind == "halt" and not accept_log and not _is_excused(state, places):
            fail(f"{state}", exits.HALTED)
        if runtime.kafka is None and (places or only is None):
            _leave_out(runtime.data / "log", places)
        elif places:
            fail("the brokers of Kafka repair a log from their replicas; --without is for a folder", exits.USAGE)
        alone = only in fold_names()  # what admit writes is written together, and what is folded from it follows
        if not alone and not accept_log:
            _require_whole(parts.log)
        exported: dict[str, int] = {}
        if accept_log:
            exported, missing = _export(parts.mode, runtime.data / "exported")
            parts.mode.accept_log(missing)
        closed = Closure("rebuild", f"`lrs rebuild`{f' --only {only}' if only else ''}")
        closed_tables.replace(closed)
        _drop_tables(parts.store, [only] if only else [*tables, "checkpoints"])
        if accept_log:
            closed_tables.replace(closed)  # a worker that started meanwhile halted by checkpoints that are gone now
        _wait_for_tables(parts.store, closed_tables, tables, as_json)
    if as_json:
        print_json({"rebuilt": [only] if alone else tables, "exported": exported})
        return
    for file, many in exported.items():
        click.echo(f"{counted(many, 'statement that the log lacks is', 'statements that the log lacks are')} in {file}")
    together = f", as {only} is made with all others" if only and not alone else ""
    click.echo(f"rebuilt from the log: {only if alone else 'every table'}{together}")


def _is_excused(state: Closure, places: Sequence[_Place]) -> bool:
    """Whether what halted is one of the records to leave out."""
    texts = (f"position {position} of {topic} is damaged" for topic, _, position in places)
    return any(text in state.reason for text in texts)


def _place_of_statement(text: str) -> _Place:
    topic, _, position = text.rpartition(":")
    if not topic or not position.isdecimal():
        fail(f"--without {text}: give TOPIC:POSITION, as statements:17", exits.USAGE)
    return topic, 0, int(position)


def _leave_out(folder: Path, places: Sequence[_Place]) -> None:
    try:
        unknown = leave_out(folder, places)
    except LostData as error:
        fail(str(error))
    if unknown:
        named = ", ".join(f"position {position} of {topic}" for topic, _, position in unknown)
        fail(f"{named} is not known to be damaged: `lrs verify --log-only` reads all", exits.NOT_FOUND)


def _require_whole(log: Log) -> None:
    """See that the tables hold no statement that the log no longer does, as it was removed after it was read."""
    for partition, start in enumerate(log.starts(STATEMENTS)):
        if start:
            fail(
                f"partition {partition} of {STATEMENTS} begins at {start}: what lies before is in no log, and would be "
                "lost. --accept-log writes it down first",
                exits.HALTED,
            )


def _export(mode: Mode, folder: Path) -> tuple[dict[str, int], dict[int, int]]:
    """Write down the statements that the tables hold and the log does not, a file a tenant.

    Gives how many by file, and the position of the first by partition, but for those before the log begins.
    """
    written: dict[str, int] = {}
    missing: dict[int, int] = {}
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    if Checkpoints(mode.store, mode.store.embedded).contents(["statements"]).missing:
        return written, missing  # with the log the tables were lost
    logged, starts = mode.logged(), dict(enumerate(mode.log.starts(STATEMENTS)))
    for rows in _recorded_pages(mode.store):
        in_log = logged([UniqueId(row.tenant, row.id) for row in rows])
        for row in (row for row, is_held in zip(rows, in_log, strict=True) if not is_held):
            position = position_of(row.sequence)
            if position >= starts.get(row.partition, 0):
                missing[row.partition] = min(position, missing.get(row.partition, position))
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = folder / f"{stamp}-{quote(row.tenant, safe='')}.ndjson"
            with file.open("a", encoding="utf-8") as lines:
                lines.write(row.statement + "\n")
            written[str(file)] = written.get(str(file), 0) + 1
    return written, missing


class _Row(NamedTuple):
    tenant: str
    stored: int
    partition: int
    sequence: int
    id: str
    statement: str


def _recorded_pages(store: Store) -> Iterator[list[_Row]]:
    """Every statement in the record, some at a time."""
    after: tuple[str, int, int, int] = ("", -(2**63), 0, 0)
    while rows := store.tuples(
        "SELECT tenant, stored, partition, sequence, id, statement FROM statements "
        "WHERE (tenant, stored, partition, sequence) > %(after)s "
        "ORDER BY tenant, stored, partition, sequence "
        f"LIMIT 1 BY tenant, stored, partition, sequence LIMIT {_STATEMENTS_READ}",
        {"after": after},
    ):
        yield [_Row(*row) for row in rows]
        tenant, stored, partition, sequence, *_ = rows[-1]
        after = tenant, stored, partition, sequence


def _drop_tables(store: Store, tables: list[str]) -> None:
    """The processors find that they are missing, and rebuild them."""
    if "statements" in tables or "agent_statements" in tables:
        store.command(f"DROP VIEW IF EXISTS {VIEW} SYNC")
    for table in tables:
        store.command(f"DROP TABLE IF EXISTS {table} SYNC")


def _wait_for_tables(store: Store, closed_tables: ClosedTables, tables: list[str], as_json: bool) -> None:
    """Until everything is rebuilt."""
    checkpoints = Checkpoints(store, store.embedded)
    begun = time.monotonic()
    with bar(as_json) as progress:
        task = progress.add_task("starting", total=None)
        while (state := closed_tables.read()) is not None or checkpoints.contents(tables).missing:
            if state is not None and state.kind == "halt":
                fail(str(state), exits.HALTED)
            if state is not None and state.step:
                begun = time.monotonic()
                progress.update(task, description=state.step, completed=state.done, total=state.total)
            elif time.monotonic() - begun > _START_SECONDS:
                fail(
                    "the processors do not begin: see that `lrs serve`, or `lrs worker`, runs, and what it says",
                    exits.STALLED,
                )
            time.sleep(_POLL_SECONDS)
