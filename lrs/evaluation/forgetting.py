"""Laws of forgetting against each other, on answers of learners who come back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray
from scipy.special import expit

from lrs.evaluation.metrics import scores
from lrs.evaluation.timed import read_timed
from processors.mastery.answers import Answers
from processors.mastery.calibrate import RETURN, HeldOut, calibrate_shown, shown_logits
from processors.mastery.fit import FittedWeights, fit
from processors.mastery.forgetting import Forgetting
from processors.mastery.predict import predict
from processors.mastery.weights import Weights

FITTED_SHARE = 0.6  # of the learners
DRAWS = (200, 500)  # returns that the drop is fitted to
REPEATS = 5  # draws of each, in each split
NONE, DEFAULT, ALL = "none", "default", "fitted to all returns"

EvaluationProgress = Callable[[str, float], None]


def evaluate_forgetting(
    path: Path, splits: int = 5, progress: EvaluationProgress = lambda step, done: None
) -> dict[str, Any]:
    """Fit weights on some learners, and judge laws of forgetting by the returns of the others, over random splits.

    A return is an answer at least half a day after the learner's last one on the skill; it is predicted by the number
    that was shown just before. Gives "rows" of law, "drop" (mean and deviation over splits and draws) and mean scores.

    Raises ValueError where the file is not in the format of `read_timed`, OSError where it cannot be read.
    """
    answers = read_timed(path)
    learners = len(answers.learners) - 1
    figures_by_law: dict[str, list[dict[str, float]]] = {}
    for seed in range(splits):
        progress("fitting", seed / splits)
        rng = np.random.default_rng(seed)
        ours = np.zeros(learners, bool)
        ours[rng.permutation(learners)[: round(FITTED_SHARE * learners)]] = True
        for law, figures in _judge(answers, ours, rng):
            figures_by_law.setdefault(law, []).append(figures)
    progress("done", 1.0)
    rows = []
    for law, its in figures_by_law.items():
        means = {name: float(np.mean([figures[name] for figures in its])) for name in its[0]}
        deviation = float(np.std([figures["drop"] for figures in its]))
        rows.append({"law": law, **means, "drop_deviation": deviation})
    return {"learners": learners, "answers": len(answers), "splits": splits, "rows": rows}


def _judge(answers: Answers, ours: NDArray[np.bool_], rng: np.random.Generator) -> list[tuple[str, dict[str, float]]]:
    fitted = fit(answers.of(ours), "evaluation", "")
    others = predict(fitted.weights, answers.of(~ours))
    versions = [(NONE, _drawn(fitted, 0, rng, Forgetting(drop=0.0))), (DEFAULT, _drawn(fitted, 0, rng))]
    versions += [(ALL, fitted.weights)]
    versions += [(f"fitted to {n} returns", _drawn(fitted, n, rng)) for n in DRAWS for _ in range(REPEATS)]
    return [(law, {"drop": weights.forgetting.drop, **_returns(weights, others)}) for law, weights in versions]


def _drawn(fitted: FittedWeights, returns: int, rng: np.random.Generator, law: Forgetting | None = None) -> Weights:
    """The weights calibrated as if only some of the returns were known."""
    away = fitted.held_out.table.gaps >= RETURN
    calibrated_on = ~away
    calibrated_on[rng.choice(np.flatnonzero(away), min(returns, int(away.sum())), replace=False)] = True
    return calibrate_shown(replace(fitted.weights, forgetting=law or Forgetting()), fitted.held_out, calibrated_on)


def _returns(weights: Weights, others: HeldOut) -> dict[str, float]:
    away = others.table.gaps >= RETURN
    right = others.answers.outcomes[others.answers.answer_of] >= 0.5
    return scores(expit(shown_logits(weights, others)[away]), right[away])
