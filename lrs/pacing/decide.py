"""Decide what is next for one learner and one skill, and say why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from lrs.pacing.reasons import Reason, because
from processors.mastery.forgetting import Forgetting
from schemas.days import DAY
from schemas.decision import MASTERED, Decision
from schemas.overruling import Overruling
from schemas.policy import Policy
from schemas.sums import add_up

MOST_NAMED = 8  # of what comes before a skill, as many as an answer names: each cell of a board has them
FOREVER = 36_500.0  # days: what changes later than in a century needs no look at the clock
DECISION_OF = {  # what each rule decides of what was tried, by the code of its reason
    "too_few": Decision.UNKNOWN,
    "too_old": Decision.UNKNOWN,
    "stuck": Decision.HELP,
    "low": Decision.HELP,
    "no_gain": Decision.HELP,
    "short": Decision.PRACTISE,
    "short_unsure": Decision.PRACTISE,
    "few_to_advance": Decision.PRACTISE,
    "doubtful": Decision.PRACTISE,
    "unconfirmed": Decision.PRACTISE,
    "faded": Decision.REVIEW,
    "idle": Decision.REVIEW,
    "mastered": Decision.ADVANCE,
}


class MasteryRow(NamedTuple):
    """The row of `mastery` of one learner and skill. Mastery in [0, 1], times in µs since the epoch.

    mastery, low and high are as of the last attempt; `expected` says what is left of them.
    """

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
    stalled: int = 0  # attempts since mastery last was higher than ever before
    recent_mean: float = 1.0  # mean mastery after the policy's last `advance_answers` attempts
    recent_best: float = 0.0  # highest mastery of the policy's last `spinning_after` attempts
    forget_drop: float = Forgetting().drop
    forget_half_life: float = Forgetting().half_life
    forget_spacing: float = Forgetting().spacing
    held: float = 0.0  # logits by which mastery is above what the model said after the last attempt
    provisional: bool = False  # the skill is only the unit that the last item is in
    first_attempts: int = 0  # of the attempts: the first on their item …
    first_wins: int = 0  # … and right; no rule reads these two

    @classmethod
    def of(cls, row: Mapping[str, Any], policy: Policy) -> MasteryRow:
        """A row of the fold, by column."""
        curve = row["curve"]
        answers = curve[-policy.advance_answers :]
        recent = {"recent_mean": add_up(answers) / len(answers), "recent_best": max(curve[-policy.spinning_after :])}
        return cls(**{name: recent[name] if name in recent else row[name] for name in cls._fields})

    @property
    def forgetting(self) -> Forgetting:
        return Forgetting(self.forget_drop, self.forget_half_life, self.forget_spacing)

    def days_since(self, now: int) -> float:
        return max(0.0, (now - self.last_time) / DAY)

    def expected(self, share: float, now: int) -> float:
        """What is left at `now` of mastery, or of an end of its interval."""
        return self.forgetting.expected(share, self.days_since(now), self.days, self.held)


class Prerequisite(NamedTuple):
    """What comes before a skill, and the learner's state there: mastery is what is expected now."""

    skill: str
    name: str
    mastery: float | None
    decision: Decision
    assumed: bool = False  # no prerequisite is stated: it precedes in the class's order
    overruled: bool = False  # a person decided


