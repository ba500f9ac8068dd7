"""A first plan: slot after slot, the groups worth most more than what their members would do alone. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from lrs.timetabling.day import ALONE, PEERS, TEACHER, DayToPlan, Task
from lrs.timetabling.plan import Key, Place, Placed
from lrs.timetabling.slot_use import SlotUse
from lrs.timetabling.tally import Tally
from schemas.timetable import Slot

Asking = tuple[int, str]  # how much less a task is worth than what a learner would do alone; who that is


def plan_greedily(day: DayToPlan, keep: Placed | None = None) -> dict[Key, Place]:
    """Whatever of `keep` can be kept is; the rest is filled. No hard rule is broken."""
    tallies = {planned.id: Tally(day, planned) for planned in day.learners}
    uses = {slot.id: SlotUse(day, slot.id) for slot in day.slots}
    placed: dict[Key, Place] = {}
    free_in = {
        slot.id: {planned.id for planned in day.learners if slot.id in day.free_ids[planned.id]} for slot in day.slots
    }
    for slot in day.slots:  # before anything is filled, which would take what the day allows a learner
        for place, who in _kept(day, keep or {}, slot, free_in[slot.id], tallies):
            _put(day, placed, uses[slot.id], tallies, slot, place, who)
    for slot in day.slots:
        use = uses[slot.id]
        free = {learner for learner in free_in[slot.id] if (learner, slot.id) not in placed}
        use.reserve(len(free))
        for mode in (TEACHER, PEERS):
            for place, who in _groups(day, use, _asking(day, tallies, slot, free, mode)):
                _put(day, placed, use, tallies, slot, place, who)
                free -= set(who)
        for learner in sorted(free, key=lambda id_: _first(tallies[id_], slot)):
            _alone(day, placed, use, tallies, slot, learner)
    return placed


def _kept(
    day: DayToPlan, keep: Placed, slot: Slot, free: Collection[str], tallies: dict[str, Tally]
) -> Iterator[tuple[Place, list[str]]]:
    at: dict[Place, list[str]] = {}
    for (learner, when), place in keep.items():
        task = day.tasks.get(place.task)
        if when == slot.id and learner in free and task and tallies[learner].allows(task, slot):
            at.setdefault(place, []).append(learner)
    rooms_first = sorted(at.items(), key=lambda placed_group: day.tasks[placed_group[0].task].mode == TEACHER)
    for place, who in rooms_first:
        if day.tasks[place.task].grouped:
            yield place, who
        else:
            yield from ((place, [member]) for member in who)


def _put(
    day: DayToPlan,
    placed: dict[Key, Place],
    use: SlotUse,
    tallies: dict[str, Tally],
    slot: Slot,
    place: Place,
    who: list[str],
) -> None:
    """Place a group if it can be placed; of what was kept, that may have changed."""
    task = day.tasks[place.task]
    if place.room not in use.rooms or not use.allows(task, place.room, who):
        return
    use.add(task, place.room, who)
    for learner in who:
        tallies[learner].add(task, slot)
        placed[learner, slot.id] = place


def _asking(
    day: DayToPlan, tallies: dict[str, Tally], slot: Slot, free: Collection[str], mode: str
) -> dict[str, list[Asking]]:
    """By task of a mode: who could work on it now, those first to whom it is worth most more than what they would do
    alone; help that is due counts with it."""
    asking: dict[str, list[Asking]] = {}
    for learner in free:
        tally = tallies[learner]
        alone = tally.best(slot, ALONE)
        instead = tally.worths[alone.id] if alone else 0
        for task in tally.tasks.values():
            if task.mode == mode and tally.allows(task, slot):
                gains = tally.worths[task.id] + day.help[learner].get(task.id, 0)
                asking.setdefault(task.id, []).append((instead - gains, learner))
    for ranked in asking.values():
        ranked.sort()
    return asking


def _groups(day: DayToPlan, use: SlotUse, asking: dict[str, list[Asking]]) -> Iterator[tuple[Place, list[str]]]:
    """Again and again the group that is worth most more than what its members would do alone, until none is. Whoever
    takes one places it before the next is looked for."""
    groups = {id_: _group(day, day.tasks[id_], ranked) for id_, ranked in asking.items()}
    while True:
        for id_ in sorted(groups, key=lambda id_: (-groups[id_][0], id_)):
            gain, who = groups[id_]
            if gain <= 0:
                return
            if room := _room(use, day.tasks[id_], who):
                break
        else:
            return
        yield Place(id_, room), who
        taken = set(who)
        for id_, ranked in asking.items():
            if any(learner in taken for _, learner in ranked):
                asking[id_] = [one_asking for one_asking in ranked if one_asking[1] not in taken]
                groups[id_] = _group(day, day.tasks[id_], asking[id_])


def _group(day: DayToPlan, task: Task, ranked: Sequence[Asking]) -> tuple[int, list[str]]:
    """The group of a task that is worth most, and how much more than what its members would do alone; 0 for none."""
    sizes = day.sizes(task)
    who: list[str] = []
    gain = 0
    for less, learner in ranked:
        if len(who) == sizes.most or (less >= 0 and len(who) >= sizes.least):
            break
        if day.foes.get(learner, frozenset()).isdisjoint(who):
            who.append(learner)
            gain -= less
    return (gain, who) if len(who) >= sizes.least else (0, [])


def _alone(
    day: DayToPlan,
    placed: dict[Key, Place],
    use: SlotUse,
    tallies: dict[str, Tally],
    slot: Slot,
    learner: str,
) -> None:
    """Place one who is left: alone, or in a group that is there."""
    tally = tallies[learner]
    for task in tally.tasks.values():
        if not tally.allows(task, slot):
            continue
        if room := _room(use, task, [learner]):
            _put(day, placed, use, tallies, slot, Place(task.id, room), [learner])
            return


def _room(use: SlotUse, task: Task, who: list[str]) -> str | None:
    """Where they fit, the room with most left, so that groups stay possible; screens are for whoever needs them."""
    rooms = sorted(use.rooms, key=lambda room: (use.room_for(task, room), room), reverse=True)
    return next((room for room in rooms if use.allows(task, room, who)), None)


def _first(tally: Tally, slot: Slot) -> tuple[int, str]:
    """Whoever has least to choose from comes first."""
    tasks_alone = [task for task in tally.tasks.values() if task.mode == ALONE and tally.allows(task, slot)]
    return len(tasks_alone), tasks_alone[0].id if tasks_alone else ""
