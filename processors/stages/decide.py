"""Decide: keep the table of decisions equal to what `decide` says, of whoever answered, and of whom the clock changes.

Decisions follow from the rows of mastery, the catalog and the clock. So the stage looks at three things: whose
observations came (once the fold has them), what changed in the catalog, and whose decision the clock has changed.
Of who was decided with the same catalog, it decides only what new rows of mastery or the clock can have changed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from lrs.catalog.catalogs import Catalogs
from lrs.errors import Transient
from lrs.log import Log, Record
from lrs.pacing.decision_rows import decisions_of
from lrs.store import migrate
from lrs.store.client import Store
from lrs.store.failing_tenants import FailingTenants, NotKept
from processors.stages.decided_learners import DecidedLearners, earlier_decisions
from processors.stages.decision_changes import DecisionChanges, stamp
from processors.stages.decision_table import TYPES, RowsOfLearner, classes_of, evidence_of, last_of_history, rows_of
from processors.stages.stage import Stage
from processors.stages.tenant_failures import TenantFailures
from schemas.catalog import Catalog, Class, Skill
from schemas.envelope import Unreadable
from schemas.narrowed_policy import NarrowedPolicy
from schemas.observation import decode_observations
from schemas.overruling import Overrule
from schemas.policy import Policy
from schemas.record import DECIDE, MOVED, OBSERVATIONS

TICK_SECONDS = 20.0  # between looks at clock and catalog
LEARNERS = 500  # decided at a time
DECISIONS = ("decisions", "decision_history")
_PATIENCE_SECONDS = 10.0  # for the fold, before the batch is given again
_POLICY_CHANGES = (Policy, NarrowedPolicy, Skill, Class)  # that may change any decision of the tenant

# One thread: whoever asks for an answer meanwhile finds a core free.
_DUE = """
SELECT DISTINCT tenant, learner FROM decisions FINAL WHERE until <= %(now)s ORDER BY tenant, learner
SETTINGS max_threads = 1
"""
_LEARNERS_DECIDED = "SELECT DISTINCT tenant, learner FROM {} FINAL ORDER BY tenant, learner"
_OF_TENANT = "SELECT DISTINCT tenant, learner FROM {} FINAL WHERE tenant = %(tenant)s ORDER BY learner"
# What a replay swaps, and whether a reinterpretation has moved rows into it.
_DECIDED_TABLES = """
SELECT name, toString(uuid) AS is FROM system.tables
WHERE database = currentDatabase() AND name IN ('mastery', 'mastery_local', 'decisions', 'decision_history')
UNION ALL
SELECT reader, toString(max(version)) FROM checkpoints WHERE reader = %(moved)s GROUP BY reader
"""
_TABLES_PRESENT = "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name IN %(tables)s"


class Decide(Stage):
    """Keeps `decisions`, and in `decision_history` each one that was in effect.

    Args:
        folding: the group that folds mastery.
        clock: µs since the epoch.
        failing: where it says for whom it cannot decide.
    """

    topic = OBSERVATIONS
    group = DECIDE

    def __init__(
        self,
        log: Log,
        store: Store,
        catalogs: Catalogs,
        folding: str,
        clock: Callable[[], int],
        failing: FailingTenants | None = None,
    ) -> None:
        self._log = log
        self._store = store
        self._catalogs = catalogs
        self._folding = folding
        self._clock = clock
        self._table: list[Any] | None = None  # that of mastery, which replays swap
        self._known = 0  # of the catalog: what came before is in the table
        self._ticked = float("-inf")
        self._looked = 0  # µs since the epoch
        self._unfinished: set[tuple[str, str]] | None = None  # whose rows may be in the history alone; None: anybody's
        self._rosters: dict[str, tuple[int, dict[str, list[Class]]]] = {}
        self._failures = TenantFailures(failing or NotKept(), self._ask_for_nobody)
        self._decided = DecidedLearners()

    def reassigned(self, generation: int = 0) -> None:
        """Decide for everybody again at the next tick: what changed since this stage last ran is not known."""
        self._table = None
        self._unfinished = None
        self._decided.clear()

    def handle(self, records: Sequence[Record]) -> None:
        """Decide for everybody in the batch. Raises Transient where the fold is behind, and the store's errors."""
        # The fold has read them only where the catalog is known up to where they say: all of it is enough here.
        self._wait({record.partition: record.position + 1 for record in records})
        self._catalogs.follow()
        learners: set[tuple[str, str]] = set()
        for record in records:
            try:
                bundle = decode_observations(record.value)
            except Unreadable:  # a dead letter of the fold
                continue
            for tenant, persons in _by_tenant((o.tenant, o.person) for o in bundle.observations).items():
                with self._failures.of(tenant, persons, decided=False):
                    people = self._catalogs.people(tenant)
                    learners |= {(tenant, people.person(person)) for person in persons}
            learners.update(bundle.refold)  # persons who turned out to be others
            self._decided.forget(bundle.refold)
        self.decide(learners)

    def tick(self) -> None:
        """What no observation causes: call it often. Raises the store's errors and the log's."""
        if time.monotonic() - self._ticked < TICK_SECONDS:
            return
        self.look()
        self._ticked = time.monotonic()

    def look(self) -> None:
        """Decide for whom clock or catalog, or a swap of the fold's table, may have changed anything."""
        self._make()
        table = sorted(self._store.tuples(_DECIDED_TABLES, {"moved": MOVED}))
        self._catalogs.follow()
        position = self._catalogs.position
        replaced, now = table != self._table, self._clock()
        if replaced:
            self._failures.begin()
            self._decided.clear()
            self._unfinished = None
            learners = {
                row for name in ("mastery", "decisions") for row in self._pairs(_LEARNERS_DECIDED.format(name), {})
            }
        else:
            learners = self._pairs(_DUE, {"now": now})
        for tenant in dict.fromkeys([*self._catalogs.tenants(), *self._failures.waiting()]):
            with self._failures.of(tenant):
                person_of = self._catalogs.people(tenant).person
                if replaced:
                    learners |= self._rostered(tenant)
                elif self._failures.unknown(tenant):  # kept as left until decided: this look may end before that
                    self._failures.leave(tenant, [person for _, person in self._everybody(tenant)])
                else:
                    learners |= self._changed(tenant) | self._overruled_until(tenant, now)
                # What was left may be identities: who is who may have been what failed.
                learners |= {(tenant, identity) for identity in self._failures.left(tenant, person_of)}
        self.decide(learners)
        if replaced and self._unfinished is None:
            self._unfinished = {
                (tenant, identity)
                for tenant in self._failures.waiting()
                for identity in self._failures.left(tenant, str)
            }
        self._table, self._known, self._looked = table, position, now
        self._failures.say()

    def decide(self, learners: Iterable[tuple[str, str]]) -> None:
        """Put into the tables what is decided of learners now, where it is not there yet."""
        for tenant, its in _by_tenant(sorted(learners)).items():
            for start in range(0, len(its), LEARNERS):
                again = self._failures.fails(tenant)
                if not self._try(tenant, its[start : start + LEARNERS]) and again:
                    self._failures.leave(tenant, its[start + LEARNERS :])  # each look tries a few of them
                    break

    def _try(self, tenant: str, learners: list[str]) -> bool:
        """Decide for some of a tenant, or for a half of them if the other one fails; whether any passed."""
        return self._passes(tenant, learners) or self._try_halves(tenant, learners)

    def _try_halves(self, tenant: str, failed: list[str]) -> bool:
        """Decide for a half of those who failed together, and so on with the half that fails; whether any passed."""
        if len(failed) == 1:
            return False
        halves = failed[: len(failed) // 2], failed[len(failed) // 2 :]
        passed = [self._passes(tenant, half) for half in halves]
        if any(passed) and not all(passed):
            self._try_halves(tenant, halves[passed.index(False)])
        return any(passed)

    def _passes(self, tenant: str, learners: list[str]) -> bool:
        with self._failures.of(tenant, learners):
            self._decide(tenant, learners)
            return True
        return False

    def _decide(self, tenant: str, learners: list[str]) -> None:
        self._catalogs.look()
        changes = self._catalogs.count(tenant)  # at least these are in what follows
        catalog = self._catalogs.latest(tenant)
        classes = self._classes(tenant)
        evidence, versions = evidence_of(self._store, catalog, tenant, learners)
        before = rows_of(self._store, tenant, learners)
        kept = self._kept(tenant, learners)
        now = self._clock()
        rows = DecisionChanges()
        gone: list[dict[str, Any]] = []
        whole: dict[str, int | None] = {}  # when all of a learner was decided; None: a part
        for learner in learners:
            upto = self._decided.version((tenant, learner), changes, now)
            known = None if upto is None else earlier_decisions(before[learner], versions[learner], upto)
            whole[learner] = now if known is None else None
            decisions = decisions_of(catalog, learner, classes.get(learner, []), evidence[learner], now, known)
            for (skill, class_), decision in decisions.items():
                key = {"tenant": tenant, "learner": learner, "skill": skill, "class": class_}
                row, history = evidence[learner].get(skill), kept.get(learner)
                last = None if history is None else history.get((skill, class_))
                earlier = before[learner].pop((skill, class_), None)
                rows.add(key, decision, row, earlier, last, now, history is not None)
            if known is None:
                gone += [row | stamp(row, now) for row in before[learner].values()]
        self._write(tenant, learners, rows, gone)
        for learner in learners:
            version = max(versions[learner].values(), default=0)
            self._decided.keep((tenant, learner), changes, version, whole[learner])

    def _kept(self, tenant: str, learners: list[str]) -> dict[str, RowsOfLearner]:
        """The last row of the history of each skill and class, of learners of whom it may not be what the table has."""
        unsure = learners
        if self._unfinished is not None:
            unsure = [learner for learner in learners if (tenant, learner) in self._unfinished]
        return last_of_history(self._store, tenant, unsure) if unsure else {}

    def _write(self, tenant: str, learners: list[str], rows: DecisionChanges, gone: list[dict[str, Any]]) -> None:
        """The history first: what is in the table is in it. What fails between them is not entered there again."""
        persons = {(tenant, learner) for learner in learners}
        if self._unfinished is not None:
            self._unfinished |= persons
        self._insert("decision_history", [*rows.new, *rows.unentered], {})
        self._insert("decisions", [*rows.new, *rows.repeated], {"deleted": "UInt8"}, 0)
        self._insert("decisions", gone, {"deleted": "UInt8"}, 1)
        if self._unfinished is not None:
            self._unfinished -= persons

    def _insert(self, table: str, rows: list[dict[str, Any]], more: dict[str, str], *last: int) -> None:
        if rows:
            types = TYPES | more
            columns: list[list[Any]] = [[row[name] for row in rows] for name in TYPES]
            self._store.insert(
                table, list(types), list(types.values()), [*columns, *([cell] * len(rows) for cell in last)]
            )

    def _make(self) -> None:
        """The tables, where somebody dropped one: nothing in them but the history needs more than this stage."""
        if self._store.tuples(_TABLES_PRESENT, {"tables": list(DECISIONS)})[0][0] < len(DECISIONS):
            migrate.again(self._store, "decisions")

    def _changed(self, tenant: str) -> set[tuple[str, str]]:
        changes = [recorded.change for recorded in self._catalogs.changes(tenant) if recorded.position >= self._known]
        if any(isinstance(change, _POLICY_CHANGES) for change in changes):
            return self._everybody(tenant)
        people = self._catalogs.people(tenant)
        return {(tenant, people.person(change.learner)) for change in changes if isinstance(change, Overrule)}

    def _overruled_until(self, tenant: str, now: int) -> set[tuple[str, str]]:
        """Of whom an overruling ended since the last look: its skill may have no row, and others lead to it."""
        words = self._catalogs.latest(tenant).overrulings
        learners = {
            (tenant, person)
            for (person, _), override in words.items()
            if override.change.until is not None and self._looked < override.change.until <= now
        }
        self._decided.forget(learners)
        return learners

    def _everybody(self, tenant: str) -> set[tuple[str, str]]:
        parameters = {"tenant": tenant}
        pairs = (self._pairs(_OF_TENANT.format(name), parameters) for name in ("mastery", "decisions"))
        return self._rostered(tenant).union(*pairs)

    def _rostered(self, tenant: str) -> set[tuple[str, str]]:
        return {(tenant, learner) for learner in self._classes(tenant)}

    def _classes(self, tenant: str) -> dict[str, list[Class]]:
        """By person, the classes they are in."""
        self._catalogs.follow()
        end = self._catalogs.position
        position, class_lists = self._rosters.get(tenant, (-1, {}))
        if position != end:
            class_lists = classes_of(self._catalogs.latest(tenant))
            self._rosters[tenant] = (end, class_lists)
        return class_lists

    def _ask_for_nobody(self) -> None:
        """What the store refuses here, it refuses for all. Raises the store's errors."""
        evidence_of(self._store, Catalog(), "", [""])
        rows_of(self._store, "", [""])

    def _pairs(self, sql: str, parameters: dict[str, Any]) -> set[tuple[str, str]]:
        return {(tenant, learner) for tenant, learner in self._store.tuples(sql, parameters)}

    def _wait(self, upto: dict[int, int]) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            reached = self._log.reached(self._folding, OBSERVATIONS)
            if all(reached[partition] >= end for partition, end in upto.items() if partition < len(reached)):
                return
            if time.monotonic() > deadline:
                raise Transient(f"{self._folding} is behind")
            time.sleep(0.02)


def _by_tenant(learners: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    learners_by_tenant: dict[str, list[str]] = {}
    for tenant, learner in learners:
        learners_by_tenant.setdefault(tenant, []).append(learner)
    return learners_by_tenant
