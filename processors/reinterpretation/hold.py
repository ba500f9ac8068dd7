"""How the stages are held while rows are moved into the live tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Protocol

from lrs.log import Log
from lrs.store.client import Store
from lrs.store.gate import Gate
from processors.runtime.replay import StillAdmitting, catch_up, through


class Hold(Protocol):
    """Holds admit, and the folds."""

    def admitted(self) -> int:
        """Wait for batches under way, and until what is admitted is folded; gives the last sequence observed."""

    def stages_held(self) -> AbstractContextManager[None]:
        """Hold every stage, once what is admitted is folded."""


class HoldByGates:
    """Shuts the gates that the stages pass. `folds`: of each fold; `group` reads for all of them."""

    def __init__(self, log: Log, store: Store, group: str, admit: Gate, folds: Sequence[Gate]) -> None:
        self._log = log
        self._store = store
        self._group = group
        self._admit = admit
        self._folds = folds

    def admitted(self) -> int:
        with self._admit.shut():
            catch_up(self._log, self._group)
            return through(self._store)

    @contextmanager
    def stages_held(self) -> Iterator[None]:
        with self._admit.shut():
            catch_up(self._log, self._group)
            with ExitStack() as gates:
                for gate in self._folds:
                    gates.enter_context(gate.shut())
                yield


class HoldWhileNobodyAdmits:
    """Sees that nobody admits: `quiet` tells it. What is sent meanwhile waits in the log."""

    def __init__(self, log: Log, store: Store, group: str, quiet: Callable[[], bool]) -> None:
        self._log = log
        self._store = store
        self._group = group
        self._quiet = quiet

    def admitted(self) -> int:
        self._check_nobody_admits()
        return through(self._store)

    @contextmanager
    def stages_held(self) -> Iterator[None]:
        self._check_nobody_admits()
        yield

    def _check_nobody_admits(self) -> None:
        if not self._quiet():
            raise StillAdmitting
        catch_up(self._log, self._group)
