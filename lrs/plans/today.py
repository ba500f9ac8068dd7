"""What a class's plan of today says: what a learner does, and where it has the members of a group together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from lrs.plans.needs import timetable_of, zone_of
from lrs.plans.packing import unpack_plan
from lrs.plans.plan_as_json import plan_as_json
from lrs.timetabling.day import ALONE
from schemas.catalog import Catalog
from schemas.days import day_name, day_of


class Together(NamedTuple):
    """How many of a group work on its skill together in one slot of a plan, from when on, and by whom they are led."""

    start: str
    adult: str
    many: int


def today_in(catalog: Catalog, class_id: str, now: int) -> str:
    """The day that it is where a class is (now in µs)."""
    return day_name(day_of(now, zone_of(catalog, class_id)))


def plan_of_today(catalog: Catalog, class_id: str, now: int) -> dict[str, Any] | None:
    """The plan as it is shown; None where nobody has planned today."""
    version = catalog.planned.version(class_id, today_in(catalog, class_id, now))
    if version is None:
        return None
    timetable, assumed = timetable_of(catalog, class_id)
    return plan_as_json(catalog, timetable, unpack_plan(version.plan, timetable), version, assumed)


def planned_together(plan: Mapping[str, Any], group: Mapping[str, Any]) -> Together | None:
    """Where a plan has the most of a group together for its skill; None where it has no two of them."""
    members = {member["learner"] for member in group["members"]}
    together: dict[tuple[int, int], int] = {}
    led: dict[tuple[int, int], str] = {}
    for row in plan["rows"]:
        for number, cell in enumerate(row["cells"]):
            if row["learner"] not in members or cell is None or cell["mode"] == ALONE:
                continue
            if cell["skill"]["id"] == group["skill"]["id"]:
                key = (number, cell["group"] or 0)
                together[key] = together.get(key, 0) + 1
                led[key] = cell["adult"] or ""
    best = max(together, key=lambda key: (together[key], -key[0]), default=None)
    if best is None or together[best] < 2:
        return None
    return Together(plan["slots"][best[0]]["start"], led[best], together[best])


class PlannedWith(NamedTuple):
    """What a learner does with others in one slot of a plan: from when on, on which skill, by whom led, with whom."""

    start: str
    skill: str
    skill_name: str
    adult: str
    others: list[str]


def planned_with(plan: Mapping[str, Any] | None, learner: str) -> list[PlannedWith]:
    """All that a learner does with others, by time; nothing where the plan is not published: it does not count yet."""
    if not plan or not plan["published"]:
        return []
    shared_work = []
    for slot in row_of(plan, learner):
        cell = slot["cell"]
        if cell and cell["mode"] != ALONE:
            skill = cell["skill"]
            shared_work.append(
                PlannedWith(slot["start"], skill["id"], skill["name"], cell["adult"] or "", cell["with"])
            )
    return shared_work


def with_plan(groups: Iterable[Mapping[str, Any]], plan: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Groups, each with where the plan has it together (`planned`)."""
    return [
        {**lesson_group, "planned": planned_together(plan, lesson_group) if plan else None} for lesson_group in groups
    ]


def row_of(plan: Mapping[str, Any], learner: str) -> list[dict[str, Any]]:
    """What a learner does in each slot of a plan that has something; [] where they are not in it, or absent."""
    row = next(
        (plan_row for plan_row in plan["rows"] if plan_row["learner"] == learner and not plan_row["absent"]), None
    )
    if row is None:
        return []
    slots = zip(plan["slots"], row["cells"], row["lessons"], strict=True)
    return [{"start": slot["start"], "cell": cell, "lesson": lesson} for slot, cell, lesson in slots if cell or lesson]
