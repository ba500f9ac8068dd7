"""Little history judged on made-up learners, for whom the shipped weights know nothing of the school."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lrs.evaluation import little_history
from lrs.evaluation.little_history import ANYWHERE, FIRST, FULL, SHIPPED, evaluate_little_history
from processors.mastery.answers import from_log


def school(path: Path, learners: int) -> Path:
    """One skill is nearly always right, the other nearly never."""
    rng = np.random.default_rng(5)
    lines = ["user_id\titem_id\ttimestamp\tcorrect\tskill_id"]
    for learner in range(learners):
        for at in range(60):
            skill = int(rng.integers(2))
            right = int(rng.random() < (0.92, 0.2)[skill])
            lines.append(f"{learner}\t{skill * 9 + int(rng.integers(9))}\t{at * 60}\t{right}\t{skill}")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_own_answers_help_the_more_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(little_history, "SIZES", (50, 500))
    report = evaluate_little_history(school(tmp_path / "answers.csv", 40), draws=2)
    rows = {(row["weights"], row["own"], row["which"]): row for row in report["rows"]}
    assert set(rows) == {
        (SHIPPED, 0, ""),
        *(("blend", own, which) for own in (50, 500) for which in (FIRST, ANYWHERE)),
        (FULL, 21 * 60, ""),
    }
    losses = [rows[key]["log_loss"] for key in ((SHIPPED, 0, ""), ("blend", 500, FIRST), (FULL, 21 * 60, ""))]
    assert losses == sorted(losses, reverse=True)
    assert rows["blend", 500, FIRST]["early"]["log_loss"] > 0


def test_stretches_are_of_each_learner_in_a_row() -> None:
    log = from_log([(name, [(f"{name}{at}", ("s",), 1.0) for at in range(9)]) for name in "ab"])
    first = little_history._stretches(log, 3, None)
    assert [first.item_names[item] for item in first.items] == ["a0", "a1", "a2", "b0", "b1", "b2"]
    anywhere = little_history._stretches(log, 3, np.random.default_rng(1))
    names = [anywhere.item_names[item] for item in anywhere.items]
    for its in (names[:3], names[3:]):
        begin = int(its[0][1:])
        assert its == [f"{its[0][0]}{at}" for at in range(begin, begin + 3)]


def test_too_few_learners_are_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="too few learners"):
        evaluate_little_history(school(tmp_path / "answers.csv", 12))
