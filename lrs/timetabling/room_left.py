"""Whether a learner could work on something in a slot of a plan, everybody else staying where they are. Pure."""

from __future__ import annotations

from collections.abc import Collection

from lrs.timetabling.day import DayToPlan
from lrs.timetabling.plan import Place, Placed, group_count
from lrs.timetabling.slot_use import SlotUse
from lrs.timetabling.tally import Tally


class RoomLeft:
    """What is left in a plan. A learner can leave what they do then, unless too few would be left of their group."""

    def __init__(self, day: DayToPlan, placed: Placed) -> None:
        self._day = day
        self._placed = placed
        self._slots = {slot.id: slot for slot in day.slots}
        self._at: dict[str, dict[Place, list[str]]] = {}
        self._of: dict[str, dict[str, Place]] = {}
        for (learner, slot), place in placed.items():
            self._at.setdefault(slot, {}).setdefault(place, []).append(learner)
            self._of.setdefault(learner, {})[slot] = place

    def fits(self, learner: str, tasks: Collection[str]) -> bool:
        """Whether any of these tasks could be done in a slot that the learner has."""
        return any(self.fits_in(slot.id, learner, tasks) for slot in self._day.free[learner])

    def fits_in(self, slot: str, learner: str, tasks: Collection[str]) -> bool:
        """Whether any of these tasks could be done in the slot."""
        day, done = self._day, self._of.get(learner, {})
        tally = Tally(day, day.by_id[learner], {place.task for place in done.values()})
        for other, place in done.items():
            if other != slot:
                tally.add(day.tasks[place.task], self._slots[other])
        possible = [
            task for id_ in tasks if id_ in tally.tasks and tally.allows(task := tally.tasks[id_], self._slots[slot])
        ]
        if not possible or not self._may_leave(learner, slot):
            return False
        use = SlotUse(day, slot)
        for place, members in self._at.get(slot, {}).items():
            if staying := [member for member in members if member != learner]:
                use.add(day.tasks[place.task], place.room, staying)
        return any(use.allows(task, room, [learner]) for task in possible for room in use.rooms)

    def _may_leave(self, learner: str, slot: str) -> bool:
        place = self._of.get(learner, {}).get(slot)
        if place is None or not self._day.tasks[place.task].grouped:
            return True
        sizes, left = self._day.sizes(self._day.tasks[place.task]), len(self._at[slot][place]) - 1
        return group_count(left, sizes.most) * sizes.least <= left
