"""The benchmark of who is unlikely to finish, on made-up courses in OULAD's files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import unlikely
from lrs.pacing.unlikely import WEIGHTS
from tests.benchmarks.test_early_warning import LEARNERS, made

__all__ = ["made"]


def test_what_is_said_follows_from_the_day_and_not_from_what_came_of_it(made: Path) -> None:
    every = unlikely.read(made, (40, 60))
    assert {one.day for one in every} == {60}  # on day 40 one piece of work is due
    assert len(every) == 3 * (LEARNERS - 1)  # of each presentation, one left on day 30
    known = [one for one in every if one.course[1].startswith("2013")]
    others = [one for one in every if one.course[1].startswith("2014")]
    features = np.array([[one.signs.features[name] for name in WEIGHTS] for one in others])
    found = unlikely.weights(known)
    judged = unlikely.figures(others, 1 / (1 + np.exp(-features @ found)))
    assert judged["auc"] > 0.65
    assert judged["right"] > judged["failed"]
    flipped = [one._replace(failed=not one.failed) for one in others]
    assert (unlikely.weights([*known]) == found).all()
    assert unlikely.figures(flipped, 1 / (1 + np.exp(-features @ found)))["auc"] == pytest.approx(1 - judged["auc"])


def test_groups_are_beside_the_others(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unlikely, "FEWEST", 20)
    monkeypatch.setattr(unlikely, "DRAWS", 50)
    every = [
        one._replace(
            info=one.info | {"group": "few" if at < 5 else "ab"[at % 2]},
            failed=(at % 2 == 1 and at % 5 > 0) or one.failed,
        )
        for at, one in enumerate(unlikely.read(made, (60,)))
    ]
    rows = {row["group"]: row for row in unlikely.by_group(every, "group")}
    assert set(rows) == {"a", "b"}
    assert rows["b"]["failed"] > rows["a"]["failed"] > 0.0
    assert rows["b"]["bias"]["high"] < 0 < rows["a"]["bias"]["low"]


def test_tenths_go_from_the_least_likely_up(made: Path) -> None:
    every = unlikely.read(made, (60,))
    tenths = unlikely.by_tenth(every)
    said = [tenth["said"] for tenth in tenths]
    assert said == sorted(said)
    assert sum(tenth["learners"] for tenth in tenths) == len(every)
    failed = sum(tenth["failed"] * tenth["learners"] for tenth in tenths)
    assert failed == pytest.approx(sum(one.failed for one in every))
