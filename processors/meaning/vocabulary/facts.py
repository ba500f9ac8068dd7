"""What a rule of the vocabulary may look at: one statement's verb, object and result, read once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from processors.meaning.vocabulary.types import ActivityRole, role_of

_NO_PROPERTIES: Mapping[str, Any] = {}
_CLOSED = frozenset({"choice", "true-false", "matching", "sequencing", "likert", "numeric", "performance"})
_MOODLE_ASSIGNMENT = "/mod/assign/"  # the logstore up to 4.7 says it is an assessment
_ARTICULATE = "urn:articulate:"  # whose questions without a verdict are those of surveys
_SURVEYS = re.compile("/mod/(?:feedback|choice|questionnaire|survey)/")


def activities(context: Mapping[str, Any], relation: str) -> list[Mapping[str, Any]]:
    """The activities of a context in one relation; a single one may stand without a list (xAPI 1.0)."""
    related = (context.get("contextActivities") or _NO_PROPERTIES).get(relation)
    if not related:
        return []
    return related if isinstance(related, list) else [related]


class Facts:
    """One statement as the tables see it."""

    __slots__ = (
        "context",
        "definition",
        "described",
        "extensions",
        "id",
        "interaction",
        "result",
        "role",
        "score",
        "type",
        "verb",
    )

    def __init__(self, statement: Mapping[str, Any]) -> None:
        """Read a statement once. Raises KeyError, TypeError and AttributeError where it is none."""
        target = statement["object"]
        self.verb: str = statement["verb"]["id"]
        self.id: str = target.get("id", "")
        self.definition: Mapping[str, Any] = target.get("definition") or _NO_PROPERTIES
        self.type: str = self.definition.get("type") or ""
        self.interaction: str = self.definition.get("interactionType") or ""
        self.role: ActivityRole = role_of(self.type)
        self.result: Mapping[str, Any] = statement.get("result") or _NO_PROPERTIES
        self.context: Mapping[str, Any] = statement.get("context") or _NO_PROPERTIES
        self.extensions: Mapping[str, Any] = self.context.get("extensions") or _NO_PROPERTIES
        self.described: Mapping[str, Any] = (
            self.definition.get("extensions") or _NO_PROPERTIES
        )  # by the object's definition
        self.score: Mapping[str, Any] = self.result.get("score") or _NO_PROPERTIES

    @property
    def judged(self) -> bool:
        """Whether the result says how well it went."""
        return "success" in self.result or "scaled" in self.score or "raw" in self.score

    @property
    def survey(self) -> bool:
        """Whether there is no right answer to what was answered."""
        if self.role is ActivityRole.SURVEY or self.interaction == "likert":
            return True
        if "/mod/" in self.id and _SURVEYS.search(self.id):
            return True
        if self.judged:
            return False
        return self.id.startswith(_ARTICULATE) or (
            self.interaction in _CLOSED and not self.definition.get("correctResponsesPattern")
        )

    @property
    def work(self) -> bool:
        """Whether it is work that somebody hands in."""
        return self.role is ActivityRole.WORK or _MOODLE_ASSIGNMENT in self.id
