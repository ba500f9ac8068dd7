"""What fitted weights say of a whole log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from processors.mastery.answers import Answers, Floats
from processors.mastery.calibrate import HeldOut
from processors.mastery.heads import parameters, score_next, score_shown
from processors.mastery.rates import Rates, bases
from processors.mastery.tabulate import tabulate
from processors.mastery.weights import Weights


def predict(weights: Weights, answers: Answers) -> HeldOut:
    """What both heads say before each answer, each learner's own earlier ones known."""
    rates = _known_rates(weights, answers)
    of_item, of_skill = bases(answers, rates)
    table = tabulate(answers, of_item, of_skill)
    mastery, next_item = parameters(weights, answers)
    skill_at, item_at = (np.arange(1, len(names) + 1) for names in (answers.skill_names, answers.item_names))
    return HeldOut(
        answers,
        table,
        score_shown(table, answers, mastery, skill_at),
        score_next(table, answers, next_item, skill_at, item_at),
        of_item,
    )


def _known_rates(weights: Weights, answers: Answers) -> Rates:
    def rated(names: Sequence[str], of: Mapping[str, float]) -> tuple[Floats, NDArray[np.bool_]]:
        return np.array([of.get(name, weights.rate) for name in names]), np.array([name in of for name in names], bool)

    skills, seen_skills = rated(answers.skill_names, weights.skill_rates)
    items, seen_items = rated(answers.item_names, weights.item_rates)
    return Rates(weights.rate, skills, items, seen_skills, seen_items)
