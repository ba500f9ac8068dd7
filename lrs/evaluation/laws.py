"""Simulated learners whose true chance of a right answer is known, under laws of learning that are none of the model.

Parameters are drawn for each learner and skill, over the ranges that the sources report. In every law some
learners do not learn by practice alone: Beck and Gong (2013, "Wheel-spinning: students who fail to master a skill",
AIED) found between a tenth and a third of them in two tutors.

- all-or-none: Corbett and Anderson (1995, "Knowledge tracing", UMUAI 4): a skill is known or not, learned with a
  constant chance at each answer; guesses and slips.
- steady: Cen, Koedinger and Junker (2006, "Learning factors analysis", ITS): the logit grows by a constant with each
  answer, from an ability that differs between learners.
- plateau: Heathcote, Brown and Mewhort (2000, "The power law repealed", Psychonomic Bulletin & Review 7): the error
  falls exponentially to an asymptote of each learner's own, which may lie short of mastery.
- fading: Pavlik and Anderson (2005, "Practice and forgetting effects on vocabulary memory", Cognitive Science 29):
  activation is the log of summed, decaying traces of each answer, so that pauses between sittings cost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from lrs.evaluation.sittings import PAUSE_SECONDS, SITTING

Floats = NDArray[np.float64]
AHEAD = 10  # answers by which somebody who needs no help gets there without any
STUCK = 0.25  # share of learners and skills that practice alone does not help
_DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class SkillPractice:
    """One learner's answers on one skill. chance: of each answer being right; later: what it would be AHEAD on."""

    times: Floats  # seconds
    chance: Floats
    later: Floats
    right: NDArray[np.bool_]


Law = Callable[[np.random.Generator, int], SkillPractice]


def all_or_none(rng: np.random.Generator, answers: int) -> SkillPractice:
    guess, slip = rng.uniform(0.1, 0.3), rng.uniform(0.03, 0.12)
    learn = rng.uniform(0.0, 0.01) if rng.random() < STUCK else rng.uniform(0.05, 0.3)
    learnt = np.empty(answers, bool)
    state = rng.random() < rng.uniform(0.1, 0.5)
    for at in range(answers):
        learnt[at] = state
        state = state or rng.random() < learn
    soon = np.where(learnt, 1.0, 1.0 - (1.0 - learn) ** AHEAD)
    return _practice(rng, np.where(learnt, 1.0 - slip, guess), soon * (1.0 - slip) + (1.0 - soon) * guess)


def steady(rng: np.random.Generator, answers: int) -> SkillPractice:
    start = rng.normal(-0.2, 1.0)
    rate = 0.0 if rng.random() < STUCK else rng.uniform(0.05, 0.3)
    chance = expit(start + rate * np.arange(answers + AHEAD))
    return _practice(rng, chance[:answers], chance[AHEAD:])


def plateau(rng: np.random.Generator, answers: int) -> SkillPractice:
    start = rng.uniform(0.2, 0.7)
    top = rng.uniform(start, 0.7) if rng.random() < STUCK else rng.uniform(0.85, 0.99)
    chance = top - (top - start) * np.exp(-rng.uniform(0.08, 0.4) * np.arange(answers + AHEAD))
    return _practice(rng, chance[:answers], chance[AHEAD:])


def fading(rng: np.random.Generator, answers: int) -> SkillPractice:
    times = _times(answers + AHEAD)
    decay, noise = rng.uniform(0.2, 0.4), rng.uniform(0.3, 0.6)
    needed = rng.uniform(2.5, 4.0) if rng.random() < STUCK else rng.uniform(-1.5, 0.5)
    chance = np.empty(answers + AHEAD)
    for at in range(len(times)):
        # Before the first answer there is one trace, of the lesson a day ago.
        ages = np.append(times[at] - times[:at], times[at] + _DAY_SECONDS) / 60.0
        chance[at] = expit((np.log(np.sum(ages**-decay)) - needed) / noise)
    return _practice(rng, chance[:answers], chance[AHEAD:])


LAWS: dict[str, Law] = {"all-or-none": all_or_none, "steady": steady, "plateau": plateau, "fading": fading}


def _practice(rng: np.random.Generator, chance: Floats, later: Floats) -> SkillPractice:
    return SkillPractice(_times(len(chance)), chance, later, rng.random(len(chance)) < chance)


def _times(answers: int) -> Floats:
    at = np.arange(answers)
    return np.asarray(at % SITTING * 60.0 + at // SITTING * PAUSE_SECONDS)
