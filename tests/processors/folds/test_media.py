"""Media counts once, however often and in whatever pieces it is played."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from processors.folds.media import KEPT_ACTIVITIES, KEPT_STRETCHES, Media, take_in_played

stretches = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=12).map(
    lambda drawn: [(start, start + length) for start, length in drawn]
)


def seconds(media: Media, *some: tuple[int, int], activity: int = 1) -> float:
    return take_in_played(media, activity, [float(side) for stretch in some for side in stretch]) / 1000


def test_what_is_played_again_counts_once() -> None:
    media: Media = {}
    assert seconds(media, (0, 12), (14, 21)) == 19
    assert seconds(media, (0, 12), (14, 21)) == 0
    assert seconds(media, (10, 16)) == 2
    assert seconds(media, (10, 16), activity=2) == 6
    assert media[1] == [0, 21_000]


@given(stretches)
def test_it_is_the_length_of_the_union(some: list[tuple[int, int]]) -> None:
    media: Media = {}
    played = sum(seconds(media, stretch) for stretch in some)
    assert played == len({at for start, end in some for at in range(start, end)})


@given(st.lists(st.integers(0, 200), max_size=60))
def test_the_state_is_bounded_and_never_counts_more_than_was_played(starts: list[int]) -> None:
    media: Media = {}
    played = sum(seconds(media, (2 * start, 2 * start + 1)) for start in starts)
    assert played <= len(set(starts))
    assert played == len(set(starts)) or len(set(starts)) > KEPT_STRETCHES
    assert len(media.get(1, [])) <= 2 * KEPT_STRETCHES
    assert seconds(media, (0, 401)) <= 401 - played


def test_the_activity_played_longest_ago_is_forgotten() -> None:
    media: Media = {}
    for activity in range(KEPT_ACTIVITIES):
        seconds(media, (0, 1), activity=activity)
    seconds(media, (0, 1), activity=0)
    assert seconds(media, (0, 1), activity=KEPT_ACTIVITIES) == 1
    assert (seconds(media, (0, 1), activity=0), seconds(media, (0, 1), activity=1), len(media)) == (
        0,
        1,
        KEPT_ACTIVITIES,
    )
