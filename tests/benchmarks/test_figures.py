"""The figures of the mastery model's page are made by one command: every table of it, and nothing else of the page."""

from __future__ import annotations

import re

import pytest

from benchmarks import figures
from benchmarks.figures import PAGE, PARTS, put
from lrs.evaluation import decisions


def test_every_table_has_its_block_in_the_page_and_every_block_its_table() -> None:
    page = PAGE.read_text("utf-8")
    assert sorted(re.findall(r"<!-- figures: (.*) -->", page)) == sorted(PARTS)
    for name in PARTS:
        assert put(page, name, ["| new |"]) != page


def test_only_the_block_is_written() -> None:
    block = "<!-- figures: {0} -->\n\n| {0} |\n\n<!-- end -->\n"
    page = f"before\n{block.format('a')}between\n{block.format('b')}"
    assert put(page, "a", ["| new |", "| \\1 |"]) == page.replace("| a |", "| new |\n| \\1 |")
    with pytest.raises(ValueError, match="0 blocks"):
        put(page, "c", [])


def test_tables_have_a_cell_for_each_head() -> None:
    scores = {"n": 7, "auc": 0.7, "log_loss": 0.5, "ece": 0.0104}
    medians = {name: scores[name] for name in ("auc", "log_loss", "ece")}
    difference = {"value": 0.725, "low": -0.099, "high": -0.063}
    week = {
        "day": 60,
        "learners": 1234,
        "auc": 0.77,
        "ece": 0.064,
        "top_tenth": 0.9,
        "listed": 0.29,
        "right": 0.74,
        "found": 0.5,
    }
    group = {"learners": 99, "failed": 0.4, "auc": difference, "bias": difference}
    decided = {"law": decisions.ALL, "rule": "fixed", "help_delay": None}
    names = ("advance_precision", "advance_recall", "help_precision")
    forgotten = {"law": "none", "drop": 0.6, "drop_deviation": 0.1, **medians}
    tables = [
        figures.shown_table(
            {
                "answers": {"test": 1234},
                "rows": [{"model": model, "all": scores, "first": scores, "cold": scores} for model in figures.MODELS],
            }
        ),
        figures.forecasts_table(
            [
                {
                    "attempts": "3-4",
                    "n": 21222,
                    "pit": {0.05: 0.058, 0.5: 0.489, 0.95: 0.952},
                    "log_score": -1.5,
                    "around_shown": None,
                }
            ]
        ),
        figures.judged_table(
            [
                decided | {"law": law, "rule": rule} | dict.fromkeys(names, (0.87, 0.86, 0.88))
                for law in ("steady", decisions.ALL)
                for rule in (decisions.OWN, "fixed")
            ]
        ),
        figures.forgotten_table({"rows": [forgotten]}),
        figures.little_table(
            {
                "rows": [
                    {"weights": "shipped weights", "own": 0, "which": "", **medians},
                    {"weights": "blend", "own": 500, "which": "first", **medians, "early": medians},
                ]
            }
        ),
        figures.unfinished_table([week | {"days_until_half_had_left": 64.0}]),
        figures.groups_table([("women", group | {"wrongly_listed": difference, "missed": difference})]),
    ]
    assert len(tables) == len(PARTS)
    for table in tables:
        assert len({line.count("|") for line in table}) == 1
    assert tables[0][2].startswith("| **next item** | .700 | .500 | .010 |")
    assert [line.split("|")[1:3] for line in tables[2][2:]] == [
        [f" {decisions.OWN} ", " all laws "],
        [" fixed ", " all laws "],
        [f" {decisions.OWN} ", " steady "],
    ]
    assert tables[2][3] == "| fixed | all laws | .87 [.86 .88] | .87 [.86 .88] | .87 [.86 .88] |  |"
    assert tables[6][2].startswith("| women | 99 | 40 % | .725 [−.099 −.063] |")
    assert "72.5 % [−9.9 −6.3]" in tables[6][2]
