"""Where skills and the lines between them are on a drawing: each after what it requires, in parts that are small enough
to be read. Pure."""

from __future__ import annotations

import textwrap
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

WIDE, TALL, GAP_X, GAP_Y = 149, 58, 14, 26  # of a node, and between nodes
ABREAST = 4  # nodes of a line: what a narrow page or a sheet of paper has room for
DRAWN_SKILLS = 40  # of one drawing: with more, nobody finds the way
MOST_DRAWN = 200  # skills of all drawings of a page
_LINE = 19  # characters that fit on a line of a node
_LANES = (7, 3, 11)  # px beside a node, where lines pass: those to different nodes do not run into each other

Requires = Mapping[str, Sequence[str]]
Place = tuple[int, int]


class Line(NamedTuple):
    """From a skill to one that requires it: below it, or else beside it. `path` is drawn: a line that passes others
    goes between them."""

    required: str
    skill: str
    x1: int
    y1: int
    x2: int
    y2: int
    path: str


class Layout(NamedTuple):
    """The places of skills, the lines between them, and the size of it all.

    elsewhere: what a skill requires that is not on this drawing.
    """

    places: dict[str, Place]
    lines: list[Line]
    elsewhere: dict[str, list[str]]
    width: int
    height: int
    abreast: int  # nodes of its longest line


class Graph:
    """What some skills require of each other."""

    def __init__(self, skills: Iterable[str], requires: Requires) -> None:
        before = required_among(skills, requires)
        self.depth = depths(before)
        self.direct = _direct(before, self.depth)

    def lay_out(self, skills: Iterable[str]) -> Layout:
        """A drawing of some of them, at least one. What a line of another skill leads to has no line of its own."""
        drawn = dict.fromkeys(sorted(skills, key=lambda id_: self.depth[id_]))
        inside = {id_: [required for required in self.direct[id_] if required in drawn] for id_ in drawn}
        elsewhere = {
            id_: undrawn
            for id_ in drawn
            if (undrawn := [required for required in self.direct[id_] if required not in drawn])
        }
        node_places = _node_places(drawn, inside, self.depth)
        lanes = {id_: _LANES[at % len(_LANES)] for at, id_ in enumerate(skill for skill in drawn if inside[skill])}
        lines = [_line(required, id_, node_places, lanes[id_]) for id_, its in inside.items() for required in its]
        rightmost = max(x for x, _ in node_places.values())
        height = max(y for _, y in node_places.values()) + TALL
        return Layout(
            node_places, lines, elsewhere, rightmost + WIDE + _LANES[-1], height, rightmost // (WIDE + GAP_X) + 1
        )

    def around(self, skills: Iterable[str], most: int = DRAWN_SKILLS) -> list[str]:
        """Skills and what is nearest to them, by what each requires or is required by, up to so many."""
        neighbours = self._neighbours()
        nearest = dict.fromkeys(list(skills)[:most])
        unvisited = deque(nearest)
        while unvisited and len(nearest) < most:
            for neighbour in neighbours[unvisited.popleft()]:
                if neighbour not in nearest and len(nearest) < most:
                    nearest[neighbour] = None
                    unvisited.append(neighbour)
        return list(nearest)

    def parts(self, skills: Collection[str], most: int = DRAWN_SKILLS) -> list[list[str]]:
        """Skills in parts of so many at most: what hangs together is together where it fits."""
        parts: list[list[str]] = []
        for piece in self._pieces(skills):
            ordered = sorted(piece, key=lambda id_: self.depth[id_])
            if not parts or (len(parts[-1]) + len(ordered) > most and parts[-1]):
                parts.append([])
            for id_ in ordered:
                if len(parts[-1]) == most:
                    parts.append([])
                parts[-1].append(id_)
        return parts

    def _pieces(self, skills: Collection[str]) -> list[list[str]]:
        """What hangs together, the largest first."""
        neighbours, ungrouped = self._neighbours(), dict.fromkeys(skills)
        pieces = []
        while ungrouped:
            piece = [next(iter(ungrouped))]
            ungrouped.pop(piece[0])
            for id_ in piece:  # grows
                linked = [neighbour for neighbour in neighbours[id_] if neighbour in ungrouped]
                piece += linked
                for neighbour in linked:
                    ungrouped.pop(neighbour)
            pieces.append(piece)
        return sorted(pieces, key=len, reverse=True)

    def _neighbours(self) -> dict[str, list[str]]:
        after: dict[str, list[str]] = {id_: [] for id_ in self.direct}
        for id_, its in self.direct.items():
            for required in its:
                after[required].append(id_)
        return {id_: list(dict.fromkeys([*its, *after[id_]])) for id_, its in self.direct.items()}


