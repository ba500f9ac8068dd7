"""What the store adds to a statement (xAPI 1.0.3, part 2, 2.1.3 and 2.4).

Before it goes into the log: its id, authority and version. What follows from the log, `stored` and a `timestamp` that
the tool left out, is added by whoever reads it there. What the tool sent stays as it came, byte for byte.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from schemas.xapi import Checked

if TYPE_CHECKING:
    from lrs.auth.credentials import Credential

HOME_PAGE = "https://pacer.example/credentials"


class Completion:
    """Adds what is known when a statement is accepted."""

    def __init__(self, credential: Credential, version: str) -> None:
        authority = {"objectType": "Agent", "account": {"homePage": HOME_PAGE, "name": credential.key}}
        self._authority_member = b',"authority":' + orjson.dumps(authority)
        self._version_member = b',"version":"2.0.0"' if version.startswith("2") else b',"version":"1.0.0"'

    def __call__(self, raw: bytes, checked: Checked, id_: str) -> bytes:
        has = checked.has
        if checked.single or "stored" in has or "authority" in has:  # the store's word replaces the tool's
            statement_object: dict[str, Any] = orjson.loads(raw)
            if checked.single:
                _list_context_activities(statement_object)
            raw = orjson.dumps({k: v for k, v in statement_object.items() if k not in ("stored", "authority")})
        statement_parts = [raw.rstrip()[:-1], self._authority_member]
        if "id" not in has:
            statement_parts.append(f',"id":"{id_}"'.encode())
        if "version" not in has:
            statement_parts.append(self._version_member)
        statement_parts.append(b"}")
        return b"".join(statement_parts)


def add_times(raw: bytes, statement: dict[str, Any], stored: int) -> bytes:
    """A statement of the log with its `stored`, and with a `timestamp` where the tool gave none.

    `statement` is `raw`, decoded; they are added there, too.
    """
    statement["stored"] = stored_text = timestamp(stored)
    if "timestamp" in statement:
        return raw[:-1] + _end_with_stored(stored_text)
    statement["timestamp"] = stored_text
    return raw[:-1] + _end_with_both(stored_text)


def without_times(statement: bytes, stored: int) -> bytes:
    """A statement as the log holds it: without what `add_times` added."""
    stored_text = timestamp(stored)
    for added in (_end_with_both(stored_text), _end_with_stored(stored_text)):
        if statement.endswith(added):
            return statement.removesuffix(added) + b"}"
    return statement


def _end_with_stored(stored_text: str) -> bytes:
    return f',"stored":"{stored_text}"}}'.encode()


def _end_with_both(stored_text: str) -> bytes:
    return f',"stored":"{stored_text}","timestamp":"{stored_text}"}}'.encode()


def timestamp(time_us: int) -> str:
    """ISO 8601 with µs, UTC."""
    seconds, microseconds = divmod(time_us, 1_000_000)
    return f"{_second(seconds)}.{microseconds:06}Z"


@lru_cache(1024)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _list_context_activities(statement: dict[str, Any]) -> None:
    """Context activities are given back in arrays (xAPI 1.0.3, part 2, 2.4.6.2)."""
    for part in (statement, statement["object"]):
        by_relation = (part.get("context") or {}).get("contextActivities") or {}
        for kind, activities in by_relation.items():
            if isinstance(activities, dict):
                by_relation[kind] = [activities]
