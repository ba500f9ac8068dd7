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
from processors.mastery.calibrate import HeldOut, shown
from processors.mastery.fit import fit
from processors.mastery.predict import predict
from processors.mastery.weights import Weights

FEWEST = 200  # answers on a skill that are judged apart
SKILLS = 50  # at most, those with the most answers
COLD = 2

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Own:
    """New weights with their report, as JSON."""

    weights: Weights
    report: dict[str, Any]


def fit_own(answers: Answers, running: Weights, version: str, progress: Progress = lambda done: None) -> Own:
    """Fit to a tenant's history; "rows" of the report have the scores of both versions on the same held-out answers.

    Each slice ("all", "first attempts", "cold starts", "returns", then skills) is judged by the number shown.
    Raises ValueError where there are too few learners.
    """
    fitted = fit(answers, version, "the tenant's own answers", progress=progress)
    held_out, weights = fitted.held_out, fitted.weights
    others = predict(running, held_out.answers)
    new, old = expit(shown(weights, held_out)), expit(shown(running, others))
    right = held_out.answers.outcomes[held_out.answers.answer_of] >= 0.5
    rows = [
        {"slice": name, running.version: scores(old[its], right[its]), version: scores(new[its], right[its])}
        for name, its in _slices(held_out)
        if its.any()
    ]
    known = held_out.answers.outcomes >= 0.5
    old_next, new_next = _next(running, others, known), _next(weights, held_out, known)
    rows.append({"slice": "next item", running.version: old_next, version: new_next})
    report = {
        "version": version,
        "running": running.version,
        "learners": len(answers.learners) - 1,
        "answers": len(answers),
        "skills": len(answers.skill_names),
        "held_out": len(held_out.answers),
        "forgetting": {"drop": weights.forgetting.drop, "spacing": weights.forgetting.spacing},
        "rows": rows,
    }
    return Own(weights, report)


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
