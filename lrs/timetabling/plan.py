"""A plan: where everybody is in each slot, on what they work, with whom and by whom they are led. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from lrs.timetabling.day import TEACHER, DayToPlan, Task

Key = tuple[str, str]  # learner, slot
_HAD, _STAYS, _WALKS = range(3)  # which adult is taken first


class Place(NamedTuple):
    """What a learner does in a slot, and where."""

    task: str
    room: str


Placed = Mapping[Key, Place]
KEEP = 2_000  # worth of a cell that stays as it was, when a day is replanned
KEEP_ROOM = 1_000  # of one that stays in its room
SCREEN, _QUIET = "\0screen", "\0quiet"  # kinds of work alone
LOCK = 1_000_000  # worth of what a person locked: more than help for all of a group


class Wish(NamedTuple):
    """What counts beside worth: where everybody was before, and what of it is locked."""

    before: Placed = MappingProxyType({})
    locked: frozenset[Key] = frozenset()


NO_WISH = Wish()


class Cell(NamedTuple):
    """A place with its group; a group's number is its own within the slot, 0 where somebody works alone."""

    task: str
    room: str
    group: int
    adult: str  # who leads the group, "" for nobody


@dataclass(frozen=True, slots=True)
class Plan:
    """supervisors: by room and slot, who is there where nobody leads a group."""

    cells: Mapping[Key, Cell]
    supervisors: Mapping[Key, str] = field(default_factory=dict)


def group_count(learners: int, most: int) -> int:
    """The fewest groups for so many."""
    return -(-learners // most)


def staff(day: DayToPlan, placed: Placed, earlier: Plan | None = None) -> Plan:
    """Make groups of those who are in one room for one task, and give each group and room its adult.

    An adult keeps the group or room of an earlier plan, or else stays where the slot before was. Where adults are too
    few a group has none: what the planner places never asks for that, what people place may.
    """
    at: dict[str, dict[Place, list[str]]] = defaultdict(lambda: defaultdict(list))
    for (learner, slot), place in placed.items():
        at[slot][place].append(learner)
    cells: dict[Key, Cell] = {}
    supervisors: dict[Key, str] = {}
    before: dict[str, str] = {}  # adult: room
    had = _adults_of(earlier) if earlier else {}
    supervised = {room.id for room in day.rooms if room.supervised}
    for slot in (day_slot.id for day_slot in day.slots):
        waiting = list(day.adults_in[slot])
        here: dict[str, str] = {}
        groups = list(_groups(day, at[slot]))
        led = [(number, place) for number, (place, _) in enumerate(groups) if day.tasks[place.task].mode == TEACHER]
        watched = supervised & {place.room for place in at[slot]} - {place.room for _, place in led}
        leaders: dict[int, str] = {}
        needing_adults: list[tuple[str, int]] = sorted(
            [*((p.room, n) for n, p in led), *((room, -1) for room in watched)]
        )
        for choice in (_HAD, _STAYS, _WALKS):
            for room, number in list(needing_adults):
                task = groups[number][0].task if number >= 0 else ""
                adults_before = had.get((slot, room, task), set())
                adult = next(
                    (
                        waiting_adult
                        for waiting_adult in waiting
                        if choice == _WALKS
                        or (waiting_adult in adults_before if choice == _HAD else before.get(waiting_adult) == room)
                    ),
                    None,
                )
                if adult is None:
                    continue
                waiting.remove(adult)
                needing_adults.remove((room, number))
                here[adult] = room
                if number < 0:
                    supervisors[room, slot] = adult
                else:
                    leaders[number] = adult
        before |= here
        for number, (place, members) in enumerate(groups):
            grouped = day.tasks[place.task].grouped
            for learner in members:
                cells[learner, slot] = Cell(*place, number + 1 if grouped else 0, leaders.get(number, ""))
    return Plan(cells, supervisors)


def places(plan: Plan) -> dict[Key, Place]:
    """What a plan places, without its groups and adults."""
    return {key: Place(cell.task, cell.room) for key, cell in plan.cells.items()}


def worth(day: DayToPlan, keys: Placed) -> int:
    """What all of it is worth."""
    return sum(day.worths[learner].get(place.task, 0) for (learner, _), place in keys.items())


def helped(day: DayToPlan, keys: Placed) -> int:
    """What it counts for that adults lead whom help is due."""
    return sum(day.help[learner].get(place.task, 0) for (learner, _), place in keys.items())


def total(day: DayToPlan, placed: Placed, wish: Wish = NO_WISH) -> int:
    """What a plan maximises: its worth, help that is due, and what stays as it was."""
    plan_worth = worth(day, placed) + helped(day, placed)
    for key, place in placed.items():
        before = wish.before.get(key)
        stays = before is not None and before.task == place.task
        plan_worth += KEEP * stays + LOCK * (stays and key in wish.locked)
    now = occupied(day, placed) if wish.before else {}
    return plan_worth + KEEP_ROOM * sum(min(many, now.get(key, 0)) for key, many in occupied(day, wish.before).items())


def occupied(day: DayToPlan, placed: Placed) -> Counter[tuple[str, str, str]]:
    """How many do a kind of work, in a slot, in a room."""
    tasks = day.tasks
    return Counter(
        (kind_of(tasks[place.task]), slot, place.room) for (_, slot), place in placed.items() if place.task in tasks
    )


def kind_of(task: Task) -> str:
    """What a room has to know of a task: in groups which it is, of work alone only whether it is on a screen."""
    return task.id if task.grouped else SCREEN if task.screen else _QUIET


def _adults_of(plan: Plan) -> dict[tuple[str, str, str], set[str]]:
    """By slot, room and task ("": supervision): the adults."""
    adults_by_place: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for (_, slot), cell in plan.cells.items():
        if cell.adult:
            adults_by_place[slot, cell.room, cell.task].add(cell.adult)
    for (room, slot), adult in plan.supervisors.items():
        adults_by_place[slot, room, ""].add(adult)
    return adults_by_place


def _groups(day: DayToPlan, there: Mapping[Place, list[str]]) -> Iterable[tuple[Place, list[str]]]:
    for place in sorted(there):
        members = sorted(there[place])
        task = day.tasks[place.task]
        count = group_count(len(members), day.sizes(task).most) if task.grouped else 1
        for number in range(count):
            yield place, members[number::count]
