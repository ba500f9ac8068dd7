"""Play a simulated school against a running store over HTTP."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson

from lrs.simulator.monday import Ask
from lrs.simulator.school import SimulatedSchool
from lrs.simulator.statements import Delivery

CONNECTIONS = 4
PROBED = 25  # event → queryable is measured once in so many batches
PATIENCE = 60.0  # seconds a request may be tried again
PAUSES = (0.1, 2.0)  # seconds before the first try again, and at most; each doubles the one before
_TIMEOUT = aiohttp.ClientTimeout(total=30)


class PlayFailed(Exception):
    """The store refused a request of the simulation."""


@dataclass(slots=True)
class Played:
    """What was played; lags are seconds from a batch's acknowledgement until its events can be queried."""

    statements: int = 0
    repeated: int = 0
    seconds: float = 0.0
    lags: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Player:
    """Sends as one credential to the store at `base`; tries again for `patience` seconds."""

    base: str
    key: str
    secret: str
    patience: float = PATIENCE

    @property
    def headers(self) -> dict[str, str]:
        basic = base64.b64encode(f"{self.key}:{self.secret}".encode()).decode()
        return {
            "Authorization": f"Basic {basic}",
            "X-Experience-API-Version": "1.0.3",
            "Content-Type": "application/json",
        }

    async def play(
        self,
        school: SimulatedSchool,
        deliveries: Sequence[Delivery],
        progress: Callable[[int], None] = lambda done: None,
        then: Callable[[Ask], Awaitable[None]] | None = None,
    ) -> Played:
        """The catalog first, then every delivery in order, a few at a time; `then`, when all of that is folded, what
        else is asked. Raises PlayFailed."""
        played = Played()
        started = time.monotonic()
        async with aiohttp.ClientSession(headers=self.headers, timeout=_TIMEOUT) as session:
            changes = orjson.dumps([change.model_dump() for change in school.changes()])
            await self._ask(session, "POST", "/catalog", changes)
            waiting = iter(enumerate(deliveries))

            async def play_waiting() -> None:
                for number, delivery in waiting:
                    await self._ask(session, "POST", "/xAPI/statements", delivery.body)
                    count = len(delivery.statements)
                    played.statements += 0 if delivery.again else count
                    played.repeated += count if delivery.again else 0
                    progress(count)
                    if number % PROBED == 0:
                        played.lags.append(await self._queryable(session))

            await asyncio.gather(*(play_waiting() for _ in range(CONNECTIONS)))
            await self._queryable(session)
            if then is not None:

                async def ask(method: str, path: str, value: Any) -> Any:
                    return await self._ask(session, method, path, orjson.dumps(value))

                await then(ask)
                await self._queryable(session)
        played.seconds = time.monotonic() - started
        return played

    async def _ask(
        self,
        session: aiohttp.ClientSession,
        method: str,
        path: str,
        body: bytes | None = None,
        enough: Callable[[Any], bool] = lambda found: False,
    ) -> Any:
        """The answer's JSON. While the store is busy or unavailable, the request is repeated, unless what it says then
        is enough. Raises PlayFailed."""
        deadline = time.monotonic() + self.patience
        pause, longest = PAUSES
        while True:
            wait = pause
            try:
                async with session.request(method, self.base + path, data=body) as answer:
                    text = await answer.text()
                    if answer.status == 200:
                        return orjson.loads(text)
                    if (
                        answer.status == 503
                        and answer.content_type == "application/json"
                        and enough(orjson.loads(text))
                    ):
                        return orjson.loads(text)
                    if answer.status != 503:
                        raise PlayFailed(f"{path} answered {answer.status}: {text[:300]}")
                    wait = _seconds(answer.headers.get("Retry-After", ""), pause)
            # A request whose answer was lost is repeated too: statements have ids, so nothing counts twice.
            except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError) as error:
                text = str(error) or "no answer in time"
            if time.monotonic() + wait > deadline:
                raise PlayFailed(f"{path} did not succeed in {self.patience:.0f} s: {text[:300]}")
            await asyncio.sleep(wait)
            pause = min(2 * pause, longest)

    async def _queryable(self, session: aiohttp.ClientSession) -> float:
        """Seconds until everything that is in the log now is projected. Raises PlayFailed where that does not go on."""
        started = moved = time.monotonic()
        end = (await self._freshness(session))["log_end"]
        for reached, upto in (("position", end), ("projected", None)):
            last = -1
            while True:
                fresh = await self._freshness(session)
                if fresh[reached] > last:
                    last, moved = fresh[reached], time.monotonic()
                upto = fresh["observations_end"] if upto is None else upto
                if fresh[reached] >= upto:
                    break
                if time.monotonic() - moved > self.patience:
                    raise PlayFailed(f"the projections have been {fresh['behind']} records behind for too long")
                await asyncio.sleep(0.02)
        return time.monotonic() - started

    async def _freshness(self, session: aiohttp.ClientSession) -> dict[str, int]:
        """How far the projections are, also where they are too far behind for the store to be ready."""
        ready = await self._ask(session, "GET", "/ready", enough=lambda found: bool(found.get("freshness")))
        freshness: dict[str, int] = ready["freshness"]
        return freshness


def _seconds(retry_after: str, otherwise: float) -> float:
    """What Retry-After says (RFC 9110, 10.2.3); its form as a date is not supported."""
    return float(retry_after) if retry_after.isdecimal() else otherwise
