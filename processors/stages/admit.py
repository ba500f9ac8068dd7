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
from lrs.record.completion import add_times
from lrs.record.stored_times import RecordTimes, StoredTimes
from lrs.record.voids import Key, Void, Voids
from lrs.store.client import Store
from lrs.store.gate import TableGate
from processors.meaning.interpret import interpret, learners, why_nothing
from processors.meaning.version import INTERPRETATION
from processors.meaning.vocabulary.row import Nothing
from processors.stages import observation_table
from processors.stages.dead_letters import DeadLetters
from processors.stages.deduplicate import BundledStatement, Deduplicate, StoredCopy
from processors.stages.said_names import TYPES, SaidNames
from processors.stages.stage import Stage
from processors.stages.statement_table import (
    REFERENCE_TYPES,
    StatementRow,
    insert_rows,
    insert_statements,
    statement_row,
)
from processors.stages.who_is_who import PeopleSnapshot
from schemas.catalog import Catalog
from schemas.envelope import Unreadable
from schemas.observation import Kind, Observation, encode_observations
from schemas.people import People
from schemas.record import ADMIT, OBSERVATIONS, STATEMENTS, Bundle, StoredFirst

MOST_OBSERVATIONS = 2_000  # in one record of the log
_REMOVED = 1_000  # rows that one command takes away


class InterpretedObservation(NamedTuple):
    """An observation, and the position of the catalog that it was interpreted with (0: without one).

    reread is the position of the change that had it read again, if one did.
    """

    observation: Observation
    catalog: int
    reread: int | None = None

    @property
    def key(self) -> Key:
        return (self.observation.tenant, self.observation.statement)


class CatalogHistory(Protocol):
    """Catalogs as they were, and who is who, as far as the catalog is known here (up to `position`)."""

    def look(self) -> None: ...

    def reach(self, position: int) -> None: ...

    def at(self, tenant: str, position: int) -> Catalog: ...

    def reinterpreted_at(self, tenant: str, position: int) -> int | None: ...

    def people(self, tenant: str) -> People: ...

    @property
    def position(self) -> int: ...


