"""Admit: from accepted statements to the record, and to observations of learners.

Whatever is written is written the same way twice: a batch that is delivered again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from itertools import groupby, zip_longest
from typing import Any, NamedTuple, Protocol

import msgspec
import orjson

from lrs.log import Entry, Log, Record
from lrs.record.voids import Voids
from lrs.store.client import Store
from lrs.store.gate import Gate
from processors.meaning.interpret import event_time, interpret, learners
from processors.meaning.version import INTERPRETATION
from processors.stages import observation_table
from processors.stages.dead_letters import DeadLetters
from processors.stages.deduplicate import Arrived, First
from processors.stages.definitions import DEFINITION_COLUMNS, NAME_COLUMNS, Said
from processors.stages.statement_keys import keys
from schemas.catalog import Catalog
from schemas.observation import Kind, Observation, encode_observations
from schemas.record import MOVED, MOVED_PARTITIONS, OBSERVATIONS, STATEMENTS, Bundle, UnknownFormat
from schemas.xapi.actor import learner_key

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
MOST_OBSERVATIONS = 2_000  # in one record of the log

STATEMENT_COLUMNS = (
    ("tenant", "LowCardinality(String)"),
    ("stored", "Int64"),
    ("id", "String"),
    ("timestamp", "Int64"),
    ("verb", "String"),
    ("activity", "String"),
    ("actor", "String"),
    ("registration", "String"),
    ("agents", "Array(String)"),
    ("activities", "Array(String)"),
    ("related_agents", "Array(String)"),
    ("related_activities", "Array(String)"),
    ("refers", "String"),
    ("credential", "LowCardinality(String)"),
    ("voids", "String"),
    ("partition", "UInt32"),
    ("sequence", "UInt64"),
    ("statement", "String"),
)
_Row = tuple[Any, ...]


class Interpreted(NamedTuple):
    """An observation, and the position of the catalog that it was interpreted with (0: without one)."""

    observation: Observation
    catalog: int


class Catalogs(Protocol):
    """Catalogs as they stood."""

    def at(self, tenant: str, position: int) -> Catalog: ...


class Admit:
    """Takes batches of the statements topic."""

    topic = STATEMENTS
    group = "admit"

    def __init__(self, log: Log, store: Store, catalogs: Catalogs, gate: Gate | None = None) -> None:
        self._log = log
        self._store = store
        self._catalogs = catalogs
        self._gate = gate
        self._dead_letters = DeadLetters(log, "admit", STATEMENTS)
        # Where the log does not see to ids, it has many partitions, and others may read some of them.
        self._first = None if log.unique_ids else First(log, store, self._dead_letters)
        self._voids = Voids(store, shared=not log.unique_ids)

    def reset(self) -> None:
        """Forget what is cached: the last batch may or may not have been written."""
        self._voids.forget()

    def reassigned(self) -> None:
        """The partitions that are read here may have changed hands."""
        if self._first is not None:
            self._first.forget()

    def handle(self, records: Sequence[Record]) -> None:
        """Write one batch. Raises StoreUnavailable, StoreRefused and the log's errors: deliver it again."""
        with self._gate.passing() if self._gate else nullcontext():
            self._handle(records)

    def _handle(self, records: Sequence[Record]) -> None:
        arrived = self._arrived(records)
        if self._first is not None:
            arrived = self._first.of(arrived)
        batch = _Batch()
        for one in arrived:
            try:
                batch.add(one, self._catalogs.at(one.bundle.tenant, one.bundle.catalog))
            except (ValueError, KeyError, TypeError) as error:
                self._dead_letters.write(one.record, one.bundle.tenant, f"statement {one.id}: {error}", one.raw)
        if batch.statements:
            self._write(batch)

    def _arrived(self, records: Sequence[Record]) -> list[Arrived]:
        arrived: list[Arrived] = []
        for record in records:
            try:
                bundle = Bundle.decode(record.value)
            except UnknownFormat as error:
                self._dead_letters.write(record, "", str(error))
                continue
            for index in range(len(bundle.ids)):
                partition, sequence = bundle.place(record.partition, record.position, index)
                arrived.append(Arrived(record, bundle, index, partition, sequence))
        return arrived

    def _write(self, batch: _Batch) -> None:
        insert(self._store, "statements", STATEMENT_COLUMNS, batch.statements)
        insert(self._store, "voids", _VOID_COLUMNS, batch.voids)
        insert(self._store, "refs", _VOID_COLUMNS, batch.refs)
        insert(self._store, "learners", _LEARNER_COLUMNS, [(*k, *v) for k, v in batch.learners.items()])
        insert(self._store, "definitions", DEFINITION_COLUMNS, batch.said.definitions())
        insert(self._store, "names", NAME_COLUMNS, batch.said.names())
        self._voids.add(batch.voids)
        keys = {(one.observation.tenant, one.observation.statement) for one in batch.interpreted}
        voided = {(row[0], row[1]) for row in self._voids.known(keys)}
        present = [
            one for one in batch.interpreted if (one.observation.tenant, one.observation.statement) not in voided
        ]
        self._insert_observations([one.observation for one in present], observation_table.PRESENT)
        self._append("", [one for one in present if one.observation.partition < MOVED_PARTITIONS])
        self._append(MOVED, [one for one in present if one.observation.partition >= MOVED_PARTITIONS])
        retractions = self._retractions(batch.voids)
        # The reader of another partition may have written a void meanwhile without finding its target. Both write first
        # and look afterwards, so at least one of them finds the other's. All that is voided is retracted, not only what
        # was announced here: an earlier delivery of this batch may have announced it and died before it looked.
        voids = self._voids.look(keys)
        voided = {(row[0], row[1]) for row in voids}
        retractions += [
            _retraction(one.observation, voids)
            for one in batch.interpreted
            if (one.observation.tenant, one.observation.statement) in voided
        ]
        self._insert_observations(retractions, observation_table.RETRACTED)
        self._append(MOVED, [Interpreted(o, catalog=0) for o in retractions])

    def _insert_observations(self, observations: Sequence[Observation], version: tuple[int, int]) -> None:
        rows = [observation_table.to_row(o, version) for o in observations]
        insert(self._store, "observations", observation_table.COLUMNS, rows)

    def _append(self, key: str, interpreted: Sequence[Interpreted]) -> None:
        """Append observations, each to its learner's partition, and wait until they are durable."""
        partitions: dict[int, list[Interpreted]] = {}
        for one in interpreted:
            partitions.setdefault(self._log.partition_of(OBSERVATIONS, one.observation.learner), []).append(one)
        # The log must keep a learner's order: a record is durable before the next one of its partition is sent.
        for bundles in zip_longest(*map(_bundles, partitions.values())):
            appending = [
                self._log.submit(
                    OBSERVATIONS,
                    Entry(key, encode_observations(found, INTERPRETATION, catalog), len(found)),
                    partition,
                )
                for partition, bundle in zip(partitions, bundles, strict=True)
                if bundle is not None
                for catalog, found in [bundle]
            ]
            for each in appending:
                each.result()

    def _retractions(self, voids: Sequence[_Row]) -> list[Observation]:
        """The retractions of the observations of the statements that this batch voids: those that are here already."""
        if not voids:
            return []
        targets = [(tenant, target) for tenant, target, *_ in voids]
        found = self._store.tuples(
            "SELECT tenant, statement, partition, sequence FROM statements "
            "WHERE id IN %(ids)s AND (tenant, id) IN %(targets)s AND voids = ''",
            {"ids": [t for _, t in targets], "targets": targets},
        )
        # Who and when does not depend on the catalog, and that is all a retraction says.
        return [
            _retraction(o, voids)
            for tenant, raw, partition, sequence in found
            for o in observe(orjson.loads(raw), Catalog(), tenant, partition, sequence)
        ]


