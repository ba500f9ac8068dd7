"""Caliper 1.0 as 1.1 says the same: other names of keys, types and actions, and events without an id."""

from __future__ import annotations

import uuid
from typing import Any

import orjson

FIRST_CONTEXT = "http://purl.imsglobal.org/ctx/caliper/v1/Context"
_CONTEXT = "http://purl.imsglobal.org/ctx/caliper/v1/"
_KEYS = {"@id": "id", "@type": "type"}
_RENAMED_TYPES = {"OutcomeEvent": "GradeEvent", "Result": "Score"}
_URL_NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")  # RFC 9562's for URLs
_DEEPEST = 64  # levels, as in any body


def is_first(sent: dict[str, Any]) -> bool:
    """Whether an envelope is of Caliper 1.0."""
    if str(sent.get("@context", "")).startswith(_CONTEXT) or sent.get("dataVersion") == FIRST_CONTEXT:
        return True
    data = sent.get("data")
    return isinstance(data, list) and bool(data) and all(isinstance(thing, dict) and "@type" in thing for thing in data)


def renewed(thing: dict[str, Any]) -> dict[str, Any]:
    """An event or entity of 1.0 as one of 1.1; an event's id follows from its content."""
    renewed_thing = _renewed(thing, 0)
    if "action" in renewed_thing and not renewed_thing.get("id"):
        content = orjson.dumps(thing, option=orjson.OPT_SORT_KEYS)
        renewed_thing["id"] = f"urn:uuid:{uuid.uuid5(_URL_NAMESPACE, content.decode())}"
    if renewed_thing.get("type") == "GradeEvent":
        _unbelieved(renewed_thing)
    return renewed_thing


def _renewed(thing: dict[str, Any], level: int) -> dict[str, Any]:
    renewed_thing: dict[str, Any] = {}
    for key, value in thing.items():
        if key == "@context" or value is None:
            continue
        if isinstance(value, dict) and level < _DEEPEST:
            value = _renewed(value, level + 1)
        elif isinstance(value, list):
            value = [
                _renewed(part, level + 1) if isinstance(part, dict) and level < _DEEPEST else part for part in value
            ]
        renewed_thing[_KEYS.get(key, key)] = value
    if isinstance(type_ := renewed_thing.get("type"), str):
        word = _last_of_iri(type_)
        renewed_thing["type"] = _RENAMED_TYPES.get(word, word)
    if isinstance(action := renewed_thing.get("action"), str):
        renewed_thing["action"] = _last_of_iri(action)
    if isinstance(roles := renewed_thing.get("roles"), list):
        renewed_thing["roles"] = [_last_of_iri(role) if isinstance(role, str) else role for role in roles]
    if renewed_thing.get("type") in ("Attempt", "Score") and "actor" in renewed_thing:
        renewed_thing["assignee"] = renewed_thing.pop("actor")
    return renewed_thing


def _unbelieved(event: dict[str, Any]) -> None:
    """The one sender of 1.0 that is known gives the grade itself as the most there is (Open LMS for Moodle), so that
    every grade looks like full marks. Such a maximum says nothing, and goes."""
    generated, attempt = event.get("generated"), event.get("object")
    if not isinstance(generated, dict) or not isinstance(attempt, dict):
        return
    tried = attempt.get("assignable")
    for most in (tried, generated):
        if isinstance(most, dict) and "maxScore" in most and most["maxScore"] == generated.get("totalScore"):
            del most["maxScore"]


def _last_of_iri(iri: str) -> str:
    return iri.rpartition("#")[2].rpartition("/")[2]
