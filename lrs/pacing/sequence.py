"""In which order skills are learnt: what is decided of each, given what comes before it, and where it leads.

What comes before a skill is what the catalog says it requires. Without such a graph it is the skill before it in the
order of the class: the course's, else that in which the class first met its skills. That order is assumed, and
marked so; it affects only skills that were never tried.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lrs.pacing.decide import (
    Decided,
    MasteryRow,
    Prerequisite,
    after,
    changes_after,
    decide,
    decisions_at,
    has_ended,
    help_begins_with,
    nearest,
    weakest_missing,
)
from lrs.pacing.display_names import catalog_name
from lrs.pacing.policies import PolicyOf, policy_of
from schemas.catalog import Catalog
from schemas.decision import MASTERED, Decision

Order = Sequence[str]  # the skills of a class, in teaching order
Evidence = Mapping[str, MasteryRow]  # of one learner, by skill


class Sequenced(NamedTuple):
    """A decision, where it leads, and whether that rests on an assumed order.

    leads: the skill to work on: the skill itself, what comes before it, or for advance the next one; "" for none.
    blocked: of wait, what it waits for: as many as an answer names, and how many more.
    """

    decided: Decided
    leads: str
    blocked: tuple[str, ...] = ()
    assumed: bool = False
    blocked_more: int = 0


class KnownDecision(NamedTuple):
    """What was decided of a skill before, and where it led."""

    decision: str
    leads: str


def decide_all(
    catalog: Catalog,
    person: str,
    skills: Iterable[str],
    evidence: Evidence,
    now: int,
    orders: Sequence[Order] = (),
    names: Mapping[str, str] | None = None,
    policy: PolicyOf | None = None,
) -> dict[str, Sequenced]:
    """The decisions on a learner's skills at `now` (µs).

    orders: of the classes that the learner is in, or of the one that is looked at; names: of skills, where they are
    not the catalog's; policy: of each skill; without it, the policy that applies outside any class.
    """
    return LearnerAtMoment(catalog, person, evidence, now, orders, names, policy).decide_all(skills)


@dataclass(frozen=True, slots=True)
class _Ordered:
    """A class's order. place: of each skill in it; assumed: none of its skills requires another."""

    skills: Order
    place: Mapping[str, int]
    assumed: bool


def _ordered(catalog: Catalog, orders: Iterable[Order]) -> list[_Ordered]:
    return [
        _Ordered(order, {skill: at for at, skill in enumerate(order)}, not any(catalog.required(s) for s in order))
        for order in orders
    ]


