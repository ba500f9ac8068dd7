"""A plan as it is shown: rows of learners, columns of slots, with names, conflicts, and what could not be placed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from lrs.plans.needs import members_of
from lrs.plans.packing import KeptPlan
from lrs.plans.plan_changes import changed_cells
from lrs.timetabling.broken_rules import broken_rules
from lrs.timetabling.day import ALONE, PEERS, TEACHER
from schemas.catalog import Catalog
from schemas.plan_events import DayPlan, PlanVersion
from schemas.timetable import Timetable
from schemas.wording import worded

LETTERS = {TEACHER: "T", PEERS: "P", ALONE: "A"}


def plan_as_json(
    catalog: Catalog,
    timetable: Timetable,
    kept_plan: KeptPlan,
    version: PlanVersion | None,
    assumed: bool,
    before: DayPlan | None = None,
    unseen: Mapping[str, int] = MappingProxyType({}),
) -> dict[str, Any]:
    """As JSON. before: the plan as it was until the last change; unseen: by learner, for how many days they were not
    seen, of whoever was not for long."""
    event, day, plan = kept_plan.event, kept_plan.day, kept_plan.plan
    class_ = catalog.classes.get(timetable.id)
    names = {member.learner: member.name for member, _ in members_of(catalog, timetable).values()}
    rooms = {room.id: room.name or room.id for room in timetable.rooms}
    adults = {adult.id: adult.name or adult.id for adult in timetable.adults}
    tasks = {task.id: task for task in event.tasks}
    opened = {task.id for task in event.tasks if _opens(catalog, task.id.removesuffix(f" {task.skill}"), task.skill)}
    broken = broken_rules(day, plan, opened.__contains__)
    called = {id_: name for id_, name in (*names.items(), *rooms.items(), *adults.items()) if name}
    where: dict[tuple[str, str], list[str]] = {}
    for broken_rule in broken:
        for learner in broken_rule.learners:
            where.setdefault((learner, broken_rule.slot), []).append(
                broken_rule.sentence(lambda id_: names.get(id_) or id_)
            )
    together: dict[tuple[str, int], list[str]] = {}
    for (learner, slot), cell in plan.cells.items():
        if cell.group:
            together.setdefault((slot, cell.group), []).append(learner)

    def cell_of(learner: str, slot: str) -> dict[str, Any] | None:
        cell = plan.cells.get((learner, slot))
        if cell is None:
            return None
        task = tasks[cell.task]
        partners = sorted(
            (names.get(partner) or partner, partner)
            for partner in together.get((slot, cell.group), ())
            if partner != learner
        )
        return {
            "task": task.id,
            "name": task.name,
            "skill": {"id": task.skill, "name": task.skill_name},
            "mode": task.mode,
            "letter": LETTERS[task.mode],
            "screen": task.screen,
            "minutes": task.minutes or None,
            "via": task.via,
            "opens": task.opens,
            "room": rooms.get(cell.room, cell.room),
            "adult": adults.get(cell.adult, cell.adult) or None,
            "group": cell.group or None,
            "with": [name for name, _ in partners],
            "with_not_seen_for": [unseen.get(partner) for _, partner in partners],
            "locked": (learner, slot) in kept_plan.locked,
            "conflicts": where.get((learner, slot), []),
        }

    reasons = {
        (event.learners[number], event.slots[left_empty.slot].id): left_empty.why.sentence()
        for left_empty in event.empty
        for number in left_empty.learners
    }
    rows = [
        {
            "learner": learner,
            "name": names.get(learner) or learner,
            "absent": learner in day.absent,
            "not_seen_for": unseen.get(learner),
            "cells": [cell_of(learner, slot.id) for slot in event.slots],
            "why_empty": [
                None if (learner, slot.id) in plan.cells else reasons.get((learner, slot.id)) for slot in event.slots
            ],
            "lessons": [_lesson(kept_plan, learner, slot.id) for slot in event.slots],
        }
        for learner in event.learners
    ]
    free = sum(len(free_slots) for free_slots in day.free.values())
    times = {slot.id: slot.start for slot in event.slots}
    return {
        "class": {"id": timetable.id, "name": (class_.name if class_ else "") or timetable.id},
        "day": event.day,
        "version": version.position if version else 0,
        "at": version.at if version else None,
        "what": event.change,
        "by": event.by,
        "published": event.published,
        "assumed": assumed,
        "slots": [slot.model_dump() for slot in event.slots],
        "rows": rows,
        "rooms": [{"id": id_, "name": name} for id_, name in rooms.items()],
        "adults": [{"id": id_, "name": name, "absent": id_ in day.absent} for id_, name in adults.items()],
        "supervised": [
            {"room": rooms.get(room, room), "slot": slot, "adult": adults.get(adult, adult)}
            for (room, slot), adult in sorted(plan.supervisors.items())
        ],
        "tasks": [
            {"id": t.id, "name": t.name, "skill": t.skill_name, "mode": t.mode, "letter": LETTERS[t.mode]}
            for t in event.tasks
            if t.id in opened
        ],
        "conflicts": [
            worded(
                "%(time)s %(conflict)s",
                time=times[broken_rule.slot],
                conflict=broken_rule.sentence(lambda id_: names.get(id_) or id_),
            )
            for broken_rule in broken
        ],
        "unfitted": event.left_over,
        "changes": changed_cells(before, event, lambda id_: called.get(id_) or id_) if before else None,
        "filled": round(len(plan.cells) / free, 4) if free else None,
        "at_most_lost": round(1 - event.worth / event.bound, 4) if event.bound else None,
    }


def _opens(catalog: Catalog, material: str, skill: str) -> bool:
    return any(offered.id == material for offered in catalog.materials_of(skill))


def _lesson(kept_plan: KeptPlan, learner: str, slot: str) -> str | None:
    """The lesson that a learner has in a slot."""
    for lesson in kept_plan.day.lessons:
        if slot in lesson.slots and (not lesson.learners or learner in lesson.learners):
            return lesson.name
    return None
