"""Boards in a terminal: as wide as they have to be, and never wider than the terminal."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from lrs.cli.boards import LONGEST_NAME, class_table


def board(skills: list[str], name: str = "Ada") -> dict[str, Any]:
    cells = [{"decision": "practise", "estimate": 0.5}] * len(skills)
    return {
        "class": {"id": "7b", "name": "Class 7b"},
        "counts": {"practise": len(skills)},
        "position": 5,
        "age_seconds": 0.1,
        "skills": [{"id": skill, "name": skill} for skill in skills],
        "learners": [{"learner": "mbox:x", "name": name, "cells": cells}],
    }


def printed(class_board: dict[str, Any], width: int) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width).print(class_table(class_board, width))
    return out.getvalue().splitlines()


def test_one_skill_is_a_narrow_table_and_its_legend_is_not_folded_into_it() -> None:
    lines = printed(board(["Fractions"], "mailto:somebody-with-a-long-address@a-long-name.of-a-school.example"), 120)
    assert max(len(line) for line in lines if "│" in line) <= LONGEST_NAME + len("Fractions") + 7
    assert any("! help" in line and "unknown" in line for line in lines)


def test_what_is_too_little_to_judge_by_has_no_number() -> None:
    class_board = board(["Fractions", "Decimals"])
    class_board["learners"][0]["cells"] = [
        {"decision": "unknown", "estimate": 0.7754},
        {"decision": "practise", "estimate": 0.7754},
    ]
    [line] = [line for line in printed(class_board, 80) if "Ada" in line]
    assert [cell.strip() for cell in line.split("│")[2:4]] == ["·", "● 77%"]


@pytest.mark.parametrize("width", [80, 120])
def test_many_skills_are_numbered_and_named_below(width: int) -> None:
    skills = [f"Compare and add fractions, part {number}" for number in range(1, 7)]
    lines = printed(board(skills), width)
    assert all(len(line) <= width for line in lines)
    assert any("● 50%" in line and line.count("50%") == 6 for line in lines)
    assert all(any(skill in line for line in lines) for skill in skills)


@pytest.mark.parametrize("count", [1, 20])
def test_nothing_is_cut_at_80_columns(count: int) -> None:
    login = "somebody.with-a-long-login@a-long-name.of-a-school.example"
    class_board = board([f"Fractions, part {number}" for number in range(count)], login)
    class_board["learners"][0]["cells"] = [{"decision": "advance", "estimate": 1.0}] * count
    lines = printed(class_board, 80)
    assert all(len(line) <= 80 for line in lines)
    assert sum(line.count("▲ 100%") for line in lines) == count
    assert login in "".join(line.split("│")[1].strip() for line in lines if line.startswith("│"))
    assert "…" not in "".join(line for line in lines if "│" in line)
