"""Who is unlikely to finish, by the signs that `lrs unlikely` sees: weights fitted on OULAD 2013, judged on 2014.

`python -m benchmarks.unlikely --oulad FOLDER` reads the same files as `benchmarks.early_warning`. A presentation is a
class, and an assessment a piece of work: what is due, and what results are beside, is the class's own, as it is on the
day. `--weights` prints the weights for lrs/pacing/unlikely.py; `--tenths` says where the chances are off; `--by gender`
(or another column of studentInfo) says whether the warning is as true for everybody.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from benchmarks.early_warning import Floats, fit, key_of, number, rows
from lrs.evaluation.metrics import auc, ece, log_loss
from lrs.pacing.finishing_signs import FinishingSigns, WorkDone, class_signs
from lrs.pacing.unlikely import LISTED, WEIGHTS, unlikely_chance

DAYS = (45, 60, 75, 90, 120)
L2 = 10.0
FEWEST, DRAWS = 300, 500  # learners of a group; draws of an interval


class Judged(NamedTuple):
    """One learner on one day of a presentation."""

    day: int
    course: tuple[str, str]
    failed: bool  # or withdrew
    left: float | None  # day of withdrawal
    signs: FinishingSigns
    info: dict[str, str]


def read(folder: Path, days: Sequence[int] = DAYS) -> list[Judged]:
    """Everybody of whom something is said on one of the days. Raises OSError and KeyError as `courses` does."""
    course_of = {row["id_assessment"]: row for row in rows(folder, "assessments") if row["assessment_type"] != "Exam"}
    done: dict[tuple[str, str, str], dict[str, WorkDone]] = defaultdict(dict)
    for row in rows(folder, "studentAssessment"):
        if of := course_of.get(row["id_assessment"]):
            mark = number(row["score"])
            piece = WorkDone(float(row["date_submitted"]), None if mark is None else mark / 100)
            done[of["code_module"], of["code_presentation"], row["id_student"]][row["id_assessment"]] = piece
    registered = {key_of(row): row for row in rows(folder, "studentRegistration")}
    learners = rows(folder, "studentInfo")
    return [one for day in days for one in _on(day, learners, registered, done)]


def _on(
    day: int,
    learners: Sequence[dict[str, str]],
    registered: dict[tuple[str, str, str], dict[str, str]],
    done: dict[tuple[str, str, str], dict[str, WorkDone]],
) -> Iterator[Judged]:
    classes: dict[tuple[str, str], dict[str, dict[str, WorkDone]]] = defaultdict(dict)
    who = {}
    for row in learners:
        key = key_of(row)
        joined, left = (number(registered[key][f"date_{what}"]) for what in ("registration", "unregistration"))
        if (joined or 0.0) <= day and (left is None or left > day):
            classes[key[:2]][key[2]] = {item: one for item, one in done[key].items() if one.time <= day}
            who[key] = (row, left)
    for course, work in classes.items():
        for learner, found in class_signs(work).items():
            row, left = who[(*course, learner)]
            yield Judged(day, course, row["final_result"] in ("Fail", "Withdrawn"), left, found, row)


def weights(known: Sequence[Judged]) -> Floats:
    """Logistic weights, scaled by what came of presentations that they were not fitted to."""
    features, failed = _features(known), _failed(known)
    courses = np.array(["/".join(one.course) for one in known])
    held_out = np.zeros(len(known))
    for course in sorted(set(courses.tolist())):
        out = courses == course
        held_out[out] = features[out] @ fit(features[~out], failed[~out], L2)
    level, scale = fit(np.stack([np.ones(len(known)), held_out], axis=1), failed, 1e-3)
    found = scale * fit(features, failed, L2)
    found[0] += level
    return np.asarray(found)


def figures(some: Sequence[Judged], p: Floats) -> dict[str, float]:
    """Of whom was something said: how true it is, and what came of who was listed."""
    failed, listed = _failed(some) > 0.5, p >= LISTED
    gone = [one.left - one.day for one, named in zip(some, listed, strict=True) if named and one.left is not None]
    return {
        "learners": len(some),
        "failed": float(failed.mean()),
        "auc": auc(p, failed),
        "log_loss": log_loss(p, failed),
        "ece": ece(p, failed),
        "top_tenth": float(failed[np.argsort(-p, kind="stable")[: len(p) // 10]].mean()),
        "listed": float(listed.mean()),
        "right": float(failed[listed].mean()),
        "found": float(listed[failed].mean()),
        "days_until_half_had_left": float(np.median(gone)) if gone else 0.0,
    }


def by_day(some: Sequence[Judged]) -> list[dict[str, float]]:
    """Figures under the weights that Pacer has, for each day."""
    found = []
    for day in DAYS:
        its = [one for one in some if one.day == day]
        p = expit(_features(its) @ np.array(list(WEIGHTS.values())))
        found.append({"day": day} | figures(its, np.asarray(p)))
    return found


def by_tenth(some: Sequence[Judged]) -> list[dict[str, float]]:
    """What was said of each tenth of the learners, from the least likely to fail, and what came of it."""
    p, failed = np.array([unlikely_chance(one.signs) for one in some]), _failed(some)
    tenths = np.array_split(np.argsort(p, kind="stable"), 10)
    return [
        {"learners": len(tenth), "said": float(p[tenth].mean()), "failed": float(failed[tenth].mean())}
        for tenth in tenths
    ]


def by_group(some: Sequence[Judged], column: str) -> list[dict[str, Any]]:
    """Figures of each group beside the others, with 95 % intervals over learners."""
    p, failed = np.array([unlikely_chance(one.signs) for one in some]), _failed(some) > 0.5
    groups = np.array([one.info[column] for one in some])
    found = []
    for group in sorted(set(groups.tolist())):
        inside = groups == group
        if min(inside.sum(), (~inside).sum()) >= FEWEST and group:
            rng = np.random.default_rng(0)
            here, there = _group(p[inside], failed[inside], rng), _group(p[~inside], failed[~inside], rng)
            names = ("auc", "bias", "wrongly_listed", "missed")
            row = {name: _interval(here[:, at], there[:, at]) for at, name in enumerate(names)}
            found.append({"group": group, "learners": int(inside.sum()), "failed": float(failed[inside].mean())} | row)
    return found


def _group(p: Floats, failed: NDArray[np.bool_], rng: np.random.Generator) -> Floats:
    """A row for all, and one a draw of learners: AUC, bias, share listed of who finished, not of who did not."""
    draws = [np.arange(len(p)), *(rng.integers(0, len(p), len(p)) for _ in range(DRAWS))]
    listed = p >= LISTED
    return np.array(
        [
            [auc(p[d], failed[d]), p[d].mean() - failed[d].mean(), listed[d][~failed[d]].mean(),
             1.0 - listed[d][failed[d]].mean()]
            for d in draws
        ]
    )  # fmt: skip


def _interval(here: Floats, there: Floats) -> dict[str, float]:
    low, high = np.quantile(here[1:] - there[1:], (0.025, 0.975))
    return {"value": float(here[0]), "others": float(there[0]), "low": float(low), "high": float(high)}


def _features(some: Sequence[Judged]) -> Floats:
    return np.array([[one.signs.features[name] for name in WEIGHTS] for one in some])


def _failed(some: Sequence[Judged]) -> Floats:
    return np.array([float(one.failed) for one in some])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--oulad", type=Path, required=True, help="folder with the data set's CSV files")
    parser.add_argument("--weights", action="store_true", help="print weights fitted to 2013")
    parser.add_argument("--by", help="a column of studentInfo: figures of each of its groups, at day 60 of 2014")
    parser.add_argument("--tenths", action="store_true", help="what was said and what came of it, at day 60 of 2014")
    asked = parser.parse_args()
    every = read(asked.oulad, (60,) if asked.by or asked.tenths else DAYS)
    if asked.weights:
        found = weights([one for one in every if one.course[1].startswith("2013")])
        print(json.dumps(dict(zip(WEIGHTS, found.round(3).tolist(), strict=True)), indent=1))
        return
    judged = [one for one in every if one.course[1].startswith("2014")]
    if asked.by:
        for row in by_group(judged, asked.by):
            print(json.dumps(row))
        return
    for row in by_tenth(judged) if asked.tenths else by_day(judged):
        print(json.dumps(row))


if __name__ == "__main__":
    main()
