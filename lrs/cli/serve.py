"""`lrs serve`: one command that runs everything on this machine."""

from __future__ import annotations

import logging
import threading
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import click
import msgspec
import orjson

from lrs import exits
from lrs.auth.credentials import BadCredential
from lrs.auth.issuer import Issuer
from lrs.auth.revocations import apply_revocations
from lrs.auth.written_credentials import FORMAT, credential_lines, parse_credential
from lrs.backup.rewrite import repair_indexes
from lrs.backup.unfinished import is_unfinished
from lrs.cli.answering import fail
from lrs.cli.databases import open_credentials
from lrs.cli.edge import edge_options
from lrs.cli.issuer import issuer, issuer_options
from lrs.cli.weekly import check_weekly, fits_beside_api, weekly_fits
from lrs.errors import Failure, LostData, Transient
from lrs.http.edge import Edge
from lrs.log import Damaged
from lrs.log.damage_memory import DAMAGE_ADVICE
from lrs.log.sqlite import SqliteLog
from lrs.processes.child import log_to_stderr, stop_on_signals
from lrs.processes.listener import CannotListen, listen
from lrs.processes.options import (
    activate_option,
    json_option,
    require_beside_kafka,
    runtime_options,
    shared,
    weekly_option,
)
from lrs.processes.runtime import Runtime
from lrs.processes.stamps import STAMPS_ADVICE, PartsLost, Stamps
from lrs.processes.supervise import CannotStart, Child, FolderInUse, Supervisor, lock_folder
from lrs.store.closed_tables import Closure
from lrs.store.gate import GATES
from lrs.store.recent_states import remove_states
from schemas.envelope import UnknownVersion

logger = logging.getLogger(__name__)

_WAIT_SECONDS = 1.0
_PUT_BACK = "put the right file there, from a backup or by its release"


@click.command()
@runtime_options
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="Port to listen on.")
@click.option(
    "--engine-port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    help="Loopback port of the embedded engine, for clients of ClickHouse; 0 takes a free one.",
)
@click.option(
    "--credential-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help=f"Add the credentials in a file, {FORMAT} a line.",
)
@shared(
    "--credential",
    multiple=True,
    metavar="KEY:SECRET[:TENANT]",
    help="Add a credential. Others on this machine can see a command line: use the variable, or a file.",
)
@weekly_option
@activate_option
@edge_options
@issuer_options
@json_option
def serve(
    runtime: Runtime,
    host: str,
    port: int,
    engine_port: int,
    credential: tuple[str, ...],
    credential_file: Path | None,
    fit_weekly: bool,
    activate_better: bool,
    edge: Edge,
    as_json: bool,
    **oidc: str | None,
) -> None:
    """Run the API, the processors and the embedded engine; with --kafka the API alone, beside `lrs worker`.

    With --json every line of its output is a JSON object.
    """
    log_to_stderr(as_json)
    require_beside_kafka(runtime, "clickhouse", "database")
    runtime.check()
    check_weekly(fit_weekly, activate_better)
    trusted = issuer(oidc)
    try:
        lock = lock_folder(runtime.data)
        listener = listen(host, port)
    except (FolderInUse, CannotListen) as error:
        fail(str(error), exits.TAKEN)
    with lock, listener:
        if not runtime.kafka and is_unfinished(runtime.data):
            fail(f"a restore into {runtime.data} was cut short: run `lrs restore` again", exits.HALTED)
        stop = stop_on_signals()
        if not runtime.kafka:
            _see_parts(runtime)
            remove_states(runtime.data / GATES)
        in_file = credential_lines(credential_file.read_text("utf-8")) if credential_file else []
        add(runtime, (*credential, *in_file))
        _refuse_again(runtime, stop)
        _announce(f"http://{f'[{host}]' if ':' in host else host}:{port}", as_json)
        environment = runtime.environment() | ({"PACER_JSON": "1"} if as_json else {})
        try:
            started = children(runtime, environment, listener.fileno(), engine_port, trusted, edge)
            if fit_weekly and fits_beside_api(runtime):
                started.append(weekly_fits(environment, activate_better))
            Supervisor(started, stop, lock.keep).run()
        except FolderInUse as error:
            fail(str(error), exits.TAKEN)
        except CannotStart as error:
            fail(str(error), error.code)


