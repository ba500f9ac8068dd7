"""Who is in a group for a mini-lesson, and what for: one notion for every page."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lrs.plans.groups import SIZES, USUAL, lesson_groups
from schemas.catalog import Catalog
from schemas.policy import Decision

SKILLS = ["a", "b", "c"]
NAMES = {"a": "Adding", "b": "Halving", "c": "Carrying", "z": "Counting"}


def cell(skill: str, decision: str, estimate: float | None = 0.4, leads: str = "") -> dict[str, Any]:
    to = leads or skill
    return {"skill": skill, "decision": decision, "estimate": estimate, "next_skill": {"id": to, "name": NAMES[to]}}


def learner(name: str, *cells: dict[str, Any]) -> dict[str, Any]:
    return {"learner": f"mbox:mailto:{name.lower()}@s.example", "name": name, "cells": list(cells)}


def board(*learners: dict[str, Any]) -> dict[str, Any]:
    skills = [{"id": id_, "name": name} for id_, name in NAMES.items()]
    return {"class": {"id": "7b", "name": "7b"}, "learners": list(learners), "skills": skills}


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
    assert len(formed["groups"]) <= USUAL
    assert all(SIZES.least <= len(one["members"]) <= SIZES.most for one in formed["groups"])
    placed = [member["learner"] for one in formed["groups"] for member in one["members"]]
    left = [one["learner"] for one in formed["left"]]
    assert sorted(placed + left) == sorted(row["learner"] for row in found["learners"])
    assert not skip & set(placed)
    rows = {row["learner"]: row["cells"] for row in found["learners"]}
    for one in formed["groups"]:
        for member in one["members"]:
            decisions = {c["decision"] for c in rows[member["learner"]] if c["next_skill"]["id"] == one["skill"]["id"]}
            assert decisions & {"help", "review", "practise", "start", "unknown"}
            assert member["gain"] > 0
