"""Simulated learners of a course of several skills, whose true chances are known, under laws not of the model.

A school has skills with prerequisites, each with items from easy to hard, and learners of one law. A skill whose
prerequisites are not known is learnt at a third of the speed. The laws and their ranges were fixed before any order of
items was run on them.

- growth: an ability per skill grows with each answer (Cen, Koedinger and Junker, 2006, "Learning factors analysis",
  ITS), most where success is uncertain.
- steps: a skill is three steps, each known or not (Corbett and Anderson, 1995, "Knowledge tracing", UMUAI 4); only
  an item of the next step teaches it well.
- competence: after the scenarios of Clément, Roy, Oudeyer and Lopes (2015, "Multi-armed bandits for intelligent
  tutoring systems", JEDM 7): what a solved item required draws the competence towards it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

SKILLS, ITEMS = 8, 12
HINDERED, KNOWN = 1 / 3, 0.6  # how fast one learns without the prerequisites, and the mastery at which they are there

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SimulatedCourse:
    """requires: of each skill, the numbers of its prerequisites; hardness: of each skill's items, in [0, 1], in the
    order of the book, which is about from easy to hard."""

    requires: tuple[tuple[int, ...], ...]
    hardness: Floats


class CourseLearner(Protocol):
    """One learner of a course."""

    def chances(self) -> Floats:
        """The true chance of a right answer, by skill and item."""

    def answer(self, skill: int, item: int, right: bool, speed: float) -> None:
        """Learn from an answer; speed: 1, or less without prerequisites."""


Law = Callable[[np.random.Generator, SimulatedCourse], CourseLearner]


def draw_course(rng: np.random.Generator) -> SimulatedCourse:
    requires: list[tuple[int, ...]] = [()]
    for skill in range(1, SKILLS):
        count = int(rng.choice((0, 1, 2), p=(0.15, 0.6, 0.25)))
        requires.append(
            tuple(sorted(int(prerequisite) for prerequisite in rng.choice(skill, min(count, skill), replace=False)))
        )
    book = np.linspace(0.0, 1.0, ITEMS) + rng.normal(0.0, 0.12, (SKILLS, ITEMS))
    return SimulatedCourse(tuple(requires), np.clip(book, 0.0, 1.0))


def mastery(chances: Floats) -> Floats:
    """The true mastery of each skill: the chance of a right answer over its items."""
    skill_mastery: Floats = chances.mean(axis=1)
    return skill_mastery


class Growth:
    def __init__(self, rng: np.random.Generator, course: SimulatedCourse) -> None:
        self._hard = 3.0 * (course.hardness - 0.5)  # logits
        self._ability = rng.normal(-0.8, 0.6, SKILLS)
        self._rate = rng.uniform(0.1, 0.3)

    def chances(self) -> Floats:
        item_chances: Floats = 1.0 / (1.0 + np.exp(-1.3 * (self._ability[:, None] - self._hard)))
        return item_chances

    def answer(self, skill: int, item: int, right: bool, speed: float) -> None:
        chance = 1.0 / (1.0 + np.exp(-1.3 * (self._ability[skill] - self._hard[skill, item])))
        self._ability[skill] += speed * self._rate * np.sqrt(4.0 * chance * (1.0 - chance)) * (1.0 if right else 0.6)


class Steps:
    def __init__(self, rng: np.random.Generator, course: SimulatedCourse) -> None:
        self._rng = rng
        self._step = np.minimum((course.hardness * 3).astype(int), 2)  # of each item
        self._known = rng.choice(3, SKILLS, p=(0.6, 0.3, 0.1))
        self._learn = rng.uniform(0.08, 0.3)
        self._guess, self._slip = rng.uniform(0.1, 0.3), rng.uniform(0.03, 0.1)

    def chances(self) -> Floats:
        return np.where(self._step < self._known[:, None], 1.0 - self._slip, self._guess)

    def answer(self, skill: int, item: int, right: bool, speed: float) -> None:
        beyond = self._step[skill, item] - self._known[skill]
        share = 1.0 if beyond == 0 else 0.1 if beyond > 0 else 0.0
        if self._rng.random() < speed * self._learn * share:
            self._known[skill] += 1


class Competence:
    def __init__(self, rng: np.random.Generator, course: SimulatedCourse) -> None:
        self._required = 0.1 + 0.9 * course.hardness
        self._competence = rng.uniform(0.05, 0.35, SKILLS)
        self._learn = rng.uniform(0.1, 0.4)

    def chances(self) -> Floats:
        item_chances: Floats = 1.0 / (1.0 + np.exp(-(8.0 * (self._competence[:, None] - self._required) + 1.5)))
        return item_chances

    def answer(self, skill: int, item: int, right: bool, speed: float) -> None:
        missing = self._required[skill, item] - self._competence[skill]
        if right and missing > 0.0:
            self._competence[skill] += speed * self._learn * missing


LAWS: dict[str, Law] = {"growth": Growth, "steps": Steps, "competence": Competence}
