"""Of a class's board: what each learner counts as, and whom a teacher looks at now and why. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from lrs.pacing.long_unseen import long_unseen, say_unseen
from lrs.pacing.put_off import is_put_off
from lrs.pacing.saying import ENGLISH, Says
from schemas.days import DAY
from schemas.decision import MASTERED, Decision

MOST_ROWS = 6  # of those whom a teacher looks at now
LONGEST = 90  # characters of a reason's line, where the name in it leaves it so
LONGEST_CUT = 60  # characters of a name that stay in any line, which then goes on in the next
_ASK_FOR_TEACHER = (Decision.HELP, Decision.REVIEW)  # that a teacher looks
_DECISION_RANK = {decision: at for at, decision in enumerate(Decision)}


class Pressing(NamedTuple):
    """A learner to look at now: what for, and why in one line, the age of the evidence last.

    skill: what the line is about, "" for none.
    """

    learner: str
    name: str
    what: str  # help, check in or review
    line: str
    skill: str
    seen: int = 0  # µs: when the last evidence of it was
    not_seen_for: int | None = None  # days, where that is long and the line does not say it


class SetAside(NamedTuple):
    """What somebody put off: of whom, of which skill ("" for not having been seen), and who said so and why."""

    learner: str
    name: str
    skill: str
    skill_name: str
    by: str
    reason: str
    until: int | None


def counts_as(cells: Sequence[Mapping[str, Any]]) -> Decision:
    """What a learner counts as: the most urgent decision of all skills, so that each learner counts once."""
    return min((Decision(cell["decision"]) for cell in cells), key=_DECISION_RANK.__getitem__, default=Decision.UNKNOWN)


def judged_estimate(cell: Mapping[str, Any]) -> float | None:
    """The mastery expected now, as a cell of a board shows it; None where nothing was tried, and where too little is
    known to judge: a number would be a judgement."""
    estimate: float | None = cell["estimate"]
    return None if cell["decision"] == Decision.UNKNOWN else estimate


def count_learners(learners: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many learners count as what; the sum is the class."""
    counts = Counter(learner["decision"] for learner in learners)
    return {str(decision): counts[decision] for decision in Decision}


def most_needy_first(learner: Mapping[str, Any]) -> tuple[int, float, str]:
    """To sort by: who needs most comes first."""
    urgency = max((cell["urgency"] for cell in learner["cells"]), default=0.0)
    return _DECISION_RANK[Decision(learner["decision"])], -urgency, learner["name"].casefold()


