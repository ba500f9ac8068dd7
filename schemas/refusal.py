"""What is wrong with JSON that a model refuses, in plain words: field and reason, never the library's own text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from schemas.invalid import SHOWN_NAME, Invalid, error_path
from schemas.typed_text import check_typed
from schemas.wording import worded, wording, words_of

_Kind = TypeVar("_Kind")
_REASONS = {
    "missing": wording("is missing"),
    "extra_forbidden": wording("is not known here"),
    "dict_type": wording("is not an object"),
    "model_type": wording("is not an object"),
    "model_attributes_type": wording("is not an object"),
    "list_type": wording("is not an array"),
    "string_type": wording("is not a string"),
    "bool_type": wording("is not true or false"),
    "bool_parsing": wording("is not true or false"),
    "float_type": wording("is not a number"),
    "int_type": wording("is not a whole number"),
    "int_from_float": wording("is not a whole number"),
    "int_parsing": wording("is not a whole number"),
    "int_parsing_size": wording("is too long for a whole number"),
    "finite_number": wording("is not a finite number"),
    "json_invalid": wording("is not JSON"),
    "string_pattern_mismatch": wording("is not of the right form"),
    "union_tag_not_found": wording("is missing"),
    "greater_than_equal": wording("is less than %(ge)s"),
    "greater_than": wording("is not more than %(gt)s"),
    "less_than_equal": wording("is more than %(le)s"),
    "less_than": wording("is not less than %(lt)s"),
    "string_too_short": wording("is shorter than %(min_length)s characters"),
    "string_too_long": wording("is longer than %(max_length)s characters"),
    "too_long": wording("has more than %(max_length)s items"),
    "too_short": wording("has fewer than %(min_length)s items"),
    "literal_error": wording("is not %(expected)s"),
    "enum": wording("is not %(expected)s"),
    "union_tag_invalid": wording("%(tag)s is none of %(expected_tags)s"),
}


def parse_model(kind: TypeAdapter[_Kind], raw: bytes) -> _Kind:
    """JSON as what a model says it is. Raises Invalid."""
    try:
        sent = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Invalid("", worded("is not JSON: %(error)s", error=words_of(error))) from None
    try:
        model = kind.validate_json(raw)
    except ValidationError as error:
        raise refusal(sent, error) from None
    if isinstance(model, list):
        for index, part in enumerate(model):
            check_typed(part, str(index))
    elif isinstance(model, BaseModel):
        check_typed(model)
    return model


def refusal(sent: Any, error: ValidationError) -> Invalid:
    """The first thing that is wrong with what was sent."""
    return refusals(sent, error)[0]


def refusals(sent: Any, error: ValidationError) -> list[Invalid]:
    """Everything that is wrong with what was sent."""
    return [_refusal(sent, details) for details in error.errors(include_url=False, include_input=False)]


def _refusal(sent: Any, details: ErrorDetails) -> Invalid:
    path = error_path(sent, details)
    context = details.get("ctx", {})
    if isinstance(cause := context.get("error"), Invalid):
        return Invalid(".".join([*path, *([cause.field] if cause.field else [])]), cause.reason)
    if isinstance(cause, ValueError):  # a validator's own words
        return Invalid(".".join(path), words_of(cause))
    if details["type"].startswith("union_tag"):
        path.append(str(context["discriminator"]).strip("'"))
    return Invalid(".".join(path), reason(details["type"], context))


def reason(kind: str, context: Mapping[str, Any]) -> str:
    """What a kind of pydantic's errors means, with its context."""
    template = _REASONS.get(kind, wording("is not valid here"))
    if kind == "string_too_short" and context.get("min_length") == 1:
        template = wording("is empty")
    arguments = {k: str(v) for k, v in context.items() if f"%({k})s" in template}
    # What is expected is ours, and said whole.
    return worded(template, **{k: v if k.startswith("expected") else v[:SHOWN_NAME] for k, v in arguments.items()})
