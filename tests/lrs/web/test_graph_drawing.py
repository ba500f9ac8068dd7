"""Skills are drawn in parts that can be read: each node on its drawing, each line once, whatever the graph."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.web.graph_drawing import (
    ABREAST,
    DRAWN_SKILLS,
    GAP_X,
    GAP_Y,
    TALL,
    WIDE,
    Graph,
    Layout,
    depths,
    wrapped,
)
from tests.support.prerequisites import required_by

MOST = 6  # of a part, so that a small graph has several


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, list[str]]:
    """What some skills require of those before them: nothing leads back to itself."""
    count = draw(st.integers(1, 20))
    earlier = [st.sampled_from([f"s{n}" for n in range(at)]) for at in range(1, count)]
    found = {f"s{at + 1}": draw(st.lists(one, max_size=4)) for at, one in enumerate(earlier)}
    return {"s0": [], **dict(draw(st.permutations(list(found.items()))))}


def check_drawn(layout: Layout) -> None:
    """Nodes lie on the drawing and not on each other, and lines go from the end of one to the start of the next."""
    places = layout.places
    assert len(set(places.values())) == len(places)
    assert all(0 <= x <= layout.width - WIDE and 0 <= y <= layout.height - TALL for x, y in places.values())
    assert layout.width <= 650
    for line in layout.lines:
        (x1, y1), (x2, y2) = places[line.required], places[line.skill]
        beside = y1 == y2
        assert (line.x1, line.y1) == ((x1 + WIDE, y1 + TALL // 2) if beside else (x1 + WIDE // 2, y1 + TALL))
        assert (line.x2, line.y2) == ((x2, y2 + TALL // 2) if beside else (x2 + WIDE // 2, y2))
        assert y1 < y2 or (beside and x2 - x1 == WIDE + GAP_X)


@given(graphs())
def test_each_skill_is_in_one_part_and_each_line_is_drawn_once_or_said(requires: dict[str, list[str]]) -> None:
    graph = Graph(requires, requires)
    parts = graph.parts(requires, MOST)
    assert sorted(id_ for part in parts for id_ in part) == sorted(requires)
    assert all(len(part) <= MOST for part in parts)
    said = []
    for part in parts:
        layout = graph.lay_out(part)
        check_drawn(layout)
        assert set(layout.places) == set(part)
        said += [(line.required, line.skill) for line in layout.lines]
        said += [(one, id_) for id_, out in layout.elsewhere.items() for one in out]
    wanted = {(one, id_) for id_, its in graph.direct.items() for one in its}
    assert len(said) == len(wanted)
    assert set(said) == wanted


@given(graphs())
def test_lines_say_all_that_is_required_and_no_more(requires: dict[str, list[str]]) -> None:
    direct = Graph(requires, requires).direct
    for id_, its in direct.items():
        assert required_by(id_, direct) == required_by(id_, requires)
        assert not any(one in required_by(other, requires) for one in its for other in its)


@given(graphs(), st.integers(1, MOST))
def test_around_a_skill_is_what_is_nearest(requires: dict[str, list[str]], most: int) -> None:
    graph = Graph(requires, requires)
    found = graph.around(["s0"], most)
    assert found[0] == "s0"
    assert len(found) == len(set(found)) <= most
    for at, one in enumerate(found[1:], 1):
        assert any(one in graph.direct[other] or other in graph.direct[one] for other in found[:at])


def test_what_hangs_together_is_in_one_part_where_it_fits() -> None:
    requires = {"a1": [], "b1": [], "a2": ["a1"], "b2": ["b1"], "a3": ["a2"], "b3": ["b2"], "c": []}
    assert Graph(requires, requires).parts(requires, 4) == [["a1", "a2", "a3"], ["b1", "b2", "b3", "c"]]


def test_what_requires_itself_or_in_a_circle_is_drawn_all_the_same() -> None:
    requires = {"a": ["a", "b"], "b": ["a"], "c": ["nothing"]}
    layout = Graph(requires, requires).lay_out(requires)
    assert len(layout.places) == 3
    assert [(line.required, line.skill) for line in layout.lines] == [("b", "a"), ("a", "b")]


@pytest.mark.parametrize("count", [60, 200])
def test_a_large_graph_is_drawn_as_narrow_as_a_small_one(count: int) -> None:
    requires = {
        str(n): [str(one) for one in {n // 2, n - 7, n - 1 if n % 3 else n // 3} if 0 <= one < n] for n in range(count)
    }
    graph = Graph(requires, requires)
    layouts = [graph.lay_out(part) for part in graph.parts(requires)]
    for layout in layouts:
        check_drawn(layout)
        assert len(layout.places) <= DRAWN_SKILLS
        assert layout.height <= DRAWN_SKILLS * (TALL + GAP_Y)
    assert len(layouts) == -(-count // DRAWN_SKILLS)


def test_a_level_of_many_is_on_several_lines_and_no_wider_than_a_page() -> None:
    many = [str(n) for n in range(35)]
    found = Graph(many, {str(n): [str(n % 9)] for n in range(9, 35)}).lay_out(many)
    check_drawn(found)
    assert found.height == 10 * (TALL + GAP_Y) - GAP_Y
    assert {x for x, y in found.places.values() if y == 0} == {n * (WIDE + GAP_X) for n in range(ABREAST)}


def test_a_chain_has_lines_of_a_page() -> None:
    many = [str(n) for n in range(35)]
    found = Graph(many, {one: [before] for before, one in pairwise(many)}).lay_out(many)
    check_drawn(found)
    assert (found.abreast, found.height) == (ABREAST, 9 * (TALL + GAP_Y) - GAP_Y)
    assert len(found.lines) == 34
    assert [(y, x) for x, y in found.places.values()] == sorted((y, x) for x, y in found.places.values())


def test_long_names_have_two_lines() -> None:
    lines = wrapped("Compare fractions with different denominators and numerators")
    assert (len(lines), lines[-1][-1]) == (2, "…")
    assert all(len(line) <= 19 for line in lines)


def test_depths_are_passed_over_until_nothing_changes_and_no_more() -> None:
    class Counted(dict[str, list[str]]):
        passes = 0

        def items(self):  # type: ignore[no-untyped-def]
            self.passes += 1
            return super().items()

    chain = Counted({str(at): [str(at - 1)] if at else [] for at in range(50)})
    assert depths(chain) == {str(at): at for at in range(50)}
    assert chain.passes == 2
    circle = Counted({"a": ["b"], "b": ["a"], "c": []})
    assert depths(circle) == {"a": 3, "b": 3, "c": 0}
