"""Laws of forgetting judged on made-up learners who forget."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from lrs.cli.evaluate import evaluate as command
from lrs.evaluation.forgetting import DEFAULT, NONE, evaluate_forgetting
from lrs.evaluation.timed import read_timed

DAY = 86_400


@pytest.fixture(scope="module")
def forgetful(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Learners with two sittings a skill, days apart; in the second, answers are a logit worse at first."""
    rng = np.random.default_rng(3)
    lines = ["user_id\titem_id\ttimestamp\tcorrect\tskill_id"]
    for learner in range(120):
        ability = rng.normal(1.0, 0.7)
        for skill in range(4):
            for sitting in range(2):
                for answer in range(6):
                    z = ability - (1.0 if sitting and not answer else 0.0)
                    right = rng.random() < 1 / (1 + np.exp(-z))
                    second = skill * 20 * DAY + sitting * 5 * DAY + answer * 60
                    lines.append(f"{learner}\t{rng.integers(40)}\t{second}\t{int(right)}\t{skill}")
    path = tmp_path_factory.mktemp("timed") / "answers.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_what_was_forgotten_is_found(forgetful: Path) -> None:
    report = evaluate_forgetting(forgetful, splits=2)
    rows = {row["law"]: row for row in report["rows"]}
    assert rows["fitted to 200 returns"]["drop"] > rows[DEFAULT]["drop"]
    assert rows["fitted to 200 returns"]["log_loss"] < rows[DEFAULT]["log_loss"] < rows[NONE]["log_loss"]
    assert rows["fitted to 200 returns"]["ece"] < rows[NONE]["ece"]
    shown = CliRunner().invoke(command, ["forgetting", "--data", str(forgetful), "--splits", "1"])
    assert shown.exit_code == 0
    assert all(name in shown.stdout for name in ("none", "default", "200 returns", "±"))


def test_rows_become_learners_in_order_of_time(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("user_id\titem_id\ttimestamp\tcorrect\tskill_id\n2\t7\t9\t1\t3\n1\t7\t5\t0\t3\n1\t8\t4\t1\t4\n")
    answers = read_timed(path)
    assert list(answers.learners) == [0, 2, 3]
    assert [answers.item_names[i] for i in answers.items] == ["8", "7", "7"]
    assert list(answers.times) == [4_000_000, 5_000_000, 9_000_000]
    assert list(answers.outcomes) == [1.0, 0.0, 1.0]


@pytest.mark.parametrize(
    "text", ["user_id\titem_id\n1\t2\n", "user_id\titem_id\ttimestamp\tcorrect\tskill_id\n1\t2\t3\t4\t5\n"]
)
def test_other_formats_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(ValueError, match=r"a\.csv"):
        read_timed(tmp_path / "a.csv")
