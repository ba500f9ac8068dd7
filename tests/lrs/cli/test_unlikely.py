"""`lrs unlikely`, as a teacher's administrator uses it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lrs import exits
from lrs.cli.main import main

ADA = {"name": "Ada", "chance": 0.8, "reasons": ["2 are missing."]}


@pytest.mark.parametrize(
    ("chances", "printed"),
    [
        (
            {"unlikely": [ADA], "judged": 9, "days_left": 30},
            "Ada (80%): 2 are missing.\n30 days are left\nfitted on other courses\n",
        ),
        (
            {"unlikely": [], "judged": 9, "days_left": None},
            "of 9 nobody is unlikely to finish\nfitted on other courses\n",
        ),
        (
            {"unlikely": [], "judged": 0, "days_left": 3},
            "too little is due, or too few are in the class, to say anything\n",
        ),
    ],
)
def test_each_with_the_reasons(
    data_of_7b: Path, monkeypatch: pytest.MonkeyPatch, chances: dict[str, Any], printed: str
) -> None:
    chances = chances | {"fitted": "other courses"}
    monkeypatch.setattr("lrs.cli.unlikely.class_unlikely", lambda store, catalog, tenant, class_id, now: chances)
    assert CliRunner().invoke(main, ["unlikely", "7b", "--data", str(data_of_7b)]).output == printed
    as_json = CliRunner().invoke(main, ["unlikely", "7b", "--data", str(data_of_7b), "--json"])
    assert json.loads(as_json.output)["unlikely"] == chances["unlikely"]


def test_an_unknown_class_is_named(data_of_7b: Path) -> None:
    ended = CliRunner().invoke(main, ["unlikely", "8c", "--data", str(data_of_7b)])
    assert ended.exit_code == exits.NOT_FOUND
    assert "there is no class '8c' (classes: 7b)" in ended.stderr
