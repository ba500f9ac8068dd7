"""The parts of a data folder that commands read while `lrs serve` runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lrs.catalogs import Catalogs
from lrs.cli.options import EXIT_UNAVAILABLE, fail
from lrs.log import Unavailable
from lrs.log.sqlite import SqliteLog
from lrs.store.client import Store, StoreUnavailable
from lrs.store.dsn import dsn
from schemas.record import OBSERVATIONS, STATEMENTS


@dataclass(frozen=True, slots=True)
class Parts:
    """An open log, the catalogs in it, and ClickHouse."""

    log: SqliteLog
    catalogs: Catalogs
    store: Store


@contextmanager
def opened(data: Path, clickhouse: str | None) -> Iterator[Parts]:
    """Open a data folder; ends the command with what to do where a part cannot be reached."""
    if not (data / "log").is_dir():
        fail(f"there is no log in {data}: give the --data folder that `lrs serve` works on", EXIT_UNAVAILABLE)
    log = SqliteLog(data / "log")
    try:
        yield Parts(log, Catalogs(log), Store(dsn(data, clickhouse)))
    except StoreUnavailable as error:
        fail(f"{error}: is `lrs serve --data {data}` running?", EXIT_UNAVAILABLE)
    except Unavailable as error:
        fail(str(error), EXIT_UNAVAILABLE)
    finally:
        log.close()


def settle(log: SqliteLog, folds: list[str], progress: Callable[[int, int], None], stalled: float = 60.0) -> bool:
    """Wait until all that stands in the log now is folded; False when nothing moved for `stalled` seconds."""
    end = log.end(STATEMENTS)
    before, moved = (-1, -1), time.monotonic()
    while True:
        admitted = log.committed("admit", STATEMENTS)
        observed = log.end(OBSERVATIONS)
        folded = min(log.committed(fold, OBSERVATIONS) for fold in folds)
        progress(min(admitted, end), end)
        if admitted >= end and folded >= observed:
            return True
        if (admitted, folded) != before:
            before, moved = (admitted, folded), time.monotonic()
        elif time.monotonic() - moved > stalled:
            return False
        time.sleep(0.05)
