"""What is decided of a learner: a row for each skill and class, as the table of decisions keeps it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from lrs.pacing.clock_changes import ClockChanges
from lrs.pacing.decide import MasteryRow
from lrs.pacing.policies import class_of, policy_of
from lrs.pacing.sequence import KnownDecision, LearnerAtMoment, Order
from schemas.catalog import Catalog, Class
from schemas.decision import Decision

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


class Earlier(NamedTuple):
    """What was decided of a learner with the same catalog, and the skills of which the evidence changed since then."""

    rows: Mapping[Key, EarlierRow]
    changed: Collection[str]


class EarlierRow(NamedTuple):
    """What of an earlier decision says whether it is to be made again."""

    decision: str
    next_skill: str
    until: int | None


def decisions_of(
    catalog: Catalog,
    learner: str,
    classes: Sequence[Class],
    evidence: Mapping[str, MasteryRow],
    now: int,
    earlier: Earlier | None = None,
) -> dict[Key, DecisionRow]:
    """The learner's decisions at `now` (µs): of the skills of each class, then of whatever else there is evidence of.

    classes: those that the learner is in; evidence: by skill. earlier: where it is known, only those are given that may
    differ from it in more than what the clock does to the numbers in their reasons.
    """
    # What the clock changed may come before a skill of a class that does not teach it.
    touched = set() if earlier is None else {*earlier.changed, *_due(earlier, now)}
    taught = {skill for c in classes for skill in c.skills}
    untaught_skills = [skill for skill in evidence if skill not in taught]
    rows: dict[Key, DecisionRow] = {}
    taught_in: list[tuple[str, Order, list[str], Sequence[Class]]] = [(c.id, c.skills, c.skills, [c]) for c in classes]
    for class_, order, skills, where in [*taught_in, ("", list(evidence), untaught_skills, classes)]:
        if not skills:
            continue
        policy = policy_of(catalog, where)
        at_moment = LearnerAtMoment(catalog, learner, evidence, now, [order], None, policy)
        clock_changes = ClockChanges(at_moment, skills)
        again = skills
        known: dict[str, str] = {}
        # In no class, the evidence makes the order that is assumed of what was not tried: then all is decided.
        if earlier is not None and (class_ or all(evidence[skill].attempts for skill in skills)):
            before = {skill: kept for skill in skills if (kept := earlier.rows.get((skill, class_))) is not None}
            again = at_moment.differ(
                skills,
                touched,
                {skill: KnownDecision(kept.decision, kept.next_skill) for skill, kept in before.items()},
            )
            known = {skill: kept.decision for skill, kept in before.items() if skill not in again}
        for skill, (decided, leads, *_) in at_moment.decide_all(again, known).items():
            row = evidence.get(skill)
            changes = [clock_changes.next_change(skill)]
            if decided.decision == Decision.ADVANCE:  # what it leads to has to be open
                changes.append(clock_changes.next_opening())
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
                min((moment for moment in changes if moment is not None), default=None),
            )
    return rows


def estimates_at(evidence: MasteryRow | None, moment: int) -> tuple[float | None, float | None, float | None]:
    """What a row says of mastery and of both ends of its interval, decided at a moment (µs)."""
    if evidence is None or not evidence.attempts:
        return None, None, None
    mastery, low, high = (evidence.expected(share, moment) for share in (evidence.mastery, evidence.low, evidence.high))
    return mastery, low, high


def _due(earlier: Earlier, now: int) -> set[str]:
    """The skills of which the clock may have changed an earlier decision, whatever the class."""
    return {skill for (skill, _), row in earlier.rows.items() if row.until is not None and row.until <= now}
