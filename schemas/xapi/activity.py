"""The grammar of activities and interactions (xAPI 1.0.3, part 2, 2.4.4.1)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import AfterValidator
from typing_extensions import TypedDict

from schemas.invalid import Invalid
from schemas.xapi.values import Extensions, Iri, LanguageMap

# The component lists each type of interaction may have.
_COMPONENTS = {
    "choice": {"choices"},
    "sequencing": {"choices"},
    "likert": {"scale"},
    "matching": {"source", "target"},
    "performance": {"steps"},
}
_LISTS = frozenset({"choices", "scale", "source", "target", "steps"})
_NEED_TYPE = _LISTS | {"correctResponsesPattern"}


class _Component(TypedDict):
    id: str
    description: NotRequired[LanguageMap]


class _Definition(TypedDict):
    name: NotRequired[LanguageMap]
    description: NotRequired[LanguageMap]
    type: NotRequired[Iri]
    moreInfo: NotRequired[Iri]
    interactionType: NotRequired[
        Literal[
            "true-false",
            "choice",
            "fill-in",
            "long-fill-in",
            "matching",
            "performance",
            "sequencing",
            "likert",
            "numeric",
            "other",
        ]
    ]
    correctResponsesPattern: NotRequired[list[str]]
    choices: NotRequired[list[_Component]]
    scale: NotRequired[list[_Component]]
    source: NotRequired[list[_Component]]
    target: NotRequired[list[_Component]]
    steps: NotRequired[list[_Component]]
    extensions: NotRequired[Extensions]


def _interacts(definition: dict[str, Any]) -> dict[str, Any]:
    kind = definition.get("interactionType")
    if kind is None:
        if not _NEED_TYPE.isdisjoint(definition):
            raise Invalid("interactionType", f"is needed by {min(_NEED_TYPE & definition.keys())}")
        return definition
    for name in sorted(_LISTS & definition.keys()):
        if name not in _COMPONENTS.get(kind, ()):
            raise Invalid(name, f"does not belong to an interaction of the type {kind}")
        ids = [component["id"] for component in definition[name]]
        if len(set(ids)) < len(ids):
            raise Invalid(name, "holds an id twice")
    return definition


class Activity(TypedDict):
    objectType: NotRequired[Literal["Activity"]]
    id: Iri
    definition: NotRequired[Annotated[_Definition, AfterValidator(_interacts)]]
