"""Make fitted weights say probabilities: Platt scaling and the width of intervals, on learners they have not seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import betaln, expit

from processors.mastery.model import BUCKETS, Learner, Model, Skill, Weights, bucket_of, logit

Answer = tuple[str, tuple[str, ...], bool]  # item, skills, right
Log = Sequence[tuple[str, Sequence[Answer]]]  # learners with their answers, in order
Floats = NDArray[np.float64]

HORIZON = 5  # answers ahead that intervals should cover
_KAPPA = 10.0  # where a bucket has too few answers to fit one
_FEWEST = 30


def calibrate(weights: Weights, log: Log, item_known: bool = True) -> Weights:
    """The weights with both heads scaled, and kappa fitted for each bucket of attempts."""
    model = Model(weights)
    next_item, mastery, rights, skill_rights = [], [], [], []
    for learner, past, (item, skills, right) in _answers(model, log):
        next_item.append(logit(model.predict(learner, past, item if item_known else None, skills)))
        rights.append(right)
        for skill in skills:
            mastery.append(logit(model.mastery(learner, skill, past.get(skill) or Skill())))
            skill_rights.append(right)
    scale, shift = platt(np.array(next_item), np.array(rights, float))
    m_scale, m_shift = platt(np.array(mastery), np.array(skill_rights, float))
    scaled = replace(
        weights,
        next_item=replace(weights.next_item, scale=scale, shift=shift),
        mastery=replace(weights.mastery, scale=m_scale, shift=m_shift),
    )
    return replace(scaled, kappa=_kappas(Model(scaled), log))


def platt(z: Floats, right: Floats) -> tuple[float, float]:
    """(scale, shift) so that σ(shift + scale·z) has the best log loss, by Newton's method; scale is positive."""
    features = np.stack([z, np.ones_like(z)])
    found = np.array([1.0, 0.0])
    for _ in range(30):
        p = expit(found @ features)
        gradient = features @ (p - right) + 1e-3 * (found - [1.0, 0.0])
        curvature = (features * (p * (1 - p))) @ features.T + 1e-3 * np.eye(2)
        step = np.clip(np.linalg.solve(curvature, gradient), -1.0, 1.0)
        found -= step
        if np.abs(step).max() < 1e-9:
            break
    return max(round(float(found[0]), 6), 1e-3), round(float(found[1]), 6)


def _kappas(model: Model, log: Log) -> list[float]:
    """What a mastery is worth, in answers: the likeliest beta-binomial of the learner's next answers on the skill."""
    ahead: list[list[tuple[float, int, int]]] = [[] for _ in range(BUCKETS)]
    for _, answers in log:
        seen: dict[str, list[tuple[float, int, bool]]] = {}
        for learner, past, (_, skills, right) in _answers(model, [("", answers)]):
            for skill in skills:
                s = past.get(skill) or Skill()
                seen.setdefault(skill, []).append((model.mastery(learner, skill, s), s.attempts, right))
        for steps in seen.values():
            for at, (p, attempts, _) in enumerate(steps[: 1 - HORIZON]):
                wins = sum(right for _, _, right in steps[at : at + HORIZON])
                ahead[bucket_of(attempts)].append((p, wins, HORIZON))
    return [_kappa(np.array(found, float)) for found in ahead]


def _kappa(found: Floats) -> float:
    if len(found) < _FEWEST:
        return _KAPPA
    p, wins, n = found.T

    def loss(log_kappa: float) -> float:
        a, b = p * np.exp(log_kappa), (1 - p) * np.exp(log_kappa)
        return float(-np.mean(betaln(a + wins, b + n - wins) - betaln(a, b)))

    return round(float(np.exp(minimize_scalar(loss, bounds=(0.0, 4.6), method="bounded").x)), 3)


def _answers(model: Model, log: Log) -> Iterator[tuple[Learner, dict[str, Skill], Answer]]:
    """Each answer with the state just before it."""
    for _, answers in log:
        learner, past = Learner(), dict[str, Skill]()
        for item, skills, right in answers:
            yield learner, past, (item, skills, right)
            model.update(learner, past, item, skills, right)
