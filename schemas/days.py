"""Days of a zone: those that learners live by, in the folds and on the boards."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
DAY = 86_400 * 1_000_000  # µs
_SINCE_MONDAY = 3  # days from a Monday to the first of January 1970, a Thursday
_QUARTER = 900 * 1_000_000  # zones change at quarters of an hour


def day_of(time: int, zone: str) -> int:
    """The day of a moment (µs since the epoch) in a zone, in days since the epoch; UTC's for an unknown zone."""
    day_and_midnight = local_day(time, zone)
    return time // DAY if day_and_midnight is None else day_and_midnight[0]


def minute_of(time: int, zone: str) -> int:
    """What a zone's clock shows at a moment (µs since the epoch), in minutes after 00:00; UTC's for an unknown zone."""
    shown = (_EPOCH + timedelta(microseconds=time)).astimezone((zone and _zone(zone)) or UTC)
    return shown.hour * 60 + shown.minute


def day_name(day: int) -> str:
    """A day as YYYY-MM-DD."""
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()


def day_number(name: str) -> int:
    """The day since the epoch that YYYY-MM-DD names. Raises ValueError."""
    return (date.fromisoformat(name) - date(1970, 1, 1)).days


def week_of(day: int) -> int:
    """The week of a day since the epoch, in weeks from Monday to Sunday; the epoch itself is in week 0."""
    return (day + _SINCE_MONDAY) // 7


def monday_of(week: int) -> int:
    """The first day of a week, in days since the epoch."""
    return week * 7 - _SINCE_MONDAY


def week_in_sql(day: str) -> str:
    """An expression of ClickHouse for `week_of` an expression of type Int64."""
    return f"intDiv({day} + {_SINCE_MONDAY}, 7)"


def local_day(time: int, zone: str) -> tuple[int, int] | None:
    """(days since the epoch, µs at which that day began) in a zone; None for UTC, and for an unknown zone."""
    if not zone or zone == "UTC":
        return None
    return _local_day(time // _QUARTER, zone)


@lru_cache(maxsize=65536)
def _local_day(quarter: int, zone: str) -> tuple[int, int] | None:
    zone_info = _zone(zone)
    if zone_info is None:
        return None
    try:
        local = (_EPOCH + timedelta(microseconds=quarter * _QUARTER)).astimezone(zone_info)
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


def _checked_zone(zone: str) -> str:
    if zone:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"{zone!r} is not a time zone") from error
    return zone


Zone = Annotated[str, AfterValidator(_checked_zone)]  # "": none is named
