"""Choose what one learner works on next: which skills, in which order, and of each an item of the right difficulty.

An item is in the right band if the learner will answer it right with a chance between the policy's band_low and
band_high. Most was learned where about 85 % was answered right (Wilson, Shenhav, Straccia and Cohen, 2019, "The
eighty five percent rule for optimal learning", Nature Communications 10), and a little below it learners stay at it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from lrs.pacing.reasons import Reason, because
from processors.mastery.state import ItemHistory
from schemas.decision import MASTERED, Decision
from schemas.material import Material
from schemas.policy import Policy

# Modes of working, the best first: usually, and where help is needed.
_MODES_BY_PREFERENCE = (("alone", "pair", "teacher"), ("teacher", "pair", "alone"))
REVIEWS = 4  # a review that is due comes first at every so many answers


class Purpose(StrEnum):
    """Why a skill is worked on next."""

    REVIEW = "review"
    PRACTISE = "practise"
    START = "start"
    SUPPORT = "support"  # with a person: alone it did not work


_BY_A_PERSON = {  # what a person decides to be worked on, and for what
    Decision.HELP: Purpose.SUPPORT,
    Decision.REVIEW: Purpose.REVIEW,
    Decision.PRACTISE: Purpose.PRACTISE,
    Decision.START: Purpose.START,
}


class WantedSkill(NamedTuple):
    """A skill to work on. `expected` is the mastery to be expected now, None without evidence."""

    skill: str
    purpose: Purpose
    expected: float | None
    because: Reason
    overruled: bool = False  # a person decided on it


class ChosenItem(NamedTuple):
    """An item to work on; chance is that of a right answer, in [0, 1]."""

    wanted: WantedSkill
    material: Material
    chance: float
    in_band: bool


class Preferences(NamedTuple):
    """What somebody would rather work on, "" where they do not say: in which language, and nothing but of a topic."""

    language: str = ""
    topic: str = ""

    def allow(self, material: Material) -> bool:
        """Whether a material is of the topic."""
        return not self.topic or self.topic.casefold() in map(str.casefold, material.topics)

    def avoid(self, material: Material) -> bool:
        """Whether a material is in another language, of whichever country."""
        return bool(self.language and material.language) and _spoken(self.language) != _spoken(material.language)


ANYTHING = Preferences()


class LearnerSkills(NamedTuple):
    """A learner's skills in teaching order, what was decided of each, and what each requires.

    solved: those whose items were all answered right the last time (see `is_solved`); overruled: those of which a
    person decided, whatever was solved.
    """

    order: Sequence[str]
    decisions: Mapping[str, Decision]
    reasons: Mapping[str, Reason]
    expected: Mapping[str, float | None]
    attempts: Mapping[str, int]
    requires: Callable[[str], Sequence[str]]
    name: Callable[[str], str]
    solved: frozenset[str] = frozenset()
    overruled: frozenset[str] = frozenset()


def rank_skills(skills: LearnerSkills) -> list[WantedSkill]:
    """The skills to work on, most useful first; those that are mastered, or blocked by what they require, are not.

    First what a person decided to work on. Then what was begun and is not finished, nearest to mastery first: it is
    finished soonest, and opens what builds on it. A review that is due comes between two of these, and before them at
    every REVIEWS-th answer, as who asks for one item at a time would never come to it. Then what is new and ready.
    Then what needs a person; a prerequisite of it that is not mastered comes in its place, at the front. Then what was
    begun although a prerequisite of it calls for help. Then what was solved: an estimate follows the answers slowly,
    and until it has, more of that teaches less than anything else. What was solved does not block what builds on it,
    either. Last what waits by an assumed order alone; and if there is nothing at all, what is mastered, but not
    solved.
    """
    begun: list[WantedSkill] = []
    stuck: list[WantedSkill] = []
    review: list[WantedSkill] = []
    start: list[WantedSkill] = []
    support: list[WantedSkill] = []
    first: list[WantedSkill] = []
    decided: list[WantedSkill] = []
    solved: list[WantedSkill] = []
    later: list[WantedSkill] = []
    unsolved: list[WantedSkill] = []
    done = skills.solved - skills.overruled  # solved, and no person decided on them
    for skill in skills.order:
        decision, expected, why = skills.decisions[skill], skills.expected[skill], skills.reasons[skill]
        before = [required for required in skills.requires(skill) if skills.decisions.get(required) not in MASTERED]
        missing = [required for required in before if required not in done]
        if skill in skills.overruled and decision in _BY_A_PERSON:
            decided.append(WantedSkill(skill, _BY_A_PERSON[decision], expected, why, True))
        elif skill in skills.overruled and decision == Decision.WAIT:
            continue
        elif decision == Decision.REVIEW:
            review.append(WantedSkill(skill, Purpose.REVIEW, expected, why))
        elif decision == Decision.ADVANCE:
            if skill not in skills.solved and skills.attempts.get(skill, 0):
                unsolved.append(
                    WantedSkill(skill, Purpose.REVIEW, expected, because("unsolved", name=skills.name(skill)))
                )
        elif skill in done:
            solved.append(WantedSkill(skill, Purpose.PRACTISE, expected, why))
        elif decision == Decision.HELP:
            for required in missing:
                if skills.decisions.get(required) == Decision.HELP or required in skills.overruled:
                    continue  # it comes by itself, as what needs a person, or as a person decided
                helps = because("before_help", name=skills.name(skill))
                first.append(WantedSkill(required, Purpose.PRACTISE, skills.expected.get(required), helps))
            if not [required for required in missing if required not in skills.overruled]:
                support.append(WantedSkill(skill, Purpose.SUPPORT, expected, why))
        elif skills.attempts.get(skill, 0):
            held_up = any(skills.decisions.get(required) == Decision.HELP for required in missing)
            (stuck if held_up else begun).append(WantedSkill(skill, Purpose.PRACTISE, expected, why))
        elif before and not missing and skill not in skills.overruled:
            opened = because("solved", names=[skills.name(required) for required in before])
            start.append(WantedSkill(skill, Purpose.START, expected, opened))
        elif not before:
            (later if decision == Decision.WAIT else start).append(WantedSkill(skill, Purpose.START, expected, why))
    begun.sort(key=lambda begun_skill: -(begun_skill.expected or 0.0))
    review.sort(key=lambda due_review: due_review.expected or 0.0)
    solved.sort(key=lambda solved_skill: solved_skill.expected or 0.0)
    unsolved.sort(key=lambda mastered_skill: mastered_skill.expected or 0.0)
    working = [*first, *begun, *start, *support, *stuck, *solved]
    turn = sum(skills.attempts.values()) % REVIEWS == REVIEWS - 1
    mixed = [*decided, *review[:turn], *working[:1], *review[turn:1], *working[1:], *review[1:], *later]
    ranked: dict[str, WantedSkill] = {}
    for entry in mixed or unsolved:
        ranked.setdefault(entry.skill, entry)
    return list(ranked.values())


def is_solved(materials: Sequence[Material], met: Mapping[str, ItemHistory], policy: Policy) -> bool:
    """Whether every item of a skill was answered right the last time, and they are enough to trust that."""
    if len(materials) < policy.trusted_after:
        return False
    return all((past := met.get(material.id)) is not None and past.last == 1 for material in materials)


def choose_items(
    wanted_skills: Sequence[WantedSkill],
    materials: Callable[[str], Sequence[Material]],
    predict: Callable[[Material, WantedSkill], float],
    met: Mapping[str, ItemHistory],
    last: str,
    policy: Callable[[str], Policy],
    most: int,
    preferences: Preferences = ANYTHING,
    last_topics: Collection[str] = (),
) -> list[ChosenItem]:
    """At most so many items, each of another skill as long as there are any.

    met: the learner's past with items; last: the item answered last, which is not chosen again at once where there is
    another, and last_topics what it was about; policy: of each skill. What nobody can open is not chosen.
    """
    chosen_items: list[ChosenItem] = []
    topics = set(last_topics)
    taken_materials: set[str] = set()
    ranked: dict[str, list[ChosenItem]] = {}  # of the skills reached so far

    def choices(wanted_skill: WantedSkill) -> list[ChosenItem]:
        if wanted_skill.skill not in ranked:
            allowed = [material for material in materials(wanted_skill.skill) if preferences.allow(material)]
            ranked[wanted_skill.skill] = rank_items(
                wanted_skill, allowed, predict, met, last, policy(wanted_skill.skill), preferences
            )
        return ranked[wanted_skill.skill]

    def as_good(choice: ChosenItem) -> tuple[bool, ...]:
        material = choice.material
        past = met.get(material.id)
        solved = past is not None and past.last == 1
        return (choice.in_band, material.id != last, not solved, not preferences.avoid(material))

    for depth in range(most):
        for wanted_skill in wanted_skills:
            if len(chosen_items) == most:
                return chosen_items
            if depth and wanted_skill.purpose == Purpose.REVIEW:
                continue  # one item reviews a skill
            free = [choice for choice in choices(wanted_skill) if choice.material.id not in taken_materials]
            if free:
                first_choice = free[0]
                other_choices = (
                    choice
                    for choice in free
                    if topics.isdisjoint(choice.material.topics)
                    and all(as_good(choice))
                    and choice.material.mode == first_choice.material.mode
                )
                next_choice = (
                    next(other_choices, first_choice)
                    if topics.intersection(first_choice.material.topics)
                    else first_choice
                )
                topics.update(next_choice.material.topics)
                taken_materials.add(next_choice.material.id)
                chosen_items.append(next_choice)
    return chosen_items


def rank_items(
    wanted_skill: WantedSkill,
    materials: Sequence[Material],
    predict: Callable[[Material, WantedSkill], float],
    met: Mapping[str, ItemHistory],
    last: str,
    policy: Policy,
    preferences: Preferences = ANYTHING,
) -> list[ChosenItem]:
    """The items of a skill, that of the right difficulty first. Before that counts the language, and how one works on
    it: alone, but with a person where that did not work. What was answered right last time comes last, and of this the
    least likely first: it may have been a guess.

    Nobody knows yet which is harder of items with the same chance: their levels say it. The highest comes first where
    the skill is easy for the learner, else the lowest."""
    levels = sorted({natural for material in materials if (natural := _natural(material.level))})
    middle = (policy.band_low + policy.band_high) / 2.0
    choices = []
    for material in materials:
        chance = predict(material, wanted_skill)
        choices.append(ChosenItem(wanted_skill, material, chance, policy.band_low <= chance <= policy.band_high))

    def rank(choice: ChosenItem) -> tuple[bool, bool, int, bool, float, float, int, str]:
        past = met.get(choice.material.id)
        way = _MODES_BY_PREFERENCE[choice.wanted.purpose == Purpose.SUPPORT].index(choice.material.mode)
        solved = past is not None and past.last == 1
        outside = max(policy.band_low - choice.chance, choice.chance - policy.band_high, 0.0)
        fit = (choice.chance, 0.0) if solved else (outside, abs(choice.chance - middle))
        natural = _natural(choice.material.level)
        level = levels.index(natural) + 1 if natural else 0
        harder = choice.chance > middle
        avoided = preferences.avoid(choice.material)
        again = choice.material.id == last
        return (again, avoided, way, solved, *fit, -level if harder else level, choice.material.id)

    return sorted(choices, key=rank)


def _spoken(language: str) -> str:
    """A language without country or script, as in a tag of RFC 5646."""
    return language.replace("_", "-").partition("-")[0].casefold()


def _natural(level: str) -> tuple[tuple[bool, int, str], ...]:
    """A level in the order of its numbers (B1 before B2, Grade 9 before Grade 10); () of one without any."""
    if not any(character.isdecimal() for character in level):
        return ()
    pieces = re.findall(r"\d+|\D+", level.casefold())
    return tuple((piece.isdecimal(), int(piece) if piece.isdecimal() else 0, piece) for piece in pieces)
