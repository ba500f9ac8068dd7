"""How long something took: ISO 8601 durations in seconds, and how much of a medium was played."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from math import isfinite
from typing import Any

from processors.meaning.stretches import SEGMENTS
from processors.meaning.vocabulary.facts import activities
from processors.meaning.vocabulary.iris import EDX_EXTENSION, TINCAN_EXTENSIONS, VIDEO_EXTENSIONS

_DURATION = re.compile(
    r"P(?:([\d.]+)Y)?(?:([\d.]+)M)?(?:([\d.]+)W)?(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?$"
)
_SECONDS_OF_UNITS = (365.25 * 86400, 30.4375 * 86400, 7 * 86400, 86400, 3600, 60, 1)
_TIME = VIDEO_EXTENSIONS + "time"
_TIME_FROM = VIDEO_EXTENSIONS + "time-from"
_EXAM = TINCAN_EXTENSIONS + "duration"
_EXAM_STARTED = EDX_EXTENSION + "attempt-started"


@lru_cache(maxsize=4096)
def seconds(duration: str | None) -> float | None:
    """An ISO 8601 duration in seconds; None if there is none, its form is not understood, or no float can hold it."""
    iso_parts = _DURATION.match(duration) if duration else None
    if iso_parts is None:
        return None
    length = 0.0
    try:
        for iso_number, unit in zip(iso_parts.groups(), _SECONDS_OF_UNITS, strict=True):
            if iso_number:
                length += float(iso_number) * unit
    except ValueError:
        return None
    return length if isfinite(length) else None


def played(result: Mapping[str, Any], paused: bool) -> tuple[float | None, float | None]:
    """(seconds of media that this event says were just played, position in the media).

    The played segments are cumulative and in the order of watching: only the last one can have ended just now, and
    it did where playing was paused at its end (xAPI video profile).
    """
    extensions = result.get("extensions") or {}
    position = number(extensions.get(_TIME))
    if position is None:
        position = number(extensions.get(_TIME_FROM))
    segments = extensions.get(SEGMENTS)
    if not paused or not isinstance(segments, str):
        return None, position
    start, separator, end = segments.rpartition("[,]")[2].partition("[.]")
    try:
        length = float(end) - float(start) if separator else 0.0
    except ValueError:
        return None, position
    return (length if isfinite(length) and length > 0 else None), position


def exam_length(context: Mapping[str, Any]) -> float | None:
    """How long an exam of Open edX took: its attempt, among the groupings, gives it in seconds."""
    for activity in activities(context, "grouping"):
        extensions = (activity.get("definition") or {}).get("extensions") or {}
        if _EXAM_STARTED in extensions:
            return number(extensions.get(_EXAM))
    return None


def number(value: Any) -> float | None:
    """A finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        as_float = float(value)
    except OverflowError:
        return None
    return as_float if isfinite(as_float) else None
