"""The transform that judges intervals."""

from __future__ import annotations

import numpy as np
import pytest

from lrs.evaluation.intervals import LEVELS, calibration, rotated, transform
from processors.mastery.answers import from_log
from processors.mastery.calibrate import HORIZON
from processors.mastery.weights import BUCKETS, Band


def test_a_true_forecast_is_uniform_and_others_are_not() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.uniform(1, 8, 40_000), rng.uniform(1, 8, 40_000)
    wins = rng.binomial(HORIZON, rng.beta(a, b)).astype(float)
    for level in LEVELS:
        assert (transform(a, b, wins, rng) <= level).mean() == pytest.approx(level, abs=0.01)
    assert (transform(2 * a, b, wins, rng) <= 0.5).mean() > 0.6
    assert (transform(9 * a, 9 * b, wins, rng) <= 0.05).mean() > 0.07


def test_cases_are_by_attempts_and_need_five_answers_ahead() -> None:
    steps = [(0.7, n, n % 2 == 0) for n in range(30)]
    found = calibration([Band(0.0, 1.0, 10.0)] * BUCKETS, [steps, steps[:4], []])
    assert {row["attempts"]: row["n"] for row in found} == {
        "0": 1, "1": 1, "2": 1, "3-4": 2, "5-8": 4, "9-19": 11, "20+": 6
    }  # fmt: skip
    assert all(row["log_score"] < 0 for row in found)


def test_every_learner_is_judged_once_by_what_others_were_fitted_to() -> None:
    """Chances are as the model has them, so the forecast holds; that of somebody surer of all would not."""
    rng = np.random.default_rng(3)
    log = []
    for learner in range(150):
        chance = rng.beta(3.0, 2.0)
        log.append((str(learner), [(str(at % 7), ("s",), float(rng.random() < chance)) for at in range(30)]))
    found = rotated(from_log(log))
    assert sum(row["n"] for row in found) == 150 * (30 - HORIZON + 1)
    assert {row["attempts"]: row["n"] for row in found}["0"] == 150
    for row in found[4:]:  # of which there are enough
        assert row["pit"]["0.5"] == pytest.approx(0.5, abs=0.06)
        assert row["pit"]["0.05"] < 0.12
        assert row["log_score"] < 0
    around = [row["around_shown"] for row in found]
    assert [row["log_score"] - score for row, score in zip(found, around, strict=True)] == pytest.approx(
        [0] * 7, abs=0.05
    )
    assert rotated(from_log(log)) == found
    with pytest.raises(ValueError, match="at least 15 learners"):
        rotated(from_log(log[:9]))


def test_the_score_of_a_beta_around_the_number_is_the_best_that_its_weight_allows() -> None:
    rng = np.random.default_rng(2)
    sequences = []
    for _ in range(400):
        mastery = rng.uniform(0.2, 0.9)
        chance = rng.beta(8.0 * mastery, 8.0 * (1.0 - mastery))
        sequences.append([(float(mastery), at, bool(rng.random() < chance)) for at in range(HORIZON)])
    true, sure = (calibration([Band(0.0, 1.0, kappa)] * BUCKETS, sequences)[0] for kappa in (8.0, 200.0))
    assert true["around_shown"] == sure["around_shown"]
    assert true["log_score"] == pytest.approx(true["around_shown"], abs=0.01)
    assert sure["log_score"] < sure["around_shown"] - 0.02
    assert calibration([Band(0.0, 1.0, 8.0)] * BUCKETS, sequences[:9])[0]["around_shown"] is None
