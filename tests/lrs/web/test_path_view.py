"""The path is drawn to be read as a text is, whatever the graph; the way to a goal is what is left before it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.web.graph_drawing import DRAWN_SKILLS, GAP_X, MOST_DRAWN, WIDE
from lrs.web.path_view import PathDrawing, draw_path, waits_for, way_to
from tests.support.prerequisites import required_by

Shown = dict[str, Any]

IDS = ("a", "b", "c", "d", "e", "f")
GRAPHS = st.dictionaries(st.sampled_from(IDS), st.lists(st.sampled_from(IDS), max_size=3), min_size=1)


def skills(*decisions: str, blocked: str = "") -> list[dict[str, Any]]:
    by = [{"id": "z", "name": blocked}] if blocked else []
    return [
        {
            "skill": id_,
            "name": f"Skill {id_}",
            "decision": decision,
            "blocked_by": by if decision == "wait" else [],
            "blocked_more": 0,
        }
        for id_, decision in zip(IDS, decisions, strict=False)
    ]


def numbered(count: int, done: int = 0, waiting: int = 0) -> list[Shown]:
    """Skills 0, 1, …: so many done, those after them open, and so many at the end waiting."""
    decisions = ["advance"] * done + ["start"] * (count - done - waiting) + ["wait"] * waiting
    return [
        {"skill": str(n), "name": f"S {n}", "decision": decision, "blocked_by": [], "blocked_more": 0}
        for n, decision in enumerate(decisions)
    ]


def drawn_first(its: list[Shown], requires: dict[str, list[str]], goal: str = "") -> PathDrawing:
    """The one drawing of a path that has room on it."""
    found = draw_path(its, requires, way_to(its, requires, goal) if goal else None)
    assert found is not None
    assert (found.folded, found.undrawn) == ([], 0)
    assert found.first is not None
    return found.first


def test_each_skill_is_after_what_it_requires_and_says_what_it_waits_for() -> None:
    found = drawn_first(
        skills("advance", "start", "wait", blocked="Skill b"), {"b": ["a"], "c": ["b", "a", "elsewhere"]}
    )
    assert [(node.skill, node.state, node.x) for node in found.nodes] == [
        ("a", "done", 0),
        ("b", "open", WIDE + GAP_X),
        ("c", "waits", 2 * (WIDE + GAP_X)),
    ]
    assert [node.waits_for for node in found.nodes] == ["", "", "Skill b"]
    assert len(found.lines) == 2  # from a to c it goes over b
    assert [node.elsewhere for node in found.nodes] == ["", "", ""]


def test_of_many_skills_what_is_open_and_beside_it_is_seen_first_and_the_rest_is_folded() -> None:
    its = numbered(60, done=30, waiting=20)
    chain = {str(n): [str(n - 1)] for n in range(1, 60)}
    found = draw_path(its, chain, way_to(its, chain, "59"))
    assert found is not None
    assert found.first is not None
    assert found.undrawn == 0
    first = {node.skill for node in found.first.nodes}
    assert len(first) == DRAWN_SKILLS
    assert first >= {str(n) for n in range(28, 45)}
    assert {node.skill for node in found.first.nodes if node.on_way} <= {str(n) for n in range(30, 60)}
    assert sorted(drawing.state for drawing in found.folded) == ["done", "waits"]
    nodes = [node for drawing in (found.first, *found.folded) for node in drawing.nodes]
    assert sorted(int(node.skill) for node in nodes) == list(range(60))
    lines = sum(len(drawing.lines) for drawing in (found.first, *found.folded))
    assert lines + sum(bool(node.elsewhere) for node in nodes) == 59
    assert [node.elsewhere for node in nodes if node.elsewhere] != []


def test_what_has_no_room_on_any_drawing_is_counted() -> None:
    its = numbered(MOST_DRAWN + 30, done=MOST_DRAWN + 20)
    found = draw_path(its, {str(n): ["0"] for n in range(1, MOST_DRAWN + 30)})
    assert found is not None
    assert found.first is not None
    assert sum(len(one.nodes) for one in (found.first, *found.folded)) == MOST_DRAWN
    assert found.undrawn == 30
    assert {str(n) for n in range(MOST_DRAWN + 20, MOST_DRAWN + 30)} <= {node.skill for node in found.first.nodes}


def test_where_all_is_done_all_is_folded() -> None:
    its = numbered(60, done=60)
    found = draw_path(its, {str(n): [str(n - 1)] for n in range(1, 60)}, None)
    assert found is not None
    assert found.first is None
    assert [len(one.nodes) for one in found.folded] == [40, 20]


def test_without_a_graph_nothing_is_drawn() -> None:
    assert draw_path(skills("start", "wait"), {}) is None


@pytest.mark.parametrize(
    ("goal", "steps"),
    [
        ("f", ["b", "d", "f"]),  # a is done, and with it what is before it
        ("d", ["b", "d"]),
        ("b", ["b"]),
        ("a", ["b", "d", "f"]),  # done: the last that waits
        ("nonsense", ["b", "d", "f"]),
    ],
)
def test_the_shortest_way_is_what_is_left_of_all_that_a_goal_requires(goal: str, steps: list[str]) -> None:
    found = way_to(
        skills("advance", "practise", "help", "wait", "start", "wait"), {"b": ["a"], "d": ["b", "a"], "f": ["d"]}, goal
    )
    assert found is not None
    assert [one["skill"] for one in found.steps] == steps
    assert found.goal == steps[-1]


def test_where_nothing_waits_there_is_no_way() -> None:
    assert way_to(skills("advance", "start"), {"b": ["a"]}, "") is None


def test_the_way_is_marked_on_the_drawing() -> None:
    requires = {"b": ["a"], "c": ["a"]}
    its = skills("start", "wait", "wait")
    found = drawn_first(its, requires, "b")
    assert {node.skill for node in found.nodes if node.on_way} == {"a", "b"}
    assert [kind for _, kind in found.lines] == ["way", ""]
    passed = drawn_first(skills("advance", "advance", "start"), requires)
    assert [kind for _, kind in passed.lines] == ["done", ""]


@given(GRAPHS, st.lists(st.sampled_from(["advance", "start", "wait"]), min_size=6, max_size=6), st.sampled_from(IDS))
def test_a_way_has_each_skill_after_what_it_requires(
    requires: dict[str, list[str]], decisions: list[str], goal: str
) -> None:
    its = skills(*decisions)
    found = way_to(its, requires, goal)
    if found is None:
        assert "wait" not in decisions
        return
    steps = [one["skill"] for one in found.steps]
    assert len(set(steps)) == len(steps)
    assert steps[-1] == found.goal
    done = {one["skill"] for one in its if one["decision"] == "advance"}
    assert not done & set(steps)
    for at, id_ in enumerate(steps):
        needed = [one for one in requires.get(id_, ()) if one not in done]
        assert set(needed) <= set(steps)
        if id_ not in required_by(id_, requires):
            assert all(steps.index(one) < at for one in needed if one not in required_by(one, requires))


def test_what_waits_for_many_names_a_few_and_counts_the_rest() -> None:
    one = {"blocked_by": [{"id": "a", "name": "A"}, {"id": "b", "name": "B"}], "blocked_more": 92}
    assert waits_for(one) == "A, B and 92 more"
    assert waits_for({**one, "blocked_more": 0}) == "A, B"
