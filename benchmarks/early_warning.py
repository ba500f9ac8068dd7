"""Who is unlikely to finish: fitted on the courses of 2013 of OULAD, judged on those of 2014.

`python -m benchmarks.early_warning --oulad FOLDER` reads five files of the Open University Learning Analytics Dataset
(CC BY 4.0) in FOLDER. It uses neither clicks nor demographics: what was due and handed in by a day, when and with which
marks, earlier attempts, credits and the day of registration. Everything is fitted and scaled on 2013; nothing of 2014
is standardised. The last features were chosen by the log loss of 2013, with the figures of 2014 in view. Who
has left by that day is not predicted; to be found is who fails or withdraws later.

Weights fitted to some courses are too sure of others. So each presentation of 2013 is predicted by the other ones, and
the logit is scaled to what came of them (Platt).
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from lrs.evaluation.metrics import auc, ece, log_loss

Floats = NDArray[np.float64]
DAYS = (30, 60, 90)
L2 = 3.0  # of weights, chosen on 2013 (fitted on B, judged on J)
PASS = 40.0
SCALE = 20.0  # marks that features count in


@dataclass(slots=True)
class Course:
    """One learner in one presentation, as far as it was known on a day."""

    module: str
    presentation: str
    failed: bool  # or withdrew
    due: int
    missing: int
    missed_last: bool
    marks: list[float] = field(default_factory=list)  # of what was due and handed in
    late: list[float] = field(default_factory=list)  # days after the date, < 0 before it
    banked: bool = False
    ahead: int = 0  # handed in that is due later
    registered: float = 0.0  # day, < 0 before the start
    attempts: float = 0.0  # earlier ones
    credits: float = 0.0


def courses(folder: Path, day: int) -> list[Course]:
    """What was known on a day of the course. Raises OSError and KeyError where the files are not OULAD's."""
    due: dict[tuple[str, str], list[tuple[float, str]]] = defaultdict(list)
    of: dict[str, tuple[str, str]] = {}
    for row in rows(folder, "assessments"):
        of[row["id_assessment"]] = (row["code_module"], row["code_presentation"])
        date = number(row["date"])
        if row["assessment_type"] != "Exam" and date is not None:
            due[of[row["id_assessment"]]].append((date, row["id_assessment"]))
    handed: dict[tuple[str, str, str], dict[str, tuple[float, bool, float]]] = defaultdict(dict)
    for row in rows(folder, "studentAssessment"):
        key = (*of[row["id_assessment"]], row["id_student"])
        mark = number(row["score"])
        submitted = (float(row["date_submitted"]), row["is_banked"] == "1", PASS if mark is None else mark)
        handed[key][row["id_assessment"]] = submitted
    registered = {key_of(row): row for row in rows(folder, "studentRegistration")}
    found = []
    for row in rows(folder, "studentInfo"):
        key = key_of(row)
        joined = number(registered[key]["date_registration"]) or 0.0
        left = number(registered[key]["date_unregistration"])
        if joined <= day and (left is None or left > day):
            one = Course(key[0], key[1], row["final_result"] in ("Fail", "Withdrawn"), 0, 0, False, registered=joined)
            one.attempts, one.credits = float(row["num_of_prev_attempts"]), float(row["studied_credits"])
            _work(one, sorted(due[key[:2]]), handed[key], day)
            found.append(one)
    return found


def _work(
    one: Course, due: Sequence[tuple[float, str]], handed: dict[str, tuple[float, bool, float]], day: int
) -> None:
    for date, assessment in due:
        on, banked, mark = handed.get(assessment, (float("inf"), False, 0.0))
        if date > day:
            one.ahead += on <= day
            continue
        one.due += 1
        one.missed_last = on > day
        one.missing += on > day
        if on <= day:
            one.marks.append(mark)
            one.banked |= banked
            if not banked:
                one.late.append(on - date)


