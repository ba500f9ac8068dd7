"""How pages say decisions, and templates that know these words."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from lrs.pacing.attention import judged_estimate
from lrs.pacing.choose import Purpose
from lrs.pacing.display_names import beside_skill, with_skill
from lrs.pacing.reasons import SENTENCES, Reason
from lrs.pacing.saying import Says
from lrs.web.graph_drawing import TALL, WIDE
from lrs.web.languages import days_ago, gettext, ngettext, of_kind, percent, text
from lrs.web.path_view import waits_for
from lrs.web.templating import Templates
from processors.folds.mastery import TREND
from schemas.alerts import AlertKind
from schemas.decision import Decision
from schemas.observation import HINT, SOLUTION

SAYS = Says(gettext, ngettext, percent, days_ago)  # in the language that is shown
ORDER = tuple(Decision)  # the most urgent first
CURVE_WIDTH, CURVE_HEIGHT, INTERVAL_WIDTH = 320, 96, 14  # the interval is at the end of the curve
WORDS = {
    Decision.HELP: ("Help", "need help"),
    Decision.REVIEW: ("Review", "review"),
    Decision.PRACTISE: ("Practise", "practise"),
    Decision.START: ("Start", "can start something new"),
    Decision.ADVANCE: ("Move on", "moving on"),
    Decision.WAIT: ("Wait", "waiting"),
    Decision.UNKNOWN: ("Unknown", "too little known"),
}
ALERTS = {
    AlertKind.HELP: text("Help"),
    AlertKind.INTENSIVE: text("Intensive support"),
    AlertKind.ENRICHMENT: text("Enrichment"),
    AlertKind.DRIFTING: text("Drifting"),
    AlertKind.UNSEEN: text("Not seen"),
}
ASSISTANCE = {HINT: text("with a hint"), SOLUTION: text("after the solution was shown")}
_FLAT_TREND = 0.02  # nobody would see less on the curve


def board_templates(now: Callable[[], int]) -> Templates:
    """Templates that know the words of decisions."""
    templates = Templates(now)
    templates.extend(
        {
            "slug": lambda decision: Decision(decision).value,
            "anchor": anchor,
            "said": _reason_in_words,
            "days_ago": days_ago,
            "waits_for": waits_for,
            "beside": beside_skill,
            "with_skill": with_skill,
            "of_kind": of_kind,
        },
        {
            "word": lambda decision: gettext(WORDS[decision][0]),
            "phrase": lambda decision: gettext(WORDS[decision][1]),
            "alert_word": lambda what: gettext(ALERTS[AlertKind(what)]),
            "alert_said": alert_said,
            "way": _way,
            "purpose": _purpose_in_words,
            "state_words": _state,
            "trend_words": _trend,
            "decisions": ORDER,
            "assistances": ASSISTANCE,
            "band": _band,
            "width": CURVE_WIDTH,
            "height": CURVE_HEIGHT,
            "band_width": INTERVAL_WIDTH,
            "node_size": (WIDE, TALL),
        },
    )
    return templates


def anchor(skill: str) -> str:
    """The short id that a skill has on a page, whatever its own."""
    return "s" + hashlib.sha256(skill.encode()).hexdigest()[:12]


def _reason_in_words(reason: Mapping[str, Any]) -> str:
    """A reason as an answer of the API has it, in the language that is shown."""
    return Reason(reason["code"], reason["values"]).say(SAYS)


def alert_said(alert: Mapping[str, Any]) -> str:
    """Why an alert was raised, in the language that is shown; "" where that is kept in English alone, or by a code of
    a later release.
    """
    if any(reason["code"] not in SENTENCES for reason in alert["because"]):
        return ""
    return " ".join(map(_reason_in_words, alert["because"]))


def _way(mode: str) -> str:
    """How one works on something."""
    return {"teacher": gettext("with a teacher"), "pair": gettext("with peers"), "alone": gettext("alone")}[mode]


def _purpose_in_words(purpose: str) -> str:
    """What an item is worked on for."""
    return {
        Purpose.REVIEW: gettext("To review"),
        Purpose.PRACTISE: gettext("To practise"),
        Purpose.START: gettext("Something new"),
        Purpose.SUPPORT: gettext("With a person's help"),
    }[Purpose(purpose)]


def _state(state: str) -> str:
    """What a skill is on the path of a learner."""
    return {"done": gettext("done"), "open": gettext("open"), "waits": gettext("waits")}[state]


def _trend(change: float) -> str:
    """A change of the mastery shown, in words."""
    points = round(abs(change) * 100)
    if abs(change) < _FLAT_TREND:
        line = gettext("about the same over the last %(attempts)s attempts")
    elif change > 0:
        line = ngettext(
            "up %(num)s percentage point over the last %(attempts)s attempts",
            "up %(num)s percentage points over the last %(attempts)s attempts",
            points,
        )
    else:
        line = ngettext(
            "down %(num)s percentage point over the last %(attempts)s attempts",
            "down %(num)s percentage points over the last %(attempts)s attempts",
            points,
        )
    return line % {"num": points, "attempts": TREND}


def _band(cell: Mapping[str, Any], policy: Mapping[str, Any]) -> str:
    """How high the mastery expected now is. What is too little to judge by has none: a colour would be a judgement."""
    estimate = judged_estimate(cell)
    if estimate is None:
        return "none"
    if estimate >= policy["advance_at"]:
        return "high"
    return "low" if estimate < policy["help_below"] else "middle"
