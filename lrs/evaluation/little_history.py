"""What a school with little history gets: its own weights blended with the shipped ones, judged on other learners."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from lrs.evaluation.metrics import scores
from lrs.evaluation.timed import read_timed
from processors.mastery.answers import Answers, starts
from processors.mastery.blend_weights import blend
from processors.mastery.calibrate import shown_logits
from processors.mastery.fit import fit
from processors.mastery.predict import predict
from processors.mastery.weights import Weights, default_weights

SIZES = (50, 100, 200, 500, 2000)  # own answers, of
LEARNERS = 10  # learners each
JUDGED = 0.47  # of all learners, the others are drawn from
SHIPPED, FULL = "shipped weights", "fitted to all others"
# Which of a learner's answers a school has, in turn: the first ones, or as many from anywhere in the log.
FIRST, ANYWHERE = "first", "anywhere"

EvaluationProgress = Callable[[str, float], None]


def evaluate_little_history(
    path: Path, draws: int = 20, progress: EvaluationProgress = lambda step, done: None
) -> dict[str, Any]:
    """Draw a few learners' answers, fit and blend as `lrs fit mastery` does, and judge the number shown on others.

    Gives "rows" of weights, "own" answers, which of them ("first": each learner's first ones; "anywhere": as many in a
    row from anywhere in the log), and medians over draws of "auc", "log_loss" and "ece", on all answers of the learners
    who judge; "early" has these on their first answers, as many as each learner who was drawn has.

    Raises ValueError where the file is not in the format of `read_timed` or has too few learners, OSError where it
    cannot be read.
    """
    answers = read_timed(path)
    learners = len(answers.learners) - 1
    order = np.random.default_rng(0).permutation(learners)
    judges = np.zeros(learners, bool)
    judges[order[: round(JUDGED * learners)]] = True
    others = order[round(JUDGED * learners) :]
    if len(others) < LEARNERS or not judges.any():
        raise ValueError(f"{path.name}: too few learners to draw {LEARNERS} of and judge by others")
    judged = answers.of(judges)
    rows = [_row(SHIPPED, 0, "", [_judge(default_weights(), judged, 0)])]
    shipped = default_weights()
    for at, (own, which) in enumerate((own, which) for own in SIZES for which in (FIRST, ANYWHERE)):
        judgements = []
        for draw in range(draws):
            progress(f"{own} own answers", (at + draw / draws) / (2 * len(SIZES) + 1))
            rng = np.random.default_rng(100 + draw)
            some = np.zeros(learners, bool)
            some[rng.choice(others, LEARNERS, replace=False)] = True
            few = _stretches(answers.of(some), own // LEARNERS, rng if which == ANYWHERE else None)
            weights = blend(fit(few, "drawn", "").weights, shipped, len(few))
            judgements.append(_judge(weights, judged, own // LEARNERS))
        rows.append(_row("blend", own, which, judgements))
    rows.append(_row(FULL, len(answers.of(~judges)), "", [_judge(fit(answers.of(~judges), "", "").weights, judged, 0)]))
    progress("done", 1.0)
    return {"learners": learners, "judges": int(judges.sum()), "draws": draws, "rows": rows}


def _judge(weights: Weights, judged: Answers, early: int) -> dict[str, dict[str, Any]]:
    """Scores of the number shown on all answers, and on each learner's first ones."""
    held_out = predict(weights, judged)
    p, right = expit(shown_logits(weights, held_out)), judged.outcomes[judged.answer_of] >= 0.5
    begun = (np.arange(len(judged)) - judged.learners[:-1][judged.learner_of])[judged.answer_of] < early
    return {"all": scores(p, right)} | ({"early": scores(p[begun], right[begun])} if early else {})


def _row(weights: str, own: int, which: str, judgements: list[dict[str, dict[str, Any]]]) -> dict[str, Any]:
    medians = {
        part: {
            name: float(np.median([judgement[part][name] for judgement in judgements]))
            for name in ("auc", "log_loss", "ece")
        }
        for part in judgements[0]
    }
    return {"weights": weights, "own": own, "which": which, **medians.pop("all"), **medians}


def _stretches(answers: Answers, each: int, anywhere: np.random.Generator | None) -> Answers:
    """So many answers in a row of each learner: the first ones, or some from anywhere in the log."""
    lengths = np.diff(answers.learners)
    begin = np.zeros(len(lengths), np.int64)
    if anywhere is not None:
        begin = anywhere.integers(0, np.maximum(lengths - each, 0) + 1)
    at = np.arange(len(answers)) - answers.learners[:-1][answers.learner_of]
    its = begin[answers.learner_of]
    return _some(answers, (at >= its) & (at < its + each))


def _some(answers: Answers, chosen: NDArray[np.bool_]) -> Answers:
    return Answers(
        starts(np.bincount(answers.learner_of[chosen], minlength=len(answers.learners) - 1)),
        answers.items[chosen],
        answers.outcomes[chosen],
        answers.times[chosen],
        starts(np.diff(answers.rows)[chosen]),
        answers.skills[chosen[answers.answer_of]],
        answers.item_names,
        answers.skill_names,
    )