class _Batch:
    """The rows of one batch."""

    def __init__(self) -> None:
        self.statements: list[_Row] = []
        self.interpreted: list[Interpreted] = []
        self.voids: list[_Row] = []
        self.refs: list[_Row] = []
        self.learners: dict[tuple[str, str], tuple[str, int]] = {}
        self.said = Said()

    def add(self, one: Arrived, catalog: Catalog) -> None:
        """Take one statement in, whole or not at all. Raises ValueError, KeyError, TypeError."""
        bundle, tenant, partition, sequence = one.bundle, one.bundle.tenant, one.partition, one.sequence
        statement = orjson.loads(one.raw)
        observations = observe(statement, catalog, tenant, partition + MOVED_PARTITIONS * one.moved, sequence)
        row = statement_row(statement, one.raw, bundle, partition, sequence)
        if bundle.defines:
            self.said.add(statement, tenant, bundle.received, partition, sequence)
        self.statements.append(row)
        self.interpreted += [Interpreted(o, bundle.catalog) for o in observations]
        for key, name in learners(statement):
            self.learners[tenant, key] = (name, bundle.received)
        refers, _, voids = row[12:15]
        if refers:
            self.refs.append((tenant, refers, statement["id"].lower(), partition, sequence))
        if voids:
            self.voids.append((tenant, voids, statement["id"].lower(), partition, sequence))


