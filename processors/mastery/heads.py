"""The two heads over a whole table: their parameters as arrays, what they say, one epoch of Adagrad,
and the clamp that the weights are trained through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from processors.mastery.answers import Answers, Floats, Ints
from processors.mastery.tabulate import AnswerTable
from processors.mastery.weights import (
    BUCKETS,
    CONTEXTS,
    CORE,
    HISTORIES,
    ITEM,
    LOGIT_ITEM,
    LOGIT_SKILL,
    RETRIES,
    SLOPES,
    HeadWeights,
    ItemHeadWeights,
    ItemTerms,
    SkillTerms,
    Weights,
)

# L2 on: shared weights, item, skill, attempts, history, retry, context, slopes
_DECAY: Floats = np.array([1e-6, 0.01, 0.001, 0.03, 0.01, 0.01, 0.001, 3e-3])


@dataclass(frozen=True, slots=True)
class HeadParameters:
    """The parameters of one head.

    Place 0 of a table by skill or item is for those that are not known: the mean of the others.
    """

    core: Floats
    context: Floats
    bias: Floats
    attempts: Floats
    history: Floats
    slopes: Floats
    item: Floats
    item_bias: Floats
    retry: Floats

    @classmethod
    def start(cls, skills: int, items: int, item_known: bool) -> HeadParameters:
        """All zero, but for the base rate that the head can count on."""
        parameters = cls(
            np.zeros(CORE), np.zeros(CONTEXTS), np.zeros(skills + 1), np.zeros((skills + 1, BUCKETS)),
            np.zeros((skills + 1, HISTORIES)), np.zeros((skills + 1, SLOPES)),
            np.zeros(ITEM), np.zeros(items + 1), np.zeros((items + 1, RETRIES)),
        )  # fmt: skip
        if item_known:
            parameters.item[LOGIT_ITEM] = 1.0
        else:
            parameters.core[LOGIT_SKILL] = 1.0
        return parameters

    @classmethod
    def of(
        cls, head: HeadWeights, of_items: ItemHeadWeights, skills: Sequence[str], items: Sequence[str]
    ) -> HeadParameters:
        """The parameters in weights, for the skills and items of a log, by their index + 1."""
        terms = [head.any_skill, *(head.skills.get(skill, head.any_skill) for skill in skills)]
        met = [of_items.any_item, *(of_items.items.get(item, of_items.any_item) for item in items)]
        return cls(
            np.array(head.core), np.array(head.context), np.array([t.bias for t in terms]),
            np.array([t.attempts for t in terms]), np.array([t.history for t in terms]),
            np.array([t.slopes for t in terms]),
            np.array(of_items.item), np.array([t.bias for t in met]), np.array([t.retry for t in met]),
        )  # fmt: skip

    @property
    def all(self) -> tuple[Floats, ...]:
        return (self.core, self.context, self.bias, self.attempts, self.history, self.slopes, self.item,
                self.item_bias, self.retry)  # fmt: skip

    def settle(self, sums: HeadParameters) -> None:
        """Place 0 of each table, and what was not fitted, become the mean of what was, if anything was."""
        for table, its in (
            (self.bias, sums.bias), (self.attempts, sums.bias), (self.history, sums.bias), (self.slopes, sums.bias),
            (self.item_bias, sums.item_bias), (self.retry, sums.item_bias),
        ):  # fmt: skip
            met = np.flatnonzero(its > 1.0)
            if len(met):
                table[0] = table[met].mean(axis=0)
                table[its <= 1.0] = table[0]

    def head(self, skills: Sequence[str]) -> HeadWeights:
        terms = [
            SkillTerms(b[0], *rest)
            for b, *rest in zip(
                _lists(self.bias[:, None]), *map(_lists, (self.attempts, self.history, self.slopes)), strict=True
            )
        ]
        named = dict(zip(skills, terms[1:], strict=False))
        return HeadWeights(_list(self.core), _list(self.context), terms[0], named, 1.0, 0.0)

    def item_head(self, items: Sequence[str]) -> ItemHeadWeights:
        terms = [
            ItemTerms(b[0], retry) for b, retry in zip(_lists(self.item_bias[:, None]), _lists(self.retry), strict=True)
        ]
        return ItemHeadWeights(_list(self.item), terms[0], dict(zip(items, terms[1:], strict=False)))


@dataclass(frozen=True, slots=True)
class ShownLogits:
    """The number a person sees before each answer, on the logit: z[row] of the row `at`, less what was forgotten."""

    at: Ints
    earlier: Floats  # lost before the answer before on the skill
    since: Floats  # … and since then

    @property
    def lost(self) -> Floats:
        """In all."""
        return self.earlier + self.since


@dataclass(frozen=True, slots=True)
class Loss:
    """What is lost of a shown logit before each row's answer: share · (drop + what the clamp holds up), 0 at least."""

    drop: Floats  # (rows,)
    share: Floats  # (rows,): of what a long time takes off, since the answer before on the skill


