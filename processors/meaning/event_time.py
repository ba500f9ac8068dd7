"""When a statement happened: read, and bounded by when it was stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST_TIME = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LAST_TIME = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_TO_SECOND = len("2026-03-02T09:00:00")
AHEAD = 5 * 60 * 1_000_000  # a clock may be ahead of the store's by this much
EARLIEST = (datetime(1990, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND


def moment(text: str) -> int:
    """A moment in µs since the epoch; without an offset it is read as UTC. Raises ValueError.

    An offset may lead out of the years 1 to 9999: such a moment is read as the first or last of them.
    """
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    since = parsed - _EPOCH  # not divided: that takes twice as long
    return max(_FIRST_TIME, min(_LAST_TIME, (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds))


def sent_time(statement: Mapping[str, Any]) -> int:
    """What the sender says of when it happened. Raises ValueError."""
    return moment(statement["timestamp"])


def _happened_earlier(timestamp: str, stored: str) -> bool:
    """Whether a moment is plainly in a second before another: both as nearly every sender writes them, in UTC."""
    return (
        timestamp[:_TO_SECOND] < stored[:_TO_SECOND]
        and timestamp[-1:] == "Z" == stored[-1:]
        and timestamp[10:11] == "T"
    )


def event_time(sent: int, statement: Mapping[str, Any]) -> int:
    """When it happened as far as it can be believed: `stored` where the sender's clock is plainly wrong."""
    stored = statement.get("stored")
    if stored is None or (sent >= EARLIEST and _happened_earlier(statement["timestamp"], stored)):
        return sent
    limit = moment(stored)
    return limit if sent > limit + AHEAD or sent < EARLIEST else sent
