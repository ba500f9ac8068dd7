"""How the weeks of a class are drawn: a bar of who was active, and a line of what was secure. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from lrs.pacing.trends import ClassWeek
from lrs.web.decision_words import CURVE_HEIGHT, CURVE_WIDTH


class WeekBar(NamedTuple):
    """A week: the bar of the active, and the point of what was secure, None before that was known."""

    week: ClassWeek
    x: float
    width: float
    y: float
    height: float
    middle: float
    secure: float | None


def draw_trend(weeks: Sequence[ClassWeek], members: int) -> dict[str, Any]:
    """Coordinates, both shares from 0 at the bottom to 1 at the top."""
    step = CURVE_WIDTH / max(len(weeks), 1)
    bars = []
    for at, week in enumerate(weeks):
        tall = CURVE_HEIGHT * min(1.0, week.active / members) if members else 0.0
        secure = None if week.secure is None else round(CURVE_HEIGHT * (1.0 - week.secure), 1)
        middle = round((at + 0.4) * step, 1)
        bar = WeekBar(
            week,
            round(at * step, 1),
            round(0.8 * step, 1),
            round(CURVE_HEIGHT - tall, 1),
            round(tall, 1),
            middle,
            secure,
        )
        bars.append(bar)
    line = " ".join(f"{bar.middle},{bar.secure}" for bar in bars if bar.secure is not None)
    return {"bars": bars, "line": line, "members": members}
