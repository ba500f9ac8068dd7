"""What the page of a class shows of its board: the unit in hand, the learners that are asked for and their order; and
the whole board as CSV. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from lrs.csv_files.writing import guard_formula
from lrs.pacing.advice import advise
from lrs.pacing.attention import (
    MOST_ROWS,
    Pressing,
    judged_estimate,
    most_needy_first,
    set_aside,
    whom_to_look_at,
)
from lrs.pacing.display_names import last_part
from lrs.pacing.reasons import Reason
from lrs.pacing.saying import ENGLISH, Says
from lrs.plans.groups import group_of_learner
from lrs.plans.today import planned_with, with_plan
from lrs.plans.unseen import PlacedLearner
from lrs.web import languages
from lrs.web.languages import gettext, text
from schemas.catalog import Catalog
from schemas.decision import Decision

UNIT_COLUMNS = 12
CSV_COLUMNS = (
    *(text("learner"), text("name"), text("skill"), text("skill_name"), text("decision"), text("next_skill")),
    *(text("estimate"), text("low"), text("high"), text("attempts"), text("days_since"), text("reason")),
    *(text("order_assumed"), text("right"), text("first_attempts"), text("first_right")),
)
_DECISIONS = {
    Decision.HELP: text("help"),
    Decision.REVIEW: text("review"),
    Decision.PRACTISE: text("practise"),
    Decision.START: text("start"),
    Decision.ADVANCE: text("move on"),
    Decision.WAIT: text("wait"),
    Decision.UNKNOWN: text("unknown"),
}
_DECISION_RANK = {str(decision): at for at, decision in enumerate(Decision)}


class ClassPageAsked(NamedTuple):
    """What is asked of the page in its address. sort: need, name or a skill's id; trend: a skill's id, or none."""

    sort: str = "need"
    decision: str = ""
    name: str = ""
    unit: str = ""
    trend: str = ""

    def link(self, **changed: str) -> str:
        """The query of the page with something else asked."""
        return "?" + urlencode({key: value for key, value in self._replace(**changed)._asdict().items() if value})


class GridUnit(NamedTuple):
    """Columns of the grid: the numbers of a class's skills."""

    id: str
    name: str
    columns: list[int]


