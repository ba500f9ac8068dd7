"""The benchmark of early warnings, on made-up courses in OULAD's files."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.early_warning import courses, judge, predict

DUE = {"1": 20, "2": 50, "3": 100}
LEARNERS = 120


def write(folder: Path, name: str, rows: list[dict[str, Any]]) -> None:
    with (folder / f"{name}.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Three presentations of two modules: who does not hand in, or with low marks, mostly fails."""
    rng = np.random.default_rng(2)
    assessments: list[dict[str, Any]] = []
    handed: list[dict[str, Any]] = []
    learners: list[dict[str, Any]] = []
    registered: list[dict[str, Any]] = []
    for module, presentation in (("AAA", "2013B"), ("BBB", "2013J"), ("AAA", "2014J")):
        key = {"code_module": module, "code_presentation": presentation}
        ids = {number: f"{module}{presentation}{number}" for number in DUE}
        assessments += [
            key | {"id_assessment": ids[number], "assessment_type": "TMA", "date": date} for number, date in DUE.items()
        ]
        for learner in range(LEARNERS):
            diligence = 0.3 + 0.7 * rng.random()
            own = key | {"id_student": f"{presentation}{learner}"}
            failed = rng.random() > (diligence - 0.3) / 0.7
            learners.append(own | {"final_result": "Fail" if failed else "Pass", "num_of_prev_attempts": 0})
            learners[-1]["studied_credits"] = 60
            left = 30 if learner == 0 else "?"
            registered.append(own | {"date_registration": -30, "date_unregistration": left})
            for number, date in DUE.items():
                if rng.random() < diligence:
                    work = {"id_assessment": ids[number], "id_student": own["id_student"], "is_banked": 0}
                    handed.append(work | {"date_submitted": date, "score": round(50 + 50 * diligence)})
    write(tmp_path, "assessments", assessments)
    write(tmp_path, "studentAssessment", handed)
    write(tmp_path, "studentInfo", learners)
    write(tmp_path, "studentRegistration", registered)
    return tmp_path


def test_only_what_was_known_on_the_day_counts(made: Path) -> None:
    early, later = courses(made, 10), courses(made, 60)
    assert {one.due for one in early} == {0}
    assert {one.due for one in later} == {2}
    assert all(one.missing == one.due - len(one.marks) for one in later)
    assert (len(early), len(later)) == (3 * LEARNERS, 3 * (LEARNERS - 1))  # of each, one left on day 30


def test_those_who_fail_are_found_among_others(made: Path) -> None:
    found = judge(made, 60, "2013", "2014")
    assert found["learners"] == LEARNERS - 1
    assert found["auc"] > 0.65
    assert found["top_tenth"] > found["failed"]


def test_what_came_of_those_judged_is_not_used(made: Path) -> None:
    every = courses(made, 60)
    known = [one for one in every if one.presentation.startswith("2013")]
    others = [one for one in every if one.presentation.startswith("2014")]
    before = predict(known, others)
    for one in others:
        one.failed = not one.failed
    assert (predict(known, others) == before).all()
    assert predict(known, others[:5]) == pytest.approx(before[:5])
