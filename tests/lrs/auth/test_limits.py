"""Token buckets, with a clock that the test moves."""

from __future__ import annotations

import asyncio
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.auth import limits
from lrs.auth.limits import ADDRESS, PAIR, Buckets, Failures, Rate
from lrs.auth.secret_checks import SecretChecks
from tests.support.clock import Clock


def taken(buckets: Buckets, rate: Rate, most: int = 1000) -> int:
    """How many tokens there are now."""
    return next(count for count in range(most) if buckets.take("k", rate))


def test_a_burst_then_the_rate() -> None:
    clock = Clock()
    buckets = Buckets(clock)
    rate = Rate(2, 5)
    assert taken(buckets, rate) == 5
    clock.now += 1
    assert taken(buckets, rate) == 2
    clock.now += 1000
    assert taken(buckets, rate) == 5
    assert buckets.take("another", rate) == 0


@given(st.floats(0.01, 100), st.integers(1, 50), st.lists(st.floats(0, 3), max_size=50))
def test_what_it_says_to_wait_is_true(per_second: float, burst: int, pauses: list[float]) -> None:
    """After the seconds that Retry-After names there is a token; just before what was said there is none."""
    clock = Clock()
    buckets = Buckets(clock)
    rate = Rate(per_second, burst)
    for pause in pauses:
        clock.now += pause
        wait = buckets.take("k", rate)
        if wait > 1e-3:
            clock.now += wait - 1e-4
            assert buckets.take("k", rate) > 0
            clock.now += math.ceil(wait) - wait + 1e-4
            assert buckets.take("k", rate) == 0


def test_never_more_than_the_rate_in_the_long_run() -> None:
    clock = Clock()
    buckets = Buckets(clock)
    rate = Rate(3, 4)
    passed = 0
    for _ in range(1000):
        clock.now += 0.1
        passed += buckets.take("k", rate) == 0
    assert passed == 3 * 100 + 4 - 1


def test_a_token_can_be_given_back() -> None:
    buckets = Buckets(Clock())
    rate = Rate(1, 1)
    assert buckets.take("k", rate) == 0
    buckets.give_back("k", rate)
    assert buckets.take("k", rate) == 0
    assert buckets.take("k", rate) > 0


def test_a_new_rate_counts_at_once() -> None:
    buckets = Buckets(Clock())
    assert buckets.take("k", Rate(0.001, 1)) == 0
    assert buckets.take("k", Rate(10, 2)) == pytest.approx(0.1)


def test_buckets_are_forgotten_before_they_are_too_many() -> None:
    clock = Clock()
    buckets = Buckets(clock)
    for number in range(3 * limits._MOST):
        clock.now += 0.001
        buckets.take(number, Rate(0.1, 1))
        assert len(buckets._full_at) <= limits._MOST
    assert buckets.take(number, Rate(0.1, 1)) > 0


@pytest.mark.parametrize(("per_second", "burst"), [(0, 1), (-1, 1), (float("inf"), 1), (float("nan"), 1), (1, 0)])
def test_rates_that_cannot_be(per_second: float, burst: int) -> None:
    with pytest.raises(ValueError, match="rate"):
        Rate(per_second, burst)


def test_a_stranger_locks_nobody_out() -> None:
    clock = Clock()
    failures = Failures(clock)
    waits = [failures.take("198.51.100.7", "tool") for _ in range(1000)]
    assert waits.count(0.0) == PAIR.burst
    assert failures.take("192.0.2.1", "tool") == 0
    clock.now += 60
    assert failures.take("198.51.100.7", "tool") == 0


def test_guesses_of_many_keys_are_counted_together() -> None:
    failures = Failures(Clock())
    waits = [failures.take("198.51.100.7", f"k{n}") for n in range(1000)]
    assert waits.count(0.0) == ADDRESS.burst


def test_a_customer_of_ipv6_is_one_place() -> None:
    failures = Failures(Clock())
    assert sum(failures.take(f"2001:db8:1:2::{n:x}", "tool") == 0 for n in range(100)) == PAIR.burst
    assert failures.take("2001:db8:1:3::1", "tool") == 0
    assert failures.take("::ffff:192.0.2.1", "tool") == 0
    assert sum(failures.take("192.0.2.1", "tool") == 0 for n in range(100)) == PAIR.burst - 1


class TestChecks:
    def test_the_same_header_is_checked_once(self) -> None:
        async def together() -> list[float]:
            checks = SecretChecks(Clock())
            asked = [checks.check(verify, "Basic right", "192.0.2.1", "tool") for _ in range(50)]
            return await asyncio.gather(*asked)

        seen: list[str] = []

        def verify(header: str) -> bool:
            seen.append(header)
            return True

        assert asyncio.run(together()) == [0.0] * 50
        assert seen == ["Basic right"]

    def test_wrong_secrets_at_once_are_counted(self) -> None:
        async def together() -> list[float]:
            checks = SecretChecks(Clock())
            asked = [checks.check(verify, f"Basic {n}", "192.0.2.1", "tool") for n in range(50)]
            return await asyncio.gather(*asked)

        seen: list[str] = []

        def verify(header: str) -> None:
            seen.append(header)

        assert asyncio.run(together()).count(0.0) == PAIR.burst
        assert len(seen) == PAIR.burst

    def test_right_secrets_cost_nothing(self) -> None:
        async def after_each_other() -> list[float]:
            checks = SecretChecks(Clock())
            return [await checks.check(bool, f"Basic {n}", "192.0.2.1", "tool") for n in range(50)]

        assert asyncio.run(after_each_other()) == [0.0] * 50