class Admit(Stage):
    """Takes batches of the statements topic.

    Args:
        times: when statements were stored.
        deduplicate: where the log does not see to ids itself.
        gate: what a replay closes to hold admitting.
        again: everything is admitted again. Then the catalog may lack what statements were accepted with: somebody has
            decided to go on with it.
    """

    topic = STATEMENTS
    group = ADMIT

    def __init__(
        self,
        log: Log,
        store: Store,
        catalogs: CatalogHistory,
        times: StoredTimes | None = None,
        deduplicate: Deduplicate | None = None,
        gate: TableGate | None = None,
        again: bool = False,
    ) -> None:
        self._again = again
        self._log = log
        self._store = store
        self._catalogs = catalogs
        self._times = times or RecordTimes()
        self._deduplicate = deduplicate
        self._gate = gate
        self._dead_letters = DeadLetters(log, ADMIT, STATEMENTS)
        self._voids = Voids(store)

    def reassigned(self, generation: int = 0) -> None:
        """Other workers may have admitted statements of these partitions: which ids are known is read again."""
        if self._deduplicate is not None:
            self._deduplicate.forget()

    def handle(self, records: Sequence[Record]) -> None:
        """Write one batch. Raises the store's errors and the log's, and UnknownVersion: deliver it again."""
        with self._gate.passing() if self._gate else nullcontext():
            self._handle(records)

    def _handle(self, records: Sequence[Record]) -> None:
        arrived = self._arrived(records)
        if not self._again:  # what has an origin was read there, or is tried again
            self._catalogs.reach(max((each.bundle.catalog for each in arrived if not each.bundle.origins), default=0))
        if self._deduplicate is not None:
            arrived = self._deduplicate.firsts(arrived)
        batch = _Batch()
        # So that once the log holds a Reinterpret, no batch that begins later reads as before.
        self._catalogs.look()
        bundle: Bundle | None = None
        for bundled in arrived:
            if bundled.bundle is not bundle:  # what is the same for all of a bundle
                bundle = bundled.bundle
                catalog = self._catalogs.at(bundle.tenant, bundle.catalog)
                reread = self._catalogs.reinterpreted_at(bundle.tenant, bundle.catalog)
            try:
                batch.add(bundled, catalog, reread)
            except Exception as error:  # noqa: BLE001 - whatever a statement's own bytes cause, of it alone
                reason = f"statement {bundled.id}: {type(error).__name__}: {error}"
                self._dead_letters.write(bundled.record, bundled.bundle.tenant, reason, bundled.raw)
        if batch.statements:
            self._write(batch)
        if self._deduplicate is not None and (surplus := self._deduplicate.stored_twice(arrived)):
            self._remove(surplus)

    def _remove(self, surplus: Sequence[StoredCopy]) -> None:
        """Take away rows of statements that have another row, and what is observed of them alone."""
        for start in range(0, len(surplus), _REMOVED):
            removed_now = surplus[start : start + _REMOVED]
            positions = ", ".join(f"({copy.origin.partition}, {copy.origin.sequence})" for copy in removed_now)
            for table in ("statements", "agent_statements"):
                self._store.command(f"DELETE FROM {table} WHERE (partition, sequence) IN ({positions})")
        retractions: list[Observation] = []
        for copy in surplus:
            assert copy.first is not None
            stay = {o.order for o in _observed_of_copy(copy.first)}
            retractions += [
                msgspec.structs.replace(o, kind=Kind.VOID) for o in _observed_of_copy(copy) if o.order not in stay
            ]
        self._retract(retractions)
        self._append([InterpretedObservation(o, catalog=0) for o in retractions], in_order=False)

    def _arrived(self, records: Sequence[Record]) -> list[BundledStatement]:
        arrived: list[BundledStatement] = []
        for record in records:
            try:
                bundle = Bundle.decode(record.value)
            except Unreadable as error:
                self._times.of(record, 1)
                self._dead_letters.write(record, "", str(error))
                continue
            stored = self._times.of(record, len(bundle.ids))
            for index in range(len(bundle.ids)):
                origin = bundle.origin(index, record.partition, record.position, stored)
                arrived.append(BundledStatement(record, bundle, index, origin))
        return arrived

    def _write(self, batch: _Batch) -> None:
        insert_statements(self._store, batch.statements)
        insert_rows(self._store, "voids", REFERENCE_TYPES, batch.voids)
        insert_rows(self._store, "refs", REFERENCE_TYPES, batch.refs)
        for table, named in batch.names.rows().items():
            insert_rows(self._store, table, TYPES[table], named)
        statement_rows = [
            observation_table.observation_row(
                interpreted.observation, observation_table.version_after(interpreted.reread)
            )
            for interpreted in batch.interpreted
        ]
        insert_rows(self._store, "observations", observation_table.TYPES_OF_ROWS, statement_rows)
        self._append([interpreted for interpreted in batch.interpreted if not interpreted.observation.moved])
        self._append(
            [interpreted for interpreted in batch.interpreted if interpreted.observation.moved], in_order=False
        )
        retractions = self._retractions(batch.voids)
        # The reader of another partition may have written a void meanwhile without finding its target. Both write first
        # and look afterwards, so at least one of them finds the other's. All that is voided is retracted, not only what
        # was announced here: an earlier delivery of this batch may have announced it and died before it looked.
        voids = self._voids.of({interpreted.key for interpreted in batch.interpreted})
        retractions += [
            _retraction(interpreted.observation, voids[interpreted.key])
            for interpreted in batch.interpreted
            if interpreted.key in voids
        ]
        self._retract(retractions)
        self._append([InterpretedObservation(o, catalog=0) for o in retractions], in_order=False)

    def _retract(self, observations: Sequence[Observation]) -> None:
        retracted_rows = [observation_table.observation_row(o, observation_table.RETRACTED) for o in observations]
        insert_rows(self._store, "observations", observation_table.TYPES_OF_ROWS, retracted_rows)

    def _append(self, interpreted: Sequence[InterpretedObservation], in_order: bool = True) -> None:
        """Append observations, each to its person's partition, and wait until they are durable."""
        partitions: dict[int, list[InterpretedObservation]] = {}
        people = PeopleSnapshot(self._catalogs.people)
        for interpreted_observation in interpreted:
            person = people[interpreted_observation.observation.tenant].person(
                interpreted_observation.observation.person
            )
            partitions.setdefault(self._log.partition_of(OBSERVATIONS, person), []).append(interpreted_observation)
        catalog_position = self._catalogs.position
        # The log must keep a learner's order: a record is durable before the next one of its partition is sent.
        for bundles in zip_longest(*map(_bundles, partitions.values())):
            appending = [
                self._log.submit(
                    OBSERVATIONS,
                    Entry(
                        "",
                        encode_observations(observations, INTERPRETATION, catalog, in_order, catalog_position),
                        len(observations),
                    ),
                    partition,
                )
                for partition, bundle in zip(partitions, bundles, strict=True)
                if bundle is not None
                for catalog, observations in [bundle]
            ]
            for append_under_way in appending:
                append_under_way.result()

    def _retractions(self, voids: Sequence[Void]) -> list[Observation]:
        """The retractions of the observations of the statements that this batch voids: those that are here already."""
        if not voids:
            return []
        by_target = {(void.tenant, void.target): void for void in voids}
        voided_rows = self._store.tuples(
            "SELECT tenant, id, partition, sequence, stored, statement FROM statements "
            "WHERE id IN %(ids)s AND (tenant, id) IN %(targets)s AND voids = ''",
            {"ids": [target for _, target in by_target], "targets": list(by_target)},
        )
        # Who and when does not depend on the catalog, and that is all a retraction says.
        return [
            _retraction(o, by_target[tenant, id_])
            for tenant, id_, partition, sequence, stored, statement in voided_rows
            for o in observe(orjson.loads(statement), Catalog(), tenant, StoredFirst(partition, sequence, stored))
        ]


