"""Append bundles of statements to the log, each statement once: with a log that knows ids, and with one of many
partitions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Protocol

import orjson

from lrs.errors import Conflict
from lrs.log import Entry, Exists, IndexedLog, Log, UniqueId, record_at
from lrs.record.completion import add_times
from schemas.record import STATEMENTS, Bundle
from schemas.xapi.compare import same_statement


class StatementConflict(Conflict):
    """Statements with these ids exist already, and say something else. The text is about the first."""

    def __init__(self, statements: Sequence[str]) -> None:
        super().__init__(conflict_message(statements[0]), "id")
        self.statements = statements


def conflict_message(statement: str) -> str:
    """What is said of a statement whose id another has."""
    return f"id: a different statement with the id {statement} exists already"


class BundleAppender(Protocol):
    """Appends bundles of statements."""

    async def store(self, bundle: Bundle, unique: bool = False) -> int | None:
        """Append what is not stored yet; gives the position after it, None where there is no one position.

        `unique`: of one statement, see that its id is new before it is acknowledged, whatever the log.
        Raises StatementConflict, and the log's Busy, Full and Unavailable.
        """


class IndexedAppender:
    """Appends statements to the one partition of a log that knows ids: what exists already is seen at once."""

    def __init__(self, log: IndexedLog) -> None:
        self._log = log

    async def store(self, bundle: Bundle, unique: bool = False) -> int | None:
        while bundle.ids:
            ids = [UniqueId(bundle.tenant, i) for i in bundle.ids]
            entry = Entry(bundle.ids[0], bundle.encode(), len(ids), ids)
            try:
                return 1 + await asyncio.wrap_future(self._log.submit(STATEMENTS, entry))
            except Exists as error:
                bundle = await asyncio.to_thread(self._without, bundle, error)
        return None

    def _without(self, bundle: Bundle, exists: Exists) -> Bundle:
        """The bundle without statements that exist already and say the same.

        Raises StatementConflict with every one that says something else, so that they can all be left out at once.
        """
        indexes = {id_: index for index, id_ in enumerate(bundle.ids)}
        by_position: dict[int, list[tuple[int, str]]] = {}
        for key, (position, index) in exists.ids.items():
            by_position.setdefault(position, []).append((index, key.id))
        conflicts: list[str] = []
        for position, numbered in by_position.items():  # a batch that is sent again is one record: it is read once
            record = record_at(self._log, STATEMENTS, position)
            statements = Bundle.decode(record.value).statements
            for index, id_ in numbered:
                existing: dict[str, Any] = orjson.loads(statements[index])
                add_times(statements[index], existing, record.time + index)
                if not same_statement(existing, orjson.loads(bundle.statements[indexes[id_]])):
                    conflicts.append(id_)
        if conflicts:
            raise StatementConflict(sorted(conflicts, key=indexes.__getitem__))
        gone = {key.id for key in exists.ids}
        return bundle.part([index for index, id_ in enumerate(bundle.ids) if id_ not in gone])


class PartitionedAppender:
    """Appends statements to the partitions of a log that knows no ids: those of many are left to admit.

    `find` gives the statement that is stored with (tenant, id), as far as it is admitted.
    """

    def __init__(self, log: Log, find: Callable[[str, str], bytes | None] = lambda tenant, statement: None) -> None:
        self._log = log
        self._find = find

    async def store(self, bundle: Bundle, unique: bool = False) -> int | None:
        """If this fails half-way, sending again stores each once."""
        if unique and (existing := await asyncio.to_thread(self._find, bundle.tenant, bundle.ids[0])):
            if not same_statement(orjson.loads(existing), orjson.loads(bundle.statements[0])):
                raise StatementConflict(bundle.ids[:1])
            return None
        appending = [asyncio.wrap_future(append_under_way) for append_under_way in submit_by_id(self._log, bundle)]
        for done in await asyncio.gather(*appending, return_exceptions=True):
            if isinstance(done, BaseException):
                raise done
        return None


def submit_by_id(log: Log, bundle: Bundle) -> list[Future[int]]:
    """Append each statement of a bundle to the partition of its id. Raises what Log.submit raises."""
    partitions: dict[int, list[int]] = {}
    for index, id_ in enumerate(bundle.ids):
        partitions.setdefault(log.partition_of(STATEMENTS, id_), []).append(index)
    return [
        log.submit(STATEMENTS, Entry(bundle.ids[indexes[0]], bundle.part(indexes).encode(), len(indexes)), partition)
        for partition, indexes in partitions.items()
    ]
