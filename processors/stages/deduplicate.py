"""The first statement with an id is kept; the same again is harmless, and another with that id is a dead letter.

For a log that does not see to it itself. All copies of an id meet in one partition, their home, whose order says which
is the first. A record in another partition (partitions were added, or its writer did not know yet) is sent on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from lrs.log import Entry, Log, Record, Unavailable, home_partition
from lrs.record.completion import add_times
from lrs.record.id_filter import hashes
from lrs.record.voids import Key
from lrs.store.client import Store
from processors.stages.dead_letters import DeadLetters
from processors.stages.known_ids import KnownIds
from schemas.record import STATEMENTS, Bundle, StoredFirst
from schemas.xapi.compare import same_statement


@dataclass(slots=True)
class BundledStatement:
    """The index-th statement of a record's bundle, and where and when it was stored first."""

    record: Record
    bundle: Bundle
    index: int
    origin: StoredFirst

    @property
    def id(self) -> str:
        return self.bundle.ids[self.index]

    @property
    def raw(self) -> bytes:
        return self.bundle.statements[self.index]

    def complete(self) -> dict[str, Any]:
        """The statement with its times, decoded."""
        statement: dict[str, Any] = orjson.loads(self.raw)
        add_times(self.raw, statement, self.origin.stored)
        return statement

    @property
    def origin_key(self) -> tuple[int, int]:
        return (self.origin.partition, self.origin.sequence)

    @property
    def moved(self) -> bool:
        """Whether it is read in another partition than its own, so that the order there says nothing."""
        return self.bundle.origins is not None


class StoredCopy(NamedTuple):
    """A row of a statement; `first` is the one that stays where there are two."""

    tenant: str
    origin: StoredFirst
    statement: str
    first: StoredCopy | None = None


