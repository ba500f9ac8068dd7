"""What the page of a learner shows to the learner and to guardians, in plain words: what the API tells them, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lrs.pacing.boards import Boards
from lrs.pacing.choose import ANYTHING, Preferences
from lrs.pacing.family import next_for_family, page_for_family
from lrs.web.learner_view import SUGGESTED, NoSkill, assumed, by_decision, today_of
from lrs.web.path_view import STATES, draw_path, state_of, way_to


def own_page_values(
    boards: Boards, tenant: str, learner: str, guardian: bool, goal: str = "", preferences: Preferences = ANYTHING
) -> dict[str, Any]:
    """The values of a learner's own page: with the plan of every class that they are in, and of nobody else.

    goal: the skill to which the way is shown; "" for none; preferences: of what they work on next. A guardian's has no
    path. Raises NoSkill, and what Boards.read_learner_and_next raises.
    """
    learner_values = boards.read_learner_and_next(tenant, learner, SUGGESTED, preferences)
    if goal not in {"", *(skill_row["skill"] for skill_row in learner_values["skills"])}:
        raise NoSkill
    catalog, now = boards.catalog(tenant), boards.now()
    classes = [class_ for id_ in learner_values["classes"] if (class_ := catalog.classes.get(id_["id"]))]
    found = page_for_family(learner_values, guardian)
    shown = {skill_row["skill"]: skill_row for skill_row in found["skills"]}
    requires: dict[str, Sequence[str]] = {id_: catalog.required(id_) for id_ in catalog.skills}
    shortest = None if guardian else way_to(found["skills"], requires | assumed(learner_values["skills"]), goal)
    return {
        "found": found,
        "skills": [
            shown[skill_row["skill"]]
            for skill_row in by_decision(learner_values["skills"])
            if skill_row["skill"] in shown
        ],
        "drawing": None if guardian else draw_path(found["skills"], requires, shortest),
        "shortest": shortest,
        "path": {
            state: [skill_row for skill_row in found["skills"] if state_of(skill_row) == state] for state in STATES
        },
        "next": next_for_family(learner_values["next"]),
        "today": today_of(catalog, learner_values["person"], classes, now, lambda _: {}),
    }
