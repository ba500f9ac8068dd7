"""What a learner counts as, and whom a teacher looks at now."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lrs.pacing.attention import (
    LONGEST,
    LONGEST_CUT,
    count_learners,
    counts_as,
    most_needy_first,
    reason_line,
    unmastered_before,
    whom_to_look_at,
)
from schemas.days import DAY
from schemas.decision import Decision
from schemas.policy import Policy

NOW = 1_900_000_000_000_000
POLICY = Policy().model_dump()
SKILLS = [{"id": "a", "name": "Adding"}, {"id": "b", "name": "Subtracting " * 12}]


def cell(skill: str, decision: str, days: float = 1.0, urgency: float = 0.8, **more: Any) -> dict[str, Any]:
    return {
        "skill": skill,
        "decision": decision,
        "days_since": days,
        "urgency": urgency,
        "estimate": 0.4,
        "attempts": 9,
        "evidence": {"streak": -8, "mastery": 0.5, "stalled": 12},
        "because": {"code": "stuck", "values": {}},
        "overruled": None,
        "next_skill": {"id": skill, "name": skill.upper()},
    } | more


def learner(name: str, *cells: dict[str, Any], seen: float | None = 1.0) -> dict[str, Any]:
    last = None if seen is None else NOW - round(seen * DAY)
    return {"learner": name.lower(), "name": name, "last_seen": last, "cells": cells, "decision": counts_as(cells)}


def board(*learners: dict[str, Any]) -> dict[str, Any]:
    return {"learners": list(learners), "skills": SKILLS, "policy": POLICY}


def test_a_learner_counts_once_as_what_is_most_urgent() -> None:
    assert counts_as([cell("a", "advance"), cell("b", "review")]) == Decision.REVIEW
    assert counts_as([]) == Decision.UNKNOWN
    rows = [learner("Ada", cell("a", "help"), cell("b", "help")), learner("Ben", cell("a", "start"))]
    found = count_learners(rows)
    assert list(found) == [str(decision) for decision in Decision]
    assert {decision: count for decision, count in found.items() if count} == {"help": 1, "start": 1}


def test_what_comes_before_is_looked_for_behind_what_is_practised() -> None:
    def requiring(skill: str, decision: str, *before: tuple[str, str], leads: str = "") -> dict[str, Any]:
        prerequisites = [
            {"skill": one, "name": one.upper(), "decision": said, "overruled": False} for one, said in before
        ]
        to = leads or skill
        return cell(skill, decision, evidence={"prerequisites": prerequisites}, next_skill={"id": to, "name": to})

    cells = [
        requiring("d", "help", ("b", "practise"), ("c", "practise"), ("z", "advance"), leads="c"),
        requiring("c", "practise", ("a", "help")),
        requiring("b", "practise", ("y", "review")),
        requiring("a", "help", ("d", "help")),  # a circle
        requiring("z", "advance", leads="q"),
    ]
    assert unmastered_before("d", cells) == ("c", "b", "a")
    assert unmastered_before("z", cells) == ()
    assert unmastered_before("none", cells) == ()


def test_fresh_help_then_stale_then_unseen_then_reviews() -> None:
    found = whom_to_look_at(
        board(
            learner("Review", cell("a", "review", urgency=0.1)),
            learner("Gone", cell("a", "practise"), seen=9),
            learner("Stale", cell("a", "help", days=12, urgency=0.3)),
            learner("Away", cell("a", "help", days=8, urgency=0.4), seen=8),
            learner("Fresh", cell("a", "help", urgency=0.7), cell("b", "help", urgency=0.6)),
            learner("Worse", cell("a", "help", urgency=0.9)),
            learner("Fine", cell("a", "practise")),
            learner("New", cell("a", "start"), seen=None),
        ),
        NOW,
    )
    assert [(one.name, one.not_seen_for) for one in found if one.not_seen_for] == [("Away", 8)]
    assert [(one.name, one.what, one.line) for one in found] == [
        ("Worse", "help", "8 wrong in a row in Adding · 1 day ago"),
        ("Fresh", "help", "8 wrong in a row in Adding · 1 day ago"),
        ("Away", "check in", "8 wrong in a row in Adding · 8 days ago"),
        ("Stale", "check in", "8 wrong in a row in Adding · 12 days ago"),
        ("Gone", "check in", "Not seen for 9 days"),
        ("Review", "review", "Adding was mastered, about 40% is left · 1 day ago"),
    ]
    assert found[4].skill == ""


def test_after_holidays_nobody_is_looked_at_for_not_having_been_seen() -> None:
    away = [learner(f"Away {number}", cell("a", "practise"), seen=16) for number in range(4)]
    help_ = learner("Help", cell("a", "help", days=16), seen=16)
    found = whom_to_look_at(board(*away, help_, learner("Review", cell("a", "review"), seen=16)), NOW)
    assert [(one.name, one.what, one.not_seen_for) for one in found] == [
        ("Help", "check in", None),
        ("Review", "review", None),
    ]
    back = [learner(f"Back {number}", cell("a", "practise")) for number in range(4)]
    assert [one.line for one in whom_to_look_at(board(*back, away[0]), NOW)] == ["Not seen for 16 days"]


def test_the_line_says_what_decided() -> None:
    def line(**more: Any) -> str:
        return whom_to_look_at(board(learner("Ada", cell("a", "help", **more))), NOW)[0].line

    evidence = {"streak": -1, "mastery": 0.46, "stalled": 12}
    low, no_gain = {"code": "low", "values": {}}, {"code": "no_gain", "values": {}}
    assert line(because=low, evidence=evidence) == "46% after 9 answers in Adding · 1 day ago"
    assert line(because=no_gain, evidence=evidence) == "Wheel-spinning in Adding: no new best in 12 answers · 1 day ago"
    said = {"by": "Ms Kay", "at": NOW - DAY // 2}
    assert line(overruled=said, evidence={}, days=None, estimate=None) == "Adding: Ms Kay said so · within a day"


_cells = st.builds(
    lambda skill, decision, days, urgency, by: cell(
        skill, decision, days, urgency, overruled=by and {"by": by, "at": NOW - 3 * DAY}
    ),
    st.sampled_from(["a", "b"]),
    st.sampled_from([str(decision) for decision in Decision]),
    st.floats(0, 400),
    st.floats(0, 1),
    st.none() | st.text(min_size=1, max_size=200),
)
_boards = st.lists(st.lists(_cells, max_size=4), max_size=12).map(
    lambda rows: board(*(learner(f"L{number}", *cells) for number, cells in enumerate(rows)))
)


@given(_boards)
def test_nobody_is_named_twice_and_every_line_is_short(found: dict[str, Any]) -> None:
    rows = whom_to_look_at(found, NOW)
    assert len({one.learner for one in rows}) == len(rows)
    for one in rows:
        assert len(one.line) <= LONGEST + LONGEST_CUT
        assert one.line.endswith(("within a day", "ago"))
    assert {one.learner for one in rows} >= {row["learner"] for row in found["learners"] if row["decision"] == "help"}


@given(_boards)
def test_the_tiles_partition_the_class(found: dict[str, Any]) -> None:
    assert sum(count_learners(found["learners"]).values()) == len(found["learners"])
    ranked = [row["decision"] for row in sorted(found["learners"], key=most_needy_first)]
    assert ranked == sorted(ranked, key=list(Decision).index)


GERMAN = "Flächeninhalt und Umfang von Rechtecken berechnen"


def test_a_name_of_ordinary_length_is_whole_in_each_line() -> None:
    stuck = cell("a", "help", because={"code": "spinning", "values": {}})
    for evidence in (stuck, cell("a", "help"), cell("a", "review"), cell("a", "help", because={"code": "low"})):
        assert GERMAN in reason_line(evidence, GERMAN, NOW)


def test_a_long_name_ends_behind_a_word() -> None:
    line = reason_line(
        cell("a", "help"), "Flächeninhalt und Umfang zusammengesetzter Vielecke und Kreise berechnen", NOW
    )
    assert line == "8 wrong in a row in Flächeninhalt und Umfang zusammengesetzter Vielecke und… · 1 day ago"
    assert "x…" in reason_line(cell("a", "help"), "x" * 200, NOW)
