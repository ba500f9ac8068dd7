"""Which rules a plan breaks that a person changed, so that they can be named where they are. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import NamedTuple

from lrs.timetabling.day import PEERS, TEACHER, DayToPlan
from lrs.timetabling.plan import Cell, Plan
from lrs.timetabling.tally import Tally
from schemas.wording import worded


class PlanRule(StrEnum):
    PLACES = "places"
    SCREENS = "screens"
    LEADER = "leader"
    SUPERVISED = "supervised"
    SIZE = "size"
    APART = "apart"
    ABSENT = "absent"
    LESSON = "lesson"
    LENGTH = "length"
    LIMITS = "limits"
    OPENED = "opened"


_SAYS = {
    PlanRule.PLACES: worded("the room has too few places"),
    PlanRule.SCREENS: worded("the room has too few screens"),
    PlanRule.LEADER: worded("nobody is free to lead the group"),
    PlanRule.SUPERVISED: worded("no adult is in the room"),
    PlanRule.SIZE: worded("the group is too small or too large"),
    PlanRule.APART: worded("they work badly together"),
    PlanRule.ABSENT: worded("is absent"),
    PlanRule.LESSON: worded("has a lesson"),
    PlanRule.LENGTH: worded("it takes longer than the slot"),
    PlanRule.LIMITS: worded("more of a skill, of screens or of teacher's time than a day allows, or the same twice"),
    PlanRule.OPENED: worded("it can no longer be opened"),
}


class BrokenRule(NamedTuple):
    """A rule that is broken in a slot, by these learners' cells."""

    rule: PlanRule
    slot: str
    learners: tuple[str, ...]

    def sentence(self, name: Callable[[str], str]) -> str:
        """The broken rule in plain words."""
        return worded("%(names)s: %(rule)s", names=", ".join(map(name, self.learners)), rule=_SAYS[self.rule])


def broken_rules(day: DayToPlan, plan: Plan, opened: Callable[[str], bool] = lambda _: True) -> list[BrokenRule]:
    """All rules that a plan breaks. opened: whether a task can be opened."""
    broken = [*_of_learners(day, plan, opened), *_of_rooms(day, plan), *_of_groups(day, plan)]
    order = {slot.id: number for number, slot in enumerate(day.slots)}
    return sorted(broken, key=lambda broken_rule: (order[broken_rule.slot], broken_rule.rule, broken_rule.learners))


def _of_learners(day: DayToPlan, plan: Plan, opened: Callable[[str], bool]) -> Iterator[BrokenRule]:
    for learner in day.learners:
        mine = [(slot, plan.cells[learner.id, slot.id]) for slot in day.slots if (learner.id, slot.id) in plan.cells]
        # What a person chose is a need, whatever was computed.
        tally = Tally(day, learner, [cell.task for _, cell in mine])
        for slot, cell in mine:
            task = day.tasks[cell.task]
            who = (learner.id,)
            if learner.id in day.absent:
                yield BrokenRule(PlanRule.ABSENT, slot.id, who)
            elif slot.id not in day.free_ids[learner.id]:
                yield BrokenRule(PlanRule.LESSON, slot.id, who)
            if not opened(task.id):
                yield BrokenRule(PlanRule.OPENED, slot.id, who)
            if not day.fits(task, slot):
                yield BrokenRule(PlanRule.LENGTH, slot.id, who)
            elif tally.allows(task, slot):
                tally.add(task, slot)
            else:
                yield BrokenRule(PlanRule.LIMITS, slot.id, who)


def _of_rooms(day: DayToPlan, plan: Plan) -> Iterator[BrokenRule]:
    inside: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (learner, slot), cell in sorted(plan.cells.items()):
        inside[slot, cell.room].append(learner)
    for (slot, room_id), who in inside.items():
        room = next((room_here for room_here in day.rooms_in[slot] if room_here.id == room_id), None)
        cells = [plan.cells[learner, slot] for learner in who]
        looking = [w for w, cell in zip(who, cells, strict=True) if day.tasks[cell.task].screen]
        if room is None or len(who) > room.places:
            yield BrokenRule(PlanRule.PLACES, slot, tuple(who))
        if room and len(looking) > room.screens:
            yield BrokenRule(PlanRule.SCREENS, slot, tuple(looking))
        if room and room.supervised and (room.id, slot) not in plan.supervisors and not any(c.adult for c in cells):
            yield BrokenRule(PlanRule.SUPERVISED, slot, tuple(who))


def _of_groups(day: DayToPlan, plan: Plan) -> Iterator[BrokenRule]:
    groups: dict[tuple[str, Cell], list[str]] = defaultdict(list)
    for (learner, slot), cell in sorted(plan.cells.items()):
        if cell.group:
            groups[slot, cell].append(learner)
    for (slot, cell), who in groups.items():
        task = day.tasks[cell.task]
        sizes = day.sizes(task)
        if task.mode in (TEACHER, PEERS) and not sizes.least <= len(who) <= sizes.most:
            yield BrokenRule(PlanRule.SIZE, slot, tuple(who))
        if task.mode == TEACHER and not cell.adult:
            yield BrokenRule(PlanRule.LEADER, slot, tuple(who))
        foes = tuple(member for member in who if not day.foes.get(member, frozenset()).isdisjoint(who))
        if foes:
            yield BrokenRule(PlanRule.APART, slot, foes)
