"""Boards as tables for a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from lrs.cli.tables import fitted
from lrs.pacing.attention import judged_estimate
from lrs.pacing.saying import percent

MARKS = {
    "help": "!",
    "review": "↺",
    "practise": "●",
    "start": "+",
    "advance": "▲",
    "wait": "…",
    "unknown": "·",
}
LONGEST_NAME, LONGEST_CELL = 32, 6  # characters of a line of a learner's name, and of a cell
_STYLES = {
    "help": "bold red",
    "review": "yellow",
    "practise": "cyan",
    "start": "blue",
    "advance": "green",
    "wait": "dim",
    "unknown": "dim",
}


def legend() -> str:
    """What the marks mean."""
    return "   ".join(f"{mark} {decision}" for decision, mark in MARKS.items())


def class_table(board: dict[str, Any], width: int) -> Group:
    """Learners × skills: a mark for the decision, and the estimate in percent, rounded down.

    What is too little to judge by has the mark alone, as on the page.

    Where the names of skills leave no room in a terminal of this width, columns have numbers, explained below; where
    there are too many, they follow in further tables. Nothing is cut.
    """
    counts = ", ".join(f"{n} {decision}" for decision, n in board["counts"].items() if n)
    skills = [skill["name"] or skill["id"] for skill in board["skills"]]
    learners = [learner["name"] or learner["learner"] for learner in board["learners"]]
    first = min(max(map(len, ["learner", *learners])), LONGEST_NAME)
    numbered = first + sum(max(len(name), LONGEST_CELL) + 3 for name in skills) + 4 > width
    abreast = max(1, (width - first - 4) // (LONGEST_CELL + 3)) if numbered else max(1, len(skills))
    tables = []
    for begin in range(0, max(1, len(skills)), abreast):
        columns = slice(begin, begin + abreast)
        table = Table()
        table.add_column("learner", overflow="fold", max_width=first)
        for number, name in enumerate(skills[columns], begin + 1):
            table.add_column(str(number) if numbered else name, justify="right", no_wrap=True)
        for name, learner in zip(learners, board["learners"], strict=True):
            table.add_row(Text(name), *(_cell_text(cell) for cell in learner["cells"][columns]))
        tables.append(table)
    return Group(
        Text(f"{board['class']['name'] or board['class']['id']}: {counts or 'nothing to say yet'}", style="bold"),
        *tables,
        *(Text(f"{number:>3} {name}") for number, name in enumerate(skills, 1) if numbered),
        Text(f"{legend()}\nposition {board['position']}, {board['age_seconds']:.1f} s behind", style="dim"),
    )


def learner_table(console: Console, page: dict[str, Any]) -> RenderableType:
    """Skills with decision, reason, estimate, interval, trend, attempts and days since the last."""
    number_columns = ("now", "likely", "trend", "tries", "days")
    skill_rows: list[tuple[str | Text, ...]] = [
        (Text(cell["decision"], style=_STYLES[cell["decision"]]), _skill_text(cell), *_numbers(cell))
        for cell in page["skills"]
    ]
    return fitted(
        console,
        ("decision", "skill, and why", *number_columns),
        skill_rows,
        numbers=number_columns,
        title=page["name"] or page["learner"],
        caption=f"position {page['position']}, {page['age_seconds']:.1f} s behind",
    )


def _numbers(cell: dict[str, Any]) -> tuple[str, ...]:
    if cell["estimate"] is None:
        return "", "", "", str(cell["attempts"]), ""
    likely = f"{percent(cell['low'])}–{percent(cell['high'])}"
    estimates = (percent(cell["estimate"]), likely, f"{cell['trend']:+.0%}")
    return *estimates, f"{cell['attempts']:,}", f"{cell['days_since']:.0f}"


def _skill_text(cell: dict[str, Any]) -> Text:
    """A skill, below it the reason of what is decided, and where that leads if it is to another skill."""
    skill_cell = Text(cell["name"] or cell["skill"], style="bold")
    leads, reason = cell["next_skill"], cell["reason"]
    if leads is not None and leads["id"] != cell["skill"]:
        reason += f" Next: {leads['name']}{' (order assumed)' if cell['order_assumed'] else ''}."
    return skill_cell.append(f"\n{reason}", style="not bold")


def _cell_text(cell: dict[str, Any]) -> Text:
    estimate = judged_estimate(cell)
    share = "" if estimate is None else f" {percent(estimate)}"
    return Text(f"{MARKS[cell['decision']]}{share}", style=_STYLES[cell["decision"]])


def _decision_text(decision: str) -> Text:
    return Text(f"{MARKS[decision]} {decision}", style=_STYLES[decision])


def pressing(board: dict[str, Any]) -> Table:
    """How many learners and skills have each decision, and which learners to look at first, and why."""
    counts = ", ".join(f"{n} {decision}" for decision, n in board["counts"].items() if n)
    table = Table(title=f"{board['class']['name'] or board['class']['id']}: {counts}", title_justify="left")
    for name in ("learner", "skill", "decision", "because"):
        table.add_column(name, overflow="fold")
    names = {skill["id"]: skill["name"] or skill["id"] for skill in board["skills"]}
    # One skill a learner, so that more learners are seen.
    learners_shown: set[str] = set()
    for decision, share in (("help", 4), ("review", 2), ("advance", 1), ("practise", 1)):
        chosen = [
            (learner, next(cell for cell in learner["cells"] if cell["decision"] == decision))
            for learner in board["learners"]
            if learner["learner"] not in learners_shown
            and any(cell["decision"] == decision for cell in learner["cells"])
        ][:share]
        for learner, cell in chosen:
            learners_shown.add(learner["learner"])
            name = learner["name"] or learner["learner"]
            table.add_row(name, names[cell["skill"]], _decision_text(decision), cell["reason"])
    return table