class Decided(NamedTuple):
    """A decision with its reason. `computed` follows from the evidence; it differs where a person overruled it.

    What a board shows beside it is computed where it is shown: most decisions only lead to others.
    """

    decision: Decision
    because: Reason
    computed: Decision
    computed_because: Reason
    estimate: float | None  # mastery expected now; None without attempts
    overruled: dict[str, Any] | None
    row: MasteryRow | None
    prerequisites: Sequence[Prerequisite] | None
    policy: Policy
    now: int

    @property
    def reason(self) -> str:
        return self.because.say()

    @property
    def computed_reason(self) -> str:
        return self.computed_because.say()

    @property
    def low(self) -> float | None:
        """The lower end of the estimate's interval."""
        return None if self.row is None or self.estimate is None else self.row.expected(self.row.low, self.now)

    @property
    def high(self) -> float | None:
        """The upper end of the interval of the mastery expected now."""
        return None if self.row is None or self.estimate is None else self.row.expected(self.row.high, self.now)

    @property
    def days_since(self) -> float | None:
        """Days since the last attempt."""
        return None if self.row is None else self.row.days_since(self.now)

    @property
    def urgency(self) -> float:
        """How urgent a decision is, in [0, 1]: any fresh help comes before any that is stale."""
        return _urgency(self)

    @property
    def evidence(self) -> dict[str, Any]:
        """The evidence that the decision follows from."""
        fields: dict[str, Any] = {} if self.row is None else self.row._asdict()
        if self.prerequisites:
            nearest_prerequisites = nearest(self.prerequisites)
            fields["prerequisites"] = [p._asdict() for p in nearest_prerequisites]
            if more_prerequisites := len(self.prerequisites) - len(nearest_prerequisites):
                fields["more_prerequisites"] = more_prerequisites
        return fields


def decide(
    evidence: MasteryRow | None,
    policy: Policy,
    prerequisites: Sequence[Prerequisite] | None,
    overruling: Overruling | None,
    now: int,
) -> Decided:
    """The decision for one learner and skill at `now` (µs since the epoch); a valid overruling takes precedence.

    What was never tried is start or wait by its prerequisites, or unknown where these are not given (None). Else the
    rules in order: unknown, help, practise, review, advance. With all else equal, more mastery never leads to a more
    worried decision (help, practise, review, advance).
    """
    tried = evidence is not None and evidence.attempts
    estimate = evidence.expected(evidence.mastery, now) if evidence is not None and tried else None
    computed, reason = _compute(evidence, policy, prerequisites, now, estimate)
    decision, why, overruled = computed, reason, None
    if overruling is not None and not has_ended(overruling, now):
        word, overruled = overruling.change, _overruled(overruling)
        decision = computed if word.decision is None else word.decision
        why = because("overruled", by=word.by, words=word.reason)
    return Decided(decision, why, computed, reason, estimate, overruled, evidence, prerequisites, policy, now)


def after(alone: Decided, prerequisites: Sequence[Prerequisite]) -> Decided:
    """What was decided whatever comes before, now given that: of what was tried it only says what help begins with."""
    if alone.estimate is not None and alone.computed != Decision.HELP:
        return alone._replace(prerequisites=prerequisites)
    computed, reason = _compute(alone.row, alone.policy, prerequisites, alone.now, alone.estimate)
    decision, why = computed, reason
    if alone.overruled is not None:
        decision, why = alone.overruled["decision"] or computed, alone.because
    return Decided(
        decision,
        why,
        computed,
        reason,
        alone.estimate,
        alone.overruled,
        alone.row,
        prerequisites,
        alone.policy,
        alone.now,
    )


def changes_after(evidence: MasteryRow | None, policy: Policy, overruling: Overruling | None, now: int) -> int | None:
    """When the clock alone will change the decision made at `now`; None if it never will.

    That is of what was tried, whatever comes before it; see lrs.pacing.clock_changes.ClockChanges.
    """
    moments: set[int] = set()
    if overruling is not None and overruling.change.until is not None:
        moments.add(overruling.change.until)
    if evidence is not None and evidence.attempts:
        law, mastery = evidence.forgetting, evidence.mastery
        ages: list[float | None] = [policy.stale_after, policy.review_after]
        for target in (policy.advance_at, mastery * (1.0 - policy.review_drop)):
            ages.append(law.days_until(mastery, target, evidence.days, evidence.held))
        # A moment after each: there is no clock between two microseconds.
        near = [age for age in ages if age is not None and age < FOREVER]
        moments |= {evidence.last_time + int(age * DAY) + microsecond for age in near for microsecond in (0, 1)}
    later = sorted(moment for moment in moments if moment > now)
    if not later:
        return None
    decisions_now = decisions_at(evidence, policy, overruling, now)
    # Where an overruling ends, what comes before the skill decides again, which is not known here.
    ends = None if overruling is None else overruling.change.until
    return next(
        (
            moment
            for moment in later
            if moment == ends or decisions_at(evidence, policy, overruling, moment) != decisions_now
        ),
        None,
    )


