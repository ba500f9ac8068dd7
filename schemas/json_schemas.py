"""JSON Schema of what crosses a boundary, by the name of its file."""

from __future__ import annotations

from typing import Any

import msgspec
from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from schemas.caliper.entity import CaliperEntity
from schemas.caliper.envelope import EnvelopeHead
from schemas.caliper.event import CaliperEvent
from schemas.catalog import CHANGES
from schemas.cmi5.launch import LaunchRequest, WaiverRequest
from schemas.log_records import RECORD_TYPES
from schemas.observation import ObservationBundle
from schemas.pacing_answers import Applied, Board, CatalogState, Classes, LearnerPage, Problem
from schemas.xapi.statement import Statement1, Statement2

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ANSWERS = (
    Classes,
    Board,
    LearnerPage,
    CatalogState,
    Applied,
    Problem,
)


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema. A grammar's rules between fields (one identifier an actor, …) are not in them."""
    _, answers = models_json_schema([(model, "validation") for model in _ANSWERS])
    _, caliper = models_json_schema([(model, "validation") for model in (EnvelopeHead, CaliperEvent, CaliperEntity)])
    _, cmi5 = models_json_schema([(model, "validation") for model in (LaunchRequest, WaiverRequest)])
    by_name: dict[str, dict[str, Any]] = {
        "xapi-statement-1.0.3": TypeAdapter(Statement1).json_schema(),
        "xapi-statement-2.0.0": TypeAdapter(Statement2).json_schema(),
        "caliper": caliper,
        "cmi5": cmi5,
        "catalog-changes": CHANGES.json_schema(),
        "pacing": answers,
        "observations": msgspec.json.schema(ObservationBundle),
        "log": _definitions(tuple(dict.fromkeys(RECORD_TYPES.values()))),
    }
    return {name: {"$schema": DIALECT, **schema} for name, schema in by_name.items()}


def _definitions(types: tuple[type, ...]) -> dict[str, Any]:
    _, definitions = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    return {"$defs": definitions}
