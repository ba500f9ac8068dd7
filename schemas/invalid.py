"""What is wrong with a statement, or other JSON, and where."""

from __future__ import annotations

from typing import Any

from pydantic_core import ErrorDetails

from schemas.wording import worded

SHOWN_NAME = 200  # characters of a key that an error repeats


class Invalid(ValueError):
    """`field` is the dotted path of what is wrong ("" for the body), `reason` says what."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(worded("%(field)s: %(reason)s", field=field or "body", reason=reason))
        self.field = field
        self.reason = reason


def error_path(sent: Any, error: ErrorDetails) -> list[str]:
    """Where the error is; a location also names branches of the model, which are not in what was sent."""
    path: list[str] = []
    last = error["loc"][-1] if error["loc"] else None
    for step in error["loc"]:
        inside = (isinstance(sent, dict) and step in sent) or (isinstance(sent, list) and isinstance(step, int))
        if inside:
            sent = sent[step]
        if inside or (error["type"] == "missing" and step == last):
            path.append(str(step)[:SHOWN_NAME])
    return path
