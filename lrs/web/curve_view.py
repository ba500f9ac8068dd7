"""The weeks of a learner's skill, drawn: bars of answers, the curve of mastery over them, and what happened then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from lrs.pacing.curve import WeekOfMastery
from lrs.pacing.curve_events import SEEN, CurveEvent
from lrs.web.decision_words import CURVE_HEIGHT, CURVE_WIDTH
from schemas.days import day_name, day_number, monday_of, week_of

_BESIDE = 14  # between the numbers of events, that they can be read
_BAR_MIDDLE = 0.4  # as a share of a week


class WeekLabel(NamedTuple):
    """A week in which something happened; label: its number, "" where there is no room for one."""

    x: float
    label: str


class Listed(NamedTuple):
    """An event in the table; number: of its week on the drawing, None where it is before or after that."""

    number: int | None
    event: CurveEvent


def draw_weeks(found: Mapping[str, Any]) -> dict[str, Any]:
    """What Boards.read_answers found, with what is drawn of it."""
    step = CURVE_WIDTH / max(len(found["weeks"]), 1)
    at = {week["week"]: round((number + _BAR_MIDDLE) * step, 1) for number, week in enumerate(found["weeks"])}
    weeks: list[WeekOfMastery] = [mastery_week for mastery_week in found["curve"] if mastery_week.week in at]
    path: list[str] = []
    steps: list[tuple[float, float, float]] = []
    for mastery_week in weeks:
        x, y = at[mastery_week.week], _y(mastery_week.mastery)
        stepped = abs(mastery_week.other_work) >= SEEN
        own_y = _y(mastery_week.mastery - mastery_week.other_work) if stepped else y
        path.append(f"{'L' if path else 'M'}{x} {own_y}" + (f"M{x} {y}" if stepped else ""))
        if stepped:
            steps.append((x, own_y, y))
    marks, numbers = _marks(found["events"], at)
    return {
        **found,
        "path": "".join(path),
        "steps": steps,
        "points": [(at[mastery_week.week], _y(mastery_week.mastery)) for mastery_week in weeks],
        "mastery": {mastery_week.week: mastery_week.mastery for mastery_week in weeks},
        "marks": marks,
        "listed": [Listed(numbers.get(_week(curve_event)), curve_event) for curve_event in found["events"]],
    }


def _marks(events: list[CurveEvent], at: Mapping[str, float]) -> tuple[list[WeekLabel], dict[str, int]]:
    """The weeks of events in the order of time, and the number of each."""
    weeks = [week for week in sorted({_week(curve_event) for curve_event in events}) if week in at]
    marks: list[WeekLabel] = []
    last_label_x = -float(CURVE_WIDTH)
    for number, week in enumerate(weeks, 1):
        fits = at[week] - last_label_x >= _BESIDE
        last_label_x = at[week] if fits else last_label_x
        marks.append(WeekLabel(at[week], str(number) if fits else ""))
    return marks, {week: number for number, week in enumerate(weeks, 1)}


def _week(event: CurveEvent) -> str:
    return day_name(monday_of(week_of(day_number(event.day))))


def _y(mastery: float) -> float:
    return round(CURVE_HEIGHT * (1 - mastery), 1)
