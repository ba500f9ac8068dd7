"""The line format of the public ASSISTments research data, as statements.

The data carries no clock: a learner's events are put a minute apart, so that their order is kept.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from lrs.evaluation import assistments
from lrs.importing.imported_line import ImportedLine
from schemas.xapi import Invalid
from schemas.xapi.verbs import ANSWERED

HOME = "https://assistments.example"
_FIRST_DAY = datetime(2009, 9, 1, 8, tzinfo=UTC)
_ASSISTMENTS_IDS = uuid.uuid5(uuid.NAMESPACE_URL, HOME)
_VERB = {"id": ANSWERED, "display": {"en": "answered"}}
_OBJECTIVE_TYPE = {"type": "http://adlnet.gov/expapi/activities/objective"}
_ITEM = {"type": "http://adlnet.gov/expapi/activities/cmi.interaction", "interactionType": "other"}


def read_assistments(path: Path) -> Iterator[ImportedLine | Invalid]:
    """A statement for each answered item. Raises OSError, ValueError when the file is in another format."""
    size = path.stat().st_size
    learners = list(assistments.read_assistments(path))
    for n, (learner, events) in enumerate(learners):
        actor = {"objectType": "Agent", "account": {"homePage": HOME, "name": learner}}
        for index, event in enumerate(events):
            statement = {
                "id": str(uuid.uuid5(_ASSISTMENTS_IDS, f"{path.name}/{n}/{learner}/{index}")),
                "actor": actor,
                "verb": _VERB,
                "object": {"id": f"{HOME}/items/{event.item}", "definition": _ITEM},
                "result": {"success": event.correct},
                "context": {
                    "contextActivities": {
                        "other": [
                            {"id": f"{HOME}/skills/{skill}", "definition": _OBJECTIVE_TYPE} for skill in event.skills
                        ]
                    }
                },
                "timestamp": (_FIRST_DAY + timedelta(minutes=index)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
            where = f"{path.name}, learner {n + 1}, event {index + 1}"
            yield ImportedLine(where, orjson.dumps(statement), size * (n + 1) // len(learners))