def whom_to_look_at(board: Mapping[str, Any], now: int, says: Says = ENGLISH) -> list[Pressing]:
    """Whom to look at, each learner once: fresh help, stale help, who has not been seen for long while the class was,
    reviews."""
    policy = board["policy"]
    last_seen = {learner["learner"]: learner["last_seen"] or 0 for learner in board["learners"]}
    gone = long_unseen(last_seen, policy["stale_after"], now)
    policies = {skill["id"]: skill.get("policy", policy) for skill in board["skills"]}
    names = {skill["id"]: skill["name"] for skill in board["skills"]}
    ranked = []
    for learner in board["learners"]:
        cells = [cell for cell in learner["cells"] if cell["decision"] in _ASK_FOR_TEACHER and not is_put_off(cell)]
        worst = max(cells, key=lambda cell: cell["urgency"], default=None)
        not_seen_for = gone.get(learner["learner"])
        unseen = not_seen_for is not None and not is_put_off(learner)
        if worst is not None and worst["decision"] == Decision.HELP:
            stale = (worst["days_since"] or 0.0) >= policies[worst["skill"]]["stale_after"]
            overruled = worst["overruled"] is not None  # by whoever knows how old the evidence is
            rank, action = (1, "check in") if (stale or unseen) and not overruled else (0, "help")
            line = reason_line(worst, names[worst["skill"]], now, says)
        elif unseen:
            rank, action, worst = 2, "check in", None
            line, not_seen_for = _capital(say_unseen(not_seen_for or 0, says)), None
        elif worst is not None:
            rank, action, line = (
                3,
                "review",
                reason_line(worst, names[worst["skill"]], now, says),
            )
        else:
            continue
        urgency = worst["urgency"] if worst else DAY / (now - learner["last_seen"])
        skill = worst["skill"] if worst else ""
        last_time = worst["evidence"].get("last_time") or 0 if worst else learner["last_seen"] or 0
        pressing = Pressing(learner["learner"], learner["name"], action, line, skill, last_time, not_seen_for)
        ranked.append((rank, -urgency, pressing.name.casefold(), pressing))
    return [pressing for *_, pressing in sorted(ranked)]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def unmastered_before(skill: str, cells: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """All that comes before a skill and is not mastered, over all that comes before that: the nearest first.

    Of equally near skills, the one the decision leads to comes first. A practised skill does not end the walk: there
    may be something before it that is missing, too.
    """
    cells_by_skill = {cell["skill"]: cell for cell in cells}
    unmastered: dict[str, None] = {}
    near = [skill]
    while near:
        before = [
            prerequisite
            for id_ in near
            if id_ in cells_by_skill
            for prerequisite in _missing_prerequisites(cells_by_skill[id_])
        ]
        near = [
            prerequisite
            for prerequisite in dict.fromkeys(before)
            if prerequisite not in unmastered and prerequisite != skill
        ]
        unmastered |= dict.fromkeys(near)
    return tuple(unmastered)


def _missing_prerequisites(cell: Mapping[str, Any]) -> Iterator[str]:
    """What a skill requires and is not mastered; first what its decision leads back to. That of which a person decided
    that it needs no help is not what help for another begins with."""
    leads = cell["next_skill"]["id"] if cell["next_skill"] else cell["skill"]
    if leads != cell["skill"] and cell["decision"] in (Decision.HELP, Decision.WAIT):
        yield leads
    for prerequisite in cell["evidence"].get("prerequisites", ()):
        if prerequisite["decision"] not in MASTERED and (
            not prerequisite["overruled"] or prerequisite["decision"] == Decision.HELP
        ):
            yield prerequisite["skill"]


def set_aside(board: Mapping[str, Any]) -> list[SetAside]:
    """What would be looked at now, if nobody had put it off."""
    names = {"": ""} | {skill["id"]: skill["name"] for skill in board["skills"]}
    reminders = []
    for learner in board["learners"]:
        asking = [(cell["skill"], cell) for cell in learner["cells"] if cell["decision"] in _ASK_FOR_TEACHER]
        for skill, row in [*asking, ("", learner)]:
            if is_put_off(row):
                put_off = row["put_off"]
                reminders.append(
                    SetAside(
                        *(learner["learner"], learner["name"], skill, names[skill]),
                        *(put_off["by"], put_off["reason"], put_off["until"]),
                    )
                )
    return reminders


def reason_line(cell: Mapping[str, Any], skill: str, now: int, says: Says = ENGLISH) -> str:
    """The evidence of a cell of help or review in one line, its age last."""
    word, evidence, code = cell["overruled"], cell["evidence"], cell["because"]["code"]
    days, fields = cell["days_since"] or 0.0, {"share": says.percent(cell["estimate"] or 0.0)}
    if word is not None:
        line, days = says.text("%(skill)s: %(who)s said so"), (now - word["at"]) / DAY
        fields = {"who": _short_name(word["by"], LONGEST // 2)}
    elif cell["decision"] == Decision.REVIEW:
        line = says.text("%(skill)s was mastered, about %(share)s is left")
    elif code == "stuck":
        fields["num"] = str(-evidence["streak"])
        line = says.plural(
            "%(num)s wrong in a row in %(skill)s", "%(num)s wrong in a row in %(skill)s", -evidence["streak"]
        )
    elif code == "low":
        fields = {"num": str(cell["attempts"]), "share": says.percent(evidence["mastery"])}
        line = says.plural(
            "%(share)s after %(num)s answer in %(skill)s",
            "%(share)s after %(num)s answers in %(skill)s",
            cell["attempts"],
        )
    else:
        fields["num"] = str(evidence["stalled"])
        line = says.plural(
            "Wheel-spinning in %(skill)s: no new best in %(num)s answer",
            "Wheel-spinning in %(skill)s: no new best in %(num)s answers",
            evidence["stalled"],
        )
    tail = f" · {says.ago(days)}"
    room = LONGEST - len(line % {**fields, "skill": ""}) - len(tail)
    return line % {**fields, "skill": _short_name(skill, max(room, LONGEST_CUT))} + tail


def _short_name(name: str, room: int) -> str:
    """A name in so much room: cut behind a whole word, unless a word alone takes half of it."""
    if len(name) <= room:
        return name
    kept = name[:room]
    words = kept.rpartition(" ")[0]
    return (words if len(words) >= room // 2 else kept[:-1]).rstrip(" ,;:·–-") + "…"
