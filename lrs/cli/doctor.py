"""`lrs doctor`: check the parts of a data folder, and say what to do about what is wrong."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from lrs.auth.credentials import Credentials, embedded_url
from lrs.cli.options import EXIT_WRONG, clickhouse_option, data_option, json_option, print_json
from lrs.freshness import freshness
from lrs.log import Unavailable
from lrs.log.sqlite import SqliteLog
from lrs.store import migrate
from lrs.store.client import Store, StoreRefused, StoreUnavailable
from lrs.store.dsn import dsn
from schemas.record import DEAD_LETTERS

LOW_BYTES = 1 << 30
STALLED_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `advice` says what to do where it is not ok."""

    part: str
    ok: bool
    found: str
    advice: str = ""


def look(data: Path, clickhouse: str | None, now: Callable[[], int]) -> list[Finding]:
    """Look at every part of a data folder."""
    if not data.is_dir():
        return [Finding("data", False, f"{data} does not exist", "run `lrs serve` once, or give --data")]
    findings = [_disk(data)]
    if not (data / "log").is_dir():
        return [*findings, Finding("log", False, "there is no log yet", "run `lrs serve` once")]
    try:
        log = SqliteLog(data / "log")
        findings += _log(log, now())
        log.close()
    except (Unavailable, sqlite3.Error) as error:
        findings.append(Finding("log", False, str(error), "restore the folder `log` from a backup"))
    findings.append(_credentials(data))
    findings.append(_store(Store(dsn(data, clickhouse)), data))
    return findings


def _disk(data: Path) -> Finding:
    free = shutil.disk_usage(data).free
    advice = "" if free >= LOW_BYTES else "make room: appends will soon be refused with 507"
    return Finding("disk", free >= LOW_BYTES, f"{free / 2**30:.1f} GiB free", advice)


def _log(log: SqliteLog, now: int) -> list[Finding]:
    fresh = freshness(log, now)
    current = fresh["age_seconds"] <= STALLED_SECONDS
    letters = log.end(DEAD_LETTERS)
    return [
        Finding("log", True, f"{fresh['log_end']} records of statements"),
        Finding(
            "projections",
            current,
            f"{fresh['behind']} records behind, {fresh['age_seconds']:.1f} s",
            "" if current else "see that `lrs serve` runs, and read what its processors say",
        ),
        Finding("dead letters", True, f"{letters} kept in the log's topic {DEAD_LETTERS}"),
    ]


def _credentials(data: Path) -> Finding:
    credentials = Credentials(embedded_url(data))
    usable = sum(not one.revoked for one in credentials.listed())
    credentials.close()
    advice = "" if usable else "`lrs credentials add` makes one, or no tool can send"
    return Finding("credentials", usable > 0, f"{usable} usable", advice)


def _store(store: Store, data: Path) -> Finding:
    try:
        standing = set(migrate.applied(store))
        missing = [m.name for m in migrate.migrations() if m.number not in standing]
        statements = store.tuples("SELECT count() FROM statements", {})[0][0] if not missing else 0
    except StoreUnavailable as error:
        return Finding("ClickHouse", False, str(error), f"start `lrs serve --data {data}`")
    except StoreRefused as error:
        return Finding("ClickHouse", False, str(error), "read the reason; every table can be rebuilt from the log")
    if missing:
        return Finding("ClickHouse", False, f"migrations missing: {', '.join(missing)}", "restart `lrs serve`")
    return Finding("ClickHouse", True, f"{statements} statements, {len(standing)} migrations")


@click.command()
@data_option
@clickhouse_option
@json_option
def doctor(data: Path, clickhouse: str | None, as_json: bool) -> None:
    """Check log, ClickHouse, projections, disk and credentials; exit code 1 where something is wrong."""
    findings = look(data, clickhouse, lambda: time.time_ns() // 1000)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    for finding in [] if as_json else findings:
        click.echo(f"{'ok ' if finding.ok else 'BAD'}  {finding.part}: {finding.found}")
        if finding.advice:
            click.echo(f"     {finding.advice}")
    if not all(finding.ok for finding in findings):
        raise SystemExit(EXIT_WRONG)
