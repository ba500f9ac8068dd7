"""Holding the stages admit and project while tables are swapped, or rows are moved into the live ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Protocol

from lrs.log import Log
from lrs.store.gate import TableGate
from schemas.record import OBSERVATIONS

ADMIT_HELD_SECONDS = (
    8.0  # that admit may be held for while a table is swapped: what tools send is in no answer meanwhile
)
CATCH_UP_SECONDS = 60.0


class Stalled(Exception):
    """The live table does not catch up with the log."""


class Hold(Protocol):
    """Holds admit, and the folds."""

    def wait_until_folded(self) -> list[int]:
        """Hold admit until what is admitted is folded; gives where observations end then, by partition.

        Whatever is admitted after that is read with our catalog, or a newer one: it waits until every API process reads
        with one of these.
        """

    def stages_held(self) -> AbstractContextManager[None]:
        """Hold every stage, once what is admitted is folded."""


class HoldByGates:
    """Shuts the gates that the stages pass.

    Args:
        group: reads observations for all folds.
        folds: the folds' gates; empty where folds have none: with admit's gate shut they have nothing to read.
        seconds: how long admit may be held for the folds to catch up; else nothing is done, and Stalled raised.
        catalog_age_seconds: how old the catalog of whoever passes afterwards may be.
        alone: keeps others from recreating the tables meanwhile.
    """

    def __init__(
        self,
        log: Log,
        group: str,
        admit: TableGate,
        folds: Sequence[TableGate] = (),
        seconds: float = CATCH_UP_SECONDS,
        catalog_age_seconds: float = 0.0,
        alone: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._log = log
        self._group = group
        self._admit = admit
        self._folds = folds
        self._seconds = seconds
        self._catalog_age_seconds = catalog_age_seconds
        self._alone = alone

    def wait_until_folded(self) -> list[int]:
        time.sleep(self._catalog_age_seconds)  # until every API process reads with our catalog, or a newer one
        with self._nobody_admits():
            return self._log.ends(OBSERVATIONS)

    @contextmanager
    def stages_held(self) -> Iterator[None]:
        with self._alone(), self._nobody_admits(), ExitStack() as gates:
            for gate in self._folds:
                gates.enter_context(gate.shut())
            yield

    @contextmanager
    def _nobody_admits(self) -> Iterator[None]:
        catch_up(self._log, self._group, upto=self._log.ends(OBSERVATIONS))  # so that admit is held for a moment alone
        with self._admit.shut():
            catch_up(self._log, self._group, self._seconds)
            yield


def catch_up(log: Log, group: str, seconds: float = CATCH_UP_SECONDS, upto: Sequence[int] | None = None) -> None:
    """Wait until the live table holds all that is admitted, or what was before the positions `upto`. Raises Stalled."""
    deadline = time.monotonic() + seconds

    def behind() -> bool:
        # Where the group is, first: what it sends on to other partitions is there before it says that it is further.
        reached = log.reached(group, OBSERVATIONS)
        return any(at < end for at, end in zip(reached, upto or log.ends(OBSERVATIONS), strict=False))

    while behind():
        if time.monotonic() > deadline:
            raise Stalled(f"{group} did not catch up in {seconds:.0f} s: are the processors running?")
        time.sleep(0.01)
