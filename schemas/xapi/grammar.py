"""Check a statement against the whole grammar of xAPI 1.0.3 or 2.0, in tens of microseconds."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import orjson
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from schemas.invalid import SHOWN_NAME, Invalid, error_path
from schemas.refusal import reason
from schemas.xapi import values
from schemas.xapi.body import DEEPEST, too_deep
from schemas.xapi.statement import Statement1, Statement2
from schemas.xapi.verbs import VOIDED

_STORE_SETS = frozenset({"id", "stored", "authority", "timestamp", "version"})
_statement1: TypeAdapter[Any] = TypeAdapter(Statement1)
_statement2: TypeAdapter[Any] = TypeAdapter(Statement2)
_NO_PROPERTY = "is not a property that xAPI defines here"


class Checked(NamedTuple):
    """What the store needs of a valid statement.

    id and voids (the statement that this one voids) are lower-case; has names which of id, stored,
    authority, timestamp and version were sent. attachments are those of the statement and of its SubStatement,
    each with its field; single: a context activity is not in an array.
    """

    id: str | None
    has: frozenset[str]
    voids: str | None
    attachments: list[tuple[str, dict[str, Any]]]
    single: bool


def check(raw: bytes, version: str) -> Checked:
    """Check one statement against the xAPI version of its request. Raises Invalid."""
    if too_deep(raw):
        raise Invalid("", f"is nested deeper than {DEEPEST} levels")
    try:
        sent = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Invalid("", f"is not JSON: {error}") from None
    adapter = _statement2 if version.startswith("2") else _statement1
    try:
        statement = adapter.validate_python(sent)
    except ValidationError as error:
        raise grammar_refusal(sent, error) from None
    # Every key and string has two quotes; fewer in the parsed statement means that a duplicate key was dropped.
    if orjson.dumps(sent).count(b'"') != raw.count(b'"'):
        _refuse_doubles(raw)
    id_ = statement.get("id")
    voids = statement["object"]["id"].lower() if statement["verb"]["id"] == VOIDED else None
    attachments: list[tuple[str, dict[str, Any]]] = []
    if "attachments" in statement:
        attachments += _attachments(statement, "")
    target = statement["object"]
    if target.get("objectType") == "SubStatement":
        attachments += _attachments(target, "object.")
        single = _single(statement) or _single(target)
    else:
        single = _single(statement)
    return Checked(id_ and id_.lower(), _STORE_SETS & statement.keys(), voids, attachments, single)


def _attachments(part: dict[str, Any], prefix: str) -> list[tuple[str, dict[str, Any]]]:
    return [(f"{prefix}attachments.{n}", a) for n, a in enumerate(part.get("attachments", ()))]


def _single(part: dict[str, Any]) -> bool:
    context = part.get("context")
    relations = context.get("contextActivities") if context else None
    return relations is not None and any(isinstance(related, dict) for related in relations.values())


def _refuse_doubles(raw: bytes) -> None:
    def pairs(key_values: list[tuple[str, Any]]) -> None:
        keys: set[str] = set()
        for name, _ in key_values:
            if name in keys:
                raise Invalid("", f"has the key {name[:SHOWN_NAME]!r} twice in one object")
            keys.add(name)

    json.loads(raw, object_pairs_hook=pairs, parse_int=str)


def grammar_refusal(sent: Any, error: ValidationError) -> Invalid:
    """The first error, in the specification's names."""
    first = error.errors(include_url=False, include_input=False)[0]
    path = error_path(sent, first)
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, Invalid):
        path += [cause.field] if cause.field else []
        return Invalid(".".join(path), cause.reason)
    return Invalid(".".join(path), _plain_reason(first))


def _plain_reason(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return _NO_PROPERTY
    if kind == "string_pattern_mismatch":
        return values.REASONS.get(context["pattern"], reason(kind, context))
    return reason(kind, context)
