"""A learner's path over the graph of skills: what is done, what is open, what waits and for what, the shortest way to a
goal, and all of it drawn, to be read as a text is. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from schemas.decision import MASTERED, Decision
from schemas.wording import worded

WIDE, TALL, GAP_X, GAP_Y = 150, 58, 14, 26  # of a node, and between nodes
ABREAST = 4  # nodes of a line: what a narrow page or a sheet of paper has room for
DRAWN_SKILLS = 40  # skills; more are a list alone
STATES = ("done", "open", "waits")
_LINE = 19  # characters that fit on a line of a node

Requires = Mapping[str, Sequence[str]]
SkillShown = Mapping[str, Any]


class PathNode(NamedTuple):
    """A skill on the drawing, in one of the states; `lines` are its name as far as it fits."""

    skill: str
    name: str
    lines: list[str]
    decision: str
    state: str
    waits_for: str
    on_way: bool
    x: int
    y: int


class PathLine(NamedTuple):
    """From a skill to one that requires it: below it, or else beside it. `path` is drawn: a line that passes others
    goes between them."""

    x1: int
    y1: int
    x2: int
    y2: int
    path: str
    kind: str  # way, done (both ends are), or neither


class PathDrawing(NamedTuple):
    """Nodes, the lines between them, and the size of it all."""

    nodes: list[PathNode]
    lines: list[PathLine]
    width: int
    height: int
    abreast: int  # nodes of its longest line


class WayToGoal(NamedTuple):
    """What is left to do until a goal, each skill after what it requires; the goal is the last."""

    goal: str
    name: str
    steps: list[SkillShown]


def state_of(skill: SkillShown) -> str:
    """What a skill is on a learner's path: done, open or waits."""
    decision = Decision(skill["decision"])
    return "done" if decision in MASTERED else "waits" if decision == Decision.WAIT else "open"


def way_to(skills: Sequence[SkillShown], requires: Requires, goal: str) -> WayToGoal | None:
    """The shortest way to a skill, or, where that is none of them or done, to the last that waits; None where nothing
    waits.

    All that a skill requires is needed, so the shortest way is what of it, and of what that requires, is not done.
    """
    left = {one["skill"]: one for one in skills if state_of(one) != "done"}
    waiting = [id_ for id_, one in left.items() if state_of(one) == "waits"]
    if goal not in left:
        if not waiting:
            return None
        goal = waiting[-1]
    found: dict[str, SkillShown] = {}
    depth = _depths(_known(left, requires))
    needed = [goal]
    while needed:
        id_ = needed.pop()
        if id_ not in found:
            found[id_] = left[id_]
            needed += [one for one in requires.get(id_, ()) if one in left]
    steps = sorted(found, key=lambda id_: (id_ == goal, depth[id_]))
    return WayToGoal(goal, left[goal]["name"], [found[id_] for id_ in steps])


