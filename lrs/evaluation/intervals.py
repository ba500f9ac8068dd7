"""Whether intervals are true: the probability integral transform of a learner's next five answers on a skill."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import expit
from scipy.stats import betabinom

from processors.mastery.answers import Answers
from processors.mastery.calibrate import HORIZON, shown_logits, wins_ahead
from processors.mastery.fit import fit
from processors.mastery.interval import beta
from processors.mastery.model import bucket_of
from processors.mastery.predict import predict
from processors.mastery.weights import BUCKETS, Band

LEVELS = (0.05, 0.5, 0.95)
NAMES = ("0", "1", "2", "3-4", "5-8", "9-19", "20+")  # attempts, by bucket
PARTS = 5  # of the learners, each judged by what the others were fitted to
Case = tuple[float, float, float, float]  # number shown, (a, b) of the forecast's Beta, right answers that came
FEWEST = 30  # cases of a bucket, for a Beta around the number itself
Sequences = Sequence[Sequence[tuple[float, int, bool]]]  # by learner and skill: (mastery shown, attempts, right)


def calibration(bands: Sequence[Band], sequences: Sequences, seed: int = 0) -> list[dict[str, Any]]:
    """By bucket of attempts: how many cases, "pit" (the share of them at or under each level) and "log_score", beside
    that of "around_shown": a Beta around the number shown itself, its weight fitted to these very cases. So intervals
    were made before bands.

    Of a discrete forecast, the transform is drawn between P(fewer) and P(as many); were the forecast true, a share of
    .05 would lie at or under .05.
    """
    cases: list[list[Case]] = [[] for _ in range(BUCKETS)]
    for steps in sequences:
        for at, (mastery, attempts, _) in enumerate(steps[: 1 - HORIZON]):
            bucket = bucket_of(attempts)
            wins = sum(right for _, _, right in steps[at : at + HORIZON])
            cases[bucket].append((mastery, *beta(mastery, bands[bucket]), wins))
    return _judged(cases, seed)


def rotated(
    answers: Answers, seed: int = 0, progress: Callable[[float], None] = lambda done: None
) -> list[dict[str, Any]]:
    """As `calibration`, of all the learners of a log: each fifth under weights and bands fitted to the other four.

    What one set of unseen learners does better or worse than others then evens out, and what is left is the model's.
    Raises ValueError where there are too few learners.
    """
    learners = len(answers.learners) - 1
    if learners < 3 * PARTS:
        raise ValueError(f"answers of at least {3 * PARTS} learners are needed")
    part = np.random.default_rng(seed).permutation(learners) % PARTS
    cases: list[list[Case]] = [[] for _ in range(BUCKETS)]
    for at in range(PARTS):
        weights = fit(answers.of(part != at), "evaluation", "").weights
        others = predict(weights, answers.of(part == at))
        wins, bucket = wins_ahead(others), others.table.shown_places[:, 0]
        predictions = zip(expit(shown_logits(weights, others)).tolist(), bucket.tolist(), wins.tolist(), strict=True)
        for mastery, its, came in predictions:
            if came >= 0:
                cases[its].append((mastery, *beta(mastery, weights.bands[its]), came))
        progress((at + 1) / PARTS)
    return _judged(cases, seed)


def _judged(cases: Sequence[Sequence[Case]], seed: int) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    table = []
    for name, its in zip(NAMES, cases, strict=True):
        if not its:
            continue
        shown, a, b, wins = np.array(its, np.float64).T
        u = transform(a, b, wins, rng)
        shares = {str(level): float((u <= level).mean()) for level in LEVELS}
        log_score = float(betabinom.logpmf(wins, HORIZON, a, b).mean())
        scores = {"log_score": log_score, "around_shown": _around_shown(shown, wins)}
        table.append({"attempts": name, "n": len(its), "pit": shares, **scores})
    return table


def _around_shown(shown: NDArray[np.float64], wins: NDArray[np.float64]) -> float | None:
    """The best log score of Betas whose mean is the number shown; None where there are too few cases."""
    if len(shown) < FEWEST:
        return None
    mean = np.clip(shown, 0.0005, 0.9995)

    def loss(log_kappa: float) -> float:
        kappa = np.exp(log_kappa)
        return -float(betabinom.logpmf(wins, HORIZON, mean * kappa, (1.0 - mean) * kappa).mean())

    return -float(minimize_scalar(loss, bounds=(np.log(0.5), np.log(500.0)), method="bounded").fun)


def transform(
    a: NDArray[np.float64], b: NDArray[np.float64], wins: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Uniform on [0, 1], were wins drawn from beta-binomials (HORIZON, a, b)."""
    below = betabinom.cdf(wins - 1, HORIZON, a, b)
    return np.asarray(below + rng.random(len(wins)) * betabinom.pmf(wins, HORIZON, a, b))
