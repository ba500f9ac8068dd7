"""A learner's path over the graph of skills, drawn: what is done, what is open, what waits and for what. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from schemas.policy import MASTERED, Decision

WIDE, TALL, GAP_X, GAP_Y = 168, 46, 44, 12  # of a node, and between nodes
DRAWN_SKILLS = 40  # skills; more are a list alone
STATES = ("done", "open", "waits")
_LONGEST = 23  # characters that fit


class PathNode(NamedTuple):
    """A skill on the drawing, in one of the states."""

    skill: str
    name: str
    short: str
    decision: str
    state: str
    waits_for: str
    x: int
    y: int


class PathDrawing(NamedTuple):
    """Nodes, the lines from what comes before, and the size of it all."""

    nodes: list[PathNode]
    lines: list[tuple[int, int, int, int]]
    width: int
    height: int


def state_of(skill: Mapping[str, Any]) -> str:
    """What a skill is on a learner's path: done, open or waits."""
    decision = Decision(skill["decision"])
    return "done" if decision in MASTERED else "waits" if decision == Decision.WAIT else "open"


def draw_path(skills: Sequence[Mapping[str, Any]], requires: Mapping[str, Sequence[str]]) -> PathDrawing | None:
    """The path, each skill right of all that it requires; None where there is no graph, or too much of it."""
    known = {skill["skill"]: skill for skill in skills}
    before = {id_: [one for one in requires.get(id_, ()) if one in known] for id_ in known}
    if not any(before.values()) or len(known) > DRAWN_SKILLS:
        return None
    depth: dict[str, int] = dict.fromkeys(known, 0)
    for _ in known:  # a circle stops growing here
        for id_, its in before.items():
            depth[id_] = min(len(known), max((depth[one] + 1 for one in its), default=0))
    columns: dict[int, list[str]] = {}
    for id_ in known:
        columns.setdefault(depth[id_], []).append(id_)
    at: dict[str, tuple[int, int]] = {}
    for x, column in enumerate(sorted(columns)):
        for y, id_ in enumerate(columns[column]):
            at[id_] = (x * (WIDE + GAP_X), y * (TALL + GAP_Y))
    nodes = [_node(known[id_], *place) for id_, place in at.items()]
    lines = [
        (at[one][0] + WIDE, at[one][1] + TALL // 2, at[id_][0], at[id_][1] + TALL // 2)
        for id_, its in before.items()
        for one in its
    ]
    width = len(columns) * (WIDE + GAP_X) - GAP_X
    height = max(len(column) for column in columns.values()) * (TALL + GAP_Y) - GAP_Y
    return PathDrawing(nodes, lines, width, height)


def _node(skill: Mapping[str, Any], x: int, y: int) -> PathNode:
    name = skill["name"]
    short = name if len(name) <= _LONGEST else name[: _LONGEST - 1].rstrip() + "…"
    waits_for = ", ".join(one["name"] for one in skill["blocked_by"])
    return PathNode(skill["skill"], name, short, skill["decision"], state_of(skill), waits_for, x, y)
