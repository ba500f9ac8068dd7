"""When a statement happened: read, bounded by when it was stored, and as a local day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LAST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
DAY = 86_400 * 1_000_000
AHEAD = 5 * 60 * 1_000_000  # a clock may be ahead of the store's by this much
EARLIEST = (datetime(1990, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_QUARTER = 900 * 1_000_000  # zones change at quarters of an hour


def moment(text: str) -> int:
    """A moment in µs since the epoch; without an offset it is read as UTC. Raises ValueError.

    An offset may lead out of the years 1 to 9999: such a moment is read as the first or last of them.
    """
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        read = read.replace(tzinfo=UTC)
    return max(_FIRST, min(_LAST, (read - _EPOCH) // _MICROSECOND))


def event_time(statement: Mapping[str, Any]) -> int:
    """What the sender says of when it happened. Raises ValueError."""
    return moment(statement["timestamp"])


def bounded(sent: int, statement: Mapping[str, Any]) -> int:
    """When it happened as far as it can be believed: `stored` where the sender's clock is plainly wrong."""
    stored = statement.get("stored")
    if stored is None:
        return sent
    limit = moment(stored)
    return limit if sent > limit + AHEAD or sent < EARLIEST else sent


def local_day(time: int, zone: str) -> tuple[int, int] | None:
    """(days since the epoch, µs at which that day began) in a zone; None for UTC, and for an unknown zone."""
    if not zone or zone == "UTC":
        return None
    return _local_day(time // _QUARTER, zone)


@lru_cache(maxsize=65536)
def _local_day(quarter: int, zone: str) -> tuple[int, int] | None:
    found = _zone(zone)
    if found is None:
        return None
    try:
        local = (_EPOCH + timedelta(microseconds=quarter * _QUARTER)).astimezone(found)
        begins = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        return (local.date() - _EPOCH.date()).days, (begins.astimezone(UTC) - _EPOCH) // _MICROSECOND
    except OverflowError:  # at the ends of the calendar
        return None


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
