"""A helper of the engagement fold: what a learner has played of media, each stretch counted once, in ms.

For each activity it keeps the union of the stretches that its events vouch for.

Bounded: KEPT_ACTIVITIES activities, those played last, with KEPT_STRETCHES separate stretches each. If an activity was
dropped and is played again, it is counted again from the start. If there are more stretches, the narrowest gap is
merged into its neighbours and never counted, so an activity is not counted for more than was played of it.
"""

from __future__ import annotations

from collections.abc import Sequence

KEPT_ACTIVITIES, KEPT_STRETCHES = 32, 16

Media = dict[int, list[int]]  # by the hash of the activity: start, end, start, end, …


def take_in_played(media: Media, activity: int, stretches: Sequence[float]) -> int:
    """Take in what was played of an activity (seconds: start, end, …); gives the ms that were not played before."""
    spans = media.pop(activity, [])
    media[activity] = spans  # played last
    if len(media) > KEPT_ACTIVITIES:
        del media[next(iter(media))]
    return sum(
        _add_span(spans, round(start * 1000), round(end * 1000))
        for start, end in zip(stretches[::2], stretches[1::2], strict=True)
    )


def _add_span(spans: list[int], start: int, end: int) -> int:
    """Merge a stretch into those that are known; gives what is new of it."""
    new, begun, ended, apart = end - start, start, end, []
    for span in zip(spans[::2], spans[1::2], strict=True):
        if span[1] < start or span[0] > end:
            apart.append(span)
        else:
            new -= min(span[1], end) - max(span[0], start)
            begun, ended = min(begun, span[0]), max(ended, span[1])
    if new == 0:
        return 0
    merged = sorted([*apart, (begun, ended)])
    if len(merged) > KEPT_STRETCHES:
        at = min(range(KEPT_STRETCHES), key=lambda at: merged[at + 1][0] - merged[at][1])
        merged[at : at + 2] = [(merged[at][0], merged[at + 1][1])]
    spans[:] = [side for span in merged for side in span]
    return new
