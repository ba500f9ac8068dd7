"""Who is in a group for a mini-lesson, and what for: one notion for every page."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lrs.plans.groups import GROUP_SIZES, USUAL_GROUPS, lesson_groups
from schemas.catalog import Catalog
from schemas.decision import Decision
from schemas.opening_check import Check, CheckResults, EnteredResult, Question
from schemas.timetable import Limits, Sizes, Timetable

SKILLS = ["a", "b", "c"]
ENOUGH = 0.8  # mastery that lets a learner move on
NAMES = {"a": "Adding", "b": "Halving", "c": "Carrying", "z": "Counting"}


def cell(skill: str, decision: str, estimate: float | None = 0.4, leads: str = "") -> dict[str, Any]:
    to = leads or skill
    leading = {"id": to, "name": NAMES[to]}
    said = {"evidence": {"streak": -8}, "because": {"code": "stuck", "values": {}}, "days_since": 2.0, "attempts": 8}
    return {
        **{"skill": skill, "decision": decision, "estimate": estimate, "next_skill": leading, "overruled": None},
        **(said if decision == "help" else {"evidence": {}}),
    }


def learner(name: str, *cells: dict[str, Any], seen: int | None = None) -> dict[str, Any]:
    key = f"mbox:mailto:{name.lower()}@s.example"
    return {"learner": key, "last_seen": seen, "name": name, "cells": list(cells)}


def board(*learners: dict[str, Any]) -> dict[str, Any]:
    skills = [{"id": id_, "name": name} for id_, name in NAMES.items()]
    policy = {"advance_at": ENOUGH}
    return {"class": {"id": "7b", "name": "7b"}, "learners": list(learners), "skills": skills, "policy": policy}


def grouped(found: dict[str, Any]) -> list[tuple[str, str, set[str]]]:
    formed = lesson_groups(found, Catalog())
    return [(one["skill"]["name"], one["purpose"], {m["name"] for m in one["members"]}) for one in formed["groups"]]


def test_who_lacks_the_same_prerequisite_is_one_group_and_whom_a_person_helps_comes_first() -> None:
    found = grouped(
        board(
            learner("Ada", cell("a", "help", leads="z")),
            learner("Ben", cell("b", "help", leads="z")),
            learner("Cem", cell("a", "practise", 0.1)),
            learner("Dua", cell("a", "practise", 0.1), cell("b", "help", 0.3)),
            learner("Eva", cell("a", "practise", 0.1)),
            learner("Fin", cell("c", "start", None)),
            learner("Gus", cell("c", "start", None), cell("a", "advance", 0.97)),
            learner("Hal", cell("a", "advance", 0.97), cell("b", "wait", None)),
        )
    )
    assert found == [
        ("Counting", "help", {"Ada", "Ben"}),
        ("Adding", "practise", {"Cem", "Dua", "Eva"}),
        ("Carrying", "start", {"Fin", "Gus"}),
    ]


def test_what_was_never_tried_is_not_called_half_missing() -> None:
    [one] = lesson_groups(board(learner("Ada", cell("a", "start", None)), learner("Ben", cell("a", "practise", 0.25))),
                          Catalog())["groups"]  # fmt: skip
    ben, ada = one["members"]
    assert (ada["expected"], ada["answered"]) == (None, None)
    assert (ben["expected"], ben["gain"], one["purpose"]) == (0.25, 0.75, "practise")


def test_nobody_who_knows_enough_is_in_a_group_of_who_lacks_it() -> None:
    found = board(
        learner("Ada", cell("a", "practise", 0.3)),
        learner("Ben", cell("a", "practise", 0.89)),  # a few answers have to confirm it
        learner("Cem", cell("a", "review", 0.86)),
        learner("Dua", cell("a", "practise", 0.79)),
    )
    assert grouped(found) == [("Adding", "practise", {"Ada", "Dua"})]
    found["skills"][0]["policy"] = {"advance_at": 0.88}  # of this skill
    assert grouped(found) == [("Adding", "practise", {"Ada", "Cem", "Dua"})]


def test_help_is_with_the_skill_itself_where_what_comes_before_it_is_nearly_there() -> None:
    before = cell("z", "practise", 0.86)
    found = board(
        learner("Ada", before, cell("a", "help", 0.2, leads="z")),
        learner("Ben", cell("z", "practise", 0.3), cell("a", "help", 0.2, leads="z")),
        learner("Cem", cell("a", "help", 0.3)),
        learner("Dua", cell("z", "help", 0.1)),
    )
    assert grouped(found) == [("Counting", "help", {"Ben", "Dua"}), ("Adding", "help", {"Ada", "Cem"})]


def test_a_check_counts_more_than_what_was_known_before() -> None:
    catalog = Catalog()
    question = Question(item="i", name="i", skill="a", skill_name="Adding", opens="i", bits=1.0)
    catalog.apply(Check(id="C", class_id="7b", by="t", questions=[question]), 1, 1)
    found = board(learner("Ada", cell("a", "practise", 0.89)), learner("Ben", cell("a", "advance", 0.9)))
    results = [EnteredResult(learner=row["learner"], question=0, right=False) for row in found["learners"]]
    catalog.apply(CheckResults(id="C", class_id="7b", by="t", results=results), 2, 2)
    [one] = lesson_groups(found, catalog, check="C")["groups"]
    assert [(member["name"], member["answered"]) for member in one["members"]] == [("Ada", [0, 1]), ("Ben", [0, 1])]


def asked(found: dict[str, Any], answers: dict[str, list[bool]], timetable: Timetable | None = None) -> Catalog:
    """The catalog with a check `C` of the skill a: by name, who answered what to its questions."""
    catalog = Catalog()
    if timetable:
        catalog.apply(timetable, 1, 1)
    question = Question(item="i", name="i", skill="a", skill_name="Adding", opens="i", bits=1.0)
    catalog.apply(Check(id="C", class_id="7b", by="t", questions=[question] * 2), 1, 1)
    results = [
        EnteredResult(learner=row["learner"], question=number, right=right)
        for row in found["learners"]
        for number, right in enumerate(answers.get(row["name"], []))
    ]
    catalog.apply(CheckResults(id="C", class_id="7b", by="t", results=results), 2, 2)
    return catalog


def test_who_has_nothing_right_in_the_check_needs_a_person_and_who_has_some_practises_with_peers() -> None:
    found = board(*(learner(name, cell("a", "practise", 0.6)) for name in ("Ada", "Ben", "Cem", "Dua")))
    none, half = [False, False], [True, False]
    [one] = lesson_groups(found, asked(found, {"Ada": none, "Ben": none}), check="C", skip=ids("Cem", "Dua"))["groups"]
    assert (one["purpose"], one["led_by"]) == ("help", "teacher")
    [one] = lesson_groups(found, asked(found, {"Ada": half, "Ben": half}), check="C", skip=ids("Cem", "Dua"))["groups"]
    assert (one["purpose"], one["led_by"]) == ("practise", "peers")
    never = board(*(learner(name, cell("a", "start", None)) for name in ("Ada", "Ben")))
    [one] = lesson_groups(never, asked(never, {"Ada": none, "Ben": none}), check="C")["groups"]
    assert (one["purpose"], one["led_by"]) == ("help", "teacher")


def ids(*names: str) -> list[str]:
    return [learner(name)["learner"] for name in names]


def test_who_lacks_a_skill_by_the_check_and_who_lacks_it_by_the_evidence_are_one_group() -> None:
    found = board(
        learner("Ada", cell("a", "practise", 0.6)),
        learner("Ben", cell("a", "practise", 0.6)),
        learner("Cem", cell("a", "help", 0.2)),
        learner("Dua", cell("a", "help", 0.2)),
        learner("Eva", cell("a", "practise", 0.5)),
    )
    answers = {"Ada": [True, False], "Ben": [True, False]}
    [one] = lesson_groups(found, asked(found, answers), check="C")["groups"]
    assert {member["name"] for member in one["members"]} == {"Ada", "Ben", "Cem", "Dua", "Eva"}
    assert (one["purpose"], one["part"], one["parts"]) == ("help", 1, 1)


def test_the_size_that_the_timetable_sets_parts_a_group_and_who_lacks_most_are_together() -> None:
    names = ["Ada", "Ben", "Cem", "Dua", "Eva"]
    found = board(*(learner(name, cell("a", "practise", 0.6)) for name in names))
    answers = {name: [False, False] if name in ("Ben", "Dua") else [True, False] for name in names}
    small = Timetable(id="7b", limits=Limits(teacher_led=Sizes(least=2, most=3)))
    formed = lesson_groups(found, asked(found, answers, small), check="C")
    assert formed["sizes"] == {"least": 2, "most": 3}
    first, second = formed["groups"]
    assert {"Ben", "Dua"} <= {member["name"] for member in first["members"]}
    assert [(one["part"], one["parts"], one["led_by"]) for one in (first, second)] == [
        (1, 2, "teacher"),
        (2, 2, "peers"),
    ]
    whole = Timetable(id="7b", limits=Limits(teacher_led=Sizes(least=2, most=5)))
    assert len(lesson_groups(found, asked(found, answers, whole), check="C")["groups"]) == 1


_cells = st.builds(
    cell,
    st.sampled_from(SKILLS),
    st.sampled_from([str(decision) for decision in Decision]),
    st.none() | st.floats(0, 1),
    st.sampled_from([*SKILLS, "z"]),
)
_boards = st.lists(st.lists(_cells, max_size=4, unique_by=lambda one: one["skill"]), max_size=12).map(
    lambda rows: board(*(learner(f"L{number}", *cells) for number, cells in enumerate(rows)))
)


@given(_boards, st.sets(st.integers(0, 11)))
def test_everybody_is_in_one_group_or_left_and_lacks_what_it_is_for(found: dict[str, Any], out: set[int]) -> None:
    skip = {f"mbox:mailto:l{number}@s.example" for number in out}
    formed = lesson_groups(found, Catalog(), skip=skip)
    assert len(formed["groups"]) <= USUAL_GROUPS
    assert all(GROUP_SIZES.least <= len(one["members"]) <= GROUP_SIZES.most for one in formed["groups"])
    of_skill: dict[str, int] = {}
    for one in formed["groups"]:
        of_skill[one["skill"]["id"]] = of_skill.get(one["skill"]["id"], 0) + len(one["members"])
    for one in formed["groups"]:  # nobody is kept apart: a skill has as few groups as its members need
        assert one["parts"] == -(-of_skill[one["skill"]["id"]] // GROUP_SIZES.most)
    placed = [member["learner"] for one in formed["groups"] for member in one["members"]]
    left = [one["learner"] for one in formed["left"]]
    assert sorted(placed + left) == sorted(row["learner"] for row in found["learners"])
    assert not skip & set(placed)
    rows = {row["learner"]: row["cells"] for row in found["learners"]}
    for one in formed["groups"]:
        for member in one["members"]:
            lacked = [
                c
                for c in rows[member["learner"]]
                if one["skill"]["id"] == c["next_skill"]["id"]
                or (c["decision"] == "help" and one["skill"]["id"] == c["skill"])
            ]
            assert {c["decision"] for c in lacked} & {"help", "review", "practise", "start", "unknown"}
            assert member["gain"] > 0
            helped = any(c["decision"] == "help" for c in lacked)
            assert helped or member["expected"] is None or member["expected"] < ENOUGH
