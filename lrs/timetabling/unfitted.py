"""What could not be placed, and why. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from lrs.timetabling.bound import capacities
from lrs.timetabling.day import ALONE, PEERS, DayToPlan, Task
from lrs.timetabling.plan import Place, Placed
from lrs.timetabling.room_left import RoomLeft
from lrs.timetabling.slot_use import SlotUse
from lrs.timetabling.tally import Tally
from schemas.timetable import Slot
from schemas.wording import worded

_NAMES_IN_SENTENCE = 6  # names in a sentence
_QUIET = Task("", "", "alone", False)  # needs a place, and nothing else


class WhyEmpty(StrEnum):
    """Why somebody has nothing to do in a slot."""

    NOTHING = "nothing"  # that is needed can be opened
    LIMITS = "limits"
    LENGTH = "length"
    PLACES = "places"
    SCREENS = "screens"
    ADULTS = "adults"
    PARTNERS = "partners"
    FIRST = "first"  # what is worth most is nowhere in the day
    ROOM = "room"  # there is room for what is needed: of a slot that a person cleared
    FIRST_ROOM = "first, room"  # what is worth most is nowhere in the day, and there is room for it


_FULL = (WhyEmpty.SCREENS, WhyEmpty.PARTNERS, WhyEmpty.ADULTS)  # the slot lacks something


class Unfitted(NamedTuple):
    """Learners for whom nothing was found in a slot ("": in the whole day), for one reason."""

    why: WhyEmpty
    slot: str
    learners: tuple[str, ...]


def unfitted(day: DayToPlan, placed: Placed) -> list[Unfitted]:
    """All that is empty, by slot and reason, and whose first need is not in the plan."""
    done: dict[str, set[str]] = defaultdict(set)
    for (id_, _), place in placed.items():
        done[id_].add(place.task)
    tallies = {planned.id: Tally(day, planned, done[planned.id]) for planned in day.learners}
    room = RoomLeft(day, placed)
    uses = {slot.id: SlotUse(day, slot.id) for slot in day.slots}
    slots = {slot.id: slot for slot in day.slots}
    together: dict[tuple[str, Place], list[str]] = defaultdict(list)
    for (id_, at), place in placed.items():
        together[at, place].append(id_)
    for (at, place), who in together.items():
        task = day.tasks[place.task]
        uses[at].add(task, place.room, who)
        for id_ in who:
            tallies[id_].add(task, slots[at])
    empty_cells: dict[tuple[str, WhyEmpty], list[str]] = defaultdict(list)
    for learner in day.learners:
        for slot in day.free[learner.id]:
            if (learner.id, slot.id) not in placed:
                why = _why(day, tallies[learner.id], uses[slot.id], slot, learner.id)
                if why in _FULL and room.fits_in(slot.id, learner.id, day.worths[learner.id]):
                    why = WhyEmpty.ROOM
                empty_cells[slot.id, why].append(learner.id)
        if not learner.needs or not day.free[learner.id]:
            continue
        said = {skill for skill, _ in learner.due} | {task.skill for task in tallies[learner.id].slots.values()}
        first = _first(day, learner.id)
        if first not in said:  # of help that is due, unhelped.py says why
            fits = room.fits(learner.id, [task for task in day.worths[learner.id] if day.tasks[task].skill == first])
            empty_cells["", WhyEmpty.FIRST_ROOM if fits else WhyEmpty.FIRST].append(learner.id)
    return [Unfitted(why, at, tuple(who)) for (at, why), who in sorted(empty_cells.items())]


def sentence(day: DayToPlan, empty_cell: Unfitted, name: Callable[[str], str], skill: Callable[[str], str]) -> str:
    """Why learners have nothing to do, in plain words: learners and skills by the names that people use."""
    slot = next((slot for slot in day.slots if slot.id == empty_cell.slot), None)
    if slot is None:
        firsts = [f"{name(learner)} ({skill(_first(day, learner))})" for learner in empty_cell.learners]
        if empty_cell.why == WhyEmpty.FIRST_ROOM:
            return worded(
                "What comes first is not in the plan, as other work, or none, was planned in its place; there is room"
                " for it, and a click on a cell changes it: %(names)s.",
                names=listed(firsts),
            )
        return worded(
            "What comes first is not in the plan, as no group, adult or room was left for it: %(names)s.",
            names=listed(firsts),
        )
    who, one_alone = listed([name(learner) for learner in empty_cell.learners]), len(empty_cell.learners) == 1
    idle = (
        worded("%(time)s: %(names)s has nothing", time=slot.start, names=who)
        if one_alone
        else worded("%(time)s: %(names)s have nothing", time=slot.start, names=who)
    )
    return worded("%(idle)s: %(why)s.", idle=idle, why=_reason(day, empty_cell.why, slot))


def reason(day: DayToPlan, empty_cell: Unfitted) -> str:
    """Why learners have nothing to do in a slot, in plain words; "" of what is about the whole day."""
    slot = next((slot for slot in day.slots if slot.id == empty_cell.slot), None)
    return _reason(day, empty_cell.why, slot) if slot else ""


def _reason(day: DayToPlan, why: WhyEmpty, slot: Slot) -> str:
    match why:
        case WhyEmpty.NOTHING:
            return worded("no material can be opened for what is needed next")
        case WhyEmpty.LIMITS:
            return worded(
                "the rest is in the plan already, or over a limit (screen time, slots a skill or with a teacher)"
            )
        case WhyEmpty.LENGTH:
            return worded("what is left takes longer than the slot's %(minutes)s minutes", minutes=slot.minutes)
        case WhyEmpty.PLACES:
            places = capacities(day)[slot.id]
            return worded("the rooms that have an adult hold %(places)s, and are full", places=places)
        case WhyEmpty.SCREENS:
            return worded("what is left needs a screen, and all are in use")
        case WhyEmpty.ADULTS:
            return worded("what is left needs a teacher, and every adult is with others")
        case WhyEmpty.ROOM:
            return worded("there is room for what is needed, and nobody has planned it")
        case _:
            return worded("what is left is done in a group, and nobody is free who needs the same")


def _first(day: DayToPlan, learner: str) -> str:
    """The skill of what is worth most to a learner."""
    return day.tasks[max(day.by_id[learner].needs, key=lambda need: need.worth).task].skill


def _why(day: DayToPlan, tally: Tally, use: SlotUse, slot: Slot, learner: str) -> WhyEmpty:
    if not day.worths[learner]:
        return WhyEmpty.NOTHING
    tasks_left = list(tally.tasks.values())
    if tasks_left and not any(day.fits(task, slot) for task in tasks_left):
        return WhyEmpty.LENGTH
    possible = [task for task in tasks_left if tally.allows(task, slot)]
    if not possible:
        return WhyEmpty.LIMITS
    if not any(use.allows(_QUIET, room, [learner]) for room in use.rooms):
        return WhyEmpty.PLACES
    if any(task.mode == ALONE for task in possible):
        return WhyEmpty.SCREENS
    return WhyEmpty.PARTNERS if any(task.mode == PEERS for task in possible) else WhyEmpty.ADULTS


def listed(names: list[str]) -> str:
    """Names in a sentence, and how many more there are."""
    if len(names) == 1:
        return names[0]
    if len(names) <= _NAMES_IN_SENTENCE:
        return worded("%(names)s and %(last)s", names=", ".join(names[:-1]), last=names[-1])
    return worded(
        "%(names)s and %(number)s more",
        names=", ".join(names[:_NAMES_IN_SENTENCE]),
        number=len(names) - _NAMES_IN_SENTENCE,
    )
