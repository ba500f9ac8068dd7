"""Who changed groups, or lost help, because a teacher included somebody who asked, or does so no more. Pure.

It is found by forming the groups with the inclusion and without it: so it is true of the evidence of now, however often
the page is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from lrs.plans.groups import Asked, check_that_counts, lesson_groups
from lrs.plans.lesson_asks import asks_in
from lrs.timetabling.unfitted import listed
from schemas.catalog import Catalog


class Moved(NamedTuple):
    """A learner whose group is another than before; before and after are names of skills, "" for no group.

    led_by: who leads it now, where it is of the same skill as before and somebody else led it; lost_help: whether the
    learner needs help, and was in a group for it, but is in none now.
    """

    name: str
    before: str
    after: str
    led_by: str = ""
    lost_help: bool = False


class MovedTogether(NamedTuple):
    """Learners to whom the same happened; names as in a sentence."""

    before: str
    after: str
    led_by: str
    number: int
    names: str


class Inclusion(NamedTuple):
    """What including a learner in a skill, or no longer (undone), did. own: what it did to them; others: to whom else,
    in the order of the board."""

    learner: str
    skill: str
    skill_name: str
    undone: bool
    own: Moved
    others: list[Moved]

    @property
    def moves(self) -> list[MovedTogether]:
        """The others, with whoever else the same happened to."""
        together: dict[tuple[str, str, str], list[str]] = {}
        for one in self.others:
            if one.before != one.after or one.led_by:
                together.setdefault((one.before, one.after, one.led_by), []).append(one.name)
        return [MovedTogether(*what, len(names), listed(names)) for what, names in together.items()]

    @property
    def without_help(self) -> MovedTogether | None:
        """Who needs help and has none by it any more, whoever was included first; None for nobody."""
        names = [one.name for one in (self.own, *self.others) if one.lost_help]
        return MovedTogether("", "", "", len(names), listed(names)) if names else None


class _Group(NamedTuple):
    """The group that a learner is in: who leads it, and whether the learner is helped there."""

    skill: str
    name: str
    led_by: str
    helps: bool


_NO_GROUP = _Group("", "", "", False)


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

    def groups_by(asks: Asked) -> dict[str, _Group]:
        """By learner, their group."""
        return {
            member["learner"]: _Group(group["skill"]["id"], group["skill"]["name"], group["led_by"], member["help"])
            for group in lesson_groups(board, catalog, check=check, asks=asks, now=now)["groups"]
            for member in group["members"]
        }

    otherwise = asked._replace(included=now if undone else None)
    before = groups_by({**asks, learner: {**asks[learner], skill: otherwise}})
    after = groups_by(asks)
    moved: dict[str, Moved] = {}
    for row in board["learners"]:
        was, now_in = before.get(row["learner"], _NO_GROUP), after.get(row["learner"], _NO_GROUP)
        led_by = now_in.led_by if was.skill == now_in.skill and was.led_by != now_in.led_by else ""
        moved[row["learner"]] = Moved(row["name"], was.name, now_in.name, led_by, was.helps and not now_in.helps)
    own = moved.pop(learner)
    names = {one["id"]: one["name"] for one in board["skills"]}
    others = [one for one in moved.values() if one.before != one.after or one.led_by or one.lost_help]
    return Inclusion(learner, skill, names.get(skill, skill), undone, own, others)