def score_next(table: AnswerTable, answers: Answers, p: HeadParameters, skill_at: Ints, item_at: Ints) -> Floats:
    """z of each answer, its item known. skill_at, item_at: place in p's tables by the answers' own indexes."""
    z: Floats = _score_next(
        table.core, table.item, table.codes, answers.rows, table.places, table.slopes,
        skill_at[answers.skills], item_at[answers.items], *p.all,
    )  # fmt: skip
    return z


def score_shown(table: AnswerTable, answers: Answers, p: HeadParameters, skill_at: Ints) -> Floats:
    """z of each row, from what was known when the skill was last answered."""
    z: Floats = _score_shown(table.shown, table.shown_places, table.shown_slopes, skill_at[answers.skills], *p.all[:6])
    return z


def clamp(z: Floats, table: AnswerTable, answers: Answers, loss: Loss, scale: float, shift: float) -> ShownLogits:
    """What the fold shows before each row's answer, given z of each row; the logit of a number is shift + scale · z."""
    outcomes = answers.outcomes[answers.answer_of]
    return ShownLogits(*_clamp(z, table.previous, outcomes, loss.drop / scale, loss.share, scale, shift))


def epoch_next(
    order: Ints,
    step: float,
    table: AnswerTable,
    answers: Answers,
    p: HeadParameters,
    sums: HeadParameters,
    skills: Ints,
    items: Ints,
) -> None:
    """One epoch of Adagrad on the head that knows the item, in place."""
    _epoch_next(
        order, step, table.core, table.item, table.codes, answers.rows, table.places, table.slopes, skills, items,
        answers.outcomes, _DECAY, *p.all, *sums.all,
    )  # fmt: skip


def epoch_shown(
    order: Ints, step: float, table: AnswerTable, answers: Answers, logits: ShownLogits, p: HeadParameters,
    sums: HeadParameters, skills: Ints, share: Floats, outcomes: Floats,
) -> None:  # fmt: skip
    """One epoch on the head that does not: each answer is predicted by what the clamp shows."""
    _epoch_shown(
        order, step, table.shown, table.shown_places, table.shown_slopes, skills, share, outcomes, logits.at,
        logits.lost, _DECAY, *p.all[:6], *sums.all[:6],
    )  # fmt: skip


def parameters(weights: Weights, answers: Answers) -> tuple[HeadParameters, HeadParameters]:
    """(mastery's, next_item's) parameters of weights, for a log's names."""
    return (
        HeadParameters.of(weights.mastery, weights.item, answers.skill_names, []),
        HeadParameters.of(weights.next_item, weights.item, answers.skill_names, answers.item_names),
    )


def _list(values: Floats) -> list[float]:
    return [float(v) for v in values.round(6)]


def _lists(values: Floats) -> list[list[float]]:
    return [[float(v) for v in row] for row in values.round(6)]


# What is compiled takes arrays alone, and names them briefly:
# t an answer, i one of its rows (a skill each), j a feature, z a logit;
# k the row of a skill in the tables by skill (bias, attempts, history, slopes), q that of an item in the tables by item
# (item_bias, retry); b, h, c: bucket of attempts, history, context; x: the features that slopes are for;
# w, v: the weights of `core` and of `item`; s_…: the sums of squared gradients of each.


@njit(cache=True)
def _step(values: Any, sums: Any, at: int, gradient: float, step: float) -> None:
    sums[at] += gradient * gradient
    values[at] -= step * gradient / np.sqrt(sums[at])


@njit(cache=True)
def _own(k: int, b: int, h: int, x: Any, bias: Any, attempts: Any, history: Any, slopes: Any) -> Any:
    z = bias[k] + attempts[k, b] + history[k, h]
    for j in range(len(x)):
        z += slopes[k, j] * x[j]
    return z


@njit(cache=True)
def _own_step(
    k: int, b: int, h: int, x: Any, error: float, step: float, decay: Any, bias: Any, attempts: Any, history: Any,
    slopes: Any, s_bias: Any, s_attempts: Any, s_history: Any, s_slopes: Any,
) -> None:  # fmt: skip
    _step(bias, s_bias, k, error + decay[2] * bias[k], step)
    _step(attempts[k], s_attempts[k], b, error + decay[3] * attempts[k, b], step)
    _step(history[k], s_history[k], h, error + decay[4] * history[k, h], step)
    for j in range(len(x)):
        _step(slopes[k], s_slopes[k], j, error * x[j] + decay[7] * slopes[k, j], step)


@njit(cache=True)
def _dot(w: Any, x: Any) -> Any:
    z = 0.0
    for j in range(len(w)):
        z += w[j] * x[j]
    return z


@njit(cache=True)
def _score_next(
    core: Any, item: Any, codes: Any, rows: Any, places: Any, features: Any, skills: Any, items: Any,
    w: Any, context: Any, bias: Any, attempts: Any, history: Any, slopes: Any, v: Any, item_bias: Any, retry: Any,
) -> Any:  # fmt: skip
    z = np.zeros(len(core))
    for t in range(len(core)):
        share, q = 1.0 / (rows[t + 1] - rows[t]), items[t]
        z[t] = item_bias[q] + retry[q, codes[t, 0]] + context[codes[t, 1]] + _dot(w, core[t]) + _dot(v, item[t])
        for i in range(rows[t], rows[t + 1]):
            z[t] += share * _own(skills[i], places[i, 0], places[i, 1], features[i], bias, attempts, history, slopes)
    return z


