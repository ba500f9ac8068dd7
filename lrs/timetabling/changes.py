"""What a person changes in a plan: the cells of one learner, all others staying as they are. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from lrs.timetabling.day import DayToPlan
from lrs.timetabling.plan import Key, Place, Placed
from lrs.timetabling.slot_use import SlotUse


def swap(day: DayToPlan, placed: Placed, learner: str, slot: str, other: str) -> dict[Key, Place]:
    """What a learner does in two slots, the other way round."""
    first, second = placed.get((learner, slot)), placed.get((learner, other))
    exchanged = {key: place for key, place in placed.items() if key not in ((learner, slot), (learner, other))}
    for at, place in ((other, first), (slot, second)):
        if place is not None:
            exchanged[learner, at] = Place(place.task, _room(day, exchanged, learner, at, place.task, place.room))
    return exchanged


def assign(day: DayToPlan, placed: Placed, learner: str, slot: str, task: str) -> dict[Key, Place]:
    """A learner works on a task in a slot; "" clears it."""
    before = placed.get((learner, slot))
    changed = {key: place for key, place in placed.items() if key != (learner, slot)}
    if task:
        changed[learner, slot] = Place(task, _room(day, changed, learner, slot, task, before.room if before else ""))
    return changed


def _room(day: DayToPlan, placed: Placed, learner: str, slot: str, task: str, before: str) -> str:
    """Where others do the same if they can be joined, else where it fits, the room of before first."""
    use = SlotUse(day, slot)
    at: dict[Place, list[str]] = {}
    for (who, when), place in placed.items():
        if when == slot and place.room in use.rooms:
            at.setdefault(place, []).append(who)
    for place, members in at.items():
        use.add(day.tasks[place.task], place.room, members)
    assigned = day.tasks[task]
    joined: Iterable[str] = [place.room for place in at if place.task == task and assigned.grouped]
    rooms = [*joined, *(room for room in (before, *use.rooms) if room in use.rooms)]
    fitting = next((room for room in rooms if use.allows(assigned, room, [learner])), None)
    return fitting or next(iter(rooms), before)