def class_page_values(
    board: dict[str, Any],
    units: Sequence[GridUnit],
    groups: Sequence[Mapping[str, Any]],
    asked: ClassPageAsked,
    now: int,
    says: Says = ENGLISH,
    plan: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The values of the page of a class. groups: those of lrs.plans.groups.groups_now; plan: that of today."""
    if asked.decision not in _DECISION_RANK:
        asked = asked._replace(decision="")
    urgent = whom_to_look_at(board, now, says)
    unit = next((grid_unit for grid_unit in units if grid_unit.id == asked.unit), None) or _in_hand(board, units)
    return {
        "found": board,
        "asked": asked,
        "pressing": urgent[:MOST_ROWS],
        "more": len(urgent) - MOST_ROWS,
        "aside": set_aside(board),
        "groups": with_plan(groups, plan),
        "plan": plan,
        "with_whom": _with_whom(urgent[:MOST_ROWS], board, groups, plan),
        "units": units,
        "unit": unit,
        "skills": [board["skills"][at] for at in unit.columns],
        "rows": _rows_asked(board, asked),
        "classes": board.get("classes", []),
    }


def _with_whom(
    rows: Sequence[Pressing],
    board: Mapping[str, Any],
    groups: Sequence[Mapping[str, Any]],
    plan: Mapping[str, Any] | None,
) -> dict[str, dict[str, Any]]:
    """By learner of rows of help: when the published plan has them work with others on the skill that their own page
    begins with (`start`), and with whom (`names`: the adult who leads, else the others); else the group that does
    (`number`).

    Whoever works with others on something else is not sent there.
    """
    skill_names = {skill["id"]: skill["name"] for skill in board["skills"]}
    cells_of = {learner["learner"]: learner["cells"] for learner in board["learners"]}
    companions: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row.what != "help":
            continue
        planned = planned_with(plan, row.learner)
        group = group_of_learner(groups, row.learner)
        cells = [cell | {"name": skill_names[cell["skill"]]} for cell in cells_of[row.learner]]
        together = [*(joined.skill for joined in planned), *([group.skill] if group else [])]
        advice = advise(cells, together)
        if advice is None:
            continue
        first = advice.name if advice.skill != row.skill else ""
        in_plan = next((joined for joined in planned if joined.skill == advice.skill), None)
        if in_plan:
            names = [PlacedLearner(in_plan.adult)] if in_plan.adult else in_plan.others
            companions[row.learner] = {"start": in_plan.start, "number": 0, "first": first, "names": names}
        elif group and group.skill == advice.skill:
            companions[row.learner] = {"start": "", "number": group.number, "first": first, "names": []}
    return companions


def units_of(board: Mapping[str, Any], catalog: Catalog) -> list[GridUnit]:
    """The units that a framework puts skills in, of at most so many columns; without any, the skills in parts."""
    parts: dict[str, list[int]] = {}
    for at, skill in enumerate(board["skills"]):
        catalog_skill = catalog.skills.get(skill["id"])
        parts.setdefault(catalog_skill.parents[0] if catalog_skill and catalog_skill.parents else "", []).append(at)
    units = []
    for id_, columns in parts.items():
        catalog_skill = catalog.skills.get(id_)
        name = (catalog_skill.name if catalog_skill else "") or last_part(id_)
        for start in range(0, len(columns), UNIT_COLUMNS):
            unit_columns = columns[start : start + UNIT_COLUMNS]
            numbers = (
                ""
                if len(unit_columns) == len(columns)
                else gettext("%(first)s to %(last)s") % {"first": start + 1, "last": start + len(unit_columns)}
            )
            unit_name = f"{name} {numbers}".strip() or gettext("Other skills")
            units.append(GridUnit(f"{id_}#{start}" if start else id_ or "#0", unit_name, unit_columns))
    return units or [GridUnit("#0", "", [])]


def as_csv(board: Mapping[str, Any], says: Says = ENGLISH) -> str:
    """A row for each learner and skill, in the language that is shown. No spreadsheet takes a name for a formula."""
    csv_file = io.StringIO()
    write = csv.writer(csv_file).writerow
    write(map(gettext, CSV_COLUMNS))
    names = {skill["id"]: skill["name"] for skill in board["skills"]}
    for learner in board["learners"]:
        for cell in learner["cells"]:
            leads = cell["next_skill"]["name"] if cell["next_skill"] else ""
            numbers = ["" if cell[key] is None else f"{cell[key]:.3f}" for key in ("estimate", "low", "high")]
            days = "" if cell["days_since"] is None else f"{cell['days_since']:.1f}"
            text_columns = [
                learner["learner"],
                learner["name"],
                cell["skill"],
                names[cell["skill"]],
                gettext(_DECISIONS[cell["decision"]]),
                leads,
            ]
            evidence_columns = [
                cell["attempts"],
                days,
                guard_formula(_cell_reason(cell).say(says)),
                gettext("yes") if cell["order_assumed"] else "",
                cell["wins"],
                *(cell["evidence"].get(name, 0) for name in ("first_attempts", "first_wins")),
            ]
            write([*map(guard_formula, text_columns), *numbers, *evidence_columns])
    return csv_file.getvalue()


def _cell_reason(cell: Mapping[str, Any]) -> Reason:
    return Reason(cell["because"]["code"], cell["because"]["values"])


def _in_hand(board: Mapping[str, Any], units: Sequence[GridUnit]) -> GridUnit:
    """The unit that was worked on last."""

    def last(unit: GridUnit) -> int:
        cells = (learner["cells"][at] for learner in board["learners"] for at in unit.columns)
        return max((cell["evidence"].get("last_time", 0) for cell in cells), default=0)

    return max(units, key=last)  # of several the first


def _rows_asked(board: Mapping[str, Any], asked: ClassPageAsked) -> list[dict[str, Any]]:
    name_part = asked.name.casefold()
    rows = [
        row
        for row in board["learners"]
        if name_part in row["name"].casefold() and asked.decision in ("", row["decision"])
    ]
    column = next((at for at, skill in enumerate(board["skills"]) if skill["id"] == asked.sort), None)

    def by_skill(row: Mapping[str, Any]) -> tuple[int, float, float, str]:
        cell = row["cells"][column]
        return _DECISION_RANK[cell["decision"]], -cell["urgency"], cell["estimate"] or 0.0, row["name"].casefold()

    if column is not None:
        return sorted(rows, key=by_skill)
    return sorted(rows, key=most_needy_first if asked.sort != "name" else lambda row: row["name"].casefold())


def number_of_cell(cell: Mapping[str, Any]) -> str:
    """The number of a cell: the mastery expected now, "about" where the interval is wide. What is too little to judge
    by is said as what there is, how much or how old, and not as a mastery; "" where nothing was tried."""
    if cell["estimate"] is None:
        return ""
    estimate = judged_estimate(cell)
    if estimate is None:
        if cell["because"]["code"] == "too_old":
            return languages.days_ago(cell["days_since"])
        return languages.ngettext("%(num)s attempt", "%(num)s attempts", cell["attempts"]) % {"num": cell["attempts"]}
    about = "~" if cell["high"] - cell["low"] > 0.4 else ""
    return about + languages.percent(estimate)
