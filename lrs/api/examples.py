"""Examples of requests in the OpenAPI document. A test sends each of them."""

from __future__ import annotations

from typing import Any

AGENT = '{"account": {"homePage": "https://school.example", "name": "ada"}}'
ACTIVITY = "https://items.example/fractions/1"
REGISTRATION = "5b7d3c0e-4f5e-4c55-9d0c-2c3f6d6d1c11"
STATEMENT: dict[str, Any] = {
    "id": "0f2a51a2-6b51-4d37-bf2e-4f8c6a2f7a10",
    "actor": {"account": {"homePage": "https://school.example", "name": "ada"}},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/answered"},
    "object": {"id": ACTIVITY},
    "result": {"success": True},
}
_DOCUMENT = {"activityId": ACTIVITY, "agent": AGENT}
# By method and path: parameters, and the body.
EXAMPLES: dict[tuple[str, str], tuple[dict[str, str], Any]] = {
    ("get", "/xAPI/statements"): ({"agent": AGENT, "limit": "10"}, None),
    ("put", "/xAPI/statements"): ({"statementId": STATEMENT["id"]}, STATEMENT),
    ("post", "/xAPI/statements"): ({}, [STATEMENT]),
    ("get", "/xAPI/agents"): ({"agent": AGENT}, None),
    ("get", "/xAPI/activities"): ({"activityId": ACTIVITY}, None),
    ("put", "/xAPI/activities/state"): (_DOCUMENT | {"stateId": "page"}, {"page": 3}),
    ("post", "/xAPI/activities/state"): (_DOCUMENT | {"stateId": "page"}, {"page": 4}),
    ("get", "/xAPI/activities/state"): (_DOCUMENT, None),
    ("delete", "/xAPI/activities/state"): (_DOCUMENT | {"stateId": "page"}, None),
    ("post", "/xAPI/activities/profile"): ({"activityId": ACTIVITY, "profileId": "hints"}, {"hints": 2}),
    ("get", "/xAPI/activities/profile"): ({"activityId": ACTIVITY}, None),
    ("post", "/xAPI/agents/profile"): ({"agent": AGENT, "profileId": "settings"}, {"sound": False}),
    ("get", "/xAPI/agents/profile"): ({"agent": AGENT}, None),
    ("post", "/catalog"): (
        {},
        [
            {"kind": "skill", "id": "https://skills.example/halves", "name": "Halves"},
            {"kind": "activity", "id": ACTIVITY, "skills": ["https://skills.example/halves"]},
        ],
    ),
}


def add_examples(paths: dict[str, Any]) -> None:
    """Put the examples into the path items of an OpenAPI document."""
    for (method, path), (query, sent) in EXAMPLES.items():
        operation = paths[path][method]
        for parameter in operation.get("parameters", []):
            if parameter["name"] in query:
                parameter["example"] = query[parameter["name"]]
        if sent is not None:
            content = operation["requestBody"]["content"]
            content[next(iter(content))]["example"] = sent
