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
MOST = 64  # stretches of an event: of more, the longest
LONGEST = 24 * 3600.0  # seconds from a medium's beginning: nothing is said of what lies beyond
SEGMENTS = VIDEO_EXTENSIONS + "played-segments"


def stretches(result: Mapping[str, Any]) -> Stretches:
    """What a result's played segments vouch for; none of those that cannot be read."""
    said = (result.get("extensions") or {}).get(SEGMENTS)
    if not isinstance(said, str):
        return ()
    found = union(filter(None, map(_stretch, said.split("[,]"))))
    if len(found) > MOST:
        found = sorted(sorted(found, key=lambda one: (one[0] - one[1], one))[:MOST])
    return tuple(at for one in found for at in one)


def union(some: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """The union of stretches: without overlaps, in order."""
    found: list[tuple[float, float]] = []
    for start, end in sorted(some):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _stretch(said: str) -> tuple[float, float] | None:
    start, _, end = said.partition("[.]")
    try:
        found = (float(start), float(end))
    except ValueError:
        return None
    return found if all(map(isfinite, found)) and 0.0 <= found[0] < found[1] <= LONGEST else None
