"""What the page of a learner shows: the skills with their curves, what comes next, the path, and answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lrs.errors import Missing
from lrs.pacing.advice import Advice, advise, help_and_what_is_before
from lrs.pacing.board import boards_for_groups
from lrs.pacing.boards import Boards, Sees
from lrs.pacing.curve import WeekOfMastery, last_of_weeks
from lrs.pacing.display_names import material_names
from lrs.plans.groups import Joined, group_of_learner, groups_now
from lrs.plans.needs import timetable_of, unseen_of
from lrs.plans.today import plan_left, plan_of_today, planned_with, row_of, today_in
from lrs.store.client import Store
from lrs.timetabling.day import ALONE
from lrs.web.curve_view import draw_weeks
from lrs.web.decision_words import CURVE_HEIGHT, CURVE_WIDTH, INTERVAL_WIDTH, ORDER
from lrs.web.path_view import STATES, draw_path, state_of, way_to
from schemas.catalog import Catalog, Class
from schemas.wording import worded

SUGGESTED = 3  # items that come next
_TALLEST_DAY_BAR = 80


class NoSkill(Missing):
    """A learner has no skill of a name."""

    def __init__(self) -> None:
        super().__init__(worded("this learner has no such skill"))


def learner_page_values(
    boards: Boards,
    tenant: str,
    learner: str,
    sees: Sees,
    skill: str = "",
    day: str = "",
    goal: str = "",
) -> dict[str, Any]:
    """The values of the page of a learner. sees: the classes that whoever looks may open. skill, day: those whose
    answers are shown; goal: the skill to which the way is shown; "" for none.

    Raises NoSkill, and what Boards.read_learner_and_next raises.
    """
    learner_values = boards.read_learner_and_next(tenant, learner, SUGGESTED)
    learner_skills = {skill_row["skill"] for skill_row in learner_values["skills"]}
    if {skill, goal} - {"", *learner_skills}:
        raise NoSkill
    skills = by_decision(learner_values["skills"])
    now = boards.now()
    catalog = boards.catalog(tenant)  # one for the whole page, as each asks the log
    classes = [
        class_ for id_ in learner_values["classes"] if (class_ := catalog.classes.get(id_["id"])) and sees(class_)
    ]
    groups = _groups(boards.store, catalog, tenant, learner_values["person"], skills, classes, now)

    def unseen(class_: Class) -> Mapping[str, int]:
        if catalog.planned.version(class_.id, today_in(catalog, class_.id, now)) is None:
            return {}
        return unseen_of(boards.store, catalog, tenant, timetable_of(catalog, class_.id)[0], now)

    today = today_of(catalog, learner_values["person"], classes, now, unseen)
    planned = [(plan, joined) for plan in today for joined in plan["with"]]
    advice = advise(skills, [joined.skill for _, joined in (*planned, *groups)])
    requires: dict[str, Sequence[str]] = {id_: catalog.required(id_) for id_ in catalog.skills}
    # A row holds the last attempts alone: of skills with more, the weeks are folded again.
    longer = [skill_row["skill"] for skill_row in skills if skill_row["attempts"] > len(skill_row["curve"])]
    weeks = boards.read_weeks(tenant, learner, {*longer, skill} - {""})
    zone = catalog.people.zone(learner_values["person"])
    shortest = way_to(learner_values["skills"], requires | assumed(learner_values["skills"]), goal)
    return {
        "found": learner_values,
        "skills": skills,
        "curves": {
            skill_row["skill"]: _skill_curve(skill_row, weeks.get(skill_row["skill"], ()), zone, now)
            for skill_row in skills
        },
        "bars": _day_bars(learner_values["days"]),
        "drawing": draw_path(learner_values["skills"], requires, shortest),
        "shortest": shortest,
        "path": {
            state: [skill_row for skill_row in learner_values["skills"] if state_of(skill_row) == state]
            for state in STATES
        },
        "next": learner_values["next"],
        "advice": advice,
        "group": next(
            ((class_id, joined) for class_id, joined in groups if advice and joined.skill == advice.skill), None
        ),
        "alone": _alone(boards.store, catalog, tenant, learner_values["next"], advice) if advice else None,
        "planned": next(((plan, joined) for plan, joined in planned if advice and joined.skill == advice.skill), None),
        "today": today,
        "opens": {class_.id for class_ in classes},
        "answers": draw_weeks(boards.read_answers(tenant, learner, skill, weeks.get(skill, ()))) if skill else None,
        "of_day": _answers_of_day(boards, tenant, learner, day) if day else None,
        "before": boards.read_before(tenant, learner),
        "names": {skill_row["skill"]: skill_row["name"] for skill_row in skills},
    }


def by_decision(skills: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A learner's skills as their page lists them: first what a person decided, then by what is decided."""
    return sorted(skills, key=lambda skill_row: (skill_row["overruled"] is None, ORDER.index(skill_row["decision"])))


