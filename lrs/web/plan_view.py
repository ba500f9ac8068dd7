"""What the page of a day's plan shows beside the plan: the cell that is looked at, the days around, and the groups."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from lrs.http.whole_numbers import whole_number

SHOWN_CHANGES = 8  # cells that the last change altered; more are folded away


def chosen_cell(found: dict[str, Any], cell: str) -> dict[str, Any] | None:
    """The cell that is looked at, by the numbers of its row and slot."""
    before, _, after = cell.partition("-")
    row, slot = whole_number(before), whole_number(after)
    if row is None or slot is None or row >= len(found["rows"]) or slot >= len(found["slots"]):
        return None
    plan_row = found["rows"][row]
    return {
        "row": row,
        "number": slot,
        "learner": plan_row["learner"],
        "name": plan_row["name"],
        "slot": found["slots"][slot],
        "cell": plan_row["cells"][slot],
    }


def days_and_groups(found: dict[str, Any]) -> dict[str, Any]:
    """For the page: the days before and after, the groups of each slot, and how many changes are shown."""
    day = date.fromisoformat(found["day"])
    groups: list[dict[str, Any]] = []
    for number, slot in enumerate(found["slots"]):
        slot_groups: dict[Any, dict[str, Any]] = {}
        for row in found["rows"]:
            cell = row["cells"][number]
            if cell is not None:
                key = (cell["letter"] == "A", cell["group"] or 0, cell["room"])
                group = slot_groups.setdefault(key, {**cell, "learners": []})
                group["learners"].append(row)
        groups.append({"slot": slot, "groups": [slot_groups[key] for key in sorted(slot_groups)]})
    return {
        "most_changes": SHOWN_CHANGES,
        "before": (day - timedelta(days=1)).isoformat(),
        "after": (day + timedelta(days=1)).isoformat(),
        "groups": groups,
    }
