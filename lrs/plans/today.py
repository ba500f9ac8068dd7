"""What a class's plan of today says: what a learner does, and where it has the members of a group together. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from lrs.plans.needs import sees_all, timetable_of, zone_of
from lrs.plans.packing import unpack_plan
from lrs.plans.plan_as_json import plan_as_json
from lrs.plans.unseen import PlacedLearner
from lrs.timetabling.day import ALONE, PEERS, TEACHER
from schemas.catalog import Catalog, Class
from schemas.days import day_name, day_of, minute_of


class Together(NamedTuple):
    """How many of a group work on its skill together in one slot of a plan, from when on, and by whom they are led."""

    start: str
    adult: str
    many: int


def today_in(catalog: Catalog, class_id: str, now: int) -> str:
    """The day that it is where a class is (now in µs)."""
    return day_name(day_of(now, zone_of(catalog, class_id)))


def plan_of_today(
    catalog: Catalog,
    class_id: str,
    now: int,
    sees: Callable[[Class | None], bool],
    unseen: Mapping[str, int] = MappingProxyType({}),
) -> dict[str, Any] | None:
    """The plan as it is shown; None where nobody has planned today, and to whom may not see all classes of it. unseen:
    see plan_as_json."""
    version = catalog.planned.version(class_id, today_in(catalog, class_id, now))
    if version is None:
        return None
    timetable, assumed = timetable_of(catalog, class_id)
    if not sees_all(catalog, timetable, sees):
        return None
    return plan_as_json(catalog, timetable, unpack_plan(version.plan, timetable), version, assumed, unseen=unseen)


def plan_left(catalog: Catalog, class_id: str, plan: Mapping[str, Any] | None, now: int) -> dict[str, Any] | None:
    """A plan of today without what its ended slots had: nobody is sent there any more. over: no slot is left."""
    if plan is None:
        return None
    minute = minute_of(now, zone_of(catalog, class_id))
    ended = [_minutes(slot["start"]) + slot["minutes"] <= minute for slot in plan["slots"]]

    def left(values: Sequence[Any]) -> list[Any]:
        return [None if is_past else value for is_past, value in zip(ended, values, strict=True)]

    rows = [row | {"cells": left(row["cells"]), "lessons": left(row["lessons"])} for row in plan["rows"]]
    return {**plan, "rows": rows, "over": all(ended)}


class Place(NamedTuple):
    """Who works together, or alone in one room; adult, skill, material and room are names, "" for none."""

    mode: str
    adult: str
    skill: str
    material: str
    room: str
    learners: list[PlacedLearner]


class SlotNow(NamedTuple):
    """A slot that is under way, or the next one; times of day are HH:MM. lessons: by name, who has it."""

    start: str
    end: str
    under_way: bool
    places: list[Place]
    lessons: dict[str, list[PlacedLearner]]

    @property
    def led(self) -> list[Place]:
        """The groups that an adult leads."""
        return [place for place in self.places if place.mode == TEACHER]

    def count(self, mode: str) -> int:
        """How many learners work in a way."""
        return sum(len(place.learners) for place in self.places if place.mode == mode)


class PlanNow(NamedTuple):
    """What a published plan has now and next: no slots once the day is over. seconds: until that changes; None if it
    does not any more today."""

    slots: list[SlotNow]
    absent: list[str]
    seconds: int | None


def plan_now(catalog: Catalog, class_id: str, plan: Mapping[str, Any] | None, now: int) -> PlanNow | None:
    """What a class's plan of today has now and next; None where it has none that is published."""
    if not plan or not plan["published"]:
        return None
    minute = minute_of(now, zone_of(catalog, class_id))
    times = [(_minutes(slot["start"]), slot["minutes"]) for slot in plan["slots"]]
    under_way = [at for at, (start, length) in enumerate(times) if start <= minute < start + length]
    later = [start for start, _ in times if start > minute]
    coming = [at for at, (start, _) in enumerate(times) if later and start == min(later)]
    slots_now = [_slot_now(plan, at, at in under_way) for at in (*under_way, *coming)]
    ends = [start + length for start, length in times if start <= minute < start + length]
    past = now // 1_000_000 % 60  # seconds of the minute
    seconds = (min((*later, *ends)) - minute) * 60 - past if later or ends else None
    return PlanNow(slots_now, [row["name"] for row in plan["rows"] if row["absent"]], seconds)


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def _slot_now(plan: Mapping[str, Any], at: int, under_way: bool) -> SlotNow:
    slot = plan["slots"][at]
    end = _minutes(slot["start"]) + slot["minutes"]
    places: dict[tuple[int, int, str], Place] = {}
    lessons: dict[str, list[PlacedLearner]] = {}
    for row in plan["rows"]:
        cell, lesson = row["cells"][at], row["lessons"][at]
        if row["absent"]:
            continue
        learner = PlacedLearner(row["name"], row["not_seen_for"])
        if cell is not None:
            alone = cell["mode"] == ALONE
            key = ((TEACHER, PEERS, ALONE).index(cell["mode"]), cell["group"] or 0, cell["room"])
            skill = "" if alone else cell["skill"]["name"]
            adult = "" if alone else cell["adult"] or ""
            material = "" if alone else cell["name"]
            place = Place(cell["mode"], adult, skill, material, cell["room"], [])
            places.setdefault(key, place).learners.append(learner)
        elif lesson:
            lessons.setdefault(lesson, []).append(learner)
    in_order = [places[key] for key in sorted(places)]
    return SlotNow(slot["start"], f"{end // 60 % 24:02}:{end % 60:02}", under_way, in_order, lessons)


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
    others: list[PlacedLearner]


def planned_with(plan: Mapping[str, Any] | None, learner: str) -> list[PlannedWith]:
    """All that a learner does with others, by time; nothing where the plan is not published: it does not count yet."""
    if not plan or not plan["published"]:
        return []
    shared_work = []
    for slot in row_of(plan, learner):
        cell = slot["cell"]
        if cell and cell["mode"] != ALONE:
            skill = cell["skill"]
            partners = [
                PlacedLearner(*partner) for partner in zip(cell["with"], cell["with_not_seen_for"], strict=True)
            ]
            shared_work.append(PlannedWith(slot["start"], skill["id"], skill["name"], cell["adult"] or "", partners))
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
    slot_cells = zip(plan["slots"], row["cells"], row["lessons"], strict=True)
    return [
        {"start": slot["start"], "cell": cell, "lesson": lesson} for slot, cell, lesson in slot_cells if cell or lesson
    ]
