"""A day to plan: who has to be placed, what each needs, and what there is to place them with. Pure.

A task is something that can be opened, worked on in one mode. A need says that it is worth something to one learner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from schemas.timetable import Adult, Lesson, Limits, Mode, Room, Sizes, Slot, minute

TEACHER, PEERS, ALONE = "teacher", "pair", "alone"
FAIR = 300  # worth of a first hour with a teacher to whoever had least of it
FAIR_OVER = 60  # minutes less than the class's mean that are worth all of it
# What it counts for, beside worth, that an adult leads whom help is due: computed help less than what stays as it was
# (KEEP in plan.py), help that a person decided more than a whole group that makes way for it, and less than a lock.
HELP, DECIDED_HELP = 1_500, 40_000


class Task(NamedTuple):
    """What is worked on: a material, for one skill. minutes is 0 where nobody knows; together is the most who can
    work on it in one group, 0 where it does not matter."""

    id: str
    skill: str
    mode: Mode
    screen: bool
    minutes: float = 0.0
    together: int = 0

    @property
    def grouped(self) -> bool:
        return self.mode != ALONE


class Need(NamedTuple):
    """How much a task is worth to a learner."""

    task: str
    worth: int


class DueHelp(NamedTuple):
    """A skill with which a learner needs a person, and whether a person decided that."""

    skill: str
    decided: bool = False


class PlannedLearner(NamedTuple):
    """Somebody to place. taught: minutes of teacher-led work in the last days; unseen: for how many days they were not
    seen, where that is long; due: help by an adult."""

    id: str
    needs: tuple[Need, ...]
    taught: float = 0.0
    section: str = ""  # who is planned together in a large school
    unseen: int = 0
    due: tuple[DueHelp, ...] = ()


@dataclass(frozen=True)
class DayToPlan:
    """Everything that a plan follows from."""

    slots: Sequence[Slot]
    rooms: Sequence[Room]
    adults: Sequence[Adult]
    learners: Sequence[PlannedLearner]
    tasks: Mapping[str, Task]
    limits: Limits = field(default_factory=Limits)
    lessons: Sequence[Lesson] = ()
    apart: Sequence[tuple[str, str]] = ()
    absent: frozenset[str] = frozenset()  # ids of learners and adults

    @cached_property
    def by_id(self) -> dict[str, PlannedLearner]:
        return {learner.id: learner for learner in self.learners}

    @cached_property
    def unseen(self) -> frozenset[str]:
        """Who was not seen for long: they take nothing from who was."""
        return frozenset(learner.id for learner in self.learners if learner.unseen)

    @cached_property
    def foes(self) -> dict[str, frozenset[str]]:
        """Whom each learner does not work with."""
        foe_sets: dict[str, set[str]] = {}
        for person, other in self.apart:
            foe_sets.setdefault(person, set()).add(other)
            foe_sets.setdefault(other, set()).add(person)
        return {learner: frozenset(others) for learner, others in foe_sets.items()}

    @cached_property
    def adults_in(self) -> dict[str, tuple[str, ...]]:
        """By slot: the adults who can lead or supervise then."""
        busy = {(lesson.adult, slot) for lesson in self.lessons for slot in lesson.slots}
        return {
            slot.id: tuple(
                adult.id
                for adult in self.adults
                if adult.id not in self.absent
                and (adult.id, slot.id) not in busy
                and minute(adult.starts) <= minute(slot.start)
                and minute(slot.start) + slot.minutes <= minute(adult.ends)
            )
            for slot in self.slots
        }

    @cached_property
    def rooms_in(self) -> dict[str, tuple[Room, ...]]:
        """By slot: the rooms without a lesson."""
        taken = {(lesson.room, slot) for lesson in self.lessons for slot in lesson.slots}
        return {slot.id: tuple(r for r in self.rooms if (r.id, slot.id) not in taken) for slot in self.slots}

    @cached_property
    def free(self) -> dict[str, tuple[Slot, ...]]:
        """By learner: the slots to plan."""
        busy: dict[str, set[str]] = {}
        everybody: set[str] = set()
        for lesson in self.lessons:
            if not lesson.learners:
                everybody.update(lesson.slots)
            for learner in lesson.learners:
                busy.setdefault(learner, set()).update(lesson.slots)
        return {
            learner.id: ()
            if learner.id in self.absent
            else tuple(s for s in self.slots if s.id not in everybody and s.id not in busy.get(learner.id, ()))
            for learner in self.learners
        }

    @cached_property
    def free_ids(self) -> dict[str, frozenset[str]]:
        """By learner: the ids of the slots to plan."""
        return {learner: frozenset(slot.id for slot in slots) for learner, slots in self.free.items()}

    @cached_property
    def worths(self) -> dict[str, dict[str, int]]:
        """By learner and task: what it is worth, with the bonus on a teacher's time for those who had less of it."""
        mean = sum(learner.taught for learner in self.learners) / max(len(self.learners), 1)
        worths_by_learner: dict[str, dict[str, int]] = {}
        for learner in self.learners:
            bonus = round(FAIR * min(max((mean - learner.taught) / FAIR_OVER, -1.0), 1.0))
            worths_by_learner[learner.id] = {
                need.task: max(1, need.worth + (bonus if self.tasks[need.task].mode == TEACHER else 0))
                for need in learner.needs
                if need.task in self.tasks
            }
        return worths_by_learner

    @cached_property
    def help(self) -> dict[str, dict[str, int]]:
        """By learner and task: what it counts for, beside its worth, that an adult leads them in what help is due."""
        counts: dict[str, dict[str, int]] = {}
        for learner in self.learners:
            due = {skill: DECIDED_HELP if decided else HELP for skill, decided in learner.due}
            led = (self.tasks[id_] for id_ in self.worths[learner.id]) if due else ()
            counts[learner.id] = {
                task.id: due[task.skill] for task in led if task.mode == TEACHER and task.skill in due
            }
        return counts

    def fits(self, task: Task, slot: Slot) -> bool:
        """Whether a task can be done within a slot."""
        return task.minutes <= slot.minutes

    def sizes(self, task: Task) -> Sizes:
        """How large the groups of a task are: a game for two is for two, whatever else the day allows."""
        sizes = self.limits.teacher_led if task.mode == TEACHER else self.limits.peers
        if not task.together or task.together >= sizes.most:
            return sizes
        return Sizes(least=min(sizes.least, task.together), most=task.together)
