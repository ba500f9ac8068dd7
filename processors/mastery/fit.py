"""Fit the mastery model's weights from a log of answers: shuffled Adagrad, then Platt scaling on held-out learners."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from processors.mastery.calibrate import Log, calibrate
from processors.mastery.model import (
    BUCKETS,
    CONTEXTS,
    HISTORIES,
    LOGIT_BASE,
    MASTERY_SLOPES,
    RETRIES,
    SIGNS,
    SLOPES,
    ItemTerms,
    Learner,
    MasteryTerms,
    Model,
    NextItem,
    Skill,
    SkillTerms,
    Unseen,
    Weights,
)

Progress = Callable[[float], None]  # share done, in [0, 1]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FOLDS = 5  # of learners, for rates that have not seen the answer they help to predict
STEPS = (0.1, 0.05, 0.03, 0.02)  # of Adagrad, one an epoch
_FEATURES, _MASTERY_FEATURES = 36, len(SIGNS)
# L2 on: shared weights, item, skill, attempts, history, retry, context, slopes
_DECAY = np.array([1e-6, 0.01, 0.001, 0.03, 0.01, 0.01, 0.001, 3e-3])


@dataclass(frozen=True, slots=True)
class Table:
    """A log as the heads see it: a row for each answer, and `start` of its skills among the rows for each skill."""

    shared: Floats  # (answers, features)
    codes: Ints  # (answers, 4): item, retry, context, right
    start: Ints  # (answers + 1,)
    skills: Ints  # (skill rows, 3): skill, bucket, history
    slopes: Floats  # (skill rows, SLOPES)
    mastery: Floats  # (skill rows, mastery features)


def fit(
    train: Log,
    held_out: Log,
    version: str,
    source: str,
    *,
    apart: bool = True,
    item_known: bool = True,
    seed: int = 0,
    progress: Progress = lambda done: None,
) -> Weights:
    """Weights fitted on `train`, scaled to probabilities on `held_out`: learners who are not in it.

    apart: with weights and rates for each skill and item; else only what all share, for a deployment of its own.
    item_known: False fits next_item without knowing the item; a comparison for `mastery`, which is monotone as well.
    Raises ValueError where there is nothing to fit.
    """
    if not any(answers for _, answers in train) or not any(answers for _, answers in held_out):
        raise ValueError("both the training and the held-out learners need answers")
    rng = np.random.default_rng(seed)
    names = _Names(train if apart else [])
    rates = _rates(train, apart)
    fold_of = rng.permutation(len(train)) % FOLDS
    parts = []
    for fold in range(FOLDS):
        others = [learner for learner, at in zip(train, fold_of, strict=True) if at != fold] or train
        its = [learner for learner, at in zip(train, fold_of, strict=True) if at == fold]
        parts.append(tabulate(Model(_blank(_rates(others, apart))), its, names, item_known))
        progress(0.12 * (fold + 1))
    table = _joined(parts)
    next_item = _fit_next_item(table, names, item_known, rng)
    progress(0.75)
    mastery = _fit_mastery(table, names, rng)
    progress(0.85)
    unscaled = _weights(version, source, rates, next_item, mastery, [])
    return calibrate(unscaled, held_out, item_known)


class _Names:
    """Places of skills and items in tables; 0 stands for all that are not known."""

    def __init__(self, log: Log) -> None:
        skills = sorted({skill for _, answers in log for _, its, _ in answers for skill in its})
        items = sorted({item for _, answers in log for item, _, _ in answers})
        self.skills = {name: i for i, name in enumerate(skills, 1)}
        self.items = {name: i for i, name in enumerate(items, 1)}


@dataclass(frozen=True, slots=True)
class _Rates:
    rate: float
    skills: dict[str, float]
    items: dict[str, float]


def _rates(log: Log, apart: bool) -> _Rates:
    """Rates of right answers: each item's leans on its skills', each skill's on all."""
    rights, counts, of_items = Counter[str](), Counter[str](), Counter[str]()
    right_items, taught = Counter[str](), dict[str, tuple[str, ...]]()
    for _, answers in log:
        for item, skills, right in answers:
            of_items[item] += 1
            right_items[item] += right
            taught[item] = skills
            for skill in skills:
                counts[skill] += 1
                rights[skill] += right
    rate = (right_items.total() + 1) / (of_items.total() + 2)
    if not apart:
        return _Rates(rate, {}, {})
    by_skill = {skill: (rights[skill] + 20 * rate) / (n + 20) for skill, n in counts.items()}
    by_item = {}
    for item, n in of_items.items():
        prior = sum(by_skill[skill] for skill in taught[item]) / len(taught[item])
        by_item[item] = min(max((right_items[item] + 8 * prior) / (n + 8), 0.02), 0.98)
    return _Rates(rate, by_skill, by_item)


