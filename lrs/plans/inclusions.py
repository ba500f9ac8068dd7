"""Who changed groups because a teacher included somebody who asked, or does so no more. Pure.

It is found by forming the groups with the inclusion and without it: so it is true of the evidence of now, however often
the page is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from lrs.plans.groups import Asked, check_that_counts, lesson_groups
from lrs.plans.lesson_asks import asks_in
from schemas.catalog import Catalog


class Moved(NamedTuple):
    """A learner whose group is of another skill than before; before and after are names of skills, "" for no group."""

    name: str
    before: str
    after: str


class Inclusion(NamedTuple):
    """What including a learner in a skill, or no longer (undone), did. own: what it did to them; others: to whom else,
    in the order of the board."""

    learner: str
    skill: str
    skill_name: str
    undone: bool
    own: Moved
    others: list[Moved]


def inclusion(
    board: Mapping[str, Any], catalog: Catalog, now: int, learner: str, skill: str, undone: bool
) -> Inclusion | None:
    """What the inclusion of a learner did, or its undoing; None where that is not how it is now."""
    class_id = board["class"]["id"]
    asks = asks_in(catalog, catalog.classes[class_id], now) if class_id in catalog.classes else {}
    asked = asks.get(learner, {}).get(skill)
    name = next((row["name"] for row in board["learners"] if row["learner"] == learner), None)
    if asked is None or name is None or (asked.included is None) != undone:
        return None
    check = check_that_counts(catalog, class_id, now)

    def skills(asks: Asked) -> dict[str, str]:
        """By learner, the name of the skill of their group."""
        groups = lesson_groups(board, catalog, check=check, asks=asks, now=now)["groups"]
        return {member["learner"]: group["skill"]["name"] for group in groups for member in group["members"]}

    otherwise = asked._replace(included=now if undone else None)
    before = skills({**asks, learner: {**asks[learner], skill: otherwise}})
    after = skills(asks)
    moved = {
        row["learner"]: Moved(row["name"], before.get(row["learner"], ""), after.get(row["learner"], ""))
        for row in board["learners"]
    }
    own = moved.pop(learner)
    names = {one["id"]: one["name"] for one in board["skills"]}
    others = [one for one in moved.values() if one.before != one.after]
    return Inclusion(learner, skill, names.get(skill, skill), undone, own, others)
