"""`lrs drifting`, as a teacher's administrator uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from lrs import exits
from lrs.cli.main import main


@pytest.mark.parametrize(
    ("found", "printed"),
    [
        ([{"name": "Ada", "reasons": ["Worked less.", "Less right."]}], "Ada: Worked less. Less right.\n"),
        ([], "nobody works otherwise in the last 14 days than before\n"),
    ],
)
def test_each_with_the_reasons(
    data_of_7b: Path, monkeypatch: pytest.MonkeyPatch, found: list[dict[str, object]], printed: str
) -> None:
    monkeypatch.setattr("lrs.cli.drifting.class_drift", lambda store, catalog, tenant, class_id, now: found)
    assert CliRunner().invoke(main, ["drifting", "7b", "--data", str(data_of_7b)]).output == printed
    as_json = CliRunner().invoke(main, ["drifting", "7b", "--data", str(data_of_7b), "--json"])
    assert json.loads(as_json.output)["drifting"] == found


def test_an_unknown_class_is_named(data_of_7b: Path) -> None:
    ended = CliRunner().invoke(main, ["drifting", "8c", "--data", str(data_of_7b)])
    assert ended.exit_code == exits.NOT_FOUND
    assert "there is no class '8c' (classes: 7b)" in ended.stderr