def decisions_at(
    evidence: MasteryRow | None, policy: Policy, overruling: Overruling | None, moment: int
) -> tuple[Decision, Decision]:
    """What `decide` says at a moment (µs) whatever comes before, and what it computes: without the reasons, which cost
    more than the rules."""
    tried = evidence is not None and evidence.attempts
    computed = DECISION_OF[_rule(evidence, policy, moment)] if evidence is not None and tried else Decision.UNKNOWN
    if overruling is None or has_ended(overruling, moment) or overruling.change.decision is None:
        return computed, computed
    return overruling.change.decision, computed


def _compute(
    evidence: MasteryRow | None,
    policy: Policy,
    prerequisites: Sequence[Prerequisite] | None,
    now: int,
    estimate: float | None,
) -> tuple[Decision, Reason]:
    if evidence is None or estimate is None:
        return _untried(prerequisites)
    rule = _rule(evidence, policy, now, estimate)
    return DECISION_OF[rule], _why(rule, evidence, policy, prerequisites, now, estimate)


def _rule(evidence: MasteryRow, policy: Policy, now: int, estimate: float | None = None) -> str:
    """The rule that decides of what was tried, by the code of its reason: the first of them that holds.

    What was shown after the last attempt decides; what time took since then leads to a review, and to nothing else.
    estimate: the mastery expected now, where it is known.
    """
    least, mastery = policy.min_attempts, evidence.mastery
    if evidence.attempts < least:
        return "too_few"
    if evidence.attempts < 2 * least and evidence.days_since(now) >= policy.stale_after:
        return "too_old"
    if evidence.streak <= -policy.stuck_after:
        return "stuck"
    trusted = evidence.attempts >= policy.trusted_after
    # Well below: even the upper end of the interval is short of moving on.
    if trusted and mastery < policy.help_below and evidence.high < policy.advance_at:
        return "low"
    if mastery < policy.advance_at:
        stalled = evidence.stalled >= policy.spinning_after and evidence.recent_best < policy.advance_at
        if stalled and (mastery < policy.spinning_below or evidence.stalled >= 3 * policy.spinning_after):
            return "no_gain"
        return "short_unsure" if mastery < policy.help_below else "short"  # few attempts, or a wide interval
    if not trusted:
        return "few_to_advance"
    if evidence.low < policy.advance_low:
        return "doubtful"
    if min(mastery, evidence.recent_mean) < policy.advance_bar:
        return "unconfirmed"
    if estimate is None:
        estimate = evidence.expected(mastery, now)
    # A share, which does not grow with mastery.
    if estimate < policy.advance_at or mastery - estimate >= policy.review_drop * mastery > 0.0:
        return "faded"
    return "idle" if evidence.days_since(now) >= policy.review_after else "mastered"


def _why(
    rule: str,
    evidence: MasteryRow,
    policy: Policy,
    prerequisites: Sequence[Prerequisite] | None,
    now: int,
    estimate: float,
) -> Reason:
    """The rule with the numbers that it compared."""
    days = evidence.days_since(now)
    tried = {"attempts": evidence.attempts, "right": evidence.wins}
    reached = {"practised": evidence.mastery, "mastery": estimate, **tried}
    review_values: dict[str, Any] = {}
    if DECISION_OF[rule] == Decision.HELP:  # how old the evidence is, and what to begin with
        review_values = ({"old": int(days)} if days >= policy.stale_after else {}) | _before(prerequisites)
    match rule:
        case "too_few":
            return because(rule, **tried, least=policy.min_attempts)
        case "too_old":
            return because(rule, **tried, days=int(days), least=2 * policy.min_attempts)
        case "stuck":
            return because(rule, num=-evidence.streak, **review_values)
        case "low":
            return because(rule, **reached, bar=policy.help_below, **review_values)
        case "no_gain":
            bar = policy.spinning_below if evidence.mastery < policy.spinning_below else policy.advance_at
            return because(rule, num=evidence.stalled, **reached, bar=bar, **review_values)
        case "short" | "short_unsure" | "mastered":
            return because(rule, **reached, bar=policy.advance_at)
        case "few_to_advance":
            return because(rule, **reached, least=policy.trusted_after)
        case "doubtful":
            return because(rule, **reached, low=evidence.low, bar=policy.advance_low)
        case "unconfirmed":
            last_answers = {"mean": evidence.recent_mean, "num": policy.advance_answers}
            return because(rule, **reached, **last_answers, bar=policy.advance_bar)
        case "faded":
            return because(rule, best=evidence.mastery, mastery=estimate, days=int(days))
        case _:
            return because(rule, mastery=estimate, days=int(days))


