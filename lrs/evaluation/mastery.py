"""The mastery model against its rivals, on learners none of them has seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from lrs.evaluation.assistments import AssistmentsAnswer, Log, read_fold
from lrs.evaluation.intervals import calibration
from lrs.evaluation.metrics import reliability, scores
from processors.folds.mastery import Mastery
from processors.mastery.answers import from_log
from processors.mastery.bkt import Bkt, fit_skills
from processors.mastery.fit import fit
from processors.mastery.pfa import Count, Pfa
from processors.mastery.state import SkillHistory
from processors.mastery.weights import Weights, default_weights
from schemas.evidence import Evidence
from schemas.observation import Kind

NEXT_ITEM = "next item"
SHOWN_MASTERY = "mastery"
FREE = "mastery, no clamp"
BKT = "BKT"
PFA = "PFA"
BASE = "base rate"
DEFAULTS = "next item, shipped"
DEFAULTS_SHOWN = "mastery, shipped"
COLD = 2  # attempts on a skill up to which a start is cold

EvaluationProgress = Callable[[str, float], None]  # what goes on, and the share done of all in [0, 1]


def evaluate_mastery(
    folder: Path, fold: int = 1, progress: EvaluationProgress = lambda step, done: None
) -> dict[str, Any]:
    """Fit on a fold's training and validation learners, judge on its test learners.

    Gives "learners" and "answers" by part; "rows" of model, "all", "first" (attempts at an item) and "cold" (answers on
    a skill with at most COLD attempts): see metrics.scores; "reliability" by model for next item and mastery; and
    "intervals": see intervals.calibration. Every answer is predicted from the learner's own earlier ones.

    Raises FileNotFoundError and ValueError where the folder does not hold such data.
    """
    progress("reading", 0.0)
    train, valid, test = read_fold(folder, fold)
    if not all(any(events for _, events in log) for log in (train, valid, test)):
        raise ValueError("each of training, validation and test learners needs answers")
    fitted_log = train + valid
    weights = fit(
        from_log(fitted_log), "evaluation", "", progress=lambda done: progress("fitting", 0.05 + 0.64 * done)
    ).weights
    progress("predicting", 0.7)
    columns, shown_sequences = _predict(weights, test)
    progress("fitting BKT", 0.8)
    columns[BKT] = _predict_bkt(fitted_log, test)
    progress("fitting PFA", 0.9)
    columns[PFA] = [float(p) for p in Pfa(_counts(fitted_log), _rights(fitted_log)).predict(_counts(test))]
    shipped, _ = _predict(default_weights(), test)
    columns |= {DEFAULTS: shipped[NEXT_ITEM], DEFAULTS_SHOWN: shipped[SHOWN_MASTERY]}
    progress("done", 1.0)
    right, first = np.array(_rights(test)), np.array(_firsts(test))
    cold = np.array([min(wins + fails for _, wins, fails in its) <= COLD for its in _counts(test)])
    predicted = {name: np.array(column) for name, column in columns.items()}
    return {
        "learners": {"train": len(train), "valid": len(valid), "test": len(test)},
        "answers": {"train": len(_rights(train)), "valid": len(_rights(valid)), "test": len(right)},
        "rows": [
            {
                "model": name,
                "all": scores(p, right),
                "first": scores(p[first], right[first]),
                "cold": scores(p[cold], right[cold]),
            }
            for name, p in predicted.items()
        ],
        "reliability": {name: reliability(predicted[name], right) for name in (NEXT_ITEM, SHOWN_MASTERY)},
        "intervals": calibration(weights.bands, shown_sequences),
    }


def _predict(weights: Weights, log: Log) -> tuple[dict[str, list[float]], list[list[tuple[float, int, bool]]]]:
    """What the fold itself, state and all, says just before each answer.

    Also gives, for each learner and skill, (mastery shown, attempts before, right) of each answer.
    """
    fold = Mastery(weights)
    model = fold.model
    columns: dict[str, list[float]] = {name: [] for name in (NEXT_ITEM, SHOWN_MASTERY, FREE, BASE)}
    sequences: list[list[tuple[float, int, bool]]] = []
    for _, events in log:
        state, its = fold.start(), dict[str, list[tuple[float, int, bool]]]()
        for at, (item, skills, correct) in enumerate(events):
            shown_estimates, free = [], []
            for skill in skills:
                past = state.evidence.get(skill)
                estimate = past.next_item if past else model.mastery(state.learner, skill, SkillHistory())
                free.append(estimate)
                shown_estimates.append(past.curve[-1] if past else estimate)
                its.setdefault(skill, []).append((shown_estimates[-1], past.skill.attempts if past else 0, correct))
            columns[NEXT_ITEM].append(model.next_item(state.learner, state.skills, item, skills))
            columns[SHOWN_MASTERY].append(sum(shown_estimates) / len(shown_estimates))
            columns[FREE].append(sum(free) / len(free))
            columns[BASE].append(model.base(item, skills))
            # The data sets have no clock, so nothing is forgotten: a microsecond an answer.
            outcome = float(correct)
            fold.step(state, Evidence(at, at, str(at), 0, Kind.ATTEMPT, item=item, skills=skills, outcome=outcome))
        sequences += its.values()
    return columns, sequences


def _predict_bkt(train: Log, test: Log) -> list[float]:
    sequences: dict[str, list[list[bool]]] = {}
    for _, events in train:
        its: dict[str, list[bool]] = {}
        for _, skills, correct in events:
            for skill in skills:
                its.setdefault(skill, []).append(correct)
        for skill, answers in its.items():
            sequences.setdefault(skill, []).append(answers)
    by_skill, every = fit_skills(sequences)
    predicted = []
    for _, events in test:
        p_known: dict[str, float] = {}
        for _, skills, correct in events:
            tracers: list[tuple[str, Bkt]] = [(skill, by_skill.get(skill, every)) for skill in skills]
            predicted.append(sum(b.right(p_known.get(s, b.known)) for s, b in tracers) / len(tracers))
            for skill, bkt in tracers:
                p_known[skill] = bkt.after(p_known.get(skill, bkt.known), correct)
    return predicted


def _events(log: Log) -> Iterator[AssistmentsAnswer]:
    for _, events in log:
        yield from events


def _rights(log: Log) -> list[bool]:
    return [event.correct for event in _events(log)]


def _firsts(log: Log) -> list[bool]:
    """Whether each answer is its learner's first on the item."""
    firsts = []
    for _, events in log:
        met: set[str] = set()
        for event in events:
            firsts.append(event.item not in met)
            met.add(event.item)
    return firsts


def _counts(log: Log) -> list[list[Count]]:
    """By answer: its skills with the learner's wins and fails on them before it."""
    counts = []
    for _, events in log:
        past: dict[str, tuple[int, int]] = {}
        for _, skills, correct in events:
            counts.append([(skill, *past.get(skill, (0, 0))) for skill in skills])
            for skill in skills:
                wins, fails = past.get(skill, (0, 0))
                past[skill] = (wins + correct, fails + (not correct))
    return counts
