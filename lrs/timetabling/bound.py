"""What no plan of a day can be worth more than, without searching. Pure.

Of each learner the best that free slots and the limit of slots a skill allow, as if rooms and adults were plenty; of
all together no more cells than rooms with an adult have places for. The rules that are left out only make it larger.
"""

from __future__ import annotations

import heapq
from collections import defaultdict

from lrs.timetabling.day import DayToPlan, PlannedLearner


def plan_bound(day: DayToPlan) -> int:
    """The bound of the worth of all cells."""
    worths: list[int] = []
    for learner in day.learners:
        worths += _best(day, learner)
    return sum(heapq.nlargest(sum(capacities(day).values()), worths))


def capacities(day: DayToPlan) -> dict[str, int]:
    """By slot: how many learners can have a place in some room."""
    capacity: dict[str, int] = defaultdict(int)
    for slot in day.slots:
        free = sum(slot.id in ids for ids in day.free_ids.values())
        supervised = sorted((r.places for r in day.rooms_in[slot.id] if r.supervised), reverse=True)
        alone = sum(r.places for r in day.rooms_in[slot.id] if not r.supervised)
        capacity[slot.id] = min(free, alone + sum(supervised[: len(day.adults_in[slot.id])]))
    return capacity


def _best(day: DayToPlan, learner: PlannedLearner) -> list[int]:
    """The worths of a learner's best tasks: the limits are nested, so greedy is optimal."""
    longest = max((slot.minutes for slot in day.free[learner.id]), default=0)
    skills: dict[str, int] = defaultdict(int)
    best_worths: list[int] = []
    for task_id, worth in sorted(day.worths[learner.id].items(), key=lambda task_worth: -task_worth[1]):
        task = day.tasks[task_id]
        if len(best_worths) == len(day.free[learner.id]):
            break
        if task.minutes <= longest and skills[task.skill] < day.limits.slots_per_skill:
            skills[task.skill] += 1
            best_worths.append(worth)
    return best_worths
