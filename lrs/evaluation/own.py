"""Weights fitted to one tenant's own history, judged on learners held out, beside the version that is running."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from lrs.evaluation.metrics import scores
from processors.mastery.answers import Answers, Floats
from processors.mastery.blend import PRIOR, blend
from processors.mastery.calibrate import HeldOut, shown
from processors.mastery.fit import fit
from processors.mastery.predict import predict
from processors.mastery.weights import Weights, default_weights

FEWEST = 200  # answers on a skill that are judged apart
SKILLS = 50  # at most, those with the most answers
COLD = 2
PARTS = 5  # one of which is held out for the report

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Own:
    """New weights with their report, as JSON."""

    weights: Weights
    report: dict[str, Any]


def fit_own(answers: Answers, running: Weights, version: str, progress: Progress = lambda done: None) -> Own:
    """Fit to a tenant's history, blended with the shipped weights by how much there is.

    "rows" of the report have the scores of both on the same answers of a fifth of the learners: there, of weights that
    were made in the same way without them.

    Each slice ("all", "first attempts", "cold starts", "returns", then skills) is judged by the number shown.
    Raises ValueError where there are too few learners.
    """
    learners = len(answers.learners) - 1
    out = np.random.default_rng(0).permutation(learners) % PARTS == 0
    if out.sum() + 2 > learners:
        raise ValueError("answers of at least three learners are needed")
    known = answers.of(~out)
    judged = _fit(known, version, lambda done: progress(0.45 * done))
    weights = _fit(answers, version, lambda done: progress(0.5 + 0.5 * done))
    held_out = predict(judged, answers.of(out))
    others = predict(running, held_out.answers)
    new, old = expit(shown(judged, held_out)), expit(shown(running, others))
    right = held_out.answers.outcomes[held_out.answers.answer_of] >= 0.5
    rows = [
        {"slice": name, running.version: scores(old[its], right[its]), version: scores(new[its], right[its])}
        for name, its in _slices(held_out)
        if its.any()
    ]
    answered = held_out.answers.outcomes >= 0.5
    old_next, new_next = _next(running, others, answered), _next(judged, held_out, answered)
    rows.append({"slice": "next item", running.version: old_next, version: new_next})
    report = {
        "version": version,
        "running": running.version,
        "learners": learners,
        "answers": len(answers),
        "skills": len(answers.skill_names),
        "held_out": len(held_out.answers),
        "own_share": len(answers) / (len(answers) + PRIOR),
        "forgetting": {"drop": weights.forgetting.drop, "spacing": weights.forgetting.spacing},
        "rows": rows,
    }
    return Own(weights, report)


def _fit(answers: Answers, version: str, progress: Progress) -> Weights:
    own = fit(answers, version, "the tenant's own answers", progress=progress).weights
    return blend(own, default_weights(), len(answers))


def _next(weights: Weights, held_out: HeldOut, right: NDArray[np.bool_]) -> dict[str, Any]:
    p: Floats = expit(weights.next_item.shift + weights.next_item.scale * held_out.next_item)
    return scores(p, right)


def _slices(held_out: HeldOut) -> list[tuple[str, NDArray[np.bool_]]]:
    answers, table = held_out.answers, held_out.table
    slices = [
        ("all", np.ones(len(answers.skills), bool)),
        ("first attempts", table.first[answers.answer_of]),
        ("cold starts", table.attempts <= COLD),
        ("returns", table.gaps >= 0.5),
    ]
    counts = np.bincount(answers.skills, minlength=len(answers.skill_names))
    for skill in np.argsort(-counts, kind="stable")[:SKILLS]:
        if counts[skill] >= FEWEST:
            slices.append((answers.skill_names[skill], answers.skills == skill))
    return slices
