"""What would change if the past were read again with another catalog: whose decisions, and why. Nothing is written to
the live tables."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lrs.catalog.catalogs import AcceptedChange, Catalogs
from lrs.catalog.person_names import person_names
from lrs.log import Log
from lrs.pacing.decide import MasteryRow, decide
from lrs.pacing.display_names import activity_names, skill_names
from lrs.pacing.policies import policy_of
from lrs.store.client import Store
from processors.folds.interface import Fold, fold_of
from processors.folds.mastery import Mastery
from processors.folds.registry import all_folds
from processors.mastery.weights import Weights
from processors.reinterpretation.accepted_catalog import first_accepted
from processors.reinterpretation.follower import by_older_interpretation
from processors.reinterpretation.observation_differences import (
    ObservationDifferences,
    Reinterpreter,
    RereadProgress,
    reread_version,
)
from processors.reinterpretation.touched import first_not_applied, touched
from processors.stages import observation_table
from processors.stages.learner_history import read_histories
from processors.stages.refold import refold
from schemas.catalog import Catalog, Change
from schemas.observation import Observation
from schemas.overruling import Overruling
from schemas.people import MINUTE
from schemas.policy import Policy
from schemas.record import STATEMENTS

CHUNK = 200  # learners at a time
COMPARED = 2_000  # learners, in a request
MOST_LISTED = 1_000  # decisions
MOST_SKILLS_CHANGES = 100
_Rows = dict[tuple[str, str], MasteryRow]  # by learner and skill


@dataclass(frozen=True, slots=True)
class Previewer:
    """Compares decisions.

    Args:
        weights: a tenant's weights of mastery.
        learners: of how many decisions are compared at most; of all unless it is given.
    """

    log: Log
    store: Store
    catalogs: Catalogs
    weights: Callable[[str], Weights]
    learners: int | None = None

    def preview(
        self, tenant: str, changes: Sequence[Change], now: int, progress: RereadProgress = lambda done, of: None
    ) -> dict[str, Any]:
        """What changes would do with those that are not applied to the past yet, as JSON. `now`: µs since the epoch.

        Raises the errors of log and store.
        """
        catalog = self.catalogs.proposed(tenant, changes)
        end = self.catalogs.position
        accepted = [*self.catalogs.changes(tenant), *(AcceptedChange(end, now, change) for change in changes)]
        to_reread = touched(
            accepted, first_not_applied(accepted, end + 1, *first_accepted(self.log, self.store, tenant)), catalog
        )
        to_reread.everything = to_reread.everything or by_older_interpretation(self.log, accepted, end + 1)
        table = f"observations_preview_{uuid.uuid4().hex}"
        self.store.command(observation_table.observations_table_sql(table))
        try:
            partitioned = self.log.partitions(STATEMENTS) > 1
            again = Reinterpreter(self.store, tenant, lambda row: catalog, reread_version(end), table, partitioned)
            differences = again.read(to_reread, progress)
            return self._answer(tenant, catalog, differences, table, now)
        finally:
            self.store.command(f"DROP TABLE IF EXISTS {table} SYNC")

    def _answer(
        self, tenant: str, catalog: Catalog, differences: ObservationDifferences, table: str, now: int
    ) -> dict[str, Any]:
        people = (self.catalogs.people(tenant), catalog.people)
        learners = sorted({person.person(identity) for identity in differences.learners for person in people})
        compared = learners[: self.learners]
        model = fold_of(next(fold for fold in all_folds(self.weights) if fold.name == Mastery.name), tenant)
        classes = catalog.people.classes
        decisions: list[dict[str, Any]] = []
        changed = 0
        for start in range(0, len(compared), CHUNK):
            chunk = [(tenant, learner) for learner in compared[start : start + CHUNK]]
            now_known, then_known = ({tenant: catalog_people} for catalog_people in people)
            evidence_before = _evidence_now(model, read_histories(self.store, chunk, now_known), catalog.policy)
            evidence_after = _evidence_now(model, read_histories(self.store, chunk, then_known, table), catalog.policy)
            for key in sorted(evidence_before.keys() | evidence_after.keys()):
                policy = policy_of(catalog, classes.get(key[0], ()))(key[1])
                decision = _decision_change(
                    key, evidence_before.get(key), evidence_after.get(key), policy, catalog.overrulings.get(key), now
                )
                if decision["before"] != decision["after"]:
                    changed += 1
                    if len(decisions) < MOST_LISTED:
                        decisions.append(decision)
        names = person_names(self.store, catalog.people, tenant, {decision["learner"] for decision in decisions})
        taught = differences.skills_changes.most_common(MOST_SKILLS_CHANGES)
        called = activity_names(self.store, catalog, tenant, {change.item for change, _ in taught})
        skills = {decision["skill"] for decision in decisions}.union(
            *({*change.before, *change.after} for change, _ in taught)
        )
        return {
            "statements": differences.statements,
            "observations": differences.observations,
            "learners": len(learners),
            "compared": len(compared),
            "changed": changed,
            "decisions": [
                {**decision, "name": names.get(decision["learner"], decision["learner"])} for decision in decisions
            ],
            "items": [
                {
                    "item": change.item,
                    "name": called[change.item],
                    "before": list(change.before),
                    "after": list(change.after),
                    "answers": count,
                }
                for change, count in taught
            ],
            "names": skill_names(self.store, catalog, tenant, skills),
        }


def _decision_change(
    key: tuple[str, str],
    before: MasteryRow | None,
    after: MasteryRow | None,
    policy: Policy,
    overruling: Overruling | None,
    now: int,
) -> dict[str, Any]:
    """One decision as it is and as it would be; None where nothing is known of the skill."""
    current, other = (
        decide(evidence, policy, None, overruling, now) if evidence or overruling else None
        for evidence in (before, after)
    )
    return {
        "learner": key[0],
        "skill": key[1],
        "before": current and current.decision,
        "after": other and other.decision,
        "reason_before": current.reason if current else "",
        "reason_after": other.reason if other else "",
        "because_after": other.because._asdict() if other else None,
    }


def _evidence_now(
    fold: Fold, histories: Mapping[tuple[str, str], Sequence[Observation]], policy: Policy
) -> dict[tuple[str, str], MasteryRow]:
    """What decisions are made of: histories folded here."""
    names, idle = fold.columns, round(policy.idle_after * MINUTE)
    rows: _Rows = {}
    for (_, learner), history in histories.items():
        for key, _, *values in refold(fold, history, idle=idle).rows.values():
            if not key:
                continue
            row = dict(zip(names, values, strict=True))
            rows[learner, key] = MasteryRow.of(row, policy)
    return rows
