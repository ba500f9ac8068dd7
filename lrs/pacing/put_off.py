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
        self._put_off = {(person(key), skill): put_off for (key, skill), put_off in catalog.alerts.put_off.items()}

    def of(self, person: str, skill: str, evidence_time: int) -> dict[str, Any] | None:
        """Who put off a learner's row and why, as JSON; None where it is not put off, or no longer.

        skill: "" for not having been seen.

        evidence_time: that of the last event that what is put off rests on.
        """
        put_off = self._put_off.get((person, skill))
        if put_off is None or not put_off.change.holds(evidence_time, self._now):
            return None
        change = put_off.change
        return {"reason": change.reason, "by": change.by, "at": put_off.at, "until": change.until}


def is_put_off(cell: Mapping[str, Any]) -> bool:
    """Whether a cell of a board, or a row for not having been seen, is put off."""
    return cell.get("put_off") is not None
