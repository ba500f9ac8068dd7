"""The path is drawn from left to right, whatever the graph."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lrs.web.path_view import DRAWN_SKILLS, GAP_X, TALL, WIDE, draw_path

IDS = ("a", "b", "c", "d", "e", "f")


def skills(*decisions: str, blocked: str = "") -> list[dict[str, Any]]:
    by = [{"id": "z", "name": blocked}] if blocked else []
    return [
        {"skill": id_, "name": f"Skill {id_}", "decision": decision, "blocked_by": by if decision == "wait" else []}
        for id_, decision in zip(IDS, decisions, strict=False)
    ]


def test_each_skill_is_right_of_what_it_requires_and_says_what_it_waits_for() -> None:
    found = draw_path(skills("advance", "start", "wait", blocked="Skill b"), {"b": ["a"], "c": ["b", "a", "elsewhere"]})
    assert found is not None
    assert [(node.skill, node.state, node.x) for node in found.nodes] == [
        ("a", "done", 0),
        ("b", "open", WIDE + GAP_X),
        ("c", "waits", 2 * (WIDE + GAP_X)),
    ]
    assert [node.waits_for for node in found.nodes] == ["", "", "Skill b"]
    assert len(found.lines) == 3


def test_without_a_graph_nothing_is_drawn() -> None:
    assert draw_path(skills("start", "wait"), {}) is None
    many = [{"skill": str(n), "name": "", "decision": "start", "blocked_by": []} for n in range(DRAWN_SKILLS + 1)]
    assert draw_path(many, {"1": ["0"]}) is None


@given(st.dictionaries(st.sampled_from(IDS), st.lists(st.sampled_from(IDS), max_size=3), min_size=1))
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
        assert all(x1 < x2 for x1, _, x2, _ in found.lines)


def _all_before(id_: str, requires: dict[str, list[str]]) -> set[str]:
    found: set[str] = set()
    left = list(requires.get(id_, ()))
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left += requires.get(one, ())
    return found