def required_among(skills: Iterable[str], requires: Requires) -> dict[str, list[str]]:
    """What each of some skills requires of the others."""
    known_skills = dict.fromkeys(skills)
    return {
        id_: [
            required
            for required in dict.fromkeys(requires.get(id_, ()))
            if required in known_skills and required != id_
        ]
        for id_ in known_skills
    }


def depths(before: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """How many skills lie before each, one above the other."""
    depth: dict[str, int] = dict.fromkeys(before, 0)
    for _ in before:  # a circle stops growing here
        last = dict(depth)
        for id_, its in before.items():
            depth[id_] = min(len(before), max((depth[required] + 1 for required in its), default=0))
        if depth == last:
            break
    return depth


def wrapped(name: str) -> list[str]:
    """A name as far as it fits into a node."""
    return textwrap.wrap(name, _LINE, max_lines=2, placeholder="…")


def _direct(before: Mapping[str, Sequence[str]], depth: Mapping[str, int]) -> dict[str, list[str]]:
    """What each skill requires that nothing else of it requires, too."""
    bits = {id_: 1 << at for at, id_ in enumerate(before)}
    above: dict[str, int] = dict.fromkeys(before, 0)  # sets, as the bits of a number
    for id_ in sorted(before, key=lambda skill: depth[skill]):
        for required in before[id_]:
            above[id_] |= bits[required] | above[required]
    return {
        id_: [
            required for required in its if not any(bits[required] & above[other] for other in its if other != required)
        ]
        for id_, its in before.items()
    }


def _node_places(drawn: Iterable[str], inside: Requires, depth: Mapping[str, int]) -> dict[str, Place]:
    """Where each skill is: on a line below what it requires, near that. A level of many has several lines, and several
    skills of a chain have one."""
    levels: dict[int, list[str]] = {}
    for id_ in drawn:
        levels.setdefault(depth[id_], []).append(id_)
    at: dict[str, Place] = {}
    line, chain_nodes, chain_end = 0, 0, ""  # how many nodes of a chain are on the line, and the last of them
    for level in sorted(levels):
        middle = {
            id_: sum(at[required][0] for required in its) / len(its)
            if (its := [required for required in inside[id_] if required in at])
            else 0.0
            for id_ in levels[level]
        }
        placed = sorted(levels[level], key=lambda id_: middle[id_])
        if len(placed) > 1 or chain_nodes == ABREAST or (chain_nodes and chain_end not in inside[placed[0]]):
            line, chain_nodes = line + (chain_nodes > 0), 0
        for number, id_ in enumerate(placed, chain_nodes):
            at[id_] = (number % ABREAST * (WIDE + GAP_X), (line + number // ABREAST) * (TALL + GAP_Y))
        if len(placed) > 1:
            line += -(-len(placed) // ABREAST)
        else:
            chain_nodes, chain_end = chain_nodes + 1, placed[0]
    return at


def _line(required: str, skill: str, places: Mapping[str, Place], lane: int) -> Line:
    (x1, y1), (x2, y2) = places[required], places[skill]
    if y1 == y2:
        x1, y = x1 + WIDE, y1 + TALL // 2
        return Line(required, skill, x1, y, x2, y, f"M{x1} {y}H{x2}")
    lane_x = x2 + WIDE + lane
    x1, y1, x2 = x1 + WIDE // 2, y1 + TALL, x2 + WIDE // 2
    bend, half = 22, GAP_Y // 2
    if y2 - y1 > GAP_Y:
        start, end = y1 + half, y2 - half
        path = f"M{x1} {y1}C{x1} {start} {lane_x} {y1} {lane_x} {start + half}V{end - half}"
        path += f"C{lane_x} {y2} {x2} {end} {x2} {y2}"
    else:
        path = f"M{x1} {y1}C{x1} {y1 + bend} {x2} {y2 - bend} {x2} {y2}"
    return Line(required, skill, x1, y1, x2, y2, path)