class Reference:
    """What features are relative to: modules and their mean marks, of the courses that weights are fitted to."""

    def __init__(self, known: Sequence[Course]) -> None:
        self.modules = sorted({one.module for one in known})
        self.mean = {
            module: float(np.mean([m for one in known if one.module == module for m in one.marks] or [70.0]))
            for module in self.modules
        }
        self.every = float(np.mean([mark for one in known for mark in one.marks] or [70.0]))

    def features(self, some: Sequence[Course]) -> Floats:
        return np.array([self._of(one) for one in some])

    def _of(self, one: Course) -> list[float]:
        marks, late = one.marks, one.late
        level = self.mean.get(one.module, self.every)
        share, off = one.missing / max(one.due, 1), (float(np.mean(marks)) - level) / SCALE if marks else 0.0
        last = (marks[-1] - level) / SCALE if marks else 0.0
        slow = float(np.clip(np.mean(late), -20, 20)) / 10 if late else 0.0
        own = [
            1.0, share, float(one.missing == one.due > 0), float(one.missed_last), float(one.due == 0), off,
            float(not marks), min(off, 0.0), last, min(last, 0.0), (marks[-1] - marks[0]) / SCALE if marks else 0.0,
            (min(marks) - level) / SCALE if marks else 0.0, float(bool(marks) and min(marks) < PASS),
            float(bool(marks) and min(marks) < 55.0), slow, float(np.clip(max(late), -20, 30)) / 10 if late else 0.0,
            float(any(days > 0 for days in late)), float(np.clip(late[-1], -20, 30)) / 10 if late else 0.0,
            float(np.std(marks)) / SCALE if len(marks) > 1 else 0.0, float(one.banked), one.ahead / 3,
            min(one.attempts, 3.0), float(one.attempts > 0), float(np.log1p(one.credits)) - 4.5,
            float(np.log1p(max(-one.registered, 0.0))) - 4.0, float(one.registered > -10), min(one.missing, 3.0),
            share * off, slow * share, off * off, min(one.attempts, 3.0) * share, off * slow,
            float(one.presentation.endswith("B")),
        ]  # fmt: skip
        known = float(np.log1p(one.due))  # how much there was to see
        own += [known, known * share, known * one.missed_last, known * off, known * slow]
        modules = [float(one.module == module) for module in self.modules]
        return own + [value * here for value in (1.0, share, off, float(one.missed_last)) for here in modules]


def fit(features: Floats, failed: Floats, l2: float) -> Floats:
    """Logistic weights, by Newton; the first is not held back."""
    hold = np.full(features.shape[1], l2)
    hold[0] = 1e-6
    weights = np.zeros(features.shape[1])
    for _ in range(50):
        p = expit(features @ weights)
        curvature = (features * (p * (1 - p))[:, None]).T @ features + np.diag(hold)
        step = np.linalg.solve(curvature, features.T @ (p - failed) + hold * weights)
        weights -= step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def logits(known: Sequence[Course], others: Sequence[Course]) -> Floats:
    reference = Reference(known)
    weights = fit(reference.features(known), _failed(known), L2)
    return np.asarray(reference.features(others) @ weights)


def predict(known: Sequence[Course], others: Sequence[Course]) -> Floats:
    """P(fails or withdraws) of others; known are all that is fitted to, scaled by presentations held out in turn."""
    held_out = np.zeros(len(known))
    keys = [(one.module, one.presentation) for one in known]
    for key in sorted(set(keys)):
        its = np.array([other == key for other in keys])
        rest = [one for one, out in zip(known, its, strict=True) if not out]
        held_out[its] = logits(rest, [one for one, out in zip(known, its, strict=True) if out])
    scale = fit(np.stack([np.ones(len(known)), held_out], axis=1), _failed(known), 1e-3)
    return np.asarray(expit(scale[0] + scale[1] * logits(known, others)))


def judge(folder: Path, day: int, first: str, then: str) -> dict[str, float]:
    """Figures on presentations whose code begins with `then`, fitted to those that begin with `first`."""
    every = courses(folder, day)
    known, others = ([one for one in every if one.presentation.startswith(when)] for when in (first, then))
    p, failed = predict(known, others), _failed(others) > 0.5
    top = np.argsort(-p, kind="stable")[: len(p) // 10]
    return {
        "day": day,
        "learners": len(others),
        "failed": float(failed.mean()),
        "predicted": float(p.mean()),
        "auc": auc(p, failed),
        "log_loss": log_loss(p, failed),
        "ece": ece(p, failed),
        "top_tenth": float(failed[top].mean()),
    }


def _failed(some: Sequence[Course]) -> Floats:
    return np.array([float(one.failed) for one in some])


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def key_of(row: dict[str, str]) -> tuple[str, str, str]:
    return row["code_module"], row["code_presentation"], row["id_student"]


def number(text: str) -> float | None:
    return None if text in ("", "?", "NA", "<NA>") else float(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--oulad", type=Path, required=True, help="folder with the data set's CSV files")
    parser.add_argument("--first", default="2013", help="presentations that weights are fitted to, by their code")
    parser.add_argument("--then", default="2014", help="presentations that are judged")
    asked = parser.parse_args()
    for day in DAYS:
        print(json.dumps(judge(asked.oulad, day, asked.first, asked.then)), flush=True)


if __name__ == "__main__":
    main()
