"""A plan as an event, and as the timetabling knows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lrs.plans.needs import day_to_plan, tasks_of
from lrs.timetabling.day import DayToPlan, PlannedLearner
from lrs.timetabling.plan import Cell, Key, Place, Plan
from lrs.timetabling.unfitted import Unfitted, reason
from schemas.plan_events import DayPlan, EmptyCells, PlannedCell, PlannedTask, Supervised
from schemas.timetable import Timetable
from schemas.wording import Said


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """What an event holds: the plan, the day it is of (nobody's needs in it), and which cells are locked."""

    event: DayPlan
    day: DayToPlan
    plan: Plan
    locked: frozenset[Key]

    @property
    def times(self) -> dict[str, str]:
        """By slot: when it begins."""
        return {slot.id: slot.start for slot in self.day.slots}

    @property
    def placed(self) -> dict[Key, Place]:
        return {key: Place(cell.task, cell.room) for key, cell in self.plan.cells.items()}

    @property
    def only_locked(self) -> KeptPlan | None:
        """What stays whatever else is planned; None where nothing is locked."""
        cells = {key: cell for key, cell in self.plan.cells.items() if key in self.locked}
        return KeptPlan(self.event, self.day, Plan(cells), frozenset(cells)) if cells else None


def unpack_plan(event: DayPlan, timetable: Timetable) -> KeptPlan:
    """A plan from its event. Rooms, adults and limits are those of the timetable now, the slots those of then."""
    timetable_then = timetable.model_copy(update={"slots": event.slots})
    learners = [PlannedLearner(learner, ()) for learner in event.learners]
    day = day_to_plan(timetable_then, event.day, learners, tasks_of(event), frozenset(event.absent))
    cells: dict[Key, Cell] = {}
    locked = set()
    for cell in event.cells:
        key = (event.learners[cell.learner], event.slots[cell.slot].id)
        cells[key] = Cell(event.tasks[cell.task].id, cell.room, cell.group, cell.adult)
        if cell.locked:
            locked.add(key)
    supervisors = {
        (supervision.room, event.slots[supervision.slot].id): supervision.adult for supervision in event.supervised
    }
    return KeptPlan(event, day, Plan(cells, supervisors), frozenset(locked))


def pack_plan(
    event: DayPlan, day: DayToPlan, plan: Plan, locked: frozenset[Key], tasks: Mapping[str, PlannedTask]
) -> DayPlan:
    """The event with another plan: its learners, slots and tasks are those of the day and the plan.

    tasks: those that may be chosen; all of them are kept, so that a person can change a plan to them.
    """
    learners = {planned.id: number for number, planned in enumerate(day.learners)}
    slot_numbers = {slot.id: number for number, slot in enumerate(day.slots)}
    numbers = {id_: number for number, id_ in enumerate(tasks)}
    cells = [
        PlannedCell(
            learner=learners[learner],
            slot=slot_numbers[slot],
            task=numbers[cell.task],
            room=cell.room,
            group=cell.group,
            adult=cell.adult,
            locked=(learner, slot) in locked,
        )
        for (learner, slot), cell in sorted(plan.cells.items())
    ]
    supervised = [
        Supervised(room=room, slot=slot_numbers[slot], adult=adult)
        for (room, slot), adult in sorted(plan.supervisors.items())
    ]
    changed = {
        "slots": list(day.slots),
        "learners": list(learners),
        "tasks": list(tasks.values()),
        "cells": cells,
        "supervised": supervised,
        "absent": sorted(day.absent),
    }
    return event.model_copy(update=changed)


def empty_cells(day: DayToPlan, unfitted: Sequence[Unfitted]) -> list[EmptyCells]:
    """Why cells are empty, as a plan keeps it."""
    learners = {planned.id: number for number, planned in enumerate(day.learners)}
    slot_numbers = {slot.id: number for number, slot in enumerate(day.slots)}
    return [
        EmptyCells(
            slot=slot_numbers[left_empty.slot],
            learners=[learners[learner] for learner in left_empty.learners],
            why=Said.of(reason(day, left_empty)),
        )
        for left_empty in unfitted
        if left_empty.slot
    ]
