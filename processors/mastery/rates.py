"""Base rates: how often answers on a skill or an item are right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from processors.mastery.answers import Answers, Floats, Ints

SKILL_PRIOR, ITEM_PRIOR = 20.0, 8.0  # answers that the rate of all, or of an item's skills, counts for


@dataclass(frozen=True, slots=True)
class Rates:
    """The rate of all, of each skill and of each item, by the names' indexes."""

    rate: float
    skills: Floats
    items: Floats
    seen_skills: NDArray[np.bool_]
    seen_items: NDArray[np.bool_]


def smoothed_rates(answers: Answers, but: NDArray[np.bool_] | None = None) -> Rates:
    """Smoothed rates: an item's leans on its skills', a skill's on that of all; `but` leaves some learners out."""
    counted = np.ones(len(answers), bool) if but is None else ~but[answers.learner_of]
    weight = counted.astype(np.float64)
    rows = answers.answer_of
    skills, items = len(answers.skill_names), len(answers.item_names)
    rate = float((answers.outcomes @ weight + 1) / (weight.sum() + 2))
    n_skill = _sums_by_code(answers.skills, weight[rows], skills)
    by_skill = _sums_by_code(answers.skills, (weight * answers.outcomes)[rows], skills)
    by_skill = (by_skill + SKILL_PRIOR * rate) / (n_skill + SKILL_PRIOR)
    n_item = _sums_by_code(answers.items, weight, items)
    by_item = _sums_by_code(answers.items, weight * answers.outcomes, items)
    prior = _sums_by_code(answers.items, weight * skill_mean(answers, by_skill), items)
    prior = np.divide(prior, n_item, out=np.full(items, rate), where=n_item > 0)
    by_item = np.clip((by_item + ITEM_PRIOR * prior) / (n_item + ITEM_PRIOR), 0.02, 0.98)
    return Rates(rate, by_skill, by_item, n_skill > 0, n_item > 0)


def _sums_by_code(codes: Ints, weights: Floats, length: int) -> Floats:
    return np.bincount(codes, weights, length).astype(np.float64)


def skill_mean(answers: Answers, by_skill: Floats) -> Floats:
    """The mean over each answer's skills."""
    return np.add.reduceat(by_skill[answers.skills], answers.rows[:-1]) / np.diff(answers.rows)


def bases(answers: Answers, rates: Rates) -> tuple[Floats, Floats]:
    """(rate of each answer's item, rate of each row's skill): an item that was not seen has its skills' rate."""
    of_skill = np.where(rates.seen_skills, rates.skills, rates.rate)
    of_item = np.where(rates.seen_items[answers.items], rates.items[answers.items], skill_mean(answers, of_skill))
    return np.clip(of_item, 0.02, 0.98), of_skill[answers.skills]


def crossed(answers: Answers, fold_of: Ints, folds: int) -> tuple[Floats, Floats]:
    """`bases` that have not seen the answers they help to predict: learners' folds are rated by the others."""
    of_item, of_skill = np.zeros(len(answers)), np.zeros(len(answers.skills))
    for fold in range(folds):
        its = fold_of == fold
        item, skill = bases(answers, smoothed_rates(answers, but=its))
        mine = its[answers.learner_of]
        of_item[mine], of_skill[mine[answers.answer_of]] = item[mine], skill[mine[answers.answer_of]]
    return of_item, of_skill