@njit(cache=True)
def _score_shown(
    core: Any, places: Any, features: Any, skills: Any,
    w: Any, context: Any, bias: Any, attempts: Any, history: Any, slopes: Any,
) -> Any:  # fmt: skip
    z = np.zeros(len(core))
    for i in range(len(core)):
        own = _own(skills[i], places[i, 0], places[i, 1], features[i], bias, attempts, history, slopes)
        z[i] = own + context[places[i, 2]] + _dot(w, core[i])
    return z


@njit(cache=True)
def _clamp(z: Any, previous: Any, outcomes: Any, drop: Any, share: Any, scale: float, shift: float) -> Any:
    at, earlier, since = np.arange(len(z)), np.zeros(len(z)), np.zeros(len(z))
    for i in range(len(z)):
        p = previous[i]
        if p >= 0 and previous[p] >= 0:  # else nothing was shown before the first answer on the skill
            once = z[at[p]] - earlier[p]  # after the answer before the one on row p …
            was = once - since[p]  # … and just before that one
            if outcomes[p] >= 1.0 / (1.0 + np.exp(-shift - scale * once)):
                if z[i] < once:
                    at[i], earlier[i] = at[p], earlier[p]
            elif (z[i] < was) if outcomes[p] >= 1.0 / (1.0 + np.exp(-shift - scale * was)) else (z[i] > was):
                at[i], earlier[i] = at[p], earlier[p] + since[p]
        since[i] = share[i] * max(drop[i] + z[at[i]] - earlier[i] - z[i], 0.0)
    return at, earlier, since


@njit(cache=True, nogil=True)
def _epoch_next(
    order: Any, step: float, core: Any, item: Any, codes: Any, rows: Any, places: Any, features: Any, skills: Any,
    items: Any, outcomes: Any, decay: Any,
    w: Any, context: Any, bias: Any, attempts: Any, history: Any, slopes: Any, v: Any, item_bias: Any, retry: Any,
    s_w: Any, s_context: Any, s_bias: Any, s_attempts: Any, s_history: Any, s_slopes: Any, s_v: Any,
    s_item_bias: Any, s_retry: Any,
) -> None:  # fmt: skip
    for t in order:
        share, q, again, c = 1.0 / (rows[t + 1] - rows[t]), items[t], codes[t, 0], codes[t, 1]
        z = item_bias[q] + retry[q, again] + context[c] + _dot(w, core[t]) + _dot(v, item[t])
        for i in range(rows[t], rows[t + 1]):
            z += share * _own(skills[i], places[i, 0], places[i, 1], features[i], bias, attempts, history, slopes)
        error = 1.0 / (1.0 + np.exp(-z)) - outcomes[t]
        for j in range(len(w)):
            _step(w, s_w, j, error * core[t, j] + decay[0] * w[j], step)
        for j in range(len(v)):
            _step(v, s_v, j, error * item[t, j] + decay[0] * v[j], step)
        _step(item_bias, s_item_bias, q, error + decay[1] * item_bias[q], step)
        _step(retry[q], s_retry[q], again, error + decay[5] * retry[q, again], step)
        _step(context, s_context, c, error + decay[6] * context[c], step)
        for i in range(rows[t], rows[t + 1]):
            _own_step(
                skills[i], places[i, 0], places[i, 1], features[i], error * share, step, decay,
                bias, attempts, history, slopes, s_bias, s_attempts, s_history, s_slopes,
            )  # fmt: skip


@njit(cache=True, nogil=True)
def _epoch_shown(
    order: Any, step: float, core: Any, places: Any, features: Any, skills: Any, share: Any, outcomes: Any, at: Any,
    lost: Any, decay: Any,
    w: Any, context: Any, bias: Any, attempts: Any, history: Any, slopes: Any,
    s_w: Any, s_context: Any, s_bias: Any, s_attempts: Any, s_history: Any, s_slopes: Any,
) -> None:  # fmt: skip
    for row in order:
        i, k = at[row], skills[row]
        b, h, c = places[i, 0], places[i, 1], places[i, 2]
        z = _own(k, b, h, features[i], bias, attempts, history, slopes) + context[c] + _dot(w, core[i]) - lost[row]
        error = share[row] * (1.0 / (1.0 + np.exp(-z)) - outcomes[row])
        for j in range(len(w)):
            _step(w, s_w, j, error * core[i, j] + decay[0] * w[j], step)
        _step(context, s_context, c, error + decay[6] * context[c], step)
        _own_step(
            k, b, h, features[i], error, step, decay,
            bias, attempts, history, slopes, s_bias, s_attempts, s_history, s_slopes,
        )  # fmt: skip
