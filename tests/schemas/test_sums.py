"""Sums of fractions that rows and decisions are made of."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from schemas.sums import add_up

TREE = Path(__file__).parents[2]


def test_it_rounds_after_each_number_on_every_python() -> None:
    assert add_up([0.1] * 10) == 0.9999999999999999  # which `sum` gives up to Python 3.11 alone
    assert add_up([]) == 0.0


@pytest.mark.parametrize("module", ["processors/mastery/model.py", "lrs/pacing/decide.py"])
def test_what_is_stored_and_decided_is_added_up_so(module: str) -> None:
    names = {node.id for node in ast.walk(ast.parse((TREE / module).read_text())) if isinstance(node, ast.Name)}
    assert "add_up" in names
    assert not names & {"sum", "fsum", "sumprod"}
