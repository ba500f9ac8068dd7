"""How often a credential may ask, and how often a secret may be guessed: token buckets, counted in one process."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

_MOST = 10_000  # buckets that are remembered
_ROUNDING = 1e-9  # seconds


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a second in the long run, and `burst` at once. Raises ValueError."""

    per_second: float
    burst: int

    def __post_init__(self) -> None:
        if not 0 < self.per_second < float("inf") or self.burst < 1:
            raise ValueError("a rate is more than 0 a second, and a burst at least 1")


# Guesses of one key from one address, and of any keys from one address.
PAIR = Rate(0.1, 10)
ADDRESS = Rate(2, 100)


class Buckets:
    """Token buckets by name, each full at first. For one thread. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._full_at: dict[Hashable, float] = {}

    def take(self, name: Hashable, rate: Rate) -> float:
        """Take a token: gives 0.0, or (nothing was taken) the seconds until there is one."""
        now = self._clock()
        if len(self._full_at) >= _MOST and name not in self._full_at:
            self._forget(now)
        span = rate.burst / rate.per_second
        full_at = min(max(self._full_at.get(name, now), now), now + span) + 1 / rate.per_second
        wait = full_at - span - now
        if wait > _ROUNDING:
            return wait
        self._full_at[name] = full_at
        return 0.0

    def give_back(self, name: Hashable, rate: Rate) -> None:
        """Put back a token that was taken."""
        if name in self._full_at:
            self._full_at[name] -= 1 / rate.per_second

    def _forget(self, now: float) -> None:
        """Full buckets say nothing; of the others, those that are full soonest go."""
        waiting = [(name, at) for name, at in self._full_at.items() if at > now]
        self._full_at = dict(sorted(waiting, key=lambda bucket: bucket[1])[-_MOST // 2 :])


class Failures:
    """Limits guesses by who makes them: a client at another address locks nobody out."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._buckets = Buckets(clock)

    def take(self, address: str, key: str) -> float:
        """Reserve an attempt before checking a secret: 0.0, or the seconds to wait (then do not check it)."""
        network = _network(address)
        if wait := self._buckets.take((network, key), PAIR):
            return wait
        if wait := self._buckets.take(network, ADDRESS):
            self._buckets.give_back((network, key), PAIR)
        return wait

    def give_back(self, address: str, key: str) -> None:
        """The secret was right after all."""
        network = _network(address)
        self._buckets.give_back((network, key), PAIR)
        self._buckets.give_back(network, ADDRESS)


def _network(address: str) -> str:
    """An address, or of IPv6 the network of one customer, who has the whole of it."""
    try:
        ip_address = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip_address, ipaddress.IPv6Address):
        return str(ip_address.ipv4_mapped or ipaddress.ip_network((ip_address, 64), strict=False))
    return address
