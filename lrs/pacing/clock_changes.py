"""When the clock alone changes what is decided of a learner's skills, or where that leads.

Time changes a decision where evidence grows old, a review falls due, or an overruling ends. It changes where a decision
leads as well: what comes before a skill is mastered or not, and of what is missing another skill becomes the weakest,
as it is forgotten faster. All moments are in µs since the epoch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lrs.pacing.decide import Decided, Prerequisite, after
from lrs.pacing.forgetting_order import falls_below
from lrs.pacing.sequence import LearnerAtMoment, leads_back, prerequisite_to_begin_with
from schemas.decision import MASTERED, Decision

_MOST_CHANGES = 8  # followed of one skill: it grows old, is forgotten, falls due for review, an overruling ends


class ClockChanges:
    """The moments of one learner. What the clock does to a skill that comes before others is found once for all."""

    def __init__(self, learner: LearnerAtMoment, skills: Sequence[str] = ()) -> None:
        """skills: those of the class, of which what advances leads to one."""
        self._learner, self._skills = learner, skills
        self._first: dict[str, int | None] = {}
        self._changes: dict[str, list[tuple[int, Decision]]] = {}
        self._untaught: list[int] | None = None  # when what is not taught changes what it opens

    def next_change(self, skill: str) -> int | None:
        """When the decision on a skill, or what it waits for or begins with, changes; None if it never will."""
        made_now = self._learner.decide(skill)
        if made_now.estimate is not None and not leads_back(made_now):
            return self.next_change_alone(skill)
        before = {prerequisite.skill: prerequisite for prerequisite in self._learner.before(skill)}
        weakest = prerequisite_to_begin_with(made_now, before.values()) if leads_back(made_now) else None
        moment = self._when_decided_otherwise(skill, made_now, before, weakest)
        return moment if weakest is None else self._when_another_is_weakest(made_now, before, weakest, moment)

    def _when_decided_otherwise(
        self, skill: str, made_now: Decided, before: Mapping[str, Prerequisite], weakest: Prerequisite | None
    ) -> int | None:
        """When another decision on the skill, or on one that comes before it, changes the result: what is decided of
        the skill, or which skill that begins with."""
        moments = {moment for moment, _ in self._changes_of(skill)}
        changes: dict[int, list[tuple[str, Decision]]] = {moment: [] for moment in moments}
        for name in before:
            for moment, decision in self._changes_of(name):
                changes.setdefault(moment, []).append((name, decision))
        missing = {name for name, prerequisite in before.items() if prerequisite.decision not in MASTERED}
        decisions_now = _decisions(made_now)
        for moment in sorted(changes):
            was_open = not missing
            for name, decision in changes[moment]:
                (missing.discard if decision in MASTERED else missing.add)(name)
            if made_now.estimate is not None:
                if moment == self.next_change_alone(skill):
                    return moment
            elif (moment in moments or was_open == bool(missing)) and self._decided_at(
                skill, moment, before, missing
            ) != decisions_now:
                return moment
            changed = {name for name, _ in changes[moment]}
            if leads_back(made_now) and self._begins_with_another(made_now, before, weakest, changed, moment):
                return moment
        return None

    def _begins_with_another(
        self,
        made_now: Decided,
        before: Mapping[str, Prerequisite],
        weakest: Prerequisite | None,
        changed: set[str],
        moment: int,
    ) -> bool:
        """Whether, once the clock changed some of it, something else is the weakest of what is missing, or little is
        known of it from then on."""
        if not changed:
            return False
        if weakest is not None and weakest.skill not in changed:  # the others are what they were
            before = {name: it for name, it in before.items() if name in changed or name == weakest.skill}
        prerequisites = [self._learner.prerequisite_at(prerequisite, moment) for prerequisite in before.values()]
        then = prerequisite_to_begin_with(made_now, prerequisites)
        return _said_of(then) != _said_of(weakest)

    def _when_another_is_weakest(
        self, made_now: Decided, before: Mapping[str, Prerequisite], weakest: Prerequisite, end: int | None
    ) -> int | None:
        """When forgetting makes another of what is missing the weakest; `end` if it does not before that."""
        evidence = self._learner.evidence
        at_par = True  # of equals the first is the weakest
        for name, prerequisite in before.items():
            if name == weakest.skill:
                at_par = False
            elif prerequisite.mastery is not None and weakest.mastery is not None:
                for start, stop in self._when_it_competes(made_now, prerequisite, weakest, end):
                    moment = falls_below(evidence[name], evidence[weakest.skill], start, stop, at_par)
                    if moment is not None:
                        end = moment
                        break
        return end

    def _when_it_competes(
        self, made_now: Decided, prerequisite: Prerequisite, weakest: Prerequisite, end: int | None
    ) -> Iterator[tuple[int, int | None]]:
        """The stretches of time before `end` in which a decision begins with a prerequisite if that is the weakest."""
        turns = [moment for moment, _ in self._changes_of(prerequisite.skill) if end is None or moment < end]
        for start, stop in zip([self._learner.now, *turns], [*turns, end], strict=True):
            at_start = start == self._learner.now
            then = prerequisite if at_start else self._learner.prerequisite_at(prerequisite, start)
            little_known = then.decision == Decision.UNKNOWN
            if prerequisite_to_begin_with(made_now, [then]) and little_known == (weakest.decision == Decision.UNKNOWN):
                yield start, stop

    def next_opening(self) -> int | None:
        """When a skill of the class opens or closes by one that is not taught in it; None if none ever does."""
        if self._untaught is None:
            untaught = self._learner.untaught(self._skills)
            self._untaught = [moment for name in untaught for moment, _ in self._first_turn(name)]
        return min(self._untaught, default=None)

    def _first_turn(self, skill: str) -> list[tuple[int, Decision]]:
        """The first change by which a skill is mastered, or no longer so; empty if there is none."""
        mastered = self._learner.decision_at(skill, self._learner.now) in MASTERED
        return [change for change in self._changes_of(skill) if (change[1] in MASTERED) != mastered][:1]

    def _decided_at(
        self, skill: str, moment: int, before: Mapping[str, Prerequisite], missing: set[str]
    ) -> tuple[Decision, Decision, bool]:
        """`_decisions` then: they follow from whether anything is missing, not from what or how much."""
        waits_for = next(iter(missing or before), None)
        decision = Decision.WAIT if missing else Decision.ADVANCE
        prerequisites = [] if waits_for is None else [before[waits_for]._replace(decision=decision)]
        return _decisions(after(self._learner.alone_at(skill, moment), prerequisites))

    def next_change_alone(self, skill: str) -> int | None:
        """When the clock changes the decision on a skill whatever comes before it; None if it never will."""
        if skill not in self._first:
            self._first[skill] = self._learner.changes_after(skill, self._learner.now)
        return self._first[skill]

    def _changes_of(self, skill: str) -> list[tuple[int, Decision]]:
        """When the clock changes what is decided of a skill whatever comes before it, and to which decision."""
        changes = self._changes.get(skill)
        if changes is None:
            changes, moment = [], self.next_change_alone(skill)
            while moment is not None and len(changes) < _MOST_CHANGES:
                changes.append((moment, self._learner.decision_at(skill, moment)))
                moment = self._learner.changes_after(skill, moment)
            self._changes[skill] = changes
        return changes


def _decisions(decided: Decided) -> tuple[Decision, Decision, bool]:
    """What is decided, what is computed, and whether a person decided: an overruling may end in what it said."""
    return decided.decision, decided.computed, decided.overruled is not None


def _said_of(prerequisite: Prerequisite | None) -> tuple[str, bool] | None:
    """What a reason says of what comes before, but for how much of it is mastered."""
    return None if prerequisite is None else (prerequisite.skill, prerequisite.decision == Decision.UNKNOWN)
