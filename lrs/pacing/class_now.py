"""Of a class's board: what each learner counts as, and whom a teacher looks at now and why. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from lrs.pacing.decide import percent
from schemas.days import DAY
from schemas.policy import Decision

MOST_ROWS = 6  # of those whom a teacher looks at now
LONGEST = 90  # characters of a reason's line
_RANK = {decision: at for at, decision in enumerate(Decision)}


class Pressing(NamedTuple):
    """A learner to look at now: what for, and why in one line, the age of the evidence last. skill: "" for none."""

    learner: str
    name: str
    what: str  # help, check in or review
    line: str
    skill: str


def standing(cells: Sequence[Mapping[str, Any]]) -> Decision:
    """What a learner counts as: the most urgent decision of all skills, so that each learner counts once."""
    return min((Decision(cell["decision"]) for cell in cells), key=_RANK.__getitem__, default=Decision.UNKNOWN)


def everybody(learners: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many learners count as what; the sum is the class."""
    found = Counter(learner["decision"] for learner in learners)
    return {str(decision): found[decision] for decision in Decision}


def need(learner: Mapping[str, Any]) -> tuple[int, float, str]:
    """To sort by: who needs most comes first."""
    urgency = max((cell["urgency"] for cell in learner["cells"]), default=0.0)
    return _RANK[Decision(learner["decision"])], -urgency, learner["name"].casefold()


def pressing(board: Mapping[str, Any], now: int) -> list[Pressing]:
    """Whom to look at, each learner once: fresh help, stale help, who has not been seen for long, reviews."""
    policy = board["policy"]
    policies = {skill["id"]: skill.get("policy", policy) for skill in board["skills"]}
    names = {skill["id"]: skill["name"] for skill in board["skills"]}
    found = []
    for learner in board["learners"]:
        cells = [cell for cell in learner["cells"] if cell["decision"] in (Decision.HELP, Decision.REVIEW)]
        worst = max(cells, key=lambda cell: cell["urgency"], default=None)
        away = (now - learner["last_seen"]) / DAY if learner["last_seen"] else 0.0
        unseen = away >= policy["stale_after"]
        if worst is not None and worst["decision"] == Decision.HELP:
            stale = (worst["days_since"] or 0.0) >= policies[worst["skill"]]["stale_after"]
            rank, what = (1, "check in") if stale or unseen else (0, "help")
            line = reason_line(worst, names[worst["skill"]], policies[worst["skill"]], now)
        elif unseen:
            rank, what, line, worst = 2, "check in", f"Not seen · {_ago(away)}", None
        elif worst is not None:
            rank, what, line = 3, "review", reason_line(worst, names[worst["skill"]], policies[worst["skill"]], now)
        else:
            continue
        urgency = worst["urgency"] if worst else 1.0 / away
        one = Pressing(learner["learner"], learner["name"], what, line, worst["skill"] if worst else "")
        found.append((rank, -urgency, one.name.casefold(), one))
    return [one for *_, one in sorted(found)]


def reason_line(cell: Mapping[str, Any], skill: str, policy: Mapping[str, Any], now: int) -> str:
    """The evidence of a cell of help or review in one line, its age last."""
    word, evidence = cell["overruled"], cell["evidence"]
    if word is not None:
        return _fit("", skill, f": {_short(word['by'], LONGEST // 2)} said so", (now - word["at"]) / DAY)
    days, estimate = cell["days_since"] or 0.0, percent(cell["estimate"] or 0.0)
    if cell["decision"] == Decision.REVIEW:
        return _fit("", skill, f" was mastered, about {estimate} is left", days)
    if evidence["streak"] <= -policy["stuck_after"]:
        return _fit(f"{-evidence['streak']} wrong in a row in ", skill, "", days)
    if evidence["mastery"] < policy["help_below"]:
        return _fit(f"About {estimate} after {cell['attempts']} answers in ", skill, "", days)
    return _fit(f"No gain over {evidence['stalled']} answers in ", skill, "", days)


def _fit(before: str, skill: str, after: str, days: float) -> str:
    tail = f"{after} · {_ago(days)}"
    return before + _short(skill, LONGEST - len(before) - len(tail)) + tail


def _short(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1].rstrip() + "…"


def _ago(days: float) -> str:
    whole = int(days)
    return "within a day" if whole == 0 else "1 day ago" if whole == 1 else f"{whole} days ago"
