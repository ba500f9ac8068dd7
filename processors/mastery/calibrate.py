"""Make fitted weights say probabilities: Platt scaling, forgetting and intervals, on learners they have not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaln, expit

from processors.mastery.answers import Answers, Floats, join_answers
from processors.mastery.forgetting import Forgetting
from processors.mastery.heads import Loss, ShownLogits, clamp
from processors.mastery.tabulate import AnswerTable
from processors.mastery.weights import BUCKETS, Band, Weights

HORIZON = 5  # answers ahead that intervals speak of
RETURN = 0.5  # days away that make an answer a return
FEWEST_RETURNS, FEWEST_SPACED = 200, 2000  # that fit the drop; spacing as well
_DROP_PRIOR, _SPACING_PRIOR = (0.35, 0.25), (0.0, 0.15)  # mean and deviation
_LEAST_DROP = 0.001  # fitted; 0 is a law by which nothing is lost
# Of a band's shift, scale and log kappa: what a bucket with few answers leans on.
_BAND_PRIOR = (np.array([0.0, 0.9, np.log(9.0)]), np.array([0.5, 0.3, 0.7]))


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Answers of learners whom the weights have not seen, and what they said of them."""

    answers: Answers
    table: AnswerTable
    shown: Floats  # (rows,): z of mastery when the skill was last answered
    next_item: Floats  # (answers,): z
    base: Floats  # (answers,): the item's rate

    @classmethod
    def joined(cls, parts: Sequence[HeldOut]) -> HeldOut:
        """The held-out answers of several parts; learners are not merged."""
        return cls(
            join_answers([part.answers for part in parts]),
            AnswerTable.joined([part.table for part in parts]),
            np.concatenate([part.shown for part in parts]),
            np.concatenate([part.next_item for part in parts]),
            np.concatenate([part.base for part in parts]),
        )


def calibrate(weights: Weights, held_out: HeldOut) -> Weights:
    """The weights with both heads scaled, forgetting refitted where there are returns enough, and bands."""
    scaled = calibrate_shown(weights, held_out)
    scale, shift = platt(held_out.next_item, held_out.answers.outcomes)
    scaled = replace(scaled, next_item=replace(weights.next_item, scale=scale, shift=shift))
    return replace(scaled, bands=_bands(shown_logits(scaled, held_out), held_out))


def calibrate_shown(weights: Weights, held_out: HeldOut, fitted_rows: NDArray[np.bool_] | None = None) -> Weights:
    """The weights with what is shown scaled, and forgetting refitted; that to `fitted_rows` only, if given."""
    table, right = held_out.table, held_out.answers.outcomes[held_out.answers.answer_of]
    fitted_rows = np.ones(len(right), bool) if fitted_rows is None else fitted_rows
    enough = (fitted_rows & (table.gaps >= RETURN)).sum() >= FEWEST_RETURNS
    scale, shift, forgetting = 1.0, 0.0, weights.forgetting
    for _ in range(3):  # each depends on the others through the clamp, but little
        before = _before(held_out, scale, shift, forgetting)
        z, earlier = held_out.shown[before.at], before.earlier * scale
        scale, shift = platt(z, right, earlier + before.since * scale)
        if enough:
            once, logits_shown = shift + scale * z - earlier, shift + scale * held_out.shown
            forgetting = fit_forgetting(once, once - logits_shown, right, table, forgetting, fitted_rows)
    return replace(weights, mastery=replace(weights.mastery, scale=scale, shift=shift), forgetting=forgetting)


def shown_logits(weights: Weights, held_out: HeldOut) -> Floats:
    """The logit of the number shown before each row's answer, clamp and forgetting applied."""
    scale, shift = weights.mastery.scale, weights.mastery.shift
    before = _before(held_out, scale, shift, weights.forgetting)
    return shift + scale * (held_out.shown[before.at] - before.lost)


def platt(z: Floats, right: Floats, lost: Floats | None = None) -> tuple[float, float]:
    """(scale, shift) so that σ(shift + scale·z - lost) has the best log loss, by Newton; scale is positive."""
    features = np.stack([z, np.ones_like(z)])
    scale_and_shift = np.array([1.0, 0.0])
    for _ in range(30):
        p = expit(scale_and_shift @ features - (0.0 if lost is None else lost))
        gradient = features @ (p - right) + 1e-3 * (scale_and_shift - [1.0, 0.0])
        curvature = (features * (p * (1 - p))) @ features.T + 1e-3 * np.eye(2)
        step = np.clip(np.linalg.solve(curvature, gradient), -1.0, 1.0)
        scale_and_shift -= step
        if np.abs(step).max() < 1e-9:
            break
    return max(round(float(scale_and_shift[0]), 6), 1e-3), round(float(scale_and_shift[1]), 6)


