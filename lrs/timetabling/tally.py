"""What a learner's day holds so far, and what may still be added to it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from lrs.timetabling.day import TEACHER, DayToPlan, PlannedLearner, Task
from schemas.timetable import Slot


class Tally:
    """What is placed in one learner's day so far: slots, skills, minutes on a screen, slots with a teacher."""

    def __init__(self, day: DayToPlan, learner: PlannedLearner, tasks: Iterable[str] = ()) -> None:
        """tasks: what is done whether it is needed or not."""
        self._limits = day.limits
        self._day = day
        self.worths = dict.fromkeys(tasks, 0) | day.worths[learner.id]
        self.tasks = {task: day.tasks[task] for task in sorted(self.worths, key=lambda id_: (-self.worths[id_], id_))}
        self.slots: dict[str, Task] = {}
        self._skills: dict[str, int] = defaultdict(int)
        self._screen_minutes = self._taught_slots = 0

    def allows(self, task: Task, slot: Slot) -> bool:
        return (
            task.id in self.tasks
            and slot.id not in self.slots
            and self._day.fits(task, slot)
            and self._skills[task.skill] < self._limits.slots_per_skill
            and (task.mode != TEACHER or self._taught_slots < self._limits.teacher_slots)
            and (not task.screen or self._screen_minutes + slot.minutes <= self._limits.screen_minutes)
        )

    def add(self, task: Task, slot: Slot) -> None:
        self.slots[slot.id] = task
        self.tasks.pop(task.id, None)  # what the planner places comes once in a day
        self._skills[task.skill] += 1
        self._taught_slots += task.mode == TEACHER
        self._screen_minutes += slot.minutes if task.screen else 0

    def best(self, slot: Slot, *modes: str) -> Task | None:
        """What is worth most, of what is left in these modes."""
        return next((task for task in self.tasks.values() if task.mode in modes and self.allows(task, slot)), None)
