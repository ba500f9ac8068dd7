"""What is decided of a learner: a row for each skill and class, as the table of decisions keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lrs.pacing.board import decide_all
from lrs.pacing.decide import Decided, MasteryRow, until
from schemas.catalog import Catalog, Class
from schemas.policy import Decision

Key = tuple[str, str]  # skill, class
_MASTERED = (Decision.ADVANCE, Decision.REVIEW)


class Row(NamedTuple):
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
) -> dict[Key, Row]:
    """The learner's decisions at `now` (µs): of the skills of each class, then of whatever else there is evidence of.

    classes: those that the learner is in; evidence: by skill.
    """
    taught = dict.fromkeys(skill for c in classes for skill in c.skills)
    skills = dict.fromkeys([*taught, *evidence])
    decided = decide_all(catalog, learner, skills, {(learner, skill): one for skill, one in evidence.items()}, now)
    rows: dict[Key, Row] = {}
    for skill in skills:
        one, found = decided[skill], evidence.get(skill)
        overruling = catalog.overrulings.get((learner, skill))
        changes = until(found, catalog.policy, overruling, now)
        shown = [c for c in classes if skill in c.skills]
        for id_, order in [(c.id, c.skills) for c in shown] or [("", list(evidence))]:
            rows[skill, id_] = Row(
                str(one.decision),
                str(one.computed),
                next_skill(catalog, order, decided, skill),
                one.reason,
                one.estimate,
                one.low,
                one.high,
                found.attempts if found else 0,
                found.wins if found else 0,
                found.last_time if found else 0,
                found.weights if found else "",
                catalog.policy_version,
                changes,
            )
    return rows


def next_skill(catalog: Catalog, order: Sequence[str], decided: Mapping[str, Decided], skill: str) -> str:
    """What to work on after a decision: the skill itself, a prerequisite, or the next one that is open; "" for none."""
    decision = decided[skill].decision
    if decision == Decision.HELP:
        missing = [one for one in _requires(catalog, skill) if one in decided and not _mastered(decided, one)]
        return min(missing, key=lambda one: decided[one].estimate or 0.0) if missing else skill
    if decision != Decision.ADVANCE:
        return skill
    place = order.index(skill) if skill in order else -1
    for one in [*order[place + 1 :], *order[: max(place, 0)]]:
        is_open = all(_mastered(decided, before) for before in _requires(catalog, one))
        if is_open and one in decided and decided[one].decision != Decision.ADVANCE:
            return one
    return ""


def _mastered(decided: Mapping[str, Decided], skill: str) -> bool:
    return skill not in decided or decided[skill].decision in _MASTERED


def _requires(catalog: Catalog, skill: str) -> Sequence[str]:
    found = catalog.skills.get(skill)
    return found.requires if found else ()
