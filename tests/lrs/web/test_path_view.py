"""The path is drawn to be read as a text is, whatever the graph; the way to a goal is what is left before it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.web import path_view
from lrs.web.path_view import ABREAST, DRAWN_SKILLS, GAP_X, GAP_Y, TALL, WIDE, draw_path, waits_for, way_to

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


def test_each_skill_is_after_what_it_requires_and_says_what_it_waits_for() -> None:
    found = draw_path(skills("advance", "start", "wait", blocked="Skill b"), {"b": ["a"], "c": ["b", "a", "elsewhere"]})
    assert found is not None
    assert [(node.skill, node.state, node.x) for node in found.nodes] == [
        ("a", "done", 0),
        ("b", "open", WIDE + GAP_X),
        ("c", "waits", 2 * (WIDE + GAP_X)),
    ]
    assert [node.waits_for for node in found.nodes] == ["", "", "Skill b"]
    assert len(found.lines) == 2  # from a to c it goes over b


def test_a_level_of_many_is_on_several_lines_and_no_wider_than_a_page() -> None:
    many = [
        {"skill": str(n), "name": f"S {n}", "decision": "start", "blocked_by": [], "blocked_more": 0} for n in range(35)
    ]
    found = draw_path(many, {str(n): [str(n % 9)] for n in range(9, 35)})
    assert found is not None
    assert found.width <= 650
    assert found.height == 10 * (TALL + GAP_Y) - GAP_Y
    assert {node.x for node in found.nodes if node.y == 0} == {n * (WIDE + GAP_X) for n in range(ABREAST)}


def test_a_chain_has_lines_of_a_page() -> None:
    many = [
        {"skill": str(n), "name": f"S {n}", "decision": "start", "blocked_by": [], "blocked_more": 0} for n in range(35)
    ]
    found = draw_path(many, {str(n): [str(n - 1)] for n in range(1, 35)})
    assert found is not None
    assert (found.width, found.height) == (ABREAST * (WIDE + GAP_X) - GAP_X // 2, 9 * (TALL + GAP_Y) - GAP_Y)
    assert len(found.lines) == 34
    assert [(node.y, node.x) for node in found.nodes] == sorted((node.y, node.x) for node in found.nodes)


def test_long_names_have_two_lines() -> None:
    name = "Compare fractions with different denominators and numerators"
    one = {"skill": "a", "name": name, "decision": "start", "blocked_by": [], "blocked_more": 0}
    found = draw_path([one, *skills("", "start")[1:]], {"b": ["a"]})
    assert found is not None
    first = found.nodes[0]
    assert (first.name, len(first.lines), first.lines[-1][-1]) == (name, 2, "…")
    assert all(len(line) <= 19 for line in first.lines)


def test_without_a_graph_nothing_is_drawn() -> None:
    assert draw_path(skills("start", "wait"), {}) is None
    many = [
        {"skill": str(n), "name": "", "decision": "start", "blocked_by": [], "blocked_more": 0}
        for n in range(DRAWN_SKILLS + 1)
    ]
    assert draw_path(many, {"1": ["0"]}) is None


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


def test_depths_are_passed_over_until_nothing_changes_and_no_more() -> None:
    class Counted(dict[str, list[str]]):
        passes = 0

        def items(self) -> Any:
            self.passes += 1
            return super().items()

    chain = Counted({str(at): [str(at - 1)] if at else [] for at in range(50)})
    assert path_view._depths(chain) == {str(at): at for at in range(50)}
    assert chain.passes == 2
    circle = Counted({"a": ["b"], "b": ["a"], "c": []})
    assert path_view._depths(circle) == {"a": 3, "b": 3, "c": 0}


def test_where_nothing_waits_there_is_no_way() -> None:
    assert way_to(skills("advance", "start"), {"b": ["a"]}, "") is None


def test_the_way_is_marked_on_the_drawing() -> None:
    requires = {"b": ["a"], "c": ["a"]}
    its = skills("start", "wait", "wait")
    found = draw_path(its, requires, way_to(its, requires, "b"))
    assert found is not None
    assert {node.skill for node in found.nodes if node.on_way} == {"a", "b"}
    assert [line.kind for line in found.lines] == ["way", ""]
    passed = draw_path(skills("advance", "advance", "start"), requires)
    assert passed is not None
    assert [line.kind for line in passed.lines] == ["done", ""]


@given(GRAPHS)
def test_nodes_never_overlap_and_lie_on_the_drawing(requires: dict[str, list[str]]) -> None:
    found = draw_path(skills(*["practise"] * len(IDS)), requires)
    if found is None:
        assert not any(requires.values())
        return
    places = {(node.x, node.y) for node in found.nodes}
    assert len(places) == len(found.nodes) == len(IDS)
    assert all(0 <= x <= found.width - WIDE and 0 <= y <= found.height - TALL for x, y in places)
    circle = any(id_ in _all_before(id_, requires) for id_ in IDS)
    if not circle:
        assert all(one.y1 < one.y2 or (one.y1 == one.y2 and one.x1 < one.x2) for one in found.lines)


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
        if id_ not in _all_before(id_, requires):
            assert all(steps.index(one) < at for one in needed if one not in _all_before(one, requires))


def _all_before(id_: str, requires: dict[str, list[str]]) -> set[str]:
    found: set[str] = set()
    left = list(requires.get(id_, ()))
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left += requires.get(one, ())
    return found


def test_what_waits_for_many_names_a_few_and_counts_the_rest() -> None:
    one = {"blocked_by": [{"id": "a", "name": "A"}, {"id": "b", "name": "B"}], "blocked_more": 92}
    assert waits_for(one) == "A, B and 92 more"
    assert waits_for({**one, "blocked_more": 0}) == "A, B"