def _blank(rates: _Rates) -> Weights:
    any_skill = SkillTerms(0.0, [0.0] * BUCKETS, [0.0] * HISTORIES, [0.0] * SLOPES)
    next_item = NextItem([0.0] * _FEATURES, [0.0] * CONTEXTS, any_skill, ItemTerms(0.0, [0.0] * RETRIES), 1.0, 0.0)
    mastery = Unseen([0.0] * _MASTERY_FEATURES, MasteryTerms(0.0, [0.0] * len(MASTERY_SLOPES)), 1.0, 0.0)
    return _weights("", "", rates, next_item, mastery, [])


def _weights(
    version: str, source: str, rates: _Rates, next_item: NextItem, mastery: Unseen, kappa: list[float]
) -> Weights:
    skills, items = (_rounded(r) for r in (rates.skills, rates.items))
    return Weights(version, source, round(rates.rate, 6), next_item, mastery, kappa, skills, items)


def _rounded(rates: dict[str, float]) -> dict[str, float]:
    return {name: round(rate, 6) for name, rate in sorted(rates.items())}


def tabulate(model: Model, log: Log, names: _Names, item_known: bool) -> Table:
    """What the heads see before each answer of a log, under the model's rates."""
    answers = sum(len(its) for _, its in log)
    rows = sum(len(skills) for _, its in log for _, skills, _ in its)
    table = Table(
        np.zeros((answers, _FEATURES)),
        np.zeros((answers, 4), np.int64),
        np.zeros(answers + 1, np.int64),
        np.zeros((rows, 3), np.int64),
        np.zeros((rows, SLOPES)),
        np.zeros((rows, _MASTERY_FEATURES)),
    )
    at = row = 0
    for _, its in log:
        learner, past = Learner(), dict[str, Skill]()
        for item, skills, right in its:
            seen = model.features(learner, past, item if item_known else None, skills)
            table.shared[at] = seen.shared
            table.codes[at] = (names.items.get(item, 0) if item_known else 0, seen.retry, seen.context, right)
            for skill, bucket, history, slopes in seen.skills:
                table.skills[row] = (names.skills.get(skill, 0), bucket, history)
                table.slopes[row] = slopes
                table.mastery[row] = model.mastery_features(learner, skill, past.get(skill) or Skill())
                row += 1
            at += 1
            table.start[at] = row
            model.update(learner, past, item, skills, right)
    return table


def _joined(parts: Sequence[Table]) -> Table:
    offsets = np.cumsum([0, *(len(part.skills) for part in parts)])
    starts = [part.start[:-1] + offset for part, offset in zip(parts, offsets, strict=False)]

    def column(name: str) -> Any:
        return np.concatenate([getattr(part, name) for part in parts])

    start = np.concatenate([*starts, offsets[-1:]])
    return Table(column("shared"), column("codes"), start, *map(column, ("skills", "slopes", "mastery")))


def _fit_next_item(table: Table, names: _Names, item_known: bool, rng: np.random.Generator) -> NextItem:
    skills, items = len(names.skills) + 1, len(names.items) + 1
    w = np.zeros(_FEATURES)
    w[LOGIT_BASE] = 1.0
    tables = (
        np.zeros((items, 1)),
        np.zeros((skills, 1)),
        np.zeros((skills, BUCKETS)),
        np.zeros((skills, HISTORIES)),
        np.zeros((items, RETRIES)),
        np.zeros((1, CONTEXTS)),
        np.zeros((skills, SLOPES)),
    )
    sums = tuple(np.ones_like(t) for t in (w, *tables))
    for step in STEPS:
        order = rng.permutation(len(table.shared))
        _descend(
            order, step, table.shared, table.codes, table.start, table.skills, table.slopes, _DECAY, w, tables, sums
        )
    item, skill, attempts, history, retry, context, slopes = (_with_mean(t) for t in tables)
    by_skill = [SkillTerms(b[0], *t) for b, *t in zip(*map(_lists, (skill, attempts, history, slopes)), strict=True)]
    by_item = [ItemTerms(b[0], t) for b, t in zip(*map(_lists, (item, retry)), strict=True)]
    return NextItem(
        _list(w),
        _list(context[0]),
        by_skill[0],
        by_item[0],
        1.0,
        0.0,
        dict(zip(names.skills, by_skill[1:], strict=True)),
        dict(zip(names.items, by_item[1:], strict=True)) if item_known else {},
    )


