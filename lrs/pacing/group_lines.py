"""Why somebody is in a group, in one line. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lrs.pacing.attention import reason_line
from lrs.pacing.saying import Says


def group_line(
    skill: str,
    led_back: bool,
    answered: tuple[int, int] | None,
    expected: float | None,
    cell: Mapping[str, Any] | None,
    now: int,
    says: Says,
) -> str:
    """skill: the name of that whose answers or evidence are the reason; led_back: whether the group is of what comes
    before it; answered: of the check, how many right and how many in all; cell: the learner's where it is of help."""
    if answered is not None:
        answers = says.text("%(right)s of %(all)s right in the check") % {"right": answered[0], "all": answered[1]}
        return f"{skill}: {answers}" if led_back else answers
    if cell is not None:
        return reason_line(cell, skill, now, says)
    if expected is None:
        return says.text("not tried yet")
    return says.text("%(share)s mastered") % {"share": says.percent(expected)}
