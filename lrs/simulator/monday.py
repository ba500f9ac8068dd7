"""What a simulated school's teachers did besides: plans of today, an opening check, an overruling, an initiative."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

from lrs.simulator import school as make
from lrs.simulator.school import Pupil, PupilKind, SimulatedSchool
from schemas.decision import Decision
from schemas.overruling import Overrule

Ask = Callable[[str, str, Any], Awaitable[Any]]  # method, path and JSON; gives the answer's JSON
QUESTIONS = 4
_RIGHT_BY_KIND = {PupilKind.STRUGGLER: 0.25, PupilKind.GUESSER: 0.4, PupilKind.RACER: 0.9}  # of a check's answers
_RIGHT_OF_OTHERS = 0.65
_OFFERED = (Decision.HELP, Decision.PRACTISE, Decision.UNKNOWN, Decision.START)  # for a lesson


def monday_requests(school: SimulatedSchool) -> int:
    """How many requests prepare_monday sends."""
    return 2 * len(school.classes) + 4


async def prepare_monday(ask: Ask, school: SimulatedSchool, today: date, now: int) -> None:
    """Make plans of today, a check, an overruling and an initiative, by the API.

    `now`: µs since the epoch. Whatever was folded before counts in plans and questions.
    """
    draw = random.Random(f"{school.seed}/monday")
    for name in school.classes:
        plan = f"/pacing/plans/{quote(name)}/{today.isoformat()}"
        await ask("POST", plan, {"do": "make"})
        await ask("POST", plan, {"do": "publish"})
    first, pupils = next(iter(school.classes.items()))
    check = await ask("POST", f"/pacing/checks/{quote(first)}", {"questions": QUESTIONS})
    results = [
        {
            "learner": pupil.key,
            "question": number,
            "right": draw.random() < _RIGHT_BY_KIND.get(pupil.kind, _RIGHT_OF_OTHERS),
        }
        for pupil in pupils
        # Not of who was not there, nor of whoever signs in by the demo's link: they have it still before them.
        if pupil.kind is not PupilKind.DROPOUT and pupil is not school.shown()
        for number in range(len(check["questions"]))
    ]
    await ask("PUT", f"/pacing/checks/{quote(first)}/{quote(check['id'])}", {"results": results})
    await ask("POST", "/catalog", [_overruling(first, pupils, now).model_dump()])
    monday = today + timedelta(days=7 - today.weekday())
    initiative = {
        "kind": "initiative",
        "id": "morning-fractions",
        "what": "Ten minutes of card games with fractions each morning",
        "classes": [first],
        "since": monday.isoformat(),
        "until": (monday + timedelta(weeks=6)).isoformat(),
        "outcome": "mastered",
        "by": make.teacher_name(first),
    }
    await ask("POST", "/pacing/initiatives", initiative)


def lessons_asked(school: SimulatedSchool, board: Mapping[str, Any]) -> list[tuple[Pupil, str]]:
    """Who of the first class asks for a lesson, and in which skill, by what their own page offers them. Learners ask
    themselves: no credential can.

    board: the class's, as the API answers it.
    """
    pupils = next(iter(school.classes.values()))
    struggler = next((pupil for pupil in pupils if pupil.kind is PupilKind.STRUGGLER), pupils[0])
    cells = {row["learner"]: row["cells"] for row in board["learners"]}
    asks = []
    for pupil in dict.fromkeys((struggler, school.shown())):
        offered = [cell["skill"] for cell in cells.get(pupil.key, ()) if cell["decision"] in _OFFERED]
        asks += [(pupil, skill) for skill in offered[:1]]
    return asks


def _overruling(class_: str, pupils: list[Pupil], now: int) -> Overrule:
    """A teacher knows what the answers do not say."""
    whose = next((pupil for pupil in pupils if pupil.kind is PupilKind.GUESSER), pupils[0])
    return Overrule(
        learner=whose.key,
        skill=make.skill(0),
        decision=Decision.HELP,
        reason="Guesses when alone with the tablet; explained it well when we talked. Sits with me this week.",
        by=make.teacher_name(class_),
        until=now + 7 * 86_400 * 1_000_000,
    )