def draw_path(skills: Sequence[SkillShown], requires: Requires, way: WayToGoal | None = None) -> PathDrawing | None:
    """The path, each skill after all that it requires; None where there is no graph, or too much of it.

    What a line of another skill leads to already has no line of its own.
    """
    known = {skill["skill"]: skill for skill in skills}
    before = _known(known, requires)
    if not any(before.values()) or len(known) > DRAWN_SKILLS:
        return None
    at = _places(before)
    steps = {one["skill"] for one in way.steps} if way else set()
    nodes = [_node(known[id_], id_ in steps, *place) for id_, place in at.items()]
    lines = [
        _line(at[one], at[id_], _kind({one, id_}, steps, known)) for id_, its in _direct(before).items() for one in its
    ]
    width = max(x for x, _ in at.values()) + WIDE + GAP_X // 2
    height = max(y for _, y in at.values()) + TALL
    return PathDrawing(nodes, lines, width, height, max(x for x, _ in at.values()) // (WIDE + GAP_X) + 1)


def _known(skills: Mapping[str, Any], requires: Requires) -> dict[str, list[str]]:
    return {id_: [one for one in dict.fromkeys(requires.get(id_, ())) if one in skills] for id_ in skills}


def _depths(before: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """How many skills lie before each, one above the other."""
    depth: dict[str, int] = dict.fromkeys(before, 0)
    for _ in before:  # a circle stops growing here
        last = dict(depth)
        for id_, its in before.items():
            depth[id_] = min(len(before), max((depth[one] + 1 for one in its), default=0))
        if depth == last:
            break
    return depth


def _direct(before: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What each skill requires that nothing else of it requires, too."""
    above: dict[str, set[str]] = {id_: set(its) for id_, its in before.items()}
    for _ in before:
        for its in above.values():
            its.update(*[above[one] for one in its])
    return {
        id_: [one for one in its if not any(one in above[other] for other in its if other != one)]
        for id_, its in before.items()
    }


def _places(before: Mapping[str, Sequence[str]]) -> dict[str, tuple[int, int]]:
    """Where each skill is: on a line below what it requires, near that. A level of many has several lines, and several
    skills of a chain have one."""
    depth = _depths(before)
    levels: dict[int, list[str]] = {}
    for id_ in before:
        levels.setdefault(depth[id_], []).append(id_)
    at: dict[str, tuple[int, int]] = {}
    line, taken = 0, 0  # nodes of a chain that are on the line
    for level in sorted(levels):
        middle = {
            id_: sum(at[one][0] for one in its) / len(its) if (its := [x for x in before[id_] if x in at]) else 0.0
            for id_ in levels[level]
        }
        placed = sorted(levels[level], key=lambda id_: middle[id_])
        if len(placed) > 1 or taken == ABREAST:
            line, taken = line + (taken > 0), 0
        for number, id_ in enumerate(placed, taken):
            at[id_] = (number % ABREAST * (WIDE + GAP_X), (line + number // ABREAST) * (TALL + GAP_Y))
        if len(placed) > 1:
            line += -(-len(placed) // ABREAST)
        else:
            taken += 1
    return at


def _kind(ends: set[str], steps: set[str], known: Mapping[str, SkillShown]) -> str:
    return "way" if ends <= steps else "done" if {state_of(known[one]) for one in ends} == {"done"} else ""


def _line(above: tuple[int, int], below: tuple[int, int], kind: str) -> PathLine:
    (x1, y1), (x2, y2) = above, below
    if y1 == y2:
        x1, y = x1 + WIDE, y1 + TALL // 2
        return PathLine(x1, y, x2, y, f"M{x1} {y}H{x2}", kind)
    between = x2 + WIDE + GAP_X // 2  # beside the skill that it leads to
    x1, y1, x2 = x1 + WIDE // 2, y1 + TALL, x2 + WIDE // 2
    bend, half = 22, GAP_Y // 2
    if y2 - y1 > GAP_Y:
        start, end = y1 + half, y2 - half
        path = f"M{x1} {y1}C{x1} {start} {between} {y1} {between} {start + half}V{end - half}"
        path += f"C{between} {y2} {x2} {end} {x2} {y2}"
    else:
        path = f"M{x1} {y1}C{x1} {y1 + bend} {x2} {y2 - bend} {x2} {y2}"
    return PathLine(x1, y1, x2, y2, path, kind)


def waits_for(skill: SkillShown) -> str:
    """The names of what a skill waits for, and how many more."""
    names, more = ", ".join(one["name"] for one in skill["blocked_by"]), skill["blocked_more"]
    return worded("%(names)s and %(number)s more", names=names, number=more) if more else names


def _node(skill: SkillShown, on_way: bool, x: int, y: int) -> PathNode:
    name = skill["name"]
    lines = textwrap.wrap(name, _LINE, max_lines=2, placeholder="…")
    return PathNode(skill["skill"], name, lines, skill["decision"], state_of(skill), waits_for(skill), on_way, x, y)
