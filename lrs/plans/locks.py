"""A lock for each thing that is changed, as long as somebody holds it or waits for it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

_Lock = TypeVar("_Lock")


class Locks(Generic[_Lock]):
    """Of one process. `make` makes a lock: of threads, or of coroutines. Safe to use from many threads."""

    def __init__(self, make: Callable[[], _Lock]) -> None:
        self._make = make
        self._guard = Lock()
        self._locks: WeakValueDictionary[tuple[str, ...], _Lock] = WeakValueDictionary()

    def of(self, *thing: str) -> _Lock:
        """The lock of a thing, the same for all who ask while one of them keeps it."""
        with self._guard:
            lock = self._locks.get(thing)
            if lock is None:
                lock = self._locks[thing] = self._make()
            return lock
