"""What is decided of a learner: a row for each skill and class, as the table of decisions keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lrs.pacing.decide import MasteryRow
from lrs.pacing.policies import class_of, policy_of
from lrs.pacing.sequence import LearnerAtMoment, Openings, Order
from schemas.catalog import Catalog, Class

Key = tuple[str, str]  # skill, class


class DecisionRow(NamedTuple):
    """A decision at one moment, without what says since when. Names and units are those of the table's columns."""

    decision: str
    computed: str
    next_skill: str
    reason: str
    estimate: float | None
    low: float | None
    high: float | None
    attempts: int
    wins: int
    last_time: int
    weights: str
    policy: int
    until: int | None


def decisions_of(
    catalog: Catalog, learner: str, classes: Sequence[Class], evidence: Mapping[str, MasteryRow], now: int
) -> dict[Key, DecisionRow]:
    """The learner's decisions at `now` (µs): of the skills of each class, then of whatever else there is evidence of.

    classes: those that the learner is in; evidence: by skill.
    """
    taught = {skill for c in classes for skill in c.skills}
    untaught_skills = [skill for skill in evidence if skill not in taught]
    rows: dict[Key, DecisionRow] = {}
    taught_in: list[tuple[str, Order, list[str], Sequence[Class]]] = [(c.id, c.skills, c.skills, [c]) for c in classes]
    for class_, order, skills, where in [*taught_in, ("", list(evidence), untaught_skills, classes)]:
        if not skills:
            continue
        policy = policy_of(catalog, where)
        at_moment = LearnerAtMoment(catalog, learner, evidence, now, [order], None, policy)
        openings = Openings(at_moment)
        for skill, (decided, leads, *_) in at_moment.decide_all(skills).items():
            row = evidence.get(skill)
            changes = openings.alone(skill) if row and row.attempts else openings.of(skill)
            rows[skill, class_] = DecisionRow(
                str(decided.decision),
                str(decided.computed),
                leads,
                decided.reason,
                decided.estimate,
                decided.low,
                decided.high,
                row.attempts if row else 0,
                row.wins if row else 0,
                row.last_time if row else 0,
                row.weights if row else "",
                catalog.policies.of(class_of(where, skill), skill).version,
                changes,
            )
    return rows