def _urgency(decided: Decided) -> float:
    """Help from .5 up while it is fresh, and ever less below that when it is not; then reviews by what is lost. What a
    person decided comes before others of its kind."""
    if decided.overruled is not None:
        return {Decision.HELP: 1.0, Decision.REVIEW: 0.25}.get(decided.decision, 0.0)
    if decided.row is None or decided.estimate is None:
        return 0.0
    if decided.decision == Decision.HELP:
        stale = decided.row.days_since(decided.now) / decided.policy.stale_after
        return 1.0 - decided.estimate / 2 if stale < 1.0 else 0.25 + (1.0 - decided.estimate) / (4 * stale + 1e-9)
    return 0.25 * (decided.row.mastery - decided.estimate) if decided.decision == Decision.REVIEW else 0.0


def _before(prerequisites: Sequence[Prerequisite] | None) -> dict[str, Any]:
    """What to begin with, as a reason names it."""
    weakest = help_begins_with(prerequisites or ())
    return {} if weakest is None else {"before": weakest.name, "share": _share_of(weakest)}


def weakest_missing(prerequisites: Sequence[Prerequisite]) -> Prerequisite | None:
    """The weakest prerequisite that is not mastered; one without evidence only if there is no other."""
    missing = [required for required in prerequisites if required.decision not in MASTERED]
    return min(
        missing, key=lambda required: (required.decision == Decision.UNKNOWN, required.mastery or 0.0), default=None
    )


def help_begins_with(prerequisites: Sequence[Prerequisite]) -> Prerequisite | None:
    """The same, for help; it does not begin with that of which a person decided that it needs none."""
    return weakest_missing(
        [required for required in prerequisites if not required.overruled or required.decision == Decision.HELP]
    )


def nearest(prerequisites: Sequence[Prerequisite]) -> Sequence[Prerequisite]:
    """The few that an answer names: of too many the weakest that is missing, then what else is, in their order."""
    if len(prerequisites) <= MOST_NAMED:
        return prerequisites
    weakest = weakest_missing(prerequisites)
    ranked = sorted(prerequisites, key=lambda required: (required is not weakest, required.decision in MASTERED))
    return ranked[:MOST_NAMED]


def _share_of(required: Prerequisite) -> float | None:
    return None if required.decision == Decision.UNKNOWN else required.mastery


def _untried(prerequisites: Sequence[Prerequisite] | None) -> tuple[Decision, Reason]:
    if prerequisites is None:
        return Decision.UNKNOWN, because("untried")
    if not prerequisites:
        return Decision.START, because("first")
    assumed = any(required.assumed for required in prerequisites)
    weakest = weakest_missing(prerequisites)
    if weakest is not None:
        return Decision.WAIT, because("waits", standing=weakest.name, share=_share_of(weakest), assumed=assumed)
    names, num = [required.name for required in nearest(prerequisites)], len(prerequisites)
    unnamed = {"more": num - len(names)} if num > len(names) else {}
    return Decision.START, because("ready", names=names, num=num, assumed=assumed, **unnamed)


def has_ended(overruling: Overruling, now: int) -> bool:
    until = overruling.change.until
    return until is not None and until <= now


def _overruled(overruling: Overruling) -> dict[str, Any]:
    word = overruling.change
    return {"decision": word.decision, "reason": word.reason, "by": word.by, "at": overruling.at, "until": word.until}
