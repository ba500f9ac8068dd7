"""Statements to test with."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

ID = "8613c2cf-469a-46eb-ae85-30e3ed81d2b0"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
ANN, BEN = {"mbox": "mailto:ann@example.org"}, {"mbox": "mailto:ben@example.org"}
ACCOUNT = {"homePage": "https://lms.example/", "name": "cat"}
SHA1 = "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"
ACTIVITY = {"id": "https://things.example/1"}
REF = {"objectType": "StatementRef", "id": ID}
VERB = {"id": "https://verbs.example/did", "display": {"en-US": "did"}}
SUB = {"objectType": "SubStatement", "actor": ANN, "verb": VERB, "object": ACTIVITY}
FILE = {
    "usageType": "https://usages.example/proof",
    "display": {"en": "proof"},
    "contentType": "text/plain; charset=utf-8",
    "length": 27,
    "sha2": "a" * 64,
    "fileUrl": "https://files.example/proof.txt",
}
CONTEXT_AGENT = {"objectType": "contextAgent", "agent": ANN, "relevantTypes": ["https://types.example/peer"]}
CONTEXT_GROUP = {"objectType": "contextGroup", "group": {"objectType": "Group", **BEN}}
FULL: dict[str, Any] = {
    "id": ID,
    "actor": {"objectType": "Agent", "name": "Ann", "account": ACCOUNT},
    "verb": VERB,
    "object": {
        "objectType": "Activity",
        "id": "https://things.example/1",
        "definition": {
            "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
            "name": {"en": "One", "zh-Hant-TW": "一"},
            "description": {"de-CH-1996": "Eins", "x-own": "1"},
            "moreInfo": "https://things.example/1/more",
            "interactionType": "choice",
            "correctResponsesPattern": ["a[,]b"],
            "choices": [{"id": "a", "description": {"en": "A"}}, {"id": "b"}],
            "extensions": {"https://keys.example/k": None},
        },
    },
    "result": {
        "score": {"scaled": 0.5, "raw": 5, "min": 0, "max": 10.0},
        "success": True,
        "completion": False,
        "response": "",
        "duration": "P1DT2H3M4.5S",
        "extensions": {"urn:x:y": {"deep": [None, 1, {"a": "\x00"}]}},
    },
    "context": {
        "registration": ID.upper(),
        "instructor": BEN,
        "team": {"objectType": "Group", "member": [ANN, BEN]},
        "contextActivities": {"parent": ACTIVITY, "grouping": [ACTIVITY, ACTIVITY], "category": [], "other": []},
        "revision": "r1",
        "platform": "lms",
        "language": "en-GB",
        "statement": REF,
        "extensions": {},
    },
    "timestamp": "2024-02-29T23:59:59.123456789+05:30",
    "stored": "2024-02-29T20:00:00.000Z",
    "authority": {"objectType": "Group", "member": [{"account": ACCOUNT}, BEN]},
    "version": "1.0.3",
    "attachments": [{**FILE, "description": {"en": "a proof"}}],
}
GONE = object()


def with_(path: str, value: Any) -> dict[str, Any]:
    """FULL with one value set at a path with slashes; GONE takes it out."""
    whole = deepcopy(FULL)
    *above, last = path.split("/")
    part: Any = whole
    for name in above:
        part = part[int(name) if isinstance(part, list) else name]
    if value is GONE:
        del part[last]
    else:
        part[int(last) if isinstance(part, list) else last] = value
    return whole


def about(object_: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"actor": ANN, "verb": VERB, "object": object_, **more}


def raw(statement: Any) -> bytes:
    return json.dumps(statement).encode()