class LearnerAtMoment:
    """What is decided of one learner at one moment; see `decide_all`."""

    def __init__(
        self,
        catalog: Catalog,
        person: str,
        evidence: Evidence,
        now: int,
        orders: Sequence[Order] = (),
        names: Mapping[str, str] | None = None,
        policy: PolicyOf | None = None,
    ) -> None:
        self.catalog, self.person, self.evidence, self.now = catalog, person, evidence, now
        self.orders, self.names = _ordered(catalog, orders), names or {}
        self.policy = policy or policy_of(catalog, ())
        self._overrulings = catalog.overrulings
        self._alone: dict[str, Decided] = {}
        self._decided: dict[str, Decided] = {}
        self._before: dict[str, list[Prerequisite]] = {}
        self._stated: dict[str, Prerequisite] = {}  # one may come before hundreds
        self._mastered: dict[str, bool] = {}

    def decide_all(self, skills: Iterable[str], others: Mapping[str, str] | None = None) -> dict[str, Sequenced]:
        """The decisions on skills, and where each leads. others: what is known to be decided of more skills."""
        ordered_skills = list(skills)
        decided = {skill: self.decide(skill) for skill in ordered_skills}
        decisions: dict[str, str] = {**(others or {}), **{skill: made.decision for skill, made in decided.items()}}
        following = [_Following(self, order, decisions) for order in self.orders]
        sequenced: dict[str, Sequenced] = {}
        for skill in ordered_skills:
            decision = decided[skill]
            before = self.before(skill)
            if decision.decision == Decision.ADVANCE:
                leads, assumed = _next(following, skill)
                sequenced[skill] = Sequenced(decision, leads, (), assumed and bool(leads))
            elif leads_back(decision) and (weakest := prerequisite_to_begin_with(decision, before)) is not None:
                if decision.decision == Decision.HELP:
                    sequenced[skill] = Sequenced(decision, weakest.skill, (), weakest.assumed)
                    continue
                missing = [p for p in before if p.decision not in MASTERED]
                blocked = tuple(p.skill for p in nearest(missing))
                sequenced[skill] = Sequenced(
                    decision, weakest.skill, blocked, weakest.assumed, len(missing) - len(blocked)
                )
            else:
                sequenced[skill] = Sequenced(decision, skill, (), any(p.assumed for p in before))
        return sequenced

    def differ(self, skills: Sequence[str], changed: Collection[str], known: Mapping[str, KnownDecision]) -> list[str]:
        """The skills to decide again. known: what was decided before; changed: of what there is new evidence since.

        - those that changed, and those of which nothing is known;
        - what comes right after one of these;
        - what advances to another skill than before, or will once the clock changes a skill that is not taught.
        """
        touched = {skill for skill in skills if skill not in known}.union(changed)
        found = {
            skill for skill in skills if skill in touched or any(name in touched for name in self._names_before(skill))
        }
        decisions: dict[str, str] = {
            skill: self.decide(skill).decision if skill in found else known[skill].decision for skill in skills
        }
        following = [_Following(self, order, decisions) for order in self.orders]
        opens = not self.untaught(skills).isdisjoint(changed)
        return [
            skill
            for skill in skills
            if skill in found
            or (decisions[skill] == Decision.ADVANCE and (opens or _next(following, skill)[0] != known[skill].leads))
        ]

    def untaught(self, skills: Iterable[str]) -> set[str]:
        """What some skills require that is none of them."""
        taught = set(skills)
        return {name for skill in taught for name in self.catalog.required(skill)} - taught

    def decide(self, skill: str) -> Decided:
        decided = self._decided.get(skill)
        if decided is None:
            decided = self._decided[skill] = after(self.alone(skill), self.before(skill))
        return decided

    def before(self, skill: str) -> list[Prerequisite]:
        """What comes before a skill; of what was tried, only what the catalog says."""
        prerequisites = self._before.get(skill)
        if prerequisites is None:
            prerequisites = self._before[skill] = self._found_before(skill)
        return prerequisites

    def _found_before(self, skill: str) -> list[Prerequisite]:
        if required := self.catalog.required(skill):
            return [
                self._stated.get(prerequisite) or self._cached_prerequisite(prerequisite) for prerequisite in required
            ]
        tried = self.evidence.get(skill)
        if tried is not None and tried.attempts:
            return []
        ways = []
        for order in self.orders:
            if (at := order.place.get(skill)) is not None:
                if at == 0 or not order.assumed:
                    return []
                ways.append(self._prerequisite(order.skills[at - 1], True))
        mastered = [way for way in ways if way.decision in MASTERED]  # one class's order is enough
        return (mastered or ways)[:1]

    def _names_before(self, skill: str) -> Sequence[str]:
        """What `before` looks at, and maybe more."""
        places = [(order, order.place.get(skill, 0)) for order in self.orders]
        return self.catalog.required(skill) or [order.skills[at - 1] for order, at in places if at]

    def is_open(self, skill: str) -> bool:
        """Whether all that the catalog says it requires is mastered."""
        return all(self._is_mastered(required) for required in self.catalog.required(skill))

    def _is_mastered(self, skill: str) -> bool:
        mastered = self._mastered.get(skill)
        if mastered is None:
            decided = self._alone.get(skill)
            decision = self.decision_at(skill, self.now) if decided is None else decided.decision
            mastered = self._mastered[skill] = decision in MASTERED
        return mastered

    def alone(self, skill: str) -> Decided:
        """What is decided of a skill whatever comes before it."""
        decided = self._alone.get(skill)
        if decided is None:
            decided = self._alone[skill] = self.alone_at(skill, self.now)
        return decided

    def alone_at(self, skill: str, moment: int) -> Decided:
        """As `alone`, at another moment."""
        overruling = self._overrulings.get((self.person, skill))
        return decide(self.evidence.get(skill), self.policy(skill), None, overruling, moment)

    def decision_at(self, skill: str, moment: int) -> Decision:
        """The decision of `alone_at`."""
        overruling = self._overrulings.get((self.person, skill))
        return decisions_at(self.evidence.get(skill), self.policy(skill), overruling, moment)[0]

    def prerequisite_at(self, required: Prerequisite, moment: int) -> Prerequisite:
        """What comes before a skill, at another moment."""
        row, overruling = self.evidence.get(required.skill), self._overrulings.get((self.person, required.skill))
        return required._replace(
            mastery=None if row is None or required.mastery is None else row.expected(row.mastery, moment),
            decision=self.decision_at(required.skill, moment),
            overruled=overruling is not None and not has_ended(overruling, moment),
        )

    def changes_after(self, skill: str, moment: int) -> int | None:
        """When the clock alone changes what is decided of a skill after a moment; None if it never does."""
        overruling = self._overrulings.get((self.person, skill))
        return changes_after(self.evidence.get(skill), self.policy(skill), overruling, moment)

    def _cached_prerequisite(self, skill: str) -> Prerequisite:
        prerequisite = self._stated[skill] = self._prerequisite(skill, False)
        return prerequisite

    def _prerequisite(self, skill: str, assumed: bool) -> Prerequisite:
        decided = self.alone(skill)
        name = self.names.get(skill) or catalog_name(self.catalog, skill)
        return Prerequisite(skill, name, decided.estimate, decided.decision, assumed, decided.overruled is not None)


def leads_back(decided: Decided) -> bool:
    """Whether a decision leads to what comes before its skill."""
    return decided.decision == Decision.WAIT or (decided.decision == Decision.HELP and not decided.overruled)


def prerequisite_to_begin_with(decided: Decided, before: Iterable[Prerequisite]) -> Prerequisite | None:
    """Which of what comes before: all that is missing counts for what waits."""
    return (help_begins_with if decided.decision == Decision.HELP else weakest_missing)(list(before))


class _Following:
    """Which skills of an order can be worked on, and are not done."""

    def __init__(self, learner: LearnerAtMoment, order: _Ordered, decisions: Mapping[str, str]) -> None:
        self.order = order
        self._open = [
            at
            for at, skill in enumerate(order.skills)
            if decisions.get(skill, Decision.WAIT) not in (Decision.ADVANCE, Decision.WAIT) and learner.is_open(skill)
        ]

    def after(self, skill: str) -> str:
        """The first of them behind a skill, else the first of all."""
        if not self._open:
            return ""
        behind = bisect_right(self._open, self.order.place.get(skill, -1))
        return self.order.skills[self._open[behind if behind < len(self._open) else 0]]


def _next(following: Sequence[_Following], skill: str) -> tuple[str, bool]:
    """The skill that follows, in its own class if there is one ("" for none), and whether the order is assumed."""
    own_class_first = sorted(following, key=lambda class_order: skill not in class_order.order.place)
    for class_order in own_class_first:
        if leads := class_order.after(skill):
            return leads, class_order.order.assumed
    return "", False
