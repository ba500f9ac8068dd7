"""A log that takes nothing in: for a stage that writes its rows again, but must not append its records again."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, cast

from lrs.log import Entry, Log

_NOWHERE = 0  # a position that nobody waits for: nothing is appended, and a log is never before its beginning


def silent(log: Log) -> Log:
    """Reads as `log` does, and appends nothing."""
    return cast(Log, _Silent(log))


class _Silent:
    def __init__(self, log: Log) -> None:
        self._log = log

    def submit(self, topic: str, entry: Entry, partition: int | None = None) -> Future[int]:
        appended: Future[int] = Future()
        appended.set_result(_NOWHERE)
        return appended

    def append(self, topic: str, entry: Entry) -> int:
        return _NOWHERE

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)
