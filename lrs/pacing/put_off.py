"""Reminders that people have put off: for which learner and skill, and until when. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.catalog import Catalog


class PutOffNow:
    """What is put off at a moment (µs), of every learner of a catalog."""

    def __init__(self, catalog: Catalog, now: int) -> None:
        self._now = now
        person = catalog.people.person
        self._said = {(person(key), skill): one for (key, skill), one in catalog.alerts.put_off.items()}

    def of(self, person: str, skill: str, evidence_time: int) -> dict[str, Any] | None:
        """Who put off a learner's row and why, as JSON; None where it is not put off, or no longer.

        skill: "" for not having been seen.

        evidence_time: that of the last event that what is put off rests on.
        """
        one = self._said.get((person, skill))
        if one is None or not one.change.holds(evidence_time, self._now):
            return None
        said = one.change
        return {"reason": said.reason, "by": said.by, "at": one.at, "until": said.until}


def is_put_off(cell: Mapping[str, Any]) -> bool:
    """Whether a cell of a board, or a row for not having been seen, is put off."""
    return cell.get("put_off") is not None
