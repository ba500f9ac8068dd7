"""What lives long is not looked through at each full collection, and garbage among it is found within an hour."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from lrs.processes.long_lived import LongLived


class Ring:
    """Refers to itself: only a collection finds that nobody else does."""

    def __init__(self) -> None:
        self.itself = self


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock()
    long_lived = LongLived(clock)
    long_lived.set_aside()
    yield clock
    long_lived.stop()


def is_looked_at(it: object) -> bool:
    return any(one is it for one in gc.get_objects())


@pytest.mark.usefixtures("clock")
def test_what_outlives_a_full_collection_is_set_aside() -> None:
    kept = Ring()
    gc.collect(1)
    assert is_looked_at(kept)
    gc.collect()
    assert not is_looked_at(kept)


@pytest.mark.usefixtures("clock")
def test_what_came_since_is_collected() -> None:
    gc.collect()
    gone = weakref.ref(Ring())
    gc.collect()
    assert gone() is None


def test_garbage_that_was_set_aside_is_collected_within_an_hour(clock: Clock) -> None:
    kept = Ring()
    gone = weakref.ref(kept)
    gc.collect()
    del kept
    gc.collect()
    assert gone() is not None
    clock.now += 3600
    gc.collect()
    assert gone() is None
    assert not is_looked_at(clock)  # and all else is set aside again


def test_it_ends(clock: Clock) -> None:
    other = LongLived(clock)
    other.set_aside()
    other.stop()
    assert is_looked_at(clock)
