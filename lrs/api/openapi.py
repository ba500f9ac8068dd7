"""OpenAPI of the whole API: what FastAPI knows of its routes, and the xAPI's own resources beside it."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from lrs.api import examples, openapi_xapi
from lrs.api.parameter_meanings import describe_parameters
from schemas.caliper.entity import CaliperEntity
from schemas.caliper.envelope import EnvelopeHead
from schemas.caliper.event import CaliperEvent
from schemas.catalog import CHANGES
from schemas.cmi5.launch import LaunchRequest, WaiverRequest
from schemas.dead_letter_answers import DeadLettersChosen
from schemas.model_answers import VersionWanted
from schemas.pacing_answers import Problem
from schemas.plan_requests import PLAN_REQUEST
from schemas.policy_answers import PolicyRequest
from schemas.xapi.statement import Statement1

REF = "#/components/schemas/{model}"
_MEANINGS = {
    400: "Something in the request is wrong; `field` says what.",
    401: "No credential, or a wrong one.",
    403: "The credential may not do this.",
    404: "Not found.",
    409: "Something else exists already.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "Unsupported version of the format.",
    429: "Too many requests of this credential, or too many wrong secrets: try again after Retry-After seconds.",
    503: "A part cannot answer just now: try again after Retry-After seconds.",
    507: "No room is left; nothing of the request was stored.",
}
_MAKING = threading.Lock()
_OPEN = ("/live", "/ready", "/ready/read", "/ready/write")  # these ask for no credential


def error_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """A route's `responses` for errors; a route that authenticates has a rate limit, too."""
    all_ = sorted({*statuses, 429} if 401 in statuses else statuses)
    return {status: {"model": Problem, "description": _MEANINGS[status]} for status in all_}


def takes(schema: dict[str, Any]) -> dict[str, Any]:
    """A route's `openapi_extra` for a JSON body that its handler reads itself."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def changes() -> dict[str, Any]:
    """The body of catalog changes."""
    return {k: v for k, v in CHANGES.json_schema(ref_template=REF).items() if k != "$defs"}


def envelope() -> dict[str, Any]:
    """The body of a Caliper envelope."""
    return {"$ref": REF.format(model="CaliperEnvelope")}


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the application, made once: that takes most of a second, so not in an event loop."""
    with _MAKING:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
    return app.openapi_schema


def serve(app: FastAPI) -> Callable[[Request], Awaitable[Response]]:
    """The handler of /openapi.json: the document, below the prefix that a proxy may have."""

    def written(prefix: str) -> bytes:
        return orjson.dumps(document(app) | ({"servers": [{"url": prefix}]} if prefix else {}))

    async def answer(request: Request) -> Response:
        body = await run_in_threadpool(written, request.scope.get("root_path", "").rstrip("/"))
        return Response(body, media_type="application/json")

    return answer


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        description="Pacer: a learning record store that says who moves on, who practises, who needs help, and why.",
        routes=app.routes,
        separate_input_output_schemas=False,
    )
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _correct_errors(operation)
            if path in _OPEN:
                operation["security"] = []
    document["paths"] |= openapi_xapi.paths()
    describe_parameters(document["paths"])
    examples.add_examples(document["paths"])
    components = document.setdefault("components", {})
    components["schemas"] = _schemas(components.get("schemas", {}))
    components["securitySchemes"] = {
        "basic": {"type": "http", "scheme": "basic"},
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    }
    document["security"] = [{"basic": []}, {"bearer": []}]
    return document


def _correct_errors(operation: dict[str, Any]) -> None:
    """Correct the error that FastAPI adds wherever there is a parameter: it is a 400, and a string is never refused."""
    answer = operation["responses"].get("422", {})
    if "HTTPValidationError" in str(answer):
        del operation["responses"]["422"]
        if any(parameter["schema"].get("type") != "string" for parameter in operation["parameters"]):
            content = {"application/json": {"schema": {"$ref": REF.format(model=Problem.__name__)}}}
            operation["responses"].setdefault("400", {"description": _MEANINGS[400], "content": content})


def _schemas(fastapi_schemas: dict[str, Any]) -> dict[str, Any]:
    statement = TypeAdapter(Statement1).json_schema(ref_template=REF)
    more = statement.pop("$defs")
    _, caliper = models_json_schema(
        [(model, "validation") for model in (EnvelopeHead, CaliperEvent, CaliperEntity)], ref_template=REF
    )
    envelope = caliper["$defs"].pop(EnvelopeHead.__name__)
    data = {"anyOf": [{"$ref": REF.format(model=name)} for name in (CaliperEvent.__name__, CaliperEntity.__name__)]}
    envelope["title"] = "CaliperEnvelope"
    envelope["properties"]["data"]["items"] = data
    answer_schemas = {
        name: schema
        for name, schema in fastapi_schemas.items()
        if name not in ("HTTPValidationError", "ValidationError")
    }
    clashes = answer_schemas.keys() & more.keys()
    for name in clashes:
        more[f"Statement{name}"] = more.pop(name)
    renamed = _renamed({"Statement": statement, **more}, clashes)
    requests = (LaunchRequest, WaiverRequest, PolicyRequest, VersionWanted, DeadLettersChosen)
    _, request_schemas = models_json_schema([(model, "validation") for model in requests], ref_template=REF)
    plan_requests = PLAN_REQUEST.json_schema(ref_template=REF)["$defs"]
    changed_schemas = {**request_schemas["$defs"], **plan_requests, **CHANGES.json_schema(ref_template=REF)["$defs"]}
    return dict(
        sorted(
            {**changed_schemas, **answer_schemas, **renamed, **caliper["$defs"], "CaliperEnvelope": envelope}.items()
        )
    )


def _renamed(value: Any, names: set[str]) -> Any:
    """References to schemas of statements that share a name with another."""
    if isinstance(value, dict):
        return {k: _reference(v, names) if k == "$ref" else _renamed(v, names) for k, v in value.items()}
    if isinstance(value, list):
        return [_renamed(part, names) for part in value]
    return value


def _reference(target: str, names: set[str]) -> str:
    base, _, name = target.rpartition("/")
    return f"{base}/Statement{name}" if name in names else target
