"""The xAPI's resources in OpenAPI's words (xAPI 1.0.3, part 3, 2; IEEE 9274.1.1, 4.1.6)."""

from __future__ import annotations

from typing import Any

_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_STATEMENT = {"$ref": "#/components/schemas/Statement"}
_JSON = "application/json"
_TEXT: dict[str, Any] = {}
_TIME, _UUID, _IRI = {"format": "date-time"}, {"format": "uuid"}, {"format": "iri"}
_FLAG = {"type": "boolean", "default": False}
_AGENT = {"contentMediaType": _JSON}

_FILTERS: dict[str, dict[str, Any]] = {
    "statementId": _UUID,
    "voidedStatementId": _UUID,
    "agent": _AGENT,
    "verb": _IRI,
    "activity": _IRI,
    "registration": _UUID,
    "related_activities": _FLAG,
    "related_agents": _FLAG,
    "since": _TIME,
    "until": _TIME,
    "limit": {"type": "integer", "minimum": 0, "default": 0},
    "format": {"enum": ["ids", "exact", "canonical"], "default": "exact"},
    "attachments": _FLAG,
    "ascending": _FLAG,
    "cursor": _TEXT,
}
_DOCUMENTS = {
    "/xAPI/activities/state": ("stateId", {"activityId": _IRI, "agent": _AGENT, "registration": _UUID}),
    "/xAPI/activities/profile": ("profileId", {"activityId": _IRI}),
    "/xAPI/agents/profile": ("profileId", {"agent": _AGENT}),
}


def paths() -> dict[str, Any]:
    """The path items of every resource."""
    return {
        "/xAPI/statements": {
            "get": _operation("Statements by id or filter", _FILTERS, answer=_STATEMENT_RESULT, missing=True),
            "put": _operation(
                "Store one statement", {"statementId": _UUID}, {"statementId"}, sent=_STATEMENT, conflict=409
            ),
            "post": _operation(
                "Store statements, all or none",
                {},
                sent={"anyOf": [_STATEMENT, {"type": "array", "items": _STATEMENT}]},
                answer={"type": "array", "items": {"type": "string", "format": "uuid"}},
                conflict=409,
            ),
        },
        "/xAPI/agents": {"get": _operation("The Person of an agent", {"agent": _AGENT}, {"agent"}, answer=_PERSON)},
        "/xAPI/activities": {
            "get": _operation("An activity's definition", {"activityId": _IRI}, {"activityId"}, answer=_ACTIVITY)
        },
        "/xAPI/about": {"get": _operation("The supported versions", {}, answer=_ABOUT, open_=True)},
        **{path: _documents(name, shelf) for path, (name, shelf) in _DOCUMENTS.items()},
    }


_ABOUT = {"type": "object", "properties": {"version": {"type": "array", "items": {"type": "string"}}}}
_PERSON = {"type": "object", "properties": {"objectType": {"const": "Person"}}}
_ACTIVITY = {"type": "object", "properties": {"objectType": {"const": "Activity"}, "id": {"type": "string"}}}
_STATEMENT_RESULT = {
    "anyOf": [
        _STATEMENT,
        {
            "type": "object",
            "properties": {"statements": {"type": "array", "items": {"type": "object"}}, "more": {"type": "string"}},
            "required": ["statements"],
        },
    ]
}


def _documents(name: str, shelf: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """State and the profiles: one document by its id; without it, the ids that are there."""
    needed = set(shelf) - {"registration"}
    one_document, listed = {**shelf, name: _TEXT}, {**shelf, name: _TEXT, "since": _TIME}
    writing: dict[str, Any] = {"conflict": 412, "conditional": True}
    return {
        "get": _operation("A document, or the ids of documents", listed, needed, answer={}, missing=True),
        "put": _operation("Store a document", one_document, {*needed, name}, sent={}, **writing),
        "post": _operation("Merge into a JSON document", one_document, {*needed, name}, sent={}, **writing),
        "delete": _operation(
            "Delete a document", one_document, needed if name == "stateId" else {*needed, name}, **writing
        ),
    }


def _operation(
    summary: str,
    parameters: dict[str, dict[str, Any]],
    needed: set[str] | frozenset[str] = frozenset(),
    *,
    sent: dict[str, Any] | None = None,
    answer: dict[str, Any] | None = None,
    missing: bool = False,
    conflict: int = 0,
    conditional: bool = False,
    open_: bool = False,
) -> dict[str, Any]:
    """A method of a resource: `answer` None is 204; missing adds 404, conflict its own status (and 409 beside 412)."""
    query_and_headers = [_parameter(name, "query", schema, name in needed) for name, schema in parameters.items()]
    if not open_:
        query_and_headers.append(_parameter("X-Experience-API-Version", "header", {"pattern": r"^[12]\.0"}, True))
    if conditional:
        query_and_headers += [_parameter(name, "header", _TEXT, False) for name in ("If-Match", "If-None-Match")]
    statuses = [400] if open_ else [400, 401, 403, *([404] if missing else []), *_with_conflict(conflict), 429, 503]
    if sent is not None:
        statuses += [413, 507]
    responses = {str(status): _answer_schema("An error", _PROBLEM) for status in sorted(statuses)}
    done = {"204": {"description": "Done"}} if answer is None else {"200": _answer_schema("The answer", answer)}
    operation: dict[str, Any] = {
        "tags": ["xAPI"],
        "summary": summary,
        "parameters": query_and_headers,
        "responses": done | responses,
    }
    if sent is not None:
        media = "*/*" if sent == {} else _JSON
        operation["requestBody"] = {"required": True, "content": {media: {"schema": sent}}}
    return operation | ({"security": []} if open_ else {})


def _with_conflict(status: int) -> list[int]:
    return [409, 412] if status == 412 else [status] if status else []


def _parameter(name: str, where: str, schema: dict[str, Any], required: bool) -> dict[str, Any]:
    return {"name": name, "in": where, "required": required, "schema": {"type": "string", **schema}}


def _answer_schema(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {_JSON: {"schema": schema}}}