class Deduplicate:
    """Keeps, of the statements of a batch, those that are at home and the first with their id. One for each process.

    Args:
        alone: whether this process reads all partitions and nobody else admits, as in a rebuild: then every statement
            is at home where it is.
    """

    def __init__(self, log: Log, store: Store, dead_letters: DeadLetters, alone: bool = False) -> None:
        self._alone = alone
        self._log = log
        self._store = store
        self._dead_letters = dead_letters
        self._known = KnownIds(store)
        self._partitions = 0  # as they were when the last batch was decided
        self._twice: set[Key] = set()  # of the last batch, what was found stored at two positions

    def forget(self) -> None:
        """The partitions that are read here may have changed hands."""
        self._known.forget()

    def firsts(self, arrived: Sequence[BundledStatement]) -> list[BundledStatement]:
        """What is to be admitted, in the order it came. Raises the log's errors and the store's."""
        partitions = (
            1 if self._alone else self._log.partitions(STATEMENTS)
        )  # once: who is at home, and who is sought there, must not differ
        self._partitions = partitions
        at_home = list(arrived) if self._alone else self._send_on(arrived, partitions)
        stored = self._stored(at_home, partitions)
        self._twice = {key for key, rows in stored.items() if len(rows) > 1}
        first_copies: dict[Key, BundledStatement] = {}
        for bundled in at_home:
            key = (bundled.bundle.tenant, bundled.id)
            rows = stored.get(key, {})
            if key in first_copies:
                if first_copies[key].origin_key == bundled.origin_key:
                    continue
                conflicting = first_copies[key].complete()
            elif not rows or bundled.origin_key in rows:  # in rows: delivered again, and maybe not whole the first time
                first_copies[key] = bundled
                continue
            else:
                conflicting = orjson.loads(rows[min(rows)])
            if not same_statement(conflicting, orjson.loads(bundled.raw)):
                reason = f"id: a different statement with the id {bundled.id} exists already"
                self._dead_letters.write(bundled.record, bundled.bundle.tenant, reason, bundled.raw)
        # Where partitions were added meanwhile, others may decide by now; delivered again, it is sent on to them.
        if not self._alone and self._log.partitions(STATEMENTS, fresh=True) != partitions:
            raise Unavailable("partitions were added meanwhile")
        return list(first_copies.values())

    def stored_twice(self, written_statements: Sequence[BundledStatement]) -> list[StoredCopy]:
        """What must go of the ids of a batch that was written: others may have admitted them at other positions.

        That happens where a worker stood still before it wrote, and partitions were added meanwhile: the same
        statement, sent again, is decided upon in another partition. Whoever writes last finds both. The one that was
        stored first stays. Raises the log's errors and the store's.
        """
        keys = set(self._twice)
        if not self._alone and self._log.partitions(STATEMENTS, fresh=True) != self._partitions:
            keys |= {(bundled.bundle.tenant, bundled.id) for bundled in written_statements}
        if not keys:
            return []
        copies: dict[Key, dict[StoredFirst, StoredCopy]] = {}
        for tenant, id_, partition, sequence, stored, statement in self._store.tuples(
            "SELECT tenant, id, partition, sequence, stored, statement FROM statements "
            "WHERE id IN %(ids)s AND (tenant, id) IN %(keys)s",
            {"ids": [id_ for _, id_ in keys], "keys": sorted(keys)},
        ):
            origin = StoredFirst(partition, sequence, stored)
            copies.setdefault((tenant, id_), {})[origin] = StoredCopy(tenant, origin, statement)
        surplus: list[StoredCopy] = []
        for texts_by_origin in copies.values():
            first_origin = min(texts_by_origin, key=lambda origin: (origin.stored, origin.partition, origin.sequence))
            surplus += [
                copy._replace(first=texts_by_origin[first_origin])
                for origin, copy in texts_by_origin.items()
                if origin != first_origin
            ]
        return surplus

    def _send_on(self, arrived: Sequence[BundledStatement], partitions: int) -> list[BundledStatement]:
        """The statements at home in these partitions.

        The others are appended to their homes' partitions, with where and when they were stored.
        """
        home: list[BundledStatement] = []
        away: dict[tuple[int, int], list[BundledStatement]] = {}
        for bundled in arrived:
            partition = home_partition(bundled.id, partitions)
            if partition == bundled.record.partition:
                home.append(bundled)
            else:
                away.setdefault((partition, id(bundled.bundle)), []).append(bundled)
        under_way = []
        for (partition, _), parts in away.items():
            bundle = parts[0].bundle.part([bundled.index for bundled in parts], [bundled.origin for bundled in parts])
            under_way.append(self._log.submit(STATEMENTS, Entry(parts[0].id, bundle.encode(), len(parts)), partition))
        for append_under_way in under_way:
            append_under_way.result()
        return home

    def _stored(self, arrived: Iterable[BundledStatement], partitions: int) -> dict[Key, dict[tuple[int, int], str]]:
        """What ClickHouse holds with the ids of a batch: statements by where they were stored first."""
        by_partition: dict[int, list[BundledStatement]] = {}
        for bundled in arrived:
            by_partition.setdefault(0 if self._alone else bundled.record.partition, []).append(bundled)
        possible_keys: list[Key] = []
        for partition, parts in by_partition.items():
            partition_ids, id_hashes = (
                self._known.at_home_in(partition, partitions),
                hashes([bundled.id for bundled in parts]),
            )
            maybe = partition_ids.may_hold(id_hashes)
            possible_keys += [
                (bundled.bundle.tenant, bundled.id) for bundled, may in zip(parts, maybe, strict=True) if may
            ]
            partition_ids.add(id_hashes)
        texts_by_key: dict[Key, dict[tuple[int, int], str]] = {}
        if possible_keys:
            for tenant, id_, partition, sequence, statement in self._store.tuples(
                "SELECT tenant, id, partition, sequence, statement FROM statements "
                "WHERE id IN %(ids)s AND (tenant, id) IN %(keys)s",
                {"ids": [id_ for _, id_ in possible_keys], "keys": possible_keys},
            ):
                texts_by_key.setdefault((tenant, id_), {})[partition, sequence] = statement
        return texts_by_key
