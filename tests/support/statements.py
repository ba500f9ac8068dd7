"""Statements for tests."""

from __future__ import annotations

import uuid
from typing import Any

HOME = "https://school.example"
ANSWERED = "http://adlnet.gov/expapi/verbs/answered"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"


def learner(name: str) -> dict[str, Any]:
    """An agent with an account."""
    return {"objectType": "Agent", "account": {"homePage": HOME, "name": name}}


def key(name: str) -> str:
    """The canonical actor of `learner(name)`."""
    return f"account:{HOME}|{name}"


def skill(name: str) -> str:
    """A skill's IRI."""
    return f"{HOME}/skills/{name}"


def answered(
    name: str = "ada",
    item: str = "i1",
    right: bool = True,
    skills: tuple[str, ...] = ("fractions",),
    timestamp: str = "2026-03-02T09:00:00Z",
    id_: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A learner answered an item of some skills."""
    objective = {"type": "http://adlnet.gov/expapi/activities/objective"}
    return {
        "id": id_ or str(uuid.uuid4()),
        "actor": learner(name),
        "verb": {"id": ANSWERED, "display": {"en": "answered"}},
        "object": {"id": f"{HOME}/items/{item}", "definition": {"name": {"en": item}}},
        "result": {"success": right, "duration": "PT20S"},
        "context": {"contextActivities": {"other": [{"id": skill(s), "definition": objective} for s in skills]}},
        "timestamp": timestamp,
        **more,
    }


def voiding(target: str, id_: str | None = None, timestamp: str = "2026-03-02T10:00:00Z") -> dict[str, Any]:
    """A tool takes a statement back."""
    return {
        "id": id_ or str(uuid.uuid4()),
        "actor": {"objectType": "Agent", "mbox": "mailto:tool@school.example"},
        "verb": {"id": VOIDED},
        "object": {"objectType": "StatementRef", "id": target},
        "timestamp": timestamp,
    }
