"""A learner's path over the graph of skills: what is done, what is open, what waits and for what, the shortest way to a
goal, and all of it drawn, to be read as a text is. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from lrs.web.graph_drawing import (
    DRAWN_SKILLS,
    MOST_DRAWN,
    Graph,
    Line,
    Requires,
    depths,
    required_among,
    wrapped,
)
from schemas.decision import MASTERED, Decision
from schemas.wording import worded

STATES = ("done", "open", "waits")
_BEGUN_WITH = DRAWN_SKILLS // 4  # skills of the way, and as many that are open: the rest has what is beside them

SkillShown = Mapping[str, Any]


class PathNode(NamedTuple):
    """A skill on the drawing, in one of the states; `lines` are its name as far as it fits. elsewhere: the names of
    what it requires that is not on this drawing."""

    skill: str
    name: str
    lines: list[str]
    decision: str
    state: str
    waits_for: str
    elsewhere: str
    on_way: bool
    x: int
    y: int


class PathLine(NamedTuple):
    """A line, and of which kind it is: way, done (both ends are), or neither ("")."""

    line: Line
    kind: str


class PathDrawing(NamedTuple):
    """Nodes, the lines between them, and the size of it all.

    state: which of the skills it has; "" of the one that is seen first, with what is open and the way to the goal.
    """

    state: str
    nodes: list[PathNode]
    lines: list[PathLine]
    width: int
    height: int
    abreast: int  # nodes of its longest line


class DrawnPath(NamedTuple):
    """What is open and what is beside it; the rest, which is folded away; and how many skills are on no drawing."""

    first: PathDrawing | None
    folded: list[PathDrawing]
    undrawn: int


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
    undone = {skill["skill"]: skill for skill in skills if state_of(skill) != "done"}
    waiting = [id_ for id_, skill in undone.items() if state_of(skill) == "waits"]
    if goal not in undone:
        if not waiting:
            return None
        goal = waiting[-1]
    way_skills: dict[str, SkillShown] = {}
    depth = depths(required_among(undone, requires))
    needed = [goal]
    while needed:
        id_ = needed.pop()
        if id_ not in way_skills:
            way_skills[id_] = undone[id_]
            needed += [required for required in requires.get(id_, ()) if required in undone]
    steps = sorted(way_skills, key=lambda id_: (id_ == goal, depth[id_]))
    return WayToGoal(goal, undone[goal]["name"], [way_skills[id_] for id_ in steps])


def draw_path(skills: Sequence[SkillShown], requires: Requires, way: WayToGoal | None = None) -> DrawnPath | None:
    """The path, each skill after all that it requires; None where there is no graph.

    Of more skills than one drawing has room for, it has what is open, the way, and what is beside them.
    """
    skills_by_id = {skill["skill"]: skill for skill in skills}
    graph = Graph(skills_by_id, requires)
    if not any(graph.direct.values()):
        return None
    steps = [step["skill"] for step in way.steps] if way else []

    def drawing(state: str, some: Sequence[str]) -> PathDrawing:
        layout = graph.lay_out(some)
        nodes = [
            _path_node(
                skills_by_id[id_],
                [skills_by_id[required] for required in layout.elsewhere.get(id_, ())],
                id_ in steps,
                *place,
            )
            for id_, place in layout.places.items()
        ]
        lines = [PathLine(line, _node_kind({line.required, line.skill}, steps, skills_by_id)) for line in layout.lines]
        return PathDrawing(state, nodes, lines, layout.width, layout.height, layout.abreast)

    if len(skills_by_id) <= DRAWN_SKILLS:
        return DrawnPath(drawing("", list(skills_by_id)), [], 0)
    first = _in_hand(graph, skills_by_id, steps)
    room = MOST_DRAWN - len(first)
    folded: list[PathDrawing] = []
    for state in ("open", "waits", "done"):
        rest = sorted(
            (id_ for id_, shown_skill in skills_by_id.items() if state_of(shown_skill) == state and id_ not in first),
            key=lambda id_: graph.depth[id_],
        )[:room]
        room -= len(rest)
        folded += [drawing(state, part) for part in graph.parts(rest)]
    undrawn = max(0, len(skills_by_id) - MOST_DRAWN)
    return DrawnPath(drawing("", first) if first else None, folded, undrawn)


def _in_hand(graph: Graph, skills_by_id: Mapping[str, SkillShown], steps: Sequence[str]) -> list[str]:
    """What is seen first: where the way begins, some of what is open, what is beside these, and then more of both."""
    opened = [id_ for id_, skill in skills_by_id.items() if state_of(skill) == "open"]
    return list(dict.fromkeys([*graph.around([*steps[:_BEGUN_WITH], *opened[:_BEGUN_WITH]]), *steps, *opened]))[
        :DRAWN_SKILLS
    ]


def _node_kind(ends: set[str], steps: Sequence[str], skills_by_id: Mapping[str, SkillShown]) -> str:
    return "way" if ends <= set(steps) else "done" if {state_of(skills_by_id[end]) for end in ends} == {"done"} else ""


def waits_for(skill: SkillShown) -> str:
    """The names of what a skill waits for, and how many more."""
    names, unlisted = ", ".join(blocker["name"] for blocker in skill["blocked_by"]), skill["blocked_more"]
    return worded("%(names)s and %(number)s more", names=names, number=unlisted) if unlisted else names


def _path_node(skill: SkillShown, elsewhere: Sequence[SkillShown], on_way: bool, x: int, y: int) -> PathNode:
    return PathNode(
        skill["skill"],
        skill["name"],
        wrapped(skill["name"]),
        skill["decision"],
        state_of(skill),
        waits_for(skill),
        ", ".join(required["name"] for required in elsewhere),
        on_way,
        x,
        y,
    )
