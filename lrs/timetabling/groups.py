"""Groups for mini-lessons: learners who lack the same, so that together they gain most. Pure.

Greedily the group that gains most, again and again; then learners change groups, come in or exchange places for as long
as the whole gains by it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from schemas.timetable import Sizes

Gains = Mapping[str, Mapping[str, float]]  # by learner and skill: what a lesson of it would give them, above 0


@dataclass(slots=True)
class LessonGroup:
    """Who has a lesson of a skill together, with what each gains."""

    skill: str
    members: dict[str, float] = field(default_factory=dict)

    @property
    def gain(self) -> float:
        return sum(self.members.values())


def group(
    gains: Gains, sizes: Sizes, most: int, apart: Mapping[str, Collection[str]] | None = None
) -> list[LessonGroup]:
    """At most so many groups; each learner is in one at most, and in none with whom they do not work."""
    groups = _greedily(gains, sizes, most, apart or {})
    _exchange(groups, gains, sizes, apart or {})
    groups.sort(key=lambda one: (-one.gain, one.skill))
    return groups


def _greedily(gains: Gains, sizes: Sizes, most: int, apart: Mapping[str, Collection[str]]) -> list[LessonGroup]:
    left = {learner: dict(by_skill) for learner, by_skill in gains.items()}
    found: list[LessonGroup] = []
    while len(found) < most:
        skills = sorted({skill for by_skill in left.values() for skill in by_skill})
        best = max(
            (_best(left, skill, sizes, apart) for skill in skills), key=lambda one: one.gain, default=LessonGroup("")
        )
        if not best.members:
            break
        found.append(best)
        for learner in best.members:
            del left[learner]
    return found


def _best(left: Gains, skill: str, sizes: Sizes, apart: Mapping[str, Collection[str]]) -> LessonGroup:
    """The group of a skill that gains most; empty where there are too few."""
    made = LessonGroup(skill)
    asking = sorted(((by_skill[skill], one) for one, by_skill in left.items() if skill in by_skill), reverse=True)
    for gain, learner in asking:
        if len(made.members) < sizes.most and _fits(made, learner, apart):
            made.members[learner] = gain
    return made if len(made.members) >= sizes.least else LessonGroup(skill)


def _exchange(groups: list[LessonGroup], gains: Gains, sizes: Sizes, apart: Mapping[str, Collection[str]]) -> None:
    """Every step makes the whole gain more, so it ends."""
    while _step(groups, gains, sizes, apart):
        pass


def _step(groups: list[LessonGroup], gains: Gains, sizes: Sizes, apart: Mapping[str, Collection[str]]) -> bool:
    where = {learner: one for one in groups for learner in one.members}
    for learner in sorted(gains):
        own = where.get(learner)
        has = own.members[learner] if own else 0.0
        for other in groups:
            gain = gains[learner].get(other.skill, 0.0)
            if other is own or gain <= 0:
                continue
            leaves = own is None or len(own.members) > sizes.least
            if leaves and gain > has and len(other.members) < sizes.most and _fits(other, learner, apart):
                _move(learner, own, other, gain)
                return True
            if _swapped(learner, own, other, gains, apart):
                return True
    return False


def _swapped(
    learner: str, own: LessonGroup | None, other: LessonGroup, gains: Gains, apart: Mapping[str, Collection[str]]
) -> bool:
    """Exchange a learner with one of another group, or one of no group with one of a group, where it gains."""
    has = own.members[learner] if own else 0.0
    gain = gains[learner].get(other.skill, 0.0)
    for one in sorted(other.members):
        back = gains[one].get(own.skill, 0.0) if own else 0.0
        if (own and back <= 0) or gain + back <= has + other.members[one] + 1e-9:
            continue
        if not _fits(other, learner, apart, one) or (own and not _fits(own, one, apart, learner)):
            continue
        del other.members[one]
        _move(learner, own, other, gain)
        if own:
            own.members[one] = back
        return True
    return False


def _move(learner: str, own: LessonGroup | None, other: LessonGroup, gain: float) -> None:
    if own:
        del own.members[learner]
    other.members[learner] = gain


def _fits(group: LessonGroup, learner: str, apart: Mapping[str, Collection[str]], without: str = "") -> bool:
    foes = apart.get(learner, ())
    return not any(one in foes for one in group.members if one != without)
