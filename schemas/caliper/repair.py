"""Known faults of senders of Caliper, repaired for a lenient credential, as `schemas.xapi.repair` does for xAPI."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from schemas.xapi.repair import Repair

_BARE_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# What is an entity, or the id of one.
_ENTITIES = frozenset(
    {
        *("actor", "object", "target", "generated", "group", "edApp", "session", "federatedSession", "referrer"),
        *("isPartOf", "assignee", "assignable", "user", "attempt", "score", "scoredBy", "member", "organization"),
        "learningObjectives",
    }
)
_DEEPEST = 64  # levels, as in any body


def repair(thing: dict[str, Any], where: str) -> list[Repair]:
    """Repair an event or an entity in place: ids that are a bare UUID (Blackboard) become `urn:uuid:…`.

    `where`: the field that it is in.
    """
    return list(_bare_uuids(thing, where, 0))


def _bare_uuids(thing: dict[str, Any], where: str, level: int) -> Iterator[Repair]:
    for key, value in thing.items():
        field = f"{where}.{key}"
        if isinstance(value, str) and (key == "id" or key in _ENTITIES) and _BARE_UUID.fullmatch(value):
            thing[key] = f"urn:uuid:{value.lower()}"
            yield Repair("bare-uuid", field)
        elif level < _DEEPEST and isinstance(value, dict):
            yield from _bare_uuids(value, field, level + 1)
        elif level < _DEEPEST and isinstance(value, list):
            for index, part in enumerate(value):
                if isinstance(part, dict):
                    yield from _bare_uuids(part, f"{field}.{index}", level + 1)
                elif isinstance(part, str) and key in _ENTITIES and _BARE_UUID.fullmatch(part):
                    value[index] = f"urn:uuid:{part.lower()}"
                    yield Repair("bare-uuid", f"{field}.{index}")
