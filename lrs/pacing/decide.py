"""Decide what is next for one learner and one skill, and say why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from processors.mastery.forgetting import forget
from schemas.catalog import Decision, Overruling, Policy

DAY = 86_400 * 1_000_000  # µs


class Evidence(NamedTuple):
    """The row of `mastery` of one learner and skill. Mastery in [0, 1], times in µs since the epoch."""

    mastery: float
    low: float
    high: float
    attempts: int
    wins: int
    streak: int  # > 0 right answers in a row, < 0 wrong ones
    trend: float
    last_time: int
    days: int  # distinct days of practice
    item: str
    weights: str


class Prerequisite(NamedTuple):
    """A prerequisite, and the learner's state there."""

    skill: str
    name: str
    mastery: float | None
    decision: Decision


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with its reason. `computed` follows from the evidence; it differs where a person overruled it."""

    decision: Decision
    reason: str
    computed: Decision
    computed_reason: str
    estimate: float | None  # expected mastery now
    days_since: float | None
    evidence: dict[str, Any]
    overruled: dict[str, Any] | None


def decide(
    evidence: Evidence | None,
    policy: Policy,
    prerequisites: Sequence[Prerequisite],
    overruling: Overruling | None,
    now: int,
) -> Decided:
    """The decision for one learner and skill at `now` (µs since the epoch); a valid overruling takes precedence.

    Rules in order: not enough evidence, help, review, advance, practise. With all else equal, more mastery never
    leads to a more worried decision (help, practise, review, advance).
    """
    days = None if evidence is None else max(0.0, (now - evidence.last_time) / DAY)
    estimate = None if evidence is None or days is None else forget(evidence.mastery, days, evidence.days)
    computed, reason = _compute(evidence, policy, prerequisites, days or 0.0)
    word = None if overruling is None or _over(overruling, now) else overruling.change
    return Decided(
        decision=computed if word is None or word.decision is None else word.decision,
        reason=reason if word is None else f"{word.by} decided: {word.reason}",
        computed=computed,
        computed_reason=reason,
        estimate=estimate,
        days_since=days,
        evidence=_used(evidence, prerequisites),
        overruled=None if word is None or overruling is None else _overruled(overruling),
    )


def _compute(
    evidence: Evidence | None, policy: Policy, prerequisites: Sequence[Prerequisite], days: float
) -> tuple[Decision, str]:
    if evidence is None or evidence.attempts == 0:
        return Decision.UNSURE, "No attempts yet."
    tried = f"{_count(evidence.attempts, 'attempt')} ({evidence.wins} right)"
    if evidence.attempts < policy.min_attempts:
        return Decision.UNSURE, f"Only {tried} so far: at least {policy.min_attempts} are needed to judge."
    mastery = _percent(evidence.mastery)
    if evidence.streak <= -policy.stuck_after:
        wrong = _count(-evidence.streak, "wrong answer")
        return Decision.HELP, f"{wrong} in a row{_before(prerequisites)}."
    # Well below: even the upper end of the interval is short of moving on.
    if evidence.mastery < policy.help_below and evidence.high < policy.advance_at:
        below = f"Mastery is only {mastery} after {tried}, under the {_percent(policy.help_below)} that calls for help"
        return Decision.HELP, f"{below}{_before(prerequisites)}."
    if evidence.mastery < policy.advance_at:
        return Decision.PRACTISE, f"Mastery is {mastery} after {tried}: {_percent(policy.advance_at)} is needed."
    if evidence.low < policy.advance_low:
        doubt = f"it could still be as low as {_percent(evidence.low)}"
        return Decision.PRACTISE, f"Mastery looks like {mastery} after {tried}, but {doubt}."
    lost = 1.0 - forget(1.0, days, evidence.days)  # a share, so that it does not grow with mastery
    if lost >= policy.review_drop or days >= policy.review_after:
        expected = _percent(forget(evidence.mastery, days, evidence.days))
        idle = f"not practised for {_count(int(days), 'day')}"
        return Decision.REVIEW, f"Mastered at {mastery} but {idle}: about {expected} can be expected now."
    return (
        Decision.ADVANCE,
        f"Mastery is {mastery} after {tried}, at or above the {_percent(policy.advance_at)} needed.",
    )


def _before(prerequisites: Sequence[Prerequisite]) -> str:
    """Names the weakest prerequisite that is not mastered; one without evidence only if there is no other."""
    missing = [p for p in prerequisites if p.decision not in (Decision.ADVANCE, Decision.REVIEW)]
    if not missing:
        return ""
    weakest = min(missing, key=lambda p: (p.decision == Decision.UNSURE, p.mastery or 0.0))
    if weakest.decision == Decision.UNSURE or weakest.mastery is None:
        return f"; start before it, with {weakest.name}, of which little is known"
    return f"; start before it, with {weakest.name}, which is at {_percent(weakest.mastery)}"


def _over(overruling: Overruling, now: int) -> bool:
    until = overruling.change.until
    return until is not None and until <= now


def _overruled(overruling: Overruling) -> dict[str, Any]:
    word = overruling.change
    return {"decision": word.decision, "reason": word.reason, "by": word.by, "at": overruling.at, "until": word.until}


def _used(evidence: Evidence | None, prerequisites: Sequence[Prerequisite]) -> dict[str, Any]:
    found: dict[str, Any] = {} if evidence is None else evidence._asdict()
    if prerequisites:
        found["prerequisites"] = [p._asdict() for p in prerequisites]
    return found


def _percent(share: float) -> str:
    """Rounded down, so that what is short of a threshold does not read as if it reached it."""
    return f"{int(share * 100 + 1e-9)}%"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
