"""Fold observations into the rows of learners, exactly, whatever the order they come in.

Later than all that is folded: fold it in. Anything else (late, tie, void): refold that learner from the
history. So the rows are a function of the set of observations.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import groupby
from typing import Any, NamedTuple

import msgspec

from lrs.log import Log, Record
from lrs.store import projections
from lrs.store.client import Store
from lrs.store.gate import Gate
from processors.folds.interface import Fold, fold_of, version_of
from processors.meaning.resolve import Resolver
from processors.meaning.version import INTERPRETATION
from processors.stages.dead_letters import DeadLetters
from processors.stages.learner_history import FoldedLearner, FoldMark, Learner, fold_history, read_histories
from schemas.envelope import Unreadable
from schemas.observation import Kind, Observation, Order, decode_observations, encode_observations
from schemas.record import INDEX_BITS, OBSERVATIONS, STATEMENTS

CACHED_LEARNERS = 20_000
_NOBODY: Mapping[Learner, Mapping[int, int]] = {}


class Beside(NamedTuple):
    """Tables beside the live ones, whose rows count as if they were in them: of observations, and of the fold.

    reread is the position after the change that had the observations read again.
    """

    observations: str
    table: str
    reread: int


class FoldLearners:
    """Takes batches of the observations topic and keeps one fold's table. A worker is a cache of the table.

    Args:
        table: where it is kept, if not in the table with the fold's name.
        beside: what is read is beside the live tables; what is written, too.
    """

    topic = OBSERVATIONS

    def __init__(
        self,
        log: Log,
        store: Store,
        fold: Fold,
        table: str | None = None,
        gate: Gate | None = None,
        beside: Beside | None = None,
    ) -> None:
        self.group = fold.name
        self._gate = gate
        self._generation = 0  # of the table
        self._assignment = 0  # the generation of the group
        self._store = store
        self._fold = fold
        self._beside = beside
        self._table = beside.table if beside else table or fold.name
        self._tables = [self._table, fold.name] if beside else [self._table]
        self._dead_letters = DeadLetters(log, fold.name, OBSERVATIONS)
        self._cache: OrderedDict[Learner, FoldedLearner] = OrderedDict()
        self._columns = projections.columns(fold)
        self._tenants: dict[str, Fold] = {}  # the fold as each tenant's weights make it, until the table is swapped

    def reassigned(self, generation: int = 0) -> None:
        """Others may have written the learners' rows."""
        self._assignment = generation
        self.reset()

    def reset(self) -> None:
        """Forget what is cached: the last batch may or may not have been written."""
        self._cache.clear()
        self._tenants.clear()

    def handle(self, records: Sequence[Record]) -> None:
        """Fold one batch in. Raises the store's errors and the log's: deliver it again."""
        if self._gate is None:
            self._handle(records)
            return
        with self._gate.passing() as generation:
            if generation != self._generation:  # a replay has swapped the table
                self.reset()
                self._generation = generation
            self._handle(records)

    def _handle(self, records: Sequence[Record]) -> None:
        arrived: dict[Learner, list[Observation]] = {}
        refolds: dict[Learner, dict[int, int]] = {}
        for record in records:
            try:
                bundle = decode_observations(record.value)
            except Unreadable as error:
                self._dead_letters.write(record, "", str(error))
                continue
            for o in bundle.observations:
                learner = (o.tenant, o.learner)
                arrived.setdefault(learner, []).append(o)
                if not bundle.in_order or o.kind == Kind.VOID:
                    refolds.setdefault(learner, {})[record.partition] = record.position + 1
        self._load([learner for learner in arrived if learner not in self._cache])
        late: dict[Learner, list[Observation]] = {}
        rows: list[tuple[Any, ...]] = []
        for learner, observations in arrived.items():
            folded = self._cache[learner]
            self._cache.move_to_end(learner)
            made_otherwise = folded.mark.made_with != version_of(self._of(learner))
            if learner in refolds or made_otherwise:  # how far along a partition they are does not say what is folded
                late[learner] = observations
                continue
            new = _not_folded(observations, folded.mark)
            if not new:
                continue
            if self._fold_in(self._of(learner), folded, new):
                rows += self._rows(learner, folded)
            else:
                late[learner] = new
        rows += self.refold(late, refolds)
        self.write(rows)
        while len(self._cache) > CACHED_LEARNERS:
            self._cache.popitem(last=False)

    def refold(
        self, late: dict[Learner, list[Observation]], refolds: Mapping[Learner, Mapping[int, int]] = _NOBODY
    ) -> list[tuple[Any, ...]]:
        """Rows of learners folded again from the history. `late` and `refolds` (see Mark) say how far they are."""
        if not late:
            return []
        history = read_histories(self._store, list(late), self._beside.observations if self._beside else None)
        keys = self._keys(list(late))
        rows: list[tuple[Any, ...]] = []
        for learner, arrived in late.items():
            observations = history.get(learner, [])
            folded, poisoned = fold_history(self._of(learner), observations)
            before = self._cache[learner].mark if learner in self._cache else FoldMark()
            mark = folded.mark
            mark.watermarks, mark.moved, mark.refolds = (
                dict(before.watermarks),
                dict(before.moved),
                dict(before.refolds),
            )
            # The reader of the target's partition may announce a void: its position says nothing of its own partition.
            for o in (*observations, *(o for o in arrived if o.kind != Kind.VOID)):
                mark.reach(o)
            for partition, position in refolds.get(learner, {}).items():
                mark.refolds[partition] = max(mark.refolds.get(partition, 0), position)
            mark.reread = max(before.reread, self._beside.reread if self._beside else 0)
            mark.poisoned = sorted(poisoned)
            self._write_dead_letters(observations, poisoned, set(before.poisoned))
            self._cache[learner] = folded
            fresh = self._rows(learner, folded) if len(observations) > len(poisoned) else []
            gone = keys.get(learner, set()) - {row[2] for row in fresh}
            rows += fresh + [self._tombstone(learner, key, mark) for key in sorted(gone)]
        return rows

    def refold_known(self, learners: Sequence[Learner]) -> None:
        """Fold learners again, as far as they are folded already, and write their rows."""
        self._load(learners)
        self.write(self.refold({learner: [] for learner in learners}))
        self.reset()

    def write(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Write rows: written twice they count once."""
        if rows:
            columns = list(zip(*rows, strict=True))
            self._store.insert(self._table, [c[0] for c in self._columns], [c[1] for c in self._columns], columns)

    def _fold_in(self, fold: Fold, folded: FoldedLearner, new: list[Observation]) -> bool:
        """Fold `new` in if all of it comes after what is folded; False where the learner must be refolded."""
        if new[0].order <= folded.mark.order:
            return False
        try:
            for o in new:
                for evidence in folded.resolver.advance(o):
                    fold.step(folded.state, evidence)
        except Exception:  # noqa: BLE001 - Refold, or whatever a fold cannot digest: the refold finds out which
            return False
        folded.mark.order = new[-1].order
        for o in new:
            folded.mark.reach(o)
        return True

    def _write_dead_letters(
        self, observations: Iterable[Observation], poisoned: Mapping[Order, str], known: Set[Order]
    ) -> None:
        """Of each observation that is found to be poison, once: also of one that an earlier fold could digest."""
        for o in observations:
            if o.order in poisoned and o.order not in known:
                reason = f"statement {o.statement}: {poisoned[o.order]}"
                payload = encode_observations([o], INTERPRETATION, catalog=0)
                position = o.sequence >> INDEX_BITS
                self._dead_letters.write_at(STATEMENTS, o.partition, position, o.tenant, reason, payload)

    def _rows(self, learner: Learner, folded: FoldedLearner) -> list[tuple[Any, ...]]:
        mark = msgspec.json.encode(folded.mark).decode()
        resolved = b64encode(folded.resolver.dump()).decode()
        own, other = (mark, resolved), ("", "")
        version = folded.mark.version(self._assignment)
        return [
            (*learner, key, b64encode(state).decode(), *columns, *(other if key else own), version, 0)
            for key, state, *columns in self._of(learner).drain(folded.state)
        ]

    def _tombstone(self, learner: Learner, key: str, mark: FoldMark) -> tuple[Any, ...]:
        # The learner's own tombstone keeps the mark: whatever comes later must still win over it.
        kept = msgspec.json.encode(mark).decode() if key == "" else ""
        version = mark.version(self._assignment)
        return (*learner, key, "", *(_zero(type_) for _, type_ in self._columns[4:-4]), kept, "", version, 1)

    def _load(self, learners: Sequence[Learner]) -> None:
        if not learners:
            return
        every = self._rows_of("tenant, learner, key, state, mark, resolved, deleted, version")
        found = self._store.tuples(
            f"{every} ORDER BY tenant, learner, key, version DESC LIMIT 1 BY tenant, learner, key",
            {"learners": list(learners)},
        )
        for learner in learners:
            fold = self._of(learner)
            self._cache[learner] = FoldedLearner(fold.start(), FoldMark(made_with=version_of(fold)))
        for (tenant, name), rows in groupby(found, key=lambda row: (row[0], row[1])):
            kept = list(rows)
            fold = self._of((tenant, name))
            new = FoldMark(made_with=version_of(fold))
            mark = next((msgspec.json.decode(row[4], type=FoldMark) for row in kept if row[2] == ""), new)
            present = [(row[2], b64decode(row[3])) for row in kept if not row[6]]
            state = fold.restore(present) if present else fold.start()
            resolved = next((row[5] for row in kept if row[2] == "" and not row[6]), "")
            self._cache[tenant, name] = FoldedLearner(state, mark, Resolver.restore(b64decode(resolved)))

    def _of(self, learner: Learner) -> Fold:
        tenant = learner[0]
        fold = self._tenants.get(tenant)
        if fold is None:
            fold = self._tenants[tenant] = fold_of(self._fold, tenant)
        return fold

    def _keys(self, learners: Sequence[Learner]) -> dict[Learner, set[str]]:
        keys: dict[Learner, set[str]] = {}
        for table in self._tables:
            for tenant, learner, key in self._store.tuples(
                f"SELECT tenant, learner, key FROM {table} FINAL WHERE (tenant, learner) IN %(learners)s",
                {"learners": list(learners)},
            ):
                keys.setdefault((tenant, learner), set()).add(key)
        return keys

    def _rows_of(self, columns: str) -> str:
        rows = [f"SELECT {columns} FROM {table} WHERE (tenant, learner) IN %(learners)s" for table in self._tables]
        return rows[0] if len(rows) == 1 else f"SELECT {columns} FROM ({' UNION ALL '.join(rows)})"


def _not_folded(observations: Sequence[Observation], mark: FoldMark) -> list[Observation]:
    """What is not folded yet, each once, in the order of folding."""
    new = {o.order: o for o in observations if o.sequence > mark.watermarks.get(o.partition, -1)}
    return sorted(new.values(), key=lambda o: o.order)


def _zero(type_: str) -> Any:
    if type_.startswith(("String", "LowCardinality(String")):
        return ""
    if type_.startswith("Array"):
        return []
    if type_.startswith("Nullable"):
        return None
    return 0.0 if "Float" in type_ else 0
