"""Whether two statements with one id are equal (xAPI 1.0.3, part 2, 2.1.1 and 2.2)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from schemas.xapi.values import instant

# Set by the store, or free to differ between two sendings of one statement.
_NOT_COMPARED = frozenset({"stored", "authority", "version", "timestamp", "attachments"})
# Names of activities and verbs do not change what a statement says.
_NOT_SAID = frozenset({"definition", "display", "attachments"})
_ACTIVITIES = frozenset({"parent", "grouping", "category", "other"})
_SPLIT_SECOND = re.compile(r"([.,][0-9]{2})[0-9]+(?=S$)")  # more than 0.01 s is not compared (4.6)
_HEX = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{40}")


def same_statement(existing: Mapping[str, Any], sent: Mapping[str, Any]) -> bool:
    """True if `sent` repeats `existing`, and may be acknowledged without being stored. Both have passed `check`.

    One without a timestamp gets the time it is stored, so it says nothing of when it happened.
    """
    timed = "timestamp" in sent and "timestamp" in existing
    if timed and instant(existing["timestamp"]) != instant(sent["timestamp"]):
        return False
    return _canonical_part(existing, _NOT_COMPARED) == _canonical_part(sent, _NOT_COMPARED)


def same_signed(signed: Mapping[str, Any], sent: Mapping[str, Any]) -> bool:
    """True if `sent`, as it came, is the statement that was signed (2.6). Both are statements by their form.

    What the signer left to the store may be missing on either side.
    """
    free = frozenset({"stored", "authority", "version", "attachments"})
    free |= {name for name in ("id", "timestamp") if not (name in signed and name in sent)}
    try:
        return _canonical_part(signed, free) == _canonical_part(sent, free)
    except (TypeError, ValueError, AttributeError):  # the signed payload is not a statement
        return False


def _canonical_part(part: Mapping[str, Any], without: frozenset[str] = frozenset()) -> dict[str, Any]:
    """A part of a statement in a canonical form."""
    canonical: dict[str, Any] = {}
    for key, value in part.items():
        if key in _NOT_SAID or key in without or (key == "objectType" and value in ("Activity", "Agent")):
            continue
        canonical[key] = _canonical_value(key, value)
    return canonical


def _canonical_value(key: str, value: Any) -> Any:
    if key == "extensions":
        return value
    if isinstance(value, Mapping):
        value = _canonical_part(value)
        return [value] if key in _ACTIVITIES else value
    if isinstance(value, list):
        parts = [_canonical_part(item) if isinstance(item, Mapping) else item for item in value]
        return sorted(parts, key=_sorted_json) if key == "member" else parts
    if key == "duration":
        return _SPLIT_SECOND.sub(r"\1", value)
    if key == "timestamp":
        return instant(value)
    if key in ("id", "registration", "mbox_sha1sum") and _HEX.fullmatch(value):
        return value.lower()
    return value


def _sorted_json(part: dict[str, Any]) -> str:
    return json.dumps(part, sort_keys=True)
