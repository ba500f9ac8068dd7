"""Whom no adult leads in a plan although help is due, and why. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from lrs.timetabling.day import TEACHER, DayToPlan, DueHelp, Task
from lrs.timetabling.plan import Place, Placed, group_count
from lrs.timetabling.room_left import RoomLeft
from lrs.timetabling.unfitted import listed
from schemas.wording import worded


class WhyUnhelped(StrEnum):
    """Why no adult leads somebody in what help is due."""

    LESSON = "lesson"  # that an adult leads has nobody described
    LENGTH = "length"
    LIMIT = "limit"
    ROOM = "room"  # they could join the lesson, and have something else
    ADULTS = "adults"
    GROUP = "group"
    FULL = "full"  # the plan holds something else that its rules do not let give way


class Unhelped(NamedTuple):
    """Learners, each with the skill of the help, whom no adult leads for one reason: first those of whom a person
    decided it."""

    why: WhyUnhelped
    learners: tuple[tuple[str, str], ...]


def unhelped(day: DayToPlan, placed: Placed) -> list[Unhelped]:
    """By reason, all help that is due in the day and that no adult gives."""
    led: dict[str, set[str]] = defaultdict(set)  # by learner: the skills
    taught: dict[str, int] = defaultdict(int)  # by learner: slots
    groups: dict[tuple[str, Place], int] = defaultdict(int)
    for (learner, slot), place in placed.items():
        task = day.tasks[place.task]
        if task.mode == TEACHER:
            led[learner].add(task.skill)
            taught[learner] += 1
            groups[slot, place] += 1
    leading: dict[str, int] = defaultdict(int)  # by slot: how many adults
    for (slot, place), members in groups.items():
        leading[slot] += group_count(members, day.sizes(day.tasks[place.task]).most)
    room = RoomLeft(day, placed)
    owed: dict[WhyUnhelped, list[tuple[str, DueHelp]]] = defaultdict(list)
    for planned in day.learners:
        for due in planned.due if day.free[planned.id] else ():
            if due.skill not in led[planned.id]:
                lessons = [task for task in day.help[planned.id] if day.tasks[task].skill == due.skill]
                why = (
                    WhyUnhelped.ROOM
                    if room.fits(planned.id, lessons)
                    else _why(day, planned.id, due.skill, taught[planned.id], leading)
                )
                owed[why].append((planned.id, due))
    return [
        Unhelped(why, tuple((learner, due.skill) for learner, due in sorted(some, key=lambda one: not one[1].decided)))
        for why, some in sorted(owed.items())
    ]


def help_sentence(day: DayToPlan, one: Unhelped, name: Callable[[str], str], skill: Callable[[str], str]) -> str:
    """Why no adult leads them, in plain words: learners and skills by the names that people use."""
    return worded(
        "Help by an adult is due and not in the plan, as %(why)s: %(names)s.",
        why=_reason(day, one.why),
        names=listed([f"{name(learner)} ({skill(of)})" for learner, of in one.learners]),
    )


def _why(day: DayToPlan, learner: str, skill: str, taught: int, leading: dict[str, int]) -> WhyUnhelped:
    lessons = [task for task in map(day.tasks.__getitem__, day.help[learner]) if task.skill == skill]
    if not lessons:
        return WhyUnhelped.LESSON
    slots = [slot for slot in day.free[learner] if any(day.fits(task, slot) for task in lessons)]
    if not slots:
        return WhyUnhelped.LENGTH
    if taught >= day.limits.teacher_slots:
        return WhyUnhelped.LIMIT
    slots = [slot for slot in slots if leading[slot.id] < len(day.adults_in[slot.id])]
    if not slots:
        return WhyUnhelped.ADULTS
    if not any(_has_group(day, learner, task, slot.id) for task in lessons for slot in slots):
        return WhyUnhelped.GROUP
    return WhyUnhelped.FULL


def _has_group(day: DayToPlan, learner: str, task: Task, slot: str) -> bool:
    """Whether enough others could have the same lesson in a slot, whatever else they have."""
    foes = day.foes.get(learner, frozenset())
    others = [
        one.id
        for one in day.learners
        if one.id != learner and one.id not in foes and task.id in day.worths[one.id] and slot in day.free_ids[one.id]
    ]
    return len(others) + 1 >= day.sizes(task).least


def _reason(day: DayToPlan, why: WhyUnhelped) -> str:
    match why:
        case WhyUnhelped.LESSON:
            return worded("no material of the skill is one that an adult leads")
        case WhyUnhelped.LENGTH:
            return worded("the lesson takes longer than any slot")
        case WhyUnhelped.LIMIT:
            return worded("they are with a teacher in as many slots as a day allows")
        case WhyUnhelped.ROOM:
            return worded(
                "other work, or none, was planned in its place; there is room for it, and a click on a cell changes it"
            )
        case WhyUnhelped.ADULTS:
            return worded("every adult leads others, or is not there")
        case WhyUnhelped.GROUP:
            return worded(
                "a group has at least %(least)s, and too few others need the same lesson",
                least=day.limits.teacher_led.least,
            )
        case _:
            return worded("no group for it fits beside the rest of the plan")
