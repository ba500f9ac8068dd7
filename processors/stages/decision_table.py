"""The table of decisions, and what its rows follow from: who is in which class, and the rows of mastery."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from lrs.pacing.decide import MasteryRow
from lrs.pacing.mastery_rows import EVIDENCE, windows
from lrs.store.client import Store
from schemas.catalog import Catalog, Class

TYPES = {
    "tenant": "LowCardinality(String)",
    "learner": "String",
    "skill": "String",
    "class": "String",
    "decision": "LowCardinality(String)",
    "computed": "LowCardinality(String)",
    "next_skill": "String",
    "reason": "String",
    "estimate": "Nullable(Float64)",
    "low": "Nullable(Float64)",
    "high": "Nullable(Float64)",
    "attempts": "UInt32",
    "wins": "UInt32",
    "last_time": "Int64",
    "weights": "LowCardinality(String)",
    "policy": "UInt64",
    "until": "Nullable(Int64)",
    "since": "Int64",
    "decided": "Int64",
    "version": "UInt64",
}
NUMBERS = ("attempts", "wins", "last_time", "weights", "policy")
ESTIMATES = ("estimate", "low", "high")  # as of `decided`
CHANGING = ("decision", "computed", "next_skill", "reason", "until", *NUMBERS)
_EVIDENCE = f"""
SELECT learner, key, version, {EVIDENCE}
FROM mastery FINAL
WHERE tenant = %(tenant)s AND learner IN %(learners)s AND key != ''
"""
_ROWS = f"""
SELECT {", ".join(TYPES)}
FROM decisions FINAL
WHERE tenant = %(tenant)s AND learner IN %(learners)s
"""
_LAST_OF_HISTORY = f"""
SELECT {", ".join(TYPES)}
FROM decision_history FINAL
WHERE tenant = %(tenant)s AND learner IN %(learners)s
ORDER BY version DESC LIMIT 1 BY learner, skill, class
"""


class MasteryOfLearners(NamedTuple):
    """What the fold knows, by learner and skill, and the versions of its rows."""

    evidence: dict[str, dict[str, MasteryRow]]
    versions: dict[str, dict[str, int]]


RowsOfLearner = dict[tuple[str, str], dict[str, Any]]  # by skill and class


def classes_of(catalog: Catalog) -> dict[str, list[Class]]:
    """By person, the classes they are in."""
    classes: dict[str, list[Class]] = {}
    for class_ in catalog.classes.values():
        for person in dict.fromkeys(map(catalog.people.member, class_.learners)):
            classes.setdefault(person, []).append(class_)
    return classes


def evidence_of(store: Store, catalog: Catalog, tenant: str, learners: Sequence[str]) -> MasteryOfLearners:
    """What the fold knows of learners. Raises the store's errors."""
    found = MasteryOfLearners({learner: {} for learner in learners}, {learner: {} for learner in learners})
    parameters = {"tenant": tenant, "learners": list(learners)} | windows(catalog.policy)
    for learner, skill, version, *values in sorted(store.tuples(_EVIDENCE, parameters)):  # the order in no class
        found.evidence[learner][skill] = MasteryRow(*values)
        found.versions[learner][skill] = version
    return found


def rows_of(store: Store, tenant: str, learners: Sequence[str]) -> dict[str, RowsOfLearner]:
    """By learner, the rows of the table. Raises the store's errors."""
    return _by_learner(store, _ROWS, tenant, learners)


def last_of_history(store: Store, tenant: str, learners: Sequence[str]) -> dict[str, RowsOfLearner]:
    """By learner, the last row of the history of each skill and class. Raises the store's errors."""
    return _by_learner(store, _LAST_OF_HISTORY, tenant, learners)


def _by_learner(store: Store, sql: str, tenant: str, learners: Sequence[str]) -> dict[str, RowsOfLearner]:
    rows_by_learner: dict[str, RowsOfLearner] = {learner: {} for learner in learners}
    for found_row in store.tuples(sql, {"tenant": tenant, "learners": list(learners)}):
        decision_row = dict(zip(TYPES, found_row, strict=True))
        rows_by_learner[decision_row["learner"]][decision_row["skill"], decision_row["class"]] = decision_row
    return rows_by_learner
