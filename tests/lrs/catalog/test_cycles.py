"""Cycles are found where there are any, each link is looked at once, and what a file adds of them is left out."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.catalog import cycles
from lrs.catalog.cycles import TooManyCycles, break_cycles, find_cycle, turned

names = st.sampled_from("abcdef")
graphs = st.dictionaries(names, st.lists(names, max_size=3))


def reached(graph: dict[str, list[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = list(graph.get(start, []))
    while waiting:
        at = waiting.pop()
        if at not in found:
            found.add(at)
            waiting += graph.get(at, [])
    return found


@given(graphs, st.lists(names, min_size=1))
def test_a_cycle_is_found_where_there_is_one(graph: dict[str, list[str]], starts: list[str]) -> None:
    found = find_cycle(starts, lambda at: graph.get(at, []))
    led = set(starts).union(*(reached(graph, start) for start in starts))
    assert (found is not None) == any(at in reached(graph, at) for at in led)
    if found:
        for seen in (found, turned(found, found[-2])):
            assert seen[0] == seen[-1]
            assert all(after in graph[before] for before, after in pairwise(seen))
        assert turned(found, found[-2])[0] == found[-2]


def test_each_link_is_looked_at_once() -> None:
    looked: list[str] = []

    def links(skill: str) -> Iterable[str]:
        looked.append(skill)
        at = int(skill)
        return [str(n) for n in range(max(0, at - 20), at)]

    assert find_cycle([str(n) for n in range(400)], links) is None
    assert len(looked) == 400


@given(graphs, st.sets(names))
def test_what_is_added_last_of_each_cycle_is_left_out(graph: dict[str, list[str]], of_file: set[str]) -> None:
    known = {at: [to for to in links if to > at] for at, links in graph.items()}  # without any cycle
    links = {at: list(dict.fromkeys(graph.get(at, []))) for at in of_file}
    edges = [(at, to) for at, tos in links.items() for to in tos]
    added = {edge: n for n, edge in enumerate(edges)}
    out = list(break_cycles(links, added, lambda at: known.get(at, ())))
    assert sorted([(at, to) for at, tos in links.items() for to in tos] + [one.link for one in out]) == sorted(edges)
    assert find_cycle("abcdef", lambda at: links.get(at, known.get(at, []))) is None
    for link, cycle in out:
        assert link == (cycle[0], cycle[1])
        own = [one for one in pairwise(cycle) if one in added]
        assert max(own, key=lambda one: added[one]) == link


def test_so_many_that_a_file_cannot_mean_them_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cycles, "MOST_CYCLES", 2)

    def broken(pairs: int) -> int:
        links = {f"{side}{n}": [f"{'ba'[side == 'b']}{n}"] for n in range(pairs) for side in "ab"}
        added = {(at, to): n for n, (at, [to]) in enumerate(links.items())}
        return len(list(break_cycles(links, added, lambda _: ())))

    assert broken(2) == 2
    with pytest.raises(TooManyCycles):
        broken(3)
