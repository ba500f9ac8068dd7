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
    groups = [LessonGroup(begun_group.skill, dict(begun_group.members)) for begun_group in begun]
    while True:  # each round gains more, or has fewer groups: so it ends
        _greedily(groups, gains, sizes, most, foes)
        _exchange(groups, gains, sizes, foes)
        if not _gather(groups, sizes, foes):
            break
    groups.sort(key=lambda lesson_group: (-lesson_group.gain, lesson_group.skill))
    return groups


def _greedily(
    groups: list[LessonGroup], gains: Gains, sizes: Sizes, most: int, apart: Mapping[str, Collection[str]]
) -> None:
    placed = {learner for lesson_group in groups for learner in lesson_group.members}
    unplaced = {learner: dict(by_skill) for learner, by_skill in gains.items() if learner not in placed}
    while True:
        skills = sorted({skill for by_skill in unplaced.values() for skill in by_skill})
        joins = [_joining(unplaced, lesson_group, sizes, apart) for lesson_group in groups]
        joinable = [
            (sum(gain.values()), lesson_group, gain) for lesson_group, gain in zip(groups, joins, strict=True) if gain
        ]
        if len(groups) < most:
            # Whoever can join a group of a skill forms no other one.
            open_ = {lesson_group.skill for _, lesson_group, _ in joinable}
            for skill in skills:
                new_group = LessonGroup(skill)
                gain = {} if skill in open_ else _joining(unplaced, new_group, sizes, apart)
                if len(gain) >= sizes.least:
                    joinable.append((sum(gain.values()), new_group, gain))
        if not joinable:
            break
        _, best, members = max(joinable, key=lambda joining: joining[0])
        if not best.members:
            groups.append(best)
        best.members |= members
        for learner in members:
            del unplaced[learner]


def _joining(unplaced: Gains, to: LessonGroup, sizes: Sizes, apart: Mapping[str, Collection[str]]) -> dict[str, float]:
    """Who comes into a group, as far as it has room: those who gain most."""
    grown = LessonGroup(to.skill, dict(to.members))
    asking = sorted(
        ((by_skill[to.skill], candidate) for candidate, by_skill in unplaced.items() if to.skill in by_skill),
        reverse=True,
    )
    for gain, learner in asking:
        if len(grown.members) < sizes.most and _fits(grown, learner, apart):
            grown.members[learner] = gain
    return {learner: gain for learner, gain in grown.members.items() if learner not in to.members}


def _gather(groups: list[LessonGroup], sizes: Sizes, apart: Mapping[str, Collection[str]]) -> bool:
    """Make as few groups of each skill as its members allow, first of those who lack most; whether there are fewer."""
    before = len(groups)
    for skill in sorted({lesson_group.skill for lesson_group in groups}):
        of_skill = [lesson_group for lesson_group in groups if lesson_group.skill == skill]
        if len(of_skill) == 1:
            continue
        members = dict(
            sorted(
                (item for lesson_group in of_skill for item in lesson_group.members.items()),
                key=lambda i: (-i[1], i[0]),
            )
        )
        for count in range(-(-len(members) // sizes.most), len(of_skill) + 1):
            if (split_groups := _split(skill, members, count, sizes, apart)) is not None:
                groups[:] = [lesson_group for lesson_group in groups if lesson_group.skill != skill] + split_groups
                break
    return len(groups) < before


def _split(
    skill: str, members: Mapping[str, float], count: int, sizes: Sizes, apart: Mapping[str, Collection[str]]
) -> list[LessonGroup] | None:
    """So many groups of about the same size; None where they cannot be made of these."""
    split_groups = [LessonGroup(skill) for _ in range(count)]
    even, more = divmod(len(members), count)
    group_sizes = [even + (number < more) for number in range(count)]
    for learner, gain in members.items():
        fits = [
            (len(lesson_group.members) >= size, number)
            for number, (lesson_group, size) in enumerate(zip(split_groups, group_sizes, strict=True))
            if len(lesson_group.members) < sizes.most and _fits(lesson_group, learner, apart)
        ]
        if not fits:
            return None
        split_groups[min(fits)[1]].members[learner] = gain
    return split_groups if all(len(lesson_group.members) >= sizes.least for lesson_group in split_groups) else None


def _exchange(groups: list[LessonGroup], gains: Gains, sizes: Sizes, apart: Mapping[str, Collection[str]]) -> None:
    """Every step makes the whole gain more, so it ends."""
    while _step(groups, gains, sizes, apart):
        pass


def _step(groups: list[LessonGroup], gains: Gains, sizes: Sizes, apart: Mapping[str, Collection[str]]) -> bool:
    where = {learner: lesson_group for lesson_group in groups for learner in lesson_group.members}
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
    for member in sorted(other.members):
        back = gains.get(member, {}).get(own.skill, 0.0) if own else 0.0
        if member not in gains or (own and back <= 0) or gain + back <= has + other.members[member] + 1e-9:
            continue
        if not _fits(other, learner, apart, member) or (own and not _fits(own, member, apart, learner)):
            continue
        del other.members[member]
        _move(learner, own, other, gain)
        if own:
            own.members[member] = back
        return True
    return False


def _move(learner: str, own: LessonGroup | None, other: LessonGroup, gain: float) -> None:
    if own:
        del own.members[learner]
    other.members[learner] = gain


def _fits(group: LessonGroup, learner: str, apart: Mapping[str, Collection[str]], without: str = "") -> bool:
    foes = apart.get(learner, ())
    return not any(member in foes for member in group.members if member != without)
