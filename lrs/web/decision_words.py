"""How pages say decisions, and templates that know these words."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from lrs.pacing.choose import Purpose
from lrs.pacing.reasons import Reason
from lrs.pacing.saying import Says
from lrs.web.languages import days_ago, gettext, ngettext, percent
from lrs.web.templating import Templates
from processors.folds.mastery import TREND
from schemas.policy import Decision

SAYS = Says(gettext, ngettext, percent, days_ago)  # in the language that is shown
ORDER = tuple(Decision)  # the most urgent first
WIDTH, HEIGHT, BAND = 320, 96, 14  # of a curve, and of the interval at its end
WORDS = {
    Decision.HELP: ("Help", "need help"),
    Decision.REVIEW: ("Review", "review"),
    Decision.PRACTISE: ("Practise", "practise"),
    Decision.START: ("Start", "ready for something new"),
    Decision.ADVANCE: ("Move on", "moving on"),
    Decision.WAIT: ("Wait", "waiting"),
    Decision.UNKNOWN: ("Unknown", "too little known"),
}
_MODES = {"teacher": "with a teacher", "pair": "with peers", "alone": "alone"}
_PURPOSES = {
    Purpose.REVIEW: "To review",
    Purpose.PRACTISE: "To practise",
    Purpose.START: "Something new",
    Purpose.SUPPORT: "With a person's help",
}
_FLAT = 0.02  # of a trend: what nobody would see on the curve


def board_templates(now: Callable[[], int]) -> Templates:
    """Templates that know the words of decisions."""
    templates = Templates(now)
    templates.extend(
        {"slug": lambda decision: Decision(decision).value, "anchor": anchor, "said": _said},
        {
            "word": lambda decision: gettext(WORDS[decision][0]),
            "phrase": lambda decision: gettext(WORDS[decision][1]),
            "mode_words": _MODES,
            "purpose_words": _PURPOSES,
            "trend_words": _trend,
            "decisions": ORDER,
            "band": _band,
            "width": WIDTH,
            "height": HEIGHT,
            "band_width": BAND,
        },
    )
    return templates


def anchor(skill: str) -> str:
    """The short id that a skill has on a page, whatever its own."""
    return "s" + hashlib.sha256(skill.encode()).hexdigest()[:12]


def _said(reason: Mapping[str, Any]) -> str:
    """A reason as an answer of the API has it, in the language that is shown."""
    return Reason(reason["code"], reason["values"]).say(SAYS)


def _trend(change: float) -> str:
    """A change of the mastery shown, in words."""
    if abs(change) < _FLAT:
        return f"about the same over the last {TREND} attempts"
    points = round(abs(change) * 100)
    return f"{'up' if change > 0 else 'down'} {points} percentage points over the last {TREND} attempts"


def _band(estimate: float | None, policy: dict[str, Any]) -> str:
    if estimate is None:
        return "none"
    if estimate >= policy["advance_at"]:
        return "high"
    return "low" if estimate < policy["help_below"] else "middle"
