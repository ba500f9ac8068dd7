"""Caliper envelopes and events for tests."""

from __future__ import annotations

import uuid
from typing import Any

V1P1, V1P2 = "http://purl.imsglobal.org/ctx/caliper/v1p1", "http://purl.imsglobal.org/ctx/caliper/v1p2"
HOME = "https://quiz.example"
HEAD = {"sensor": f"{HOME}/sensor", "sendTime": "2026-03-02T09:05:00.000Z", "dataVersion": V1P2}


def person(name: str = "ada", **more: Any) -> dict[str, Any]:
    return {"id": f"{HOME}/users/{name}", "type": "Person", **more}


def key(name: str) -> str:
    """The canonical actor of `person(name)`."""
    return f"account:{HOME}/users|{name}"


def item(name: str = "i1", **more: Any) -> dict[str, Any]:
    """An assessment item of the skill "halves"."""
    objective = {"id": f"{HOME}/skills/halves", "type": "LearningObjective", "name": "Halves"}
    quiz = {"id": f"{HOME}/quizzes/1", "type": "Assessment", "name": "Quiz"}
    about = {"name": f"Item {name}", "isPartOf": quiz, "learningObjectives": [objective], "maxScore": 1}
    return {"id": f"{HOME}/items/{name}", "type": "AssessmentItem", **about, **more}


def response(**more: Any) -> dict[str, Any]:
    """An answer that took 12.5 seconds."""
    times = {"startedAtTime": "2026-03-02T09:00:00.000Z", "endedAtTime": "2026-03-02T09:00:12.500Z"}
    return {"id": f"{HOME}/responses/1", "type": "FillinBlankResponse", "values": ["1", "2"], **times, **more}


def score(given: float | None, most: float | None = 1, **more: Any) -> dict[str, Any]:
    return {"id": f"{HOME}/scores/1", "type": "Score", "scoreGiven": given, "maxScore": most} | more


def event(type_: str = "AssessmentItemEvent", action: str = "Completed", **more: Any) -> dict[str, Any]:
    """An event; by itself, a learner's answer to an item."""
    made = {
        "@context": V1P2,
        "id": f"urn:uuid:{uuid.uuid4()}",
        "type": type_,
        "actor": person(),
        "action": action,
        "object": item(),
        "eventTime": "2026-03-02T09:00:12.500Z",
        "edApp": {"id": HOME, "type": "SoftwareApplication", "name": "Quiz"},
        **more,
    }
    return {name: value for name, value in made.items() if value is not None}


def envelope(*data: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**HEAD, "data": list(data), **more}
