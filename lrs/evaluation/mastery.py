"""The mastery model against its rivals, on learners none of them has seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from lrs.evaluation.assistments import Event, Log, read_fold
from lrs.evaluation.bkt import Bkt, fit_skills
from lrs.evaluation.metrics import reliability, scores
from lrs.evaluation.pfa import Count, Pfa
from processors.folds.mastery import Mastery
from processors.mastery.fit import fit
from processors.mastery.model import Skill, Weights, default_weights
from schemas.observation import Kind, Observation

NEXT_ITEM = "core+retry"
MASTERY = "mastery (item unknown)"
SHOWN = "mastery as boards show it"
FREE = "item unknown, not monotone"
BKT = "BKT"
PFA = "PFA"
BASE = "base rate"
DEFAULTS = "core+retry, as shipped"
DEFAULTS_MASTERY = "mastery, as shipped"

Progress = Callable[[str, float], None]  # what goes on, and the share done of all in [0, 1]
_HOUR = 3_600_000_000


def evaluate(folder: Path, fold: int = 1, progress: Progress = lambda what, done: None) -> dict[str, Any]:
    """Fit on a fold's training learners, scale on its validation learners, judge on its test learners.

    Gives "learners" and "answers" by part; "rows" of model, "all" and "first" (attempts at an item): see
    metrics.scores; and "reliability" by model for core+retry and mastery. Every answer is predicted from the
    learner's own earlier ones.

    Raises FileNotFoundError and ValueError where the folder does not hold such data.
    """
    progress("reading", 0.0)
    train, valid, test = read_fold(folder, fold)
    if not all(any(events for _, events in log) for log in (train, valid, test)):
        raise ValueError("each of training, validation and test learners needs answers")
    weights = fit(train, valid, "evaluation", "", progress=lambda done: progress("fitting", 0.05 + 0.35 * done))
    free = fit(train, valid, "evaluation", "", item_known=False, progress=lambda d: progress("fitting", 0.4 + 0.3 * d))
    columns: dict[str, list[float]] = {}
    progress("predicting", 0.7)
    seen = _predict(weights, test)
    columns |= {name: seen[name] for name in (NEXT_ITEM, MASTERY, SHOWN)}
    columns[FREE] = _predict(free, test, item_known=False)[NEXT_ITEM]
    progress("fitting BKT", 0.8)
    columns[BKT] = _predict_bkt(train + valid, test)
    progress("fitting PFA", 0.9)
    columns[PFA] = [float(p) for p in Pfa(_counts(train + valid), _rights(train + valid)).predict(_counts(test))]
    columns[BASE] = seen[BASE]
    shipped = _predict(default_weights(), test)
    columns |= {DEFAULTS: shipped[NEXT_ITEM], DEFAULTS_MASTERY: shipped[MASTERY]}
    progress("done", 1.0)
    right, first = np.array(_rights(test)), np.array(_firsts(test))
    predicted = {name: np.array(column) for name, column in columns.items()}
    return {
        "learners": {"train": len(train), "valid": len(valid), "test": len(test)},
        "answers": {"train": len(_rights(train)), "valid": len(_rights(valid)), "test": len(right)},
        "rows": [
            {"model": name, "all": scores(p, right), "first": scores(p[first], right[first])}
            for name, p in predicted.items()
        ],
        "reliability": {name: reliability(predicted[name], right) for name in (NEXT_ITEM, MASTERY)},
    }


def _predict(weights: Weights, log: Log, item_known: bool = True) -> dict[str, list[float]]:
    """What the fold itself, state and all, says just before each answer."""
    fold = Mastery(weights)
    model = fold.model
    columns: dict[str, list[float]] = {name: [] for name in (NEXT_ITEM, MASTERY, SHOWN, BASE)}
    for name, events in log:
        state = fold.start()
        for at, (item, skills, correct) in enumerate(events):
            now = [model.mastery(state.learner, skill, state.skills.get(skill) or Skill()) for skill in skills]
            shown = [
                state.evidence[skill].curve[-1] if skill in state.evidence else p
                for skill, p in zip(skills, now, strict=True)
            ]
            known = item if item_known else None
            columns[NEXT_ITEM].append(model.predict(state.learner, state.skills, known, skills))
            columns[MASTERY].append(sum(now) / len(now))
            columns[SHOWN].append(sum(shown) / len(shown))
            columns[BASE].append(model.base(item, skills))
            fold.step(state, _observation(name, at, item, skills, correct))
    return columns


def _observation(learner: str, at: int, item: str, skills: tuple[str, ...], correct: bool) -> Observation:
    # The data sets have no clock: an hour an answer.
    return Observation(
        "", learner, at * _HOUR, str(at), 0, Kind.ATTEMPT, "", item, skills, float(correct), None, "", 0, at
    )


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
        known: dict[str, float] = {}
        for _, skills, correct in events:
            tracers: list[tuple[str, Bkt]] = [(skill, by_skill.get(skill, every)) for skill in skills]
            predicted.append(sum(b.right(known.get(s, b.known)) for s, b in tracers) / len(tracers))
            for skill, bkt in tracers:
                known[skill] = bkt.after(known.get(skill, bkt.known), correct)
    return predicted


def _events(log: Log) -> Iterator[Event]:
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
    """For each answer, its skills with the learner's wins and fails on them before it."""
    counts = []
    for _, events in log:
        past: dict[str, tuple[int, int]] = {}
        for _, skills, correct in events:
            counts.append([(skill, *past.get(skill, (0, 0))) for skill in skills])
            for skill in skills:
                wins, fails = past.get(skill, (0, 0))
                past[skill] = (wins + correct, fails + (not correct))
    return counts
