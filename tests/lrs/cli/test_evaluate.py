"""What `lrs evaluate` is asked with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lrs.cli.main import main
from lrs.evaluation import decisions
from schemas.policy import Policy


@pytest.fixture
def judged_by(monkeypatch: pytest.MonkeyPatch) -> list[Policy]:
    policies: list[Policy] = []

    def judge_rules(_: int, policy: Policy) -> list[dict[str, Any]]:
        policies.append(policy)
        return []

    monkeypatch.setattr(decisions, "judge_rules", judge_rules)
    return policies


def test_decisions_are_judged_by_the_thresholds_that_are_asked_for(judged_by: list[Policy], tmp_path: Path) -> None:
    asked = tmp_path / "policy.json"
    asked.write_text(json.dumps({"spinning_below": 0.8}))
    for options in ([], ["--policy", str(asked)]):
        answer = CliRunner().invoke(main, ["evaluate", "decisions", "--json", *options])
        assert answer.exit_code == 0, answer.output
    assert judged_by == [Policy(), Policy(spinning_below=0.8)]


@pytest.mark.parametrize(
    ("text", "said"),
    [('{"spinning_below": 2}', "spinning_below"), ('{"spinning": 1}', "spinning"), ("not", "is not JSON")],
)
def test_thresholds_that_are_none_are_refused(judged_by: list[Policy], tmp_path: Path, text: str, said: str) -> None:
    asked = tmp_path / "policy.json"
    asked.write_text(text)
    answer = CliRunner().invoke(main, ["evaluate", "decisions", "--policy", str(asked)])
    assert answer.exit_code != 0
    assert said in answer.output
    assert judged_by == []