def children(
    runtime: Runtime,
    environment: dict[str, str],
    listener: int,
    engine_port: int,
    trusted: Issuer | None = None,
    edge: Edge | None = None,
) -> list[Child]:
    """What `lrs serve` keeps alive, in the order of starting."""
    tokens = ["--issuer", orjson.dumps(trusted).decode()] if trusted else []
    around = ["--edge", msgspec.json.encode(edge).decode()] if edge else []
    arguments = ["lrs.processes.api", *tokens, *around, "--fd", str(listener)]
    api = Child("api", arguments, environment, inherited=[listener], essential=True)
    if runtime.kafka:
        return [api]
    engine = Child("engine", ["lrs.engine.serve", "--port", str(engine_port), "--die-with-parent"], environment)
    processors = Child("processors", ["lrs.processes.embedded"], environment)
    return [processors, api] if runtime.clickhouse else [engine, processors, api]


def add(runtime: Runtime, credential_options: tuple[str, ...]) -> None:
    """Add credentials as they were written; one that was revoked stays so, whatever a start script says."""
    with open_credentials(runtime.data, runtime.database, make=True) as store:
        for credential_text in credential_options:
            key, secret, tenant = parse_credential(credential_text)
            existing = store.get(key)
            if existing and existing.revoked:
                logger.warning(
                    "credential %s stays revoked: `lrs credentials rotate %s` makes it valid again", key, key
                )
                continue
            try:
                store.add(key, secret, tenant)
            except BadCredential as error:
                fail(f"--credential: {error} ({FORMAT})", exits.USAGE)


def _see_parts(runtime: Runtime) -> None:
    """End where a database or the attachments are not what they were; a log that is not halts the processors alone.

    Until these have compared the tables with the log, nobody reads an answer from them.
    """
    there = (runtime.data / "log").is_dir()
    with closing(SqliteLog(runtime.data / "log")) if there else nullcontext() as log:
        try:
            lost = Stamps(runtime).lost(log)
        except Failure:  # the log cannot be read: its processes report that when they open it
            lost = []
    if gone := [part for part in lost if not part.log]:
        fail(f"{PartsLost(gone)}: {STAMPS_ADVICE}", exits.HALTED)
    reason = f"{PartsLost(lost)}: {STAMPS_ADVICE}" if lost else ""
    runtime.closed_tables().write(Closure("halt", reason) if reason else Closure("rebuild", "the processors start"))


def _refuse_again(runtime: Runtime, stop: threading.Event) -> None:
    """Revoke what the log says is revoked, also where the database was restored older; waits for the log."""
    with open_credentials(runtime.data, runtime.database) as store:
        while not stop.is_set():
            try:
                if not runtime.kafka:
                    repair_indexes(runtime.data / "log")
                with closing(runtime.log()) as log:
                    for key in apply_revocations(log, store):
                        logger.warning("credential %s is revoked again: its database is older than the log", key)
                return
            except (LostData, UnknownVersion) as error:
                advice = DAMAGE_ADVICE if isinstance(error, Damaged) else _PUT_BACK
                fail(f"{error}: {advice}", exits.UNREADABLE)
            except Transient as error:
                logger.info("waiting for the log: %s", error)
                stop.wait(_WAIT_SECONDS)


def _announce(base: str, as_json: bool) -> None:
    where: dict[str, Any] = {"xapi": f"{base}/xAPI", "board": f"{base}/board"}
    if as_json:
        click.echo(orjson.dumps(where), err=True)
    else:
        click.echo(f"Pacer: xAPI at {where['xapi']}, board at {where['board']}", err=True)
