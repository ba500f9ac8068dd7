"""The first statement with an id stands; the same again is harmless, and another one with that id is a dead letter.

For a log that does not see to it itself. All copies of an id meet in one partition, their home, whose order says which
is the first. A record in another partition (partitions were added, or its writer did not know yet) is sent on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson

from lrs.log import Entry, Log, Record, Unavailable
from lrs.log import home as partition_of
from lrs.store.client import Store
from processors.stages.dead_letters import DeadLetters
from processors.stages.known_ids import Seen, hashes
from schemas.record import STATEMENTS, Bundle
from schemas.xapi.compare import same_statement


@dataclass(slots=True)
class Arrived:
    """The index-th statement of a bundle, with the place in the log where it stood first."""

    record: Record
    bundle: Bundle
    index: int
    partition: int
    sequence: int

    @property
    def id(self) -> str:
        return self.bundle.ids[self.index]

    @property
    def raw(self) -> bytes:
        return self.bundle.statements[self.index]

    @property
    def place(self) -> tuple[int, int]:
        return (self.partition, self.sequence)

    @property
    def moved(self) -> bool:
        """Whether it is read in another partition than its own, so that the order there says nothing."""
        return self.bundle.places is not None


_Key = tuple[str, str]  # tenant, id


class First:
    """Of the statements of a batch, those that are at home and the first with their id. One for each process."""

    def __init__(self, log: Log, store: Store, letters: DeadLetters) -> None:
        self._log = log
        self._store = store
        self._dead_letters = letters
        self._seen = Seen(store)

    def forget(self) -> None:
        """The partitions that are read here may have changed hands."""
        self._seen.forget()

    def of(self, arrived: Sequence[Arrived]) -> list[Arrived]:
        """What is to be admitted, in the order it came. Raises the log's errors and the store's."""
        partitions = self._log.partitions(STATEMENTS)  # once: who is at home, and who is sought there, must not differ
        at_home = self._send_on(arrived, partitions)
        standing = self._standing(at_home, partitions)
        kept: dict[_Key, Arrived] = {}
        for one in at_home:
            key = (one.bundle.tenant, one.id)
            rows = standing.get(key, {})
            if key in kept:
                if kept[key].place == one.place:
                    continue
                other = kept[key].raw
            elif not rows or one.place in rows:  # in rows: delivered again, and maybe not whole the first time
                kept[key] = one
                continue
            else:
                other = rows[min(rows)].encode()
            if not same_statement(orjson.loads(other), orjson.loads(one.raw)):
                reason = f"id: a different statement with the id {one.id} stands already"
                self._dead_letters.write(one.record, one.bundle.tenant, reason, one.raw)
        # Where partitions were added meanwhile, others may decide by now; delivered again, it is sent on to them.
        if self._log.partitions(STATEMENTS, fresh=True) != partitions:
            raise Unavailable("partitions were added meanwhile")
        return list(kept.values())

    def _send_on(self, arrived: Sequence[Arrived], partitions: int) -> list[Arrived]:
        """Those at home. The others are appended to their homes' partitions, with the places where they stood first."""
        home: list[Arrived] = []
        away: dict[tuple[int, int], list[Arrived]] = {}
        for one in arrived:
            partition = partition_of(one.id, partitions)
            if partition == one.record.partition:
                home.append(one)
            else:
                away.setdefault((partition, id(one.bundle)), []).append(one)
        sent = []
        for (partition, _), parts in away.items():
            bundle = parts[0].bundle.part([one.index for one in parts], [one.place for one in parts])
            sent.append(self._log.submit(STATEMENTS, Entry(parts[0].id, bundle.encode(), len(parts)), partition))
        for each in sent:
            each.result()
        return home

    def _standing(self, arrived: Iterable[Arrived], partitions: int) -> dict[_Key, dict[tuple[int, int], str]]:
        """What stands in ClickHouse with the ids of a batch: statements by the places where they stood first."""
        by_partition: dict[int, list[Arrived]] = {}
        for one in arrived:
            by_partition.setdefault(one.record.partition, []).append(one)
        asked: list[_Key] = []
        for partition, parts in by_partition.items():
            ids, wanted = self._seen.of(partition, partitions), hashes([one.id for one in parts])
            maybe = ids.maybe(wanted)
            asked += [(one.bundle.tenant, one.id) for one, may in zip(parts, maybe, strict=True) if may]
            ids.add(wanted)
        found: dict[_Key, dict[tuple[int, int], str]] = {}
        if asked:
            for tenant, id_, partition, sequence, statement in self._store.tuples(
                "SELECT tenant, id, partition, sequence, statement FROM statements "
                "WHERE id IN %(ids)s AND (tenant, id) IN %(keys)s",
                {"ids": [id_ for _, id_ in asked], "keys": asked},
            ):
                found.setdefault((tenant, id_), {})[partition, sequence] = statement
        return found