class _Batch:
    """The rows of one batch."""

    def __init__(self) -> None:
        self.statements: list[StatementRow] = []
        self.interpreted: list[InterpretedObservation] = []
        self.voids: list[Void] = []
        self.refs: list[Void] = []
        self.names = SaidNames()

    def add(self, bundled: BundledStatement, catalog: Catalog, reread: int | None) -> None:
        """Take one statement in, whole or not at all. Raises whatever its bytes cause."""
        bundle, tenant, origin = bundled.bundle, bundled.bundle.tenant, bundled.origin
        statement = orjson.loads(bundled.raw)
        raw = add_times(bundled.raw, statement, origin.stored)
        named = learners(statement)
        observations = observe(statement, catalog, tenant, origin, bundled.moved, named)
        if observations:
            row_of_statement = statement_row(statement, raw, bundle, origin, sent=observations[0].said)
        else:
            row_of_statement = statement_row(statement, raw, bundle, origin, why_nothing(statement) or Nothing.NOBODY)
        self.names.add(statement, catalog, tenant, origin, named, bundle.defines)
        self.statements.append(row_of_statement)
        for o in observations:
            self.interpreted.append(InterpretedObservation(o, bundle.catalog, reread))
        if row_of_statement.refers:
            self.refs.append(row_of_statement.reference(row_of_statement.refers))
        if row_of_statement.voids:
            self.voids.append(row_of_statement.reference(row_of_statement.voids))


def observe(
    statement: Mapping[str, Any],
    catalog: Catalog,
    tenant: str,
    origin: StoredFirst,
    moved: bool = False,
    whom: Sequence[tuple[str, str]] | None = None,
) -> list[Observation]:
    """What `interpret` makes of a statement, at most one observation a learner. `whom`: see there."""
    observations = interpret(statement, catalog, tenant, origin.partition, origin.sequence, whom)
    if len(observations) > 1:
        observations = list({o.learner: o for o in reversed(observations)}.values())
    return [msgspec.structs.replace(o, moved=True) for o in observations] if moved else observations


def _observed_of_copy(copy: StoredCopy) -> list[Observation]:
    return observe(orjson.loads(copy.statement), Catalog(), copy.tenant, copy.origin)


def _bundles(interpreted: Sequence[InterpretedObservation]) -> Iterator[tuple[int, list[Observation]]]:
    """(catalog, observations) of each record to append, in order."""
    for catalog, run in groupby(interpreted, key=lambda interpreted_observation: interpreted_observation.catalog):
        observations = [interpreted_observation.observation for interpreted_observation in run]
        for start in range(0, len(observations), MOST_OBSERVATIONS):
            yield catalog, observations[start : start + MOST_OBSERVATIONS]


def _retraction(observation: Observation, void: Void) -> Observation:
    """The event that retracts an observation; its position is that of the voiding statement."""
    return msgspec.structs.replace(observation, kind=Kind.VOID, partition=void.partition, sequence=void.sequence)
