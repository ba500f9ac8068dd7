"""Explain a statement that was not sent: whether it is valid, what would be repaired, and what it would mean."""

from __future__ import annotations

from typing import Any

import orjson

from processors.meaning.interpretation_words import interpretation_in_words
from schemas.catalog import Catalog
from schemas.xapi import Invalid, check
from schemas.xapi.repair import repair

_UNSENT_ID = "00000000-0000-4000-8000-000000000000"  # the store would give one
_OBSERVATION_FIELDS = (
    "kind",
    "learner",
    "item",
    "skills",
    "outcome",
    "share",
    "duration",
    "session",
    "attempt",
    "parents",
    "by",
)


class Explainer:
    """Explains statements with a tenant's catalog."""

    def __init__(self, catalog: Catalog, now: str, home_page: str = "", names: bool = True) -> None:
        """`now`: the timestamp of a statement without one; `home_page`: see `repair`; `names`: say who learners are."""
        self._catalog = catalog
        self._now = now
        self._home_page = home_page
        self._names = names

    def explain(self, raw: bytes, version: str) -> dict[str, Any]:
        """One statement's explanation, as JSON."""
        try:
            check(raw, version)
            explanation: dict[str, Any] = {"valid": True}
        except Invalid as error:
            explanation = {"valid": False, "error": str(error), "field": error.field, "repairs": []}
            try:
                raw, repairs, _ = repair(raw, version, self._home_page)
            except Invalid:
                return explanation | {"because": [], "read_as": []}
            explanation["repairs"] = [str(change) for change in repairs]
        statement = {"id": _UNSENT_ID, "timestamp": self._now, "stored": self._now} | orjson.loads(raw)
        try:
            meaning = interpretation_in_words(statement, self._catalog)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            because = [f"it would be a dead letter: {type(error).__name__}"]
            return explanation | {"because": because, "read_as": []}
        read_as = []
        for observation in meaning.observations:
            observation_fields = {name: getattr(observation, name) for name in _OBSERVATION_FIELDS}
            read_as.append({"time": observation.time, **observation_fields, **self._whose(observation.learner)})
        return explanation | {"tool": meaning.tool, "because": meaning.because, "read_as": read_as}

    def _whose(self, learner: str) -> dict[str, str | None]:
        """Who a learner is; of nobody where the asker may not read about learners."""
        if not self._names:
            return {"person": None, "name": None}
        people = self._catalog.people
        rostered = self._catalog.persons.get(people.rostered(learner) or "")
        return {"person": people.person(learner), "name": rostered.name if rostered else None}