def observe(
    statement: Mapping[str, Any], catalog: Catalog, tenant: str, partition: int, sequence: int
) -> list[Observation]:
    """What `interpret` makes of a statement, at most one observation a learner."""
    by_learner = {o.learner: o for o in reversed(interpret(statement, catalog, tenant, partition, sequence))}
    return list(by_learner.values())


def statement_row(statement: Mapping[str, Any], raw: bytes, bundle: Bundle, partition: int, sequence: int) -> _Row:
    """The record's row of one statement, with the keys it can be found by. Raises ValueError, KeyError, TypeError."""
    found = keys(statement)
    verb = statement["verb"]["id"]
    return (
        bundle.tenant,
        bundle.received,
        statement["id"].lower(),
        event_time(statement),
        verb,
        found.activities[0] if found.activities else "",
        _key(statement["actor"]),
        ((statement.get("context") or {}).get("registration") or "").lower(),
        *found,
        bundle.credential,
        found.refers if verb == VOIDED else "",
        partition,
        sequence,
        raw,
    )


def insert(store: Store, table: str, columns: Sequence[tuple[str, str]], rows: Sequence[_Row]) -> None:
    """Insert rows, by column, as that is twice as quick."""
    if rows:
        store.insert(table, [c[0] for c in columns], [c[1] for c in columns], list(zip(*rows, strict=True)))


def _key(actor: Mapping[str, Any]) -> str:
    try:
        return learner_key(actor)
    except ValueError:  # an anonymous group: its members are found, it is not
        return ""


def _bundles(interpreted: Sequence[Interpreted]) -> Iterator[tuple[int, list[Observation]]]:
    """(catalog, observations) of each record to append, in order."""
    for catalog, run in groupby(interpreted, key=lambda one: one.catalog):
        found = [one.observation for one in run]
        for start in range(0, len(found), MOST_OBSERVATIONS):
            yield catalog, found[start : start + MOST_OBSERVATIONS]


def _retraction(observation: Observation, voids: Sequence[_Row]) -> Observation:
    """The event that retracts an observation; its position is that of the voiding statement."""
    partition, sequence = next(
        (partition, sequence)
        for tenant, target, _, partition, sequence in reversed(voids)
        if (tenant, target) == (observation.tenant, observation.statement)
    )
    return msgspec.structs.replace(observation, kind=Kind.VOID, partition=partition, sequence=sequence)


_VOID_COLUMNS = (
    ("tenant", "LowCardinality(String)"),
    ("target", "String"),
    ("statement", "String"),
    ("partition", "UInt32"),
    ("sequence", "UInt64"),
)
_LEARNER_COLUMNS = (
    ("tenant", "LowCardinality(String)"),
    ("learner", "String"),
    ("name", "String"),
    ("sequence", "UInt64"),
)