def loss_in(table: AnswerTable, forgetting: Forgetting) -> Loss:
    """What is forgotten before each row's answer since the one before on the skill."""
    share = 1.0 - 2.0 ** (-np.maximum(table.gaps, 0.0) / forgetting.half_life)
    drop = forgetting.drop * np.maximum(table.days, 1.0) ** -forgetting.spacing
    return Loss(drop, share if forgetting.drop else np.zeros_like(share))


def fit_forgetting(
    logits: Floats,
    held: Floats,
    right: Floats,
    table: AnswerTable,
    now: Forgetting,
    some: NDArray[np.bool_] | None = None,
) -> Forgetting:
    """The likeliest drop, and spacing where there is enough to tell, of logits shown just after the answer before.

    held: by how much these are above what the model said; some: the rows to fit to, if not all.
    """
    away = table.gaps >= RETURN if some is None else some & (table.gaps >= RETURN)
    rise = 1.0 - 2.0 ** (-table.gaps[away] / now.half_life)
    days, z, up, y = np.log(np.maximum(table.days[away], 1)), logits[away], held[away], right[away]
    spaced = away.sum() >= FEWEST_SPACED

    def loss(parameters: Floats) -> float:
        drop, spacing = max(parameters[0], _LEAST_DROP), max(parameters[1], 0.0) if spaced else 0.0
        x = z - rise * np.maximum(drop * np.exp(-spacing * days) + up, 0.0)
        off = [(parameters[0] - _DROP_PRIOR[0]) / _DROP_PRIOR[1]]
        if spaced:
            off.append((parameters[1] - _SPACING_PRIOR[0]) / _SPACING_PRIOR[1])
        return float(np.sum(np.logaddexp(0.0, x) - y * x) + np.square(off).sum() / 2)

    best = minimize(loss, [_DROP_PRIOR[0], 0.05] if spaced else [_DROP_PRIOR[0]], method="Nelder-Mead").x
    spacing = round(max(float(best[1]), 0.0), 3) if spaced else 0.0
    return Forgetting(round(max(float(best[0]), _LEAST_DROP), 3), now.half_life, spacing)


def wins_ahead(held_out: HeldOut) -> NDArray[np.int64]:
    """By row: right answers among the learner's next HORIZON on the skill, its own first; -1 where fewer came."""
    previous = held_out.table.previous
    following = np.full(len(previous), -1)
    later = np.flatnonzero(previous >= 0)
    following[previous[later]] = later
    right = held_out.answers.outcomes[held_out.answers.answer_of] >= 0.5
    wins, at = np.zeros(len(previous), np.int64), np.arange(len(previous))
    for _ in range(HORIZON):
        wins = np.where(at >= 0, wins + right[at], -HORIZON)
        at = np.where(at >= 0, following[at], -1)
    return np.maximum(wins, -1)


def band_log_likelihood(logits: Floats, wins: Floats, band: Floats) -> Floats:
    """Up to what does not depend on the band: (shift, scale, log kappa)."""
    mean, kappa = np.clip(expit(band[0] + band[1] * logits), 1e-4, 1.0 - 1e-4), np.exp(band[2])
    a, b = mean * kappa, (1.0 - mean) * kappa
    return np.asarray(betaln(a + wins, b + HORIZON - wins) - betaln(a, b))


def _before(held_out: HeldOut, scale: float, shift: float, forgetting: Forgetting) -> ShownLogits:
    loss = loss_in(held_out.table, forgetting)
    return clamp(held_out.shown, held_out.table, held_out.answers, loss, scale, shift)


def _bands(logits: Floats, held_out: HeldOut) -> list[Band]:
    wins, bucket = wins_ahead(held_out), held_out.table.shown_places[:, 0]
    bands = []
    mean, deviation = _BAND_PRIOR
    for at in range(BUCKETS):
        its = (bucket == at) & (wins >= 0)
        x, w = logits[its], wins[its].astype(np.float64)

        def loss(band: Floats, x: Floats = x, w: Floats = w) -> float:
            prior = float((((band - mean) / deviation) ** 2).sum()) / 2
            return prior - float(band_log_likelihood(x, w, band).sum())

        shift, scale, kappa = minimize(loss, mean, method="Nelder-Mead").x
        bands.append(Band(round(float(shift), 4), round(max(float(scale), 0.05), 4), round(float(np.exp(kappa)), 3)))
    return bands