def _groups(
    store: Store,
    catalog: Catalog,
    tenant: str,
    person: str,
    skills: Sequence[Mapping[str, Any]],
    classes: Sequence[Class],
    now: int,
) -> list[tuple[str, Joined]]:
    """The groups that a learner is in, as the pages of the classes show them, of those classes that teach what needs
    help or what comes before it."""
    needed = help_and_what_is_before(skills)
    teaching = [class_ for class_ in classes if needed.intersection(class_.skills)]
    joined_groups = []
    for board in boards_for_groups(store, catalog, tenant, teaching, now) if teaching else ():
        learner_key = next(row["learner"] for row in board["learners"] if row["person"] == person)
        if group := group_of_learner(groups_now(board, catalog, now)["groups"], learner_key):
            joined_groups.append((board["class"]["id"], group))
    return joined_groups


def _alone(
    store: Store, catalog: Catalog, tenant: str, suggested: Mapping[str, Any], advice: Advice
) -> dict[str, Any] | None:
    """What a learner can work on for the skill to begin with; None where nothing can be opened."""
    for suggestion in suggested["items"]:
        if suggestion["skill"]["id"] == advice.skill:
            return {"name": suggestion["name"], "mode": suggestion["mode"]}
    if not (materials := catalog.materials_of(advice.skill)):
        return None
    first = next((material for material in materials if material.mode == ALONE), materials[0])
    return {"name": material_names(store, catalog, tenant, [first])[first.id], "mode": first.mode}


def today_of(
    catalog: Catalog, person: str, classes: Sequence[Class], now: int, unseen: Callable[[Class], Mapping[str, int]]
) -> list[dict[str, Any]]:
    """What a learner does today, by the plans that are published. unseen: of a class, see plan_of_today."""
    class_plans = []
    for class_ in classes:
        plan = plan_of_today(catalog, class_.id, now, lambda _: True, unseen(class_))  # of which the own row is shown
        learner_key = next(
            (member.learner for member in class_.learners if catalog.people.member(member) == person), ""
        )
        if plan and plan["published"] and (row_slots := row_of(plan, learner_key)):
            joined = planned_with(plan_left(catalog, class_.id, plan, now), learner_key)
            class_plans.append({"class_id": class_.id, "day": plan["day"], "slots": row_slots, "with": joined})
    return class_plans


def _answers_of_day(boards: Boards, tenant: str, learner: str, day: str) -> dict[str, Any] | None:
    """The answers of a learner's day; None where it is no day."""
    try:
        return {"day": day, "answers": boards.read_day(tenant, learner, day)}
    except ValueError:
        return None  # the address was written by hand


def assumed(skills: Sequence[Mapping[str, Any]]) -> dict[str, Sequence[str]]:
    """What skills wait for by the order of their class alone."""
    return {
        skill_row["skill"]: [before["id"] for before in skill_row["blocked_by"]]
        for skill_row in skills
        if skill_row["order_assumed"]
    }


def _skill_curve(skill: dict[str, Any], weeks: Sequence[WeekOfMastery], zone: str, now: int) -> dict[str, Any] | None:
    """Coordinates of a skill's curve: practice by week, then what is expected to be left of it until now. Where
    there is but one week, practice by attempt.

    weeks: over all time, where the row does not hold all attempts.
    """
    if skill["mastery"] is None or not skill["curve"]:
        return None
    whole = skill["attempts"] <= len(skill["curve"])
    by_week = last_of_weeks(skill["curve"], zone) if whole else [(week.last, week.mastery) for week in weeks]
    curve = by_week if len(by_week) > 1 else skill["curve"]
    first, last = curve[0][0], curve[-1][0]
    plot_width = CURVE_WIDTH - INTERVAL_WIDTH
    span = max(now, last) - first or 1

    def at(time: int, mastery: float) -> tuple[float, float]:
        return round(INTERVAL_WIDTH / 2 + plot_width * (time - first) / span, 1), round(CURVE_HEIGHT * (1 - mastery), 1)

    points = [at(time, mastery) for time, mastery in curve]
    return {
        "by_week": len(by_week) > 1,
        "points": " ".join(f"{x},{y}" for x, y in points),
        "last": points[-1],
        "now": at(max(now, last), skill["estimate"]),
        "top": round(CURVE_HEIGHT * (1 - skill["high"]), 1),
        "tall": round(CURVE_HEIGHT * (skill["high"] - skill["low"]), 1),
        "first_time": first,
    }


def _day_bars(days: list[dict[str, Any]]) -> dict[str, Any]:
    """Heights of the bars of active minutes by day."""
    most = max(max((day["minutes"] for day in days), default=0.0), 10.0)
    return {"most": most, "days": [{**day, "tall": round(_TALLEST_DAY_BAR * day["minutes"] / most, 1)} for day in days]}
