"""What one change of a plan did to whom: the cells that are not as they were before it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from schemas.plan_events import DayPlan, PlannedCell

Name = Callable[[str], str]  # of a learner, a room or an adult, by id


def changed_cells(before: DayPlan, after: DayPlan, name: Name) -> list[dict[str, Any]]:
    """As JSON, by slot and then as the plan has its learners; without those who are absent now: they have nothing.

    A cell is another one when its task, its room or its adult is. Who else is in the group does not count.
    """
    was, now = _cells(before), _cells(after)
    order = {learner: number for number, learner in enumerate(after.learners)}
    times = {slot.id: slot.start for slot in after.slots}
    keys = sorted(
        (key for key in was.keys() | now.keys() if key[0] in order and key[1] in times),
        key=lambda key: (times[key[1]], order[key[0]]),
    )
    absent = set(after.absent)
    return [
        {
            "learner": learner,
            "name": name(learner),
            "slot": slot,
            "start": times[slot],
            "before": _cell_as_json(before, was.get((learner, slot)), name),
            "after": _cell_as_json(after, now.get((learner, slot)), name),
        }
        for learner, slot in keys
        if learner not in absent and _same(before, was.get((learner, slot))) != _same(after, now.get((learner, slot)))
    ]


def _cells(plan: DayPlan) -> dict[tuple[str, str], PlannedCell]:
    return {(plan.learners[cell.learner], plan.slots[cell.slot].id): cell for cell in plan.cells}


def _same(plan: DayPlan, cell: PlannedCell | None) -> tuple[str, str, str] | None:
    return None if cell is None else (plan.tasks[cell.task].id, cell.room, cell.adult)


def _cell_as_json(plan: DayPlan, cell: PlannedCell | None, name: Name) -> dict[str, Any] | None:
    if cell is None:
        return None
    task = plan.tasks[cell.task]
    return {
        "skill": {"id": task.skill, "name": task.skill_name or task.skill},
        "name": task.name,
        "mode": task.mode,
        "room": name(cell.room),
        "adult": name(cell.adult) if cell.adult else None,
    }
