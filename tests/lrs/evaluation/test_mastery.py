from __future__ import annotations

import json
import math
import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from lrs.cli.evaluate import chart, evaluate
from lrs.evaluation import mastery
from lrs.evaluation.mastery import BASE, BKT, FREE, NEXT_ITEM, SHOWN_MASTERY


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up school: abilities differ, items differ, every fifth item has two skills (two rows)."""
    folder = tmp_path_factory.mktemp("school")
    chance = random.Random(7)
    for part, learners in (("train", 120), ("valid", 40), ("test", 60)):
        lines = []
        for number in range(learners):
            ability = chance.gauss(0.0, 1.5)
            items: list[str] = []
            skills: list[str] = []
            answers: list[str] = []
            for _ in range(24):
                item = chance.randrange(30)
                right = chance.random() < 1 / (1 + math.exp(-ability - (item - 15) / 6))
                for skill in (item % 3, 9) if item % 5 == 0 else (item % 3,):
                    items.append(str(item))
                    skills.append(str(skill))
                    answers.append(str(int(right)))
            lines += [f"{number},{part}{number}", ",".join(items), ",".join(skills), ",".join(answers)]
        (folder / f"made_{part}1.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_the_model_beats_what_knows_less(folder: Path) -> None:
    said: list[tuple[str, float]] = []
    report = mastery.evaluate_mastery(folder, progress=lambda what, done: said.append((what, done)))
    rows = {row["model"]: row for row in report["rows"]}
    assert rows[NEXT_ITEM]["all"]["auc"] > rows[BASE]["all"]["auc"] + 0.03
    assert rows[NEXT_ITEM]["all"]["auc"] > rows[BKT]["all"]["auc"]
    assert rows[NEXT_ITEM]["all"]["log_loss"] < rows[BASE]["all"]["log_loss"]
    assert rows[SHOWN_MASTERY]["all"]["auc"] > 0.6
    assert rows[SHOWN_MASTERY]["all"] != rows[FREE]["all"]
    assert all(0 < row["first"]["n"] < row["all"]["n"] == report["answers"]["test"] for row in rows.values())
    assert report["learners"] == {"train": 120, "valid": 40, "test": 60}
    shares = [done for _, done in said]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_the_command_prints_a_table_and_json(folder: Path) -> None:
    spoken = CliRunner().invoke(evaluate, ["mastery", "--data", str(folder), "--json"])
    assert spoken.exit_code == 0
    assert {row["model"] for row in json.loads(spoken.stdout)["rows"]} >= {NEXT_ITEM, SHOWN_MASTERY, BKT, BASE}
    shown = CliRunner().invoke(evaluate, ["mastery", "--data", str(folder)])
    assert shown.exit_code == 0
    assert all(name in shown.stdout for name in ("AUC", "ECE", "next item", "BKT", "log score"))
    assert "…" not in shown.stdout
    assert "●" in shown.stdout


def test_the_forecast_is_judged_on_all_learners(folder: Path) -> None:
    spoken = CliRunner().invoke(evaluate, ["intervals", "--data", str(folder), "--json"])
    assert spoken.exit_code == 0
    report = json.loads(spoken.stdout)
    assert report["learners"] == 220
    assert sum(row["n"] for row in report["rows"]) > 1000
    missing = CliRunner().invoke(evaluate, ["intervals", "--data", str(folder), "--fold", "2"])
    assert missing.exit_code == 5


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    missing = CliRunner().invoke(evaluate, ["mastery", "--data", str(tmp_path)])
    assert missing.exit_code == 5
    assert "train1.csv" in missing.stderr
    for part in ("train", "valid", "test"):
        (tmp_path / f"{part}1.csv").write_text("")
    empty = CliRunner().invoke(evaluate, ["mastery", "--data", str(tmp_path)])
    assert empty.exit_code == 1
    assert "needs answers" in empty.stderr


def test_a_chart_puts_predicted_and_right_on_one_scale() -> None:
    apart = {"from": 0.2, "to": 0.27, "n": 4, "predicted": 0.25, "right": 0.5}
    line = chart([apart])[0].split(" ")[1]
    assert (line.index("○"), line.index("●"), len(line)) == (10, 20, 41)
    assert "◉" in chart([apart | {"right": 0.25}])[0]
