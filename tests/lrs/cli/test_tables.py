"""Tables in a terminal: whatever its width, no text is cut."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from lrs.cli.boards import learner_table
from lrs.cli.tables import fitted

CLI = Path(__file__).parents[3] / "lrs" / "cli"
ID = "5f0c2a3e-5c0b-4d0e-9a35-2f6f0e3f9a10"
# These print what is no list of texts: marks of a board, and figures.
OTHERS = {"tables.py", "boards.py", "evaluate.py", "fit.py"}


def printed(renderable: Any, width: int) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width)
    console.print(renderable(console))
    text = out.getvalue()
    assert max(map(len, text.splitlines())) <= width
    return text


def words(text: str) -> list[str]:
    return text.split()


class TestFitted:
    def test_what_fits_is_a_table(self) -> None:
        text = printed(lambda console: fitted(console, ("Name", "Statements"), [("Quiz", "12")]), 80)
        assert [words(line) for line in text.splitlines() if line.strip(" ─")] == [
            ["Name", "Statements"],
            ["Quiz", "12"],
        ]

    @pytest.mark.parametrize("width", [30, 60, 80])
    def test_what_does_not_fit_has_a_line_for_each_value(self, width: int) -> None:
        row = ("[red]", "https://lms.example/a-long-address/without-a-space/in-it/7", ID)
        text = printed(lambda console: fitted(console, ("Name", "Activity", "A statement"), [row, row]), width)
        assert "…" not in text
        assert words(text).count("[red]") == 2  # no markup
        joined = "".join(words(text))
        for value in row:
            assert joined.count(value) == 2

    def test_no_word_of_a_table_is_broken(self) -> None:
        rows = [("Ada", "a reason of many words that goes on and on and on and on and on and on and on", ID)]
        text = printed(lambda console: fitted(console, ("Learner", "Why", "A statement"), rows), 80)
        assert ID in words(text)
        assert "Learner" in text.splitlines()[1] or "Learner" in text.splitlines()[0]


def cell(decision: str, **more: Any) -> dict[str, Any]:
    skill_cell: dict[str, Any] = {
        "skill": "s",
        "name": "Compare fractions with different denominators",
        "decision": decision,
    }
    skill_cell |= {"estimate": 0.31, "low": 0.2, "high": 0.44, "trend": -0.05, "attempts": 1234, "days_since": 32.0}
    skill_cell |= {"next_skill": None, "order_assumed": False}
    skill_cell["reason"] = "8 wrong answers in a row. The last was 32 days ago: talk first."
    return skill_cell | more


@pytest.mark.parametrize("width", [80, 100, 160])
def test_a_learner_fits_80_columns_whole(width: int) -> None:
    never = cell(
        "wait", name="Percentages", estimate=None, low=None, high=None, trend=None, days_since=None, attempts=0
    )
    leads = cell("advance", next_skill={"id": "t", "name": "Equivalent fractions"}, order_assumed=True)
    page = {"name": "Ada", "learner": "x", "position": 5, "age_seconds": 0.1, "skills": [cell("help"), leads, never]}
    text = printed(lambda console: learner_table(console, page), width)
    for word in words(
        "Compare fractions with different denominators Percentages 31% 20%–44% -5% 1,234 32 help advance wait "
        "8 wrong answers in a row. The last was days ago: talk first. Next: Equivalent fractions (order assumed)."
    ):
        assert word in words(text), word
    assert "decision" in text  # as a table


def test_every_command_prints_tables_so() -> None:
    alone = {path.name for path in CLI.glob("*.py") if "rich.table" in path.read_text()}
    assert alone <= OTHERS
