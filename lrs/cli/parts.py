"""The parts of a data folder that commands read while `lrs serve` runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from lrs import exits
from lrs.catalog.catalogs import Catalogs
from lrs.cli.answering import fail
from lrs.clock import system_time
from lrs.errors import Transient
from lrs.log import Log
from lrs.pacing.board import NotInCatalog
from lrs.processes.denied import require_access
from lrs.processes.modes import Mode, choose_mode
from lrs.processes.runtime import Runtime
from lrs.processes.supervise import folder_holder
from lrs.store.client import Store, StoreUnavailable
from processors.runtime.lag import freshness
from schemas.catalog import Catalog

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Parts:
    """A runtime that is open: its log, the catalogs in it, and ClickHouse."""

    mode: Mode
    log: Log
    catalogs: Catalogs
    store: Store

    def freshness(self, now: int) -> dict[str, Any]:
        """How far the projections are behind (see processors.runtime.lag); `now` in µs. Raises Unavailable."""
        return freshness(self.log, self.mode.groups, now)


@contextmanager
def open_parts(runtime: Runtime) -> Iterator[Parts]:
    """Open a runtime's parts; ends the command with what to do where one cannot be reached."""
    need_log(runtime)
    mode = choose_mode(runtime)
    try:
        yield Parts(mode, mode.log, Catalogs(mode.log), mode.store)
    except StoreUnavailable as error:
        fail(f"{error}: {start_advice(runtime)}", exits.UNAVAILABLE)
    except Transient as error:  # the log, or the database by which processes coordinate
        fail(str(error), exits.UNAVAILABLE)
    finally:
        mode.log.close()


def need_log(runtime: Runtime) -> None:
    """End the command where the data folder holds no log. Raises OSError where what it holds may not be used."""
    if runtime.kafka:
        return
    require_access(runtime.data)
    if not (runtime.data / "log").is_dir():
        fail(f"there is no log in {runtime.data}: give the --data folder that `lrs serve` works on", exits.NOT_FOUND)


def no_such_class(catalog: Catalog, class_id: str) -> NoReturn:
    """End the command, naming the classes that there are."""
    class_ids = ", ".join(catalog.classes) or "none yet: send them to /catalog"
    fail(f"there is no class {class_id!r} (classes: {class_ids})", exits.NOT_FOUND)


def ask_of_class(
    runtime: Runtime, tenant: str, class_id: str, read: Callable[[Store, Catalog, str, str, int], _Found]
) -> tuple[_Found, dict[str, Any]]:
    """What is read of a class now, and how fresh it is. Ends the command where there is no such class."""
    with open_parts(runtime) as parts:
        now = system_time()
        catalog = parts.catalogs.latest(tenant)
        try:
            answer = read(parts.store, catalog, tenant, class_id, now)
        except NotInCatalog:
            no_such_class(catalog, class_id)
        return answer, parts.freshness(now)


def start_advice(runtime: Runtime) -> str:
    """What to do where ClickHouse does not answer."""
    if runtime.clickhouse:
        return "see that ClickHouse runs"
    if process := folder_holder(runtime.data):
        return f"`lrs serve` (process {process}) is starting it; try again in a moment"
    return f"start `lrs serve --data {runtime.data}`"
