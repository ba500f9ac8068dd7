"""Choose what one learner works on next: which skills, in which order, and of each an item of the right difficulty.

An item is in the right band if the learner will answer it right with a chance between the policy's band_low and
band_high. Most was learned where about 85 % was answered right (Wilson, Shenhav, Straccia and Cohen, 2019, "The
eighty five percent rule for optimal learning", Nature Communications 10), and a little below it learners stay at it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from lrs.pacing.reasons import Reason, because
from processors.mastery.state import ItemHistory
from schemas.material import Material
from schemas.policy import MASTERED, Decision, Policy

_WAYS = (
    ("alone", "pair", "teacher"),
    ("teacher", "pair", "alone"),
)  # of working, the best first: usually, and with help


class Purpose(StrEnum):
    """Why a skill is worked on next."""

    REVIEW = "review"
    PRACTISE = "practise"
    START = "start"
    SUPPORT = "support"  # with a person: alone it did not work


class Wanted(NamedTuple):
    """A skill to work on. `expected` is the mastery to be expected now, None without evidence."""

    skill: str
    purpose: Purpose
    expected: float | None
    because: Reason


class Choice(NamedTuple):
    """An item to work on; chance is that of a right answer, in [0, 1]."""

    wanted: Wanted
    material: Material
    chance: float
    in_band: bool


class Skills(NamedTuple):
    """A learner's skills in teaching order, what was decided of each, and what each requires."""

    order: Sequence[str]
    decisions: Mapping[str, Decision]
    reasons: Mapping[str, Reason]
    expected: Mapping[str, float | None]
    attempts: Mapping[str, int]
    requires: Callable[[str], Sequence[str]]
    name: Callable[[str], str]


def rank_skills(skills: Skills) -> list[Wanted]:
    """The skills to work on, most useful first; those that are mastered, or blocked by what they require, are not.

    First what was begun and is not finished, nearest to mastery first: it is finished soonest, and opens what builds
    on it. A review that is due comes between two of these. Then what is new and ready. Then what needs a person; a
    prerequisite of it that is not mastered comes in its place, at the front. Last what waits by an assumed order alone.
    """
    begun: list[Wanted] = []
    review: list[Wanted] = []
    start: list[Wanted] = []
    support: list[Wanted] = []
    first: list[Wanted] = []
    later: list[Wanted] = []
    for skill in skills.order:
        decision, expected, why = skills.decisions[skill], skills.expected[skill], skills.reasons[skill]
        missing = [one for one in skills.requires(skill) if skills.decisions.get(one) not in MASTERED]
        if decision == Decision.REVIEW:
            review.append(Wanted(skill, Purpose.REVIEW, expected, why))
        elif decision == Decision.HELP:
            for one in missing:
                if skills.decisions.get(one) == Decision.HELP:
                    continue  # it comes by itself, as what needs a person
                before = because("before_help", name=skills.name(skill))
                first.append(Wanted(one, Purpose.PRACTISE, skills.expected.get(one), before))
            if not missing:
                support.append(Wanted(skill, Purpose.SUPPORT, expected, why))
        elif decision != Decision.ADVANCE and skills.attempts.get(skill, 0):
            begun.append(Wanted(skill, Purpose.PRACTISE, expected, why))
        elif decision != Decision.ADVANCE and not missing:
            (later if decision == Decision.WAIT else start).append(Wanted(skill, Purpose.START, expected, why))
    begun.sort(key=lambda one: -(one.expected or 0.0))
    review.sort(key=lambda one: one.expected or 0.0)
    working = [*first, *begun, *start]
    mixed = working[:1] + review[:1] + working[1:] + review[1:] + support + later
    found: dict[str, Wanted] = {}
    for entry in mixed:
        found.setdefault(entry.skill, entry)
    return list(found.values())


def choose(
    wanted: Sequence[Wanted],
    materials: Callable[[str], Sequence[Material]],
    predict: Callable[[Material, Wanted], float],
    met: Mapping[str, ItemHistory],
    last: str,
    policy: Callable[[str], Policy],
    most: int,
) -> list[Choice]:
    """At most so many items, each of another skill as long as there are any.

    met: the learner's past with items; last: the item answered last, which is not chosen again at once where there is
    another; policy: of each skill. What nobody can open is not chosen.
    """
    chosen: list[Choice] = []
    taken: set[str] = set()
    ranked = [(one, rank_items(one, materials(one.skill), predict, met, last, policy(one.skill))) for one in wanted]
    for depth in range(most):
        for one, choices in ranked:
            left = [choice for choice in choices if choice.material.id not in taken]
            if len(chosen) == most:
                return chosen
            if left and (depth == 0 or one.purpose != Purpose.REVIEW):  # one item reviews a skill
                taken.add(left[0].material.id)
                chosen.append(left[0])
    return chosen


def rank_items(
    wanted: Wanted,
    materials: Sequence[Material],
    predict: Callable[[Material, Wanted], float],
    met: Mapping[str, ItemHistory],
    last: str,
    policy: Policy,
) -> list[Choice]:
    """The items of a skill, that of the right difficulty first. Before that counts how one works on it:
    alone, but with a person where that did not work."""
    middle = (policy.band_low + policy.band_high) / 2.0
    choices = []
    for material in materials:
        chance = predict(material, wanted)
        choices.append(Choice(wanted, material, chance, policy.band_low <= chance <= policy.band_high))

    def rank(choice: Choice) -> tuple[bool, int, bool, float, float, str]:
        outside = max(policy.band_low - choice.chance, choice.chance - policy.band_high, 0.0)
        past = met.get(choice.material.id)
        solved = past is not None and past.last == 1  # what was not, comes first; of these, what is nearest to the band
        way = _WAYS[choice.wanted.purpose == Purpose.SUPPORT].index(choice.material.mode)
        return (choice.material.id == last, way, solved, outside, abs(choice.chance - middle), choice.material.id)

    return sorted(choices, key=rank)