def _fit_mastery(table: Table, names: _Names, rng: np.random.Generator) -> Unseen:
    w, slopes = np.zeros(_MASTERY_FEATURES), np.zeros((len(names.skills) + 1, len(MASTERY_SLOPES)))
    bias = np.zeros(len(slopes))
    w[1] = 1.0
    counts = np.diff(table.start)
    right = np.repeat(table.codes[:, 3], counts)
    share = np.repeat(1.0 / counts, counts)
    sums = (np.ones_like(w), np.ones_like(bias), np.ones_like(slopes))
    signs, places = np.array(SIGNS, np.float64), np.array(MASTERY_SLOPES)
    for step in STEPS:
        order = rng.permutation(len(right))
        _descend_mastery(
            order, step, table.mastery, table.skills[:, 0], right, share, signs, places, w, bias, slopes, *sums
        )
    w, bias, slopes = w.round(6), _with_mean(bias), _with_mean(slopes)
    least = -w[places] * signs[places]  # a skill's own slope may weaken the shared one, never turn it round
    slopes = np.maximum(slopes * signs[places], least) * signs[places]
    terms = [MasteryTerms(b, s) for b, s in zip(_list(bias), _lists(slopes), strict=True)]
    return Unseen(_list(w), terms[0], 1.0, 0.0, dict(zip(names.skills, terms[1:], strict=True)))


def _with_mean(table: Any) -> Any:
    """A table whose first row, if others are known, is their mean: what to expect of one that is not."""
    if len(table) > 1:
        table[0] = table[1:].mean(axis=0)
    return table


def _list(values: Floats) -> list[float]:
    return [float(v) for v in values.round(6)]


def _lists(values: Floats) -> list[list[float]]:
    return [_list(row) for row in values]


@njit
def _step(values: Any, sums: Any, at: int, gradient: float, step: float) -> None:
    sums[at] += gradient * gradient
    values[at] -= step * gradient / np.sqrt(sums[at])


@njit
def _descend(
    order: Any, step: float, x: Any, codes: Any, start: Any, skills: Any, features: Any, decay: Any,
    w: Any, tables: Any, sums: Any,
) -> None:  # fmt: skip
    """One epoch of Adagrad on next_item, in place."""
    t_item, t_skill, t_attempts, t_history, t_retry, t_context, t_slopes = tables
    s_w, s_item, s_skill, s_attempts, s_history, s_retry, s_context, s_slopes = sums
    for row in order:
        item, retry, context, right = codes[row]
        first, last = start[row], start[row + 1]
        share = 1.0 / (last - first)
        z = np.dot(w, x[row]) + t_item[item, 0] + t_retry[item, retry] + t_context[0, context]
        for i in range(first, last):
            skill, attempts, history = skills[i]
            own = t_skill[skill, 0] + t_attempts[skill, attempts] + t_history[skill, history]
            z += share * (own + np.dot(t_slopes[skill], features[i]))
        error = 1.0 / (1.0 + np.exp(-z)) - right
        for j in range(len(w)):
            _step(w, s_w, j, error * x[row, j] + decay[0] * w[j], step)
        _step(t_item[item], s_item[item], 0, error + decay[1] * t_item[item, 0], step)
        _step(t_retry[item], s_retry[item], retry, error + decay[5] * t_retry[item, retry], step)
        _step(t_context[0], s_context[0], context, error + decay[6] * t_context[0, context], step)
        for i in range(first, last):
            skill, attempts, history = skills[i]
            mine = error * share
            _step(t_skill[skill], s_skill[skill], 0, mine + decay[2] * t_skill[skill, 0], step)
            _step(t_attempts[skill], s_attempts[skill], attempts, mine + decay[3] * t_attempts[skill, attempts], step)
            _step(t_history[skill], s_history[skill], history, mine + decay[4] * t_history[skill, history], step)
            for j in range(features.shape[1]):
                _step(t_slopes[skill], s_slopes[skill], j, mine * features[i, j] + decay[7] * t_slopes[skill, j], step)


@njit
def _descend_mastery(
    order: Any, step: float, y: Any, skills: Any, rights: Any, shares: Any, signs: Any, places: Any,
    w: Any, bias: Any, slopes: Any, s_w: Any, s_bias: Any, s_slopes: Any,
) -> None:  # fmt: skip
    """One epoch of Adagrad on mastery, in place; after each step, weights of the wrong sign go to 0."""
    for row in order:
        skill = skills[row]
        z = np.dot(w, y[row]) + bias[skill]
        for j, place in enumerate(places):
            z += slopes[skill, j] * y[row, place]
        error = shares[row] * (1.0 / (1.0 + np.exp(-z)) - rights[row])
        for j in range(len(w)):
            _step(w, s_w, j, error * y[row, j] + 1e-6 * w[j], step)
            if w[j] * signs[j] < 0.0:
                w[j] = 0.0
        _step(bias, s_bias, skill, error + 0.001 * bias[skill], step)
        for j, place in enumerate(places):
            _step(slopes[skill], s_slopes[skill], j, error * y[row, place] + 3e-3 * slopes[skill, j], step)
            if (slopes[skill, j] + w[place]) * signs[place] < 0.0:
                slopes[skill, j] = -w[place]
