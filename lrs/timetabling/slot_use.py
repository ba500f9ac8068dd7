"""How much of a slot's rooms and adults is used, and what can still be placed in them. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from lrs.timetabling.day import TEACHER, DayToPlan, Task
from lrs.timetabling.plan import Place, group_count


class SlotUse:
    """One slot. Whatever it says can be placed leaves every group of a right size and every room with an adult,
    as long as a group's learners are placed together."""

    def __init__(self, day: DayToPlan, slot: str) -> None:
        self._day = day
        self._rooms = {room.id: room for room in day.rooms_in[slot]}
        self._adults = len(day.adults_in[slot])
        self._members: dict[Place, set[str]] = defaultdict(set)
        self._places: dict[str, int] = defaultdict(int)
        self._screens: dict[str, int] = defaultdict(int)
        self._leaders: dict[str, int] = defaultdict(int)  # groups that an adult leads, by room
        self._reserved: set[str] = set()
        self._adults_by_room = dict.fromkeys(self._rooms, 0)
        self._adults_used = 0  # in all of them: they are counted again with every learner who is placed

    @property
    def rooms(self) -> Sequence[str]:
        return list(self._rooms)

    def reserve(self, learners: int) -> None:
        """Keep an adult for each room that so many more need, those in use and the largest first: adults who all lead
        groups in one room leave the others shut."""
        adults_left = self._adults - self.adults_used
        for room in sorted(
            self._rooms.values(),
            key=lambda each_room: (
                not self._places[each_room.id],
                each_room.supervised,
                -each_room.places,
                each_room.id,
            ),
        ):
            takes = int(room.supervised and not self._places[room.id])
            if learners <= 0 or takes > adults_left:
                break
            self._reserved.add(room.id)
            self._count_adults(room.id)
            adults_left -= takes
            learners -= room.places - self._places[room.id]

    @property
    def adults_used(self) -> int:
        return self._adults_used

    @property
    def adults(self) -> int:
        return self._adults

    def members(self, place: Place) -> set[str]:
        """The learners who are in a place for a task."""
        return self._members.get(place, set())

    def room_for(self, task: Task, room: str) -> int:
        """How many more can work on a task there, if adults allow."""
        places_left = self._rooms[room].places - self._places[room]
        return min(places_left, self._rooms[room].screens - self._screens[room]) if task.screen else places_left

    def allows(self, task: Task, room: str, who: Sequence[str]) -> bool:
        """Whether so many more can be placed there together, as one more group or as members of those there are."""
        if len(who) > self.room_for(task, room):
            return False
        place = Place(task.id, room)
        count = len(self.members(place)) + len(who)
        leaders = self._leaders[room]
        if task.grouped:
            sizes = self._day.sizes(task)
            groups = group_count(count, sizes.most)
            if groups * sizes.least > count or self._quarrel(task, room, who):
                return False
            if task.mode == TEACHER:
                leaders += groups - self._groups(place, task)
        needed = max(leaders, int(self._rooms[room].supervised))
        return self._adults_used - self._adults_by_room[room] + needed <= self._adults

    def add(self, task: Task, room: str, who: Sequence[str]) -> None:
        place = Place(task.id, room)
        before = self._groups(place, task)
        self._members[place].update(who)
        self._places[room] += len(who)
        self._screens[room] += len(who) if task.screen else 0
        if task.mode == TEACHER:
            self._leaders[room] += self._groups(place, task) - before
        if room in self._rooms:
            self._count_adults(room)

    def _groups(self, place: Place, task: Task) -> int:
        return group_count(len(self.members(place)), self._day.sizes(task).most) if task.grouped else 0

    def _quarrel(self, task: Task, room: str, who: Sequence[str]) -> bool:
        """Whether somebody would meet whom they do not work with: in a slot, nobody works on a foe's task."""
        foes = self._day.foes
        if not foes:
            return False
        together = {learner for name in self._rooms for learner in self.members(Place(task.id, name))} | set(who)
        return any(learner in foes and not foes[learner].isdisjoint(together) for learner in who)

    def _count_adults(self, room: str) -> None:
        """How many adults a room takes: those who lead its groups, or one where somebody has to be there."""
        busy = self._places[room] > 0 or room in self._reserved
        needed = max(self._leaders[room], int(busy and self._rooms[room].supervised))
        self._adults_used += needed - self._adults_by_room[room]
        self._adults_by_room[room] = needed
