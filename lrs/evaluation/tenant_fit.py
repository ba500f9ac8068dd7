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
from processors.mastery.blend_weights import PRIOR, blend
from processors.mastery.calibrate import HeldOut, calibrate, shown_logits
from processors.mastery.fit import FittedWeights, fit
from processors.mastery.predict import predict
from processors.mastery.weights import Weights, default_weights

FEWEST = 200  # answers on a skill that are judged apart
SKILLS = 50  # at most, those with the most answers
COLD = 2
FEWEST_LEARNERS = 3

FitProgress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class TenantFit:
    """New weights with their report, as JSON."""

    weights: Weights
    report: dict[str, Any]


def fit_own(answers: Answers, running: Weights, version: str, progress: FitProgress = lambda done: None) -> TenantFit:
    """Fit to a tenant's history, blended with the shipped weights by how much there is.

    "rows" of the report have the scores of both on the same answers, of learners held out: those of the new version
    are by weights that were made in the same way without the learners that they judge, neither fitted nor scaled.

    Each slice ("all", "first attempts", "cold starts", "returns", then skills) is judged by the number shown.
    Raises ValueError where there are too few learners.
    """
    learners = len(answers.learners) - 1
    if learners < FEWEST_LEARNERS:
        raise ValueError("answers of at least three learners are needed")
    fitted = fit(answers, version, "the tenant's own answers", progress=lambda done: progress(0.8 * done))
    weights = blend(fitted.weights, default_weights(), len(answers))
    judged = [
        _Predictions.by(_without(fitted, at, len(answers)), part.held_out) for at, part in enumerate(fitted.parts)
    ]
    progress(0.9)
    others = [_Predictions.by(running, part.held_out) for part in fitted.parts]
    progress(1.0)
    held_out = fitted.held_out
    new, old = (np.concatenate([predictions.shown for predictions in each]) for each in (judged, others))
    right = held_out.answers.outcomes[held_out.answers.answer_of] >= 0.5
    rows = [
        {"slice": name, running.version: scores(old[its], right[its]), version: scores(new[its], right[its])}
        for name, its in _slices(held_out)
        if its.any()
    ]
    answered = held_out.answers.outcomes >= 0.5
    old_next, new_next = (
        scores(np.concatenate([predictions.next_item for predictions in each]), answered) for each in (others, judged)
    )
    rows.append({"slice": "next item", running.version: old_next, version: new_next})
    report = {
        "version": version,
        "running": running.version,
        "learners": learners,
        "answers": len(answers),
        "skills": len(answers.skill_names),
        "held_out": len(held_out.answers),
        "held_out_learners": len(held_out.answers.learners) - 1,
        "own_share": len(answers) / (len(answers) + PRIOR),
        "forgetting": {"drop": weights.forgetting.drop, "spacing": weights.forgetting.spacing},
        "rows": rows,
    }
    return TenantFit(weights, report)


def _without(fitted: FittedWeights, at: int, answers: int) -> Weights:
    """The version as it would be without one part of the learners."""
    others = [part.held_out for number, part in enumerate(fitted.parts) if number != at]
    return blend(calibrate(fitted.parts[at].weights, HeldOut.joined(others)), default_weights(), answers)


@dataclass(frozen=True, slots=True)
class _Predictions:
    """What weights say before each row's answer, and before each answer where the item is known."""

    shown: Floats
    next_item: Floats

    @classmethod
    def by(cls, weights: Weights, part: HeldOut) -> _Predictions:
        held_out, head = predict(weights, part.answers), weights.next_item
        return cls(expit(shown_logits(weights, held_out)), expit(head.shift + head.scale * held_out.next_item))


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
