"""Two at a time, no more held than that, and an error ends it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from processors.reinterpretation.two_at_a_time import THREADS, overlap


def test_two_are_under_way_and_no_more_are_made() -> None:
    together = threading.Barrier(THREADS)
    begun, done = [0], [0]
    counting = threading.Lock()
    ahead: list[int] = []

    def items() -> Iterator[int]:
        for number in range(20):
            begun[0] += 1
            with counting:
                ahead.append(begun[0] - done[0])
            yield number

    def do(number: int) -> None:
        together.wait(10)  # ends only where two meet
        with counting:
            done[0] += 1

    overlap(do, items())
    assert done == [20]
    assert max(ahead) <= 2 * THREADS


def test_the_first_error_is_raised_once_nothing_is_under_way() -> None:
    done: list[int] = []

    def do(number: int) -> None:
        if number == 3:
            raise ArithmeticError(number)
        done.append(number)

    with pytest.raises(ArithmeticError):
        overlap(do, range(1_000))
    assert len(done) < 10
