"""Which stretches of a medium were played: start, end, start, end, …, seconds from its beginning, apart, in order.

The xAPI video profile's `played-segments` name them, `0.000[.]12.000[,]14.000[.]21.000`, in the order of watching and
all of the registration's at every event. Where a tool names none (Caliper), it is the stretch between the positions at
which playing began and stopped: see `processors.meaning.resolve.active`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

from processors.meaning.vocabulary.iris import VIDEO_EXTENSIONS

Stretches = tuple[float, ...]
MOST_STRETCHES = 64  # stretches of an event: of more, the longest
LONGEST = 24 * 3600.0  # seconds from a medium's beginning: nothing is said of what lies beyond
SEGMENTS = VIDEO_EXTENSIONS + "played-segments"


def stretches(result: Mapping[str, Any]) -> Stretches:
    """What a result's played segments vouch for; none of those that cannot be read."""
    segments = (result.get("extensions") or {}).get(SEGMENTS)
    if not isinstance(segments, str):
        return ()
    merged = union(filter(None, map(_stretch, segments.split("[,]"))))
    if len(merged) > MOST_STRETCHES:
        merged = sorted(sorted(merged, key=lambda stretch: (stretch[0] - stretch[1], stretch))[:MOST_STRETCHES])
    return tuple(at for stretch in merged for at in stretch)


def union(stretches_given: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """The union of stretches: without overlaps, in order."""
    merged: list[tuple[float, float]] = []
    for start, end in sorted(stretches_given):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _stretch(segment: str) -> tuple[float, float] | None:
    start, _, end = segment.partition("[.]")
    try:
        stretch = (float(start), float(end))
    except ValueError:
        return None
    return stretch if all(map(isfinite, stretch)) and 0.0 <= stretch[0] < stretch[1] <= LONGEST else None
