"""What the page of skills draws: which skill requires which, around the one that is chosen. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from lrs.pacing.display_names import catalog_name
from lrs.web.graph_drawing import DRAWN_SKILLS, MOST_DRAWN, Graph, Line, wrapped
from schemas.catalog import Catalog

SHOWN_REQUIRING = 50  # skills that require the chosen one
AROUND = DRAWN_SKILLS // 2  # the chosen skill and what is nearest to it


class SkillNode(NamedTuple):
    """A skill on a drawing; `lines` are its name as far as it fits. elsewhere: the names of what it requires that is
    not on this drawing."""

    skill: str
    name: str
    lines: list[str]
    code: str
    requires: str
    elsewhere: str
    chosen: bool
    x: int
    y: int


class SkillDrawing(NamedTuple):
    """Nodes, the lines between them with their kind (way: from or to the chosen skill), and the size of it all."""

    nodes: list[SkillNode]
    lines: list[tuple[Line, str]]
    width: int
    height: int
    abreast: int


class DrawnSkills(NamedTuple):
    """The drawing that is seen first, those that are folded away, and how many skills are on none."""

    first: SkillDrawing
    folded: list[SkillDrawing]
    undrawn: int


class NamedSkill(NamedTuple):
    """A skill, and what it is called."""

    skill: str
    name: str


class ChosenSkill(NamedTuple):
    """The skill whose requirements are looked at; `more` is how many require it beside those of `required_by`."""

    skill: str
    name: str
    code: str
    requires: list[NamedSkill]
    required_by: list[NamedSkill]
    more: int


def chosen_skill(catalog: Catalog, id_: str) -> ChosenSkill:
    """What a skill of the catalog requires, and what requires it."""
    requiring = [
        NamedSkill(skill_id, catalog_name(catalog, skill_id))
        for skill_id in catalog.skills
        if id_ in catalog.required(skill_id)
    ]
    return ChosenSkill(
        id_,
        catalog_name(catalog, id_),
        catalog.skills[id_].code,
        [NamedSkill(skill_id, catalog_name(catalog, skill_id)) for skill_id in catalog.required(id_)],
        requiring[:SHOWN_REQUIRING],
        max(0, len(requiring) - SHOWN_REQUIRING),
    )


def draw_requirements(catalog: Catalog, chosen: str = "") -> DrawnSkills | None:
    """The skills that require others or are required, with what is around the chosen one first; None without any."""
    requires = {id_: catalog.required(id_) for id_ in catalog.skills}
    linked = {*chain.from_iterable(requires.values()), *(id_ for id_, its in requires.items() if its), chosen}
    graph = Graph([id_ for id_ in catalog.skills if id_ in linked], requires)
    if not graph.direct:
        return None
    around = graph.around([chosen], AROUND) if chosen else []
    parts = [*([around] if chosen else []), *graph.parts([id_ for id_ in graph.direct if id_ not in around])]
    drawn: list[list[str]] = []
    room = MOST_DRAWN
    for part in parts:
        if drawn_part := part[:room]:
            drawn.append(drawn_part)
        room -= len(drawn_part)
    first_drawing, *folded = (_drawing(catalog, graph, drawn_part, chosen) for drawn_part in drawn)
    return DrawnSkills(first_drawing, folded, len(graph.direct) - sum(len(drawn_part) for drawn_part in drawn))


def _drawing(catalog: Catalog, graph: Graph, drawn_part: Sequence[str], chosen: str) -> SkillDrawing:
    layout = graph.lay_out(drawn_part)

    def names(ids: Sequence[str]) -> str:
        return ", ".join(catalog_name(catalog, skill_id) for skill_id in ids)

    nodes = [
        SkillNode(
            id_,
            (name := catalog_name(catalog, id_)),
            wrapped(name),
            catalog.skills[id_].code,
            names(catalog.required(id_)),
            names(layout.elsewhere.get(id_, ())),
            id_ == chosen,
            *place,
        )
        for id_, place in layout.places.items()
    ]
    lines = [(line, "way" if chosen in (line.required, line.skill) else "") for line in layout.lines]
    return SkillDrawing(nodes, lines, layout.width, layout.height, layout.abreast)
