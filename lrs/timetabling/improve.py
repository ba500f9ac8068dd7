"""A better plan by constraint programming (CP-SAT), from one that there is: of some slots, the others as they are.

Learners are counted by task and room, which is exact: whoever works on one task in one room can be put into its groups
in any way. What is maximised is the worth of all that is placed; what was there before counts a little more, and that
an adult leads whom help is due.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from lrs.extras import needs
from lrs.timetabling.day import TEACHER, DayToPlan, Task
from lrs.timetabling.plan import (
    KEEP,
    KEEP_ROOM,
    LOCK,
    NO_WISH,
    SCREEN,
    Key,
    Place,
    Placed,
    Wish,
    kind_of,
    occupied,
    total,
)
from schemas.timetable import Room, Slot

with needs("plan"):
    from ortools.sat.python import cp_model

WORKERS = 2


class Improved(NamedTuple):
    """value is what was maximised, bound what no plan can exceed; both of these slots, with what counts for staying."""

    placed: dict[Key, Place]
    value: float
    bound: float


class _SlotsModel:
    """The model of some slots of a day. `x`: whether a learner works on a task in a slot."""

    def __init__(self, day: DayToPlan, placed: Placed, slots: Sequence[Slot], wish: Wish) -> None:
        self.day = day
        self.slots = {slot.id: slot for slot in slots}
        self.others: dict[str, dict[str, Task]] = defaultdict(dict)  # what learners do in the other slots
        for (id_, at), place in placed.items():
            if at not in self.slots:
                self.others[id_][at] = day.tasks[place.task]
        self.model = cp_model.CpModel()
        self.x: dict[tuple[str, str, str], Any] = {}  # learner, slot, task
        self.counts: dict[tuple[str, str, str], Any] = {}  # task, or kind of work alone, slot, room: how many
        self.groups: dict[tuple[str, str, str], Any] = {}
        self.open: dict[tuple[str, str], Any] = {}
        for learner in day.learners:
            self._learner(learner.id)
        for slot in slots:
            self._slot(slot)
        for person, other in day.apart:
            self._apart(person, other)
        self._maximize(wish)

    def _learner(self, id_: str) -> None:
        day, limits, model = self.day, self.day.limits, self.model
        by_task: dict[str, list[Any]] = defaultdict(list)
        by_skill: dict[str, list[Any]] = defaultdict(list)
        taught, screen, minutes = [], [], []
        others = self.others[id_]
        lengths = {slot.id: slot.minutes for slot in day.slots}
        done = {task.id for task in others.values()}
        for slot in (free_slot for free_slot in day.free[id_] if free_slot.id in self.slots):
            here = []
            for task in (day.tasks[task_id] for task_id in day.worths[id_]):
                if task.id in done or not day.fits(task, slot):
                    continue
                x = self.x[id_, slot.id, task.id] = model.new_bool_var("")
                here.append(x)
                by_task[task.id].append(x)
                by_skill[task.skill].append(x)
                if task.mode == TEACHER:
                    taught.append(x)
                if task.screen:
                    screen.append(x)
                    minutes.append(slot.minutes)
            model.add_at_most_one(here)
        for some in by_task.values():
            model.add_at_most_one(some)
        for skill, some in by_skill.items():
            model.add(sum(some) <= limits.slots_per_skill - sum(task.skill == skill for task in others.values()))
        model.add(sum(taught) <= limits.teacher_slots - sum(task.mode == TEACHER for task in others.values()))
        looked = sum(lengths[slot_id] for slot_id, task in others.items() if task.screen)
        model.add(cp_model.LinearExpr.weighted_sum(screen, minutes) <= limits.screen_minutes - looked)

    def _slot(self, slot: Slot) -> None:
        day, model = self.day, self.model
        rooms = day.rooms_in[slot.id]
        choices_by_kind: dict[str, list[Any]] = defaultdict(list)
        for learner in day.learners:
            for id_ in day.worths[learner.id]:
                if (x := self.x.get((learner.id, slot.id, id_))) is not None:
                    choices_by_kind[kind_of(day.tasks[id_])].append(x)
        if not rooms:
            for some in choices_by_kind.values():
                model.add(sum(some) == 0)
            return
        adults: list[Any] = []
        inside: dict[str, list[Any]] = {room.id: [] for room in rooms}
        screens: dict[str, list[Any]] = {room.id: [] for room in rooms}
        leaders: dict[str, list[Any]] = {room.id: [] for room in rooms}
        for kind, some in choices_by_kind.items():
            task = day.tasks.get(kind)
            counts = []
            for room in rooms:
                count = self.counts[kind, slot.id, room.id] = model.new_int_var(0, min(len(some), room.places), "")
                counts.append(count)
                inside[room.id].append(count)
                if kind == SCREEN or (task and task.screen):
                    screens[room.id].append(count)
                if task:
                    sizes = day.sizes(task)
                    groups = model.new_int_var(0, len(some) // sizes.least, "")
                    self.groups[kind, slot.id, room.id] = groups
                    model.add(count >= sizes.least * groups)
                    model.add(count <= sizes.most * groups)
                    if task.mode == TEACHER:
                        leaders[room.id].append(groups)
            model.add(sum(counts) == sum(some))
        for room in rooms:
            model.add(sum(screens[room.id]) <= room.screens)
            adults.append(self._room(slot, room, inside[room.id], leaders[room.id]))
        model.add(sum(adults) <= len(day.adults_in[slot.id]))

    def _room(self, slot: Slot, room: Room, inside: list[Any], leaders: list[Any]) -> Any:
        """How many adults a room takes."""
        model = self.model
        if not room.supervised:
            model.add(sum(inside) <= room.places)
            return sum(leaders)
        is_open = self.open[slot.id, room.id] = model.new_bool_var("")
        model.add(sum(inside) <= room.places * is_open)
        takes = model.new_int_var(0, len(self.day.adults_in[slot.id]), "")
        model.add(takes >= is_open)
        model.add(takes >= sum(leaders))
        return takes

    def _apart(self, person: str, other: str) -> None:
        for (learner, slot, task), x in list(self.x.items()):
            if (
                learner == person
                and self.day.tasks[task].grouped
                and (y := self.x.get((other, slot, task))) is not None
            ):
                self.model.add_at_most_one([x, y])

    def _maximize(self, wish: Wish) -> None:
        xs, weights = [], []
        before = {(learner, slot, place.task) for (learner, slot), place in wish.before.items()}
        for (learner, slot, task), x in self.x.items():
            stays = (learner, slot, task) in before
            locked = stays and (learner, slot) in wish.locked
            xs.append(x)
            helps = self.day.help[learner].get(task, 0)
            weights.append(self.day.worths[learner][task] + helps + KEEP * stays + LOCK * locked)
        for key, many in occupied(self.day, wish.before).items():  # who stays at a task stays in its room, too
            if (count := self.counts.get(key)) is not None:
                staying = self.model.new_int_var(0, many, "")
                self.model.add(staying <= count)
                xs.append(staying)
                weights.append(KEEP_ROOM)
        self.model.maximize(cp_model.LinearExpr.weighted_sum(xs, weights))

    def hint(self, placed: Placed) -> None:
        """Begin with a plan."""
        counts = occupied(self.day, placed)
        used = {(slot, room) for _, slot, room in counts}
        for (learner, slot, task), x in self.x.items():
            hinted = placed.get((learner, slot))
            self.model.add_hint(x, hinted is not None and hinted.task == task)
        for key, count in self.counts.items():
            self.model.add_hint(count, counts.get(key, 0))
            if key in self.groups:
                most = self.day.sizes(self.day.tasks[key[0]]).most
                self.model.add_hint(self.groups[key], -(-counts.get(key, 0) // most))
        for where, is_open in self.open.items():
            self.model.add_hint(is_open, where in used)

    def placed(self, solver: cp_model.CpSolver, before: Placed) -> dict[Key, Place]:
        """The solution: who goes to which room, staying where they were before as far as the counts allow."""
        to_place: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        for (learner, slot, task), x in self.x.items():
            if solver.boolean_value(x):
                to_place[kind_of(self.day.tasks[task]), slot].append((learner, task))
        places_left = {key: solver.value(count) for key, count in self.counts.items()}
        solution: dict[Key, Place] = {}
        for (kind, slot), who in to_place.items():
            moving = []
            for learner, task in who:
                room = before[learner, slot].room if (learner, slot) in before else ""
                if places_left.get((kind, slot, room), 0):
                    places_left[kind, slot, room] -= 1
                    solution[learner, slot] = Place(task, room)
                else:
                    moving.append((learner, task))
            rooms = [
                room.id for room in self.day.rooms_in[slot] for _ in range(places_left.get((kind, slot, room.id), 0))
            ]
            solution |= {
                (learner, slot): Place(task, room) for (learner, task), room in zip(moving, rooms, strict=True)
            }
        return solution


def improve(day: DayToPlan, placed: Placed, slots: Sequence[Slot], seconds: float, wish: Wish = NO_WISH) -> Improved:
    """The best plan of these slots found in so many seconds, of which making the model takes some; what there is, where
    none better was."""
    until = time.monotonic() + seconds
    slots_model = _SlotsModel(day, placed, slots, wish)
    now = {key: place for key, place in placed.items() if key[1] in slots_model.slots}
    slots_model.hint(now)
    value = float(total(day, now, wish))
    if (seconds_left := until - time.monotonic()) <= 0:
        return Improved(dict(placed), value, float("inf"))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds_left
    solver.parameters.num_workers = WORKERS
    solver.parameters.random_seed = 1
    solver.parameters.cp_model_probing_level = 0  # takes longer than a plan may
    solver.parameters.symmetry_level = 0
    solver.parameters.max_presolve_iterations = 1
    status = solver.solve(slots_model.model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Improved(dict(placed), value, float("inf"))
    bound = solver.best_objective_bound
    if solver.objective_value <= value:
        return Improved(dict(placed), value, max(bound, value))
    other_slots = {key: place for key, place in placed.items() if key[1] not in slots_model.slots}
    return Improved(other_slots | slots_model.placed(solver, wish.before or now), solver.objective_value, bound)
