"""What is wrong with JSON that a model refuses, in plain words: field and reason, never the library's own text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import orjson
from pydantic import TypeAdapter, ValidationError

from schemas.invalid import SHOWN_NAME, Invalid, error_path

_Kind = TypeVar("_Kind")
_REASONS = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "dict_type": "is not an object",
    "model_type": "is not an object",
    "model_attributes_type": "is not an object",
    "list_type": "is not an array",
    "string_type": "is not a string",
    "bool_type": "is not true or false",
    "bool_parsing": "is not true or false",
    "float_type": "is not a number",
    "int_type": "is not a whole number",
    "int_from_float": "is not a whole number",
    "int_parsing": "is not a whole number",
    "int_parsing_size": "is too long for a whole number",
    "finite_number": "is not a finite number",
    "json_invalid": "is not JSON",
    "string_pattern_mismatch": "is not of the right form",
    "union_tag_not_found": "is missing",
    "greater_than_equal": "is less than {ge}",
    "greater_than": "is not more than {gt}",
    "less_than_equal": "is more than {le}",
    "less_than": "is not less than {lt}",
    "string_too_short": "is shorter than {min_length} characters",
    "string_too_long": "is longer than {max_length} characters",
    "too_long": "has more than {max_length} items",
    "too_short": "has fewer than {min_length} items",
    "literal_error": "is not {expected}",
    "enum": "is not {expected}",
    "union_tag_invalid": "{tag} is none of {expected_tags}",
}


def parse_model(kind: TypeAdapter[_Kind], raw: bytes) -> _Kind:
    """JSON as what a model says it is. Raises Invalid."""
    try:
        sent = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Invalid("", f"is not JSON: {error}") from None
    try:
        return kind.validate_json(raw)
    except ValidationError as error:
        raise refusal(sent, error) from None


def refusal(sent: Any, error: ValidationError) -> Invalid:
    """The first thing that is wrong with what was sent."""
    first = error.errors(include_url=False, include_input=False)[0]
    path = error_path(sent, first)
    context = first.get("ctx", {})
    if isinstance(cause := context.get("error"), Invalid):
        return Invalid(".".join([*path, *([cause.field] if cause.field else [])]), cause.reason)
    if isinstance(cause, ValueError):  # a validator's own words
        return Invalid(".".join(path), str(cause))
    if first["type"].startswith("union_tag"):
        path.append(str(context["discriminator"]).strip("'"))
    return Invalid(".".join(path), reason(first["type"], context))


def reason(kind: str, context: Mapping[str, Any]) -> str:
    """What a kind of pydantic's errors means, with its context."""
    found = _REASONS.get(kind, "is not valid here")
    said = {k: str(v) for k, v in context.items()}  # what is expected is ours, and said whole
    return found.format_map({k: v if k.startswith("expected") else v[:SHOWN_NAME] for k, v in said.items()})
