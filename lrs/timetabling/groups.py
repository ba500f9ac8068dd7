"""Groups for mini-lessons: learners who lack the same, so that together they gain most. Pure.

Greedily the group that gains most, again and again; then learners change groups, come in or exchange places for as long
as the whole gains by it. One skill is one group, unless that would be too large or have two in it who do not work
together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
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
    gains: Gains,
    sizes: Sizes,
    most: int,
    apart: Mapping[str, Collection[str]] | None = None,
    begun: Iterable[LessonGroup] = (),
) -> list[LessonGroup]:
    """At most so many groups; each learner is in one at most, and in none with whom they do not work.

    begun: groups that there are already; others join them first, and their members stay with their skill.
    """
    foes = apart or {}
    groups = [LessonGroup(one.skill, dict(one.members)) for one in begun]
    while True:  # each round gains more, or has fewer groups: so it ends
        _greedily(groups, gains, sizes, most, foes)
        _exchange(groups, gains, sizes, foes)
        if not _gather(groups, sizes, foes):
            break
    groups.sort(key=lambda one: (-one.gain, one.skill))
    return groups


def _greedily(
    groups: list[LessonGroup], gains: Gains, sizes: Sizes, most: int, apart: Mapping[str, Collection[str]]
) -> None:
    placed = {learner for one in groups for learner in one.members}
    left = {learner: dict(by_skill) for learner, by_skill in gains.items() if learner not in placed}
    while True:
        skills = sorted({skill for by_skill in left.values() for skill in by_skill})
        joins = [_joining(left, one, sizes, apart) for one in groups]
        found = [(sum(gain.values()), one, gain) for one, gain in zip(groups, joins, strict=True) if gain]
        if len(groups) < most:
            open_ = {one.skill for _, one, _ in found}  # whoever can join a group of a skill forms no other one
            for skill in skills:
                made = LessonGroup(skill)
                gain = {} if skill in open_ else _joining(left, made, sizes, apart)
                if len(gain) >= sizes.least:
                    found.append((sum(gain.values()), made, gain))
        if not found:
            break
        _, best, members = max(found, key=lambda one: one[0])
        if not best.members:
            groups.append(best)
        best.members |= members
        for learner in members:
            del left[learner]


def _joining(left: Gains, to: LessonGroup, sizes: Sizes, apart: Mapping[str, Collection[str]]) -> dict[str, float]:
    """Who comes into a group, as far as it has room: those who gain most."""
    made = LessonGroup(to.skill, dict(to.members))
    asking = sorted(((by_skill[to.skill], one) for one, by_skill in left.items() if to.skill in by_skill), reverse=True)
    for gain, learner in asking:
        if len(made.members) < sizes.most and _fits(made, learner, apart):
            made.members[learner] = gain
    return {learner: gain for learner, gain in made.members.items() if learner not in to.members}


def _gather(groups: list[LessonGroup], sizes: Sizes, apart: Mapping[str, Collection[str]]) -> bool:
    """Make as few groups of each skill as its members allow, first of those who lack most; whether there are fewer."""
    before = len(groups)
    for skill in sorted({one.skill for one in groups}):
        of_skill = [one for one in groups if one.skill == skill]
        if len(of_skill) == 1:
            continue
        members = dict(sorted((item for one in of_skill for item in one.members.items()), key=lambda i: (-i[1], i[0])))
        for count in range(-(-len(members) // sizes.most), len(of_skill) + 1):
            if (made := _split(skill, members, count, sizes, apart)) is not None:
                groups[:] = [one for one in groups if one.skill != skill] + made
                break
    return len(groups) < before


def _split(
    skill: str, members: Mapping[str, float], count: int, sizes: Sizes, apart: Mapping[str, Collection[str]]
) -> list[LessonGroup] | None:
    """So many groups of about the same size; None where they cannot be made of these."""
    made = [LessonGroup(skill) for _ in range(count)]
    even, more = divmod(len(members), count)
    wanted = [even + (number < more) for number in range(count)]
    for learner, gain in members.items():
        fits = [
            (len(one.members) >= size, number)
            for number, (one, size) in enumerate(zip(made, wanted, strict=True))
            if len(one.members) < sizes.most and _fits(one, learner, apart)
        ]
        if not fits:
            return None
        made[min(fits)[1]].members[learner] = gain
    return made if all(len(one.members) >= sizes.least for one in made) else None


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
        back = gains.get(one, {}).get(own.skill, 0.0) if own else 0.0
        if one not in gains or (own and back <= 0) or gain + back <= has + other.members[one] + 1e-9:
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
