"""Whose decisions another table of mastery would change, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lrs.pacing.decide import Decided, MasteryRow
from lrs.pacing.mastery_rows import EVIDENCE, windows
from lrs.pacing.policies import policy_of
from lrs.pacing.sequence import decide_all
from lrs.store.client import Store
from schemas.catalog import Catalog

LEARNERS = 500  # compared at a time
SHOWN_CHANGES = 200  # changes that are kept with their reasons; all are counted

_LEARNERS = "SELECT DISTINCT learner FROM {table} FINAL WHERE tenant = %(tenant)s AND key != '' ORDER BY learner"
_ROWS = f"""
SELECT learner, key, {EVIDENCE}
FROM {{table}} FINAL
WHERE tenant = %(tenant)s AND learner IN %(learners)s AND key != ''
"""


@dataclass(slots=True)
class DecisionDifferences:
    """decisions: how many were compared; changed: how many by (from, to); shown: some of them, as JSON."""

    decisions: int = 0
    learners: int = 0
    changed: Counter[tuple[str, str]] = field(default_factory=Counter)
    shown: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "decisions": self.decisions,
            "changed": self.changed.total(),
            "learners": self.learners,
            "by": [{"from": a, "to": b, "decisions": n} for (a, b), n in self.changed.most_common()],
            "shown": self.shown,
        }


def compare_tables(
    store: Store, catalog: Catalog, tenant: str, live: str, beside: str, now: int
) -> DecisionDifferences:
    """Decide for every learner and skill by the rows of both tables at `now`. Raises what Store.tuples raises."""
    differences = DecisionDifferences()
    for learners in _chunks(store, tenant, live, beside):
        before, after = (_decided(store, catalog, tenant, table, learners, now) for table in (live, beside))
        for learner in learners:
            was, will = before.get(learner, {}), after.get(learner, {})
            differences.decisions += len(was.keys() | will.keys())
            both = sorted(was.keys() & will.keys())
            changed = [skill for skill in both if was[skill].computed != will[skill].computed]
            differences.learners += bool(changed)
            for skill in changed:
                _add(differences, learner, skill, was[skill], will[skill])
    return differences


def _add(differences: DecisionDifferences, learner: str, skill: str, was: Decided, will: Decided) -> None:
    differences.changed[was.computed, will.computed] += 1
    if len(differences.shown) < SHOWN_CHANGES:
        change: dict[str, Any] = {"learner": learner, "skill": skill, "overruled": was.overruled is not None}
        for name, decided in (("before", was), ("after", will)):
            change[name] = {
                "decision": decided.computed,
                "reason": decided.computed_reason,
                "because": decided.computed_because._asdict(),
                "estimate": decided.estimate,
                "low": decided.low,
                "high": decided.high,
                "weights": decided.evidence.get("weights"),
            }
        differences.shown.append(change)


def _chunks(store: Store, tenant: str, live: str, beside: str) -> Iterator[list[str]]:
    learners: set[str] = set()
    for table in (live, beside):
        learners |= {row[0] for row in store.tuples(_LEARNERS.format(table=table), {"tenant": tenant})}
    ordered = sorted(learners)
    for start in range(0, len(ordered), LEARNERS):
        yield ordered[start : start + LEARNERS]


def _decided(
    store: Store, catalog: Catalog, tenant: str, table: str, learners: list[str], now: int
) -> dict[str, dict[str, Decided]]:
    """The decisions by learner and skill."""
    parameters = {"tenant": tenant, "learners": tuple(learners), **windows(catalog.policy)}
    rows = store.tuples(_ROWS.format(table=table), parameters)
    evidence: dict[str, dict[str, MasteryRow]] = {}
    for learner, skill, *values in rows:
        evidence.setdefault(learner, {})[skill] = MasteryRow(*values)
    classes = catalog.people.classes
    decided_by_learner: dict[str, dict[str, Decided]] = {}
    for learner, its in evidence.items():
        policy = policy_of(catalog, classes.get(learner, ()))
        decided = decide_all(catalog, learner, its, its, now, (), None, policy)
        decided_by_learner[learner] = {skill: sequenced.decided for skill, sequenced in decided.items()}
    return decided_by_learner
