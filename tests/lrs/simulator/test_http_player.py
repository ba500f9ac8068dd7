"""Playing: the catalog first, the same bytes, again when the store is busy or away, and honest about what failed."""

from __future__ import annotations

import asyncio
import base64
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson
import pytest
from aiohttp import web

from lrs.simulator.http_player import Played, Player, PlayFailed
from lrs.simulator.school import SimulatedSchool
from lrs.simulator.statements import Delivery, deliveries
from schemas.catalog import CHANGES

START = datetime(2026, 1, 5, tzinfo=UTC)
SCHOOL = SimulatedSchool.build(3, 1, 6, 2, START)
SENT = deliveries(SCHOOL)


@dataclass
class Fake:
    """A store that answers each request with the next of `answers` (status, headers), and with 200 from then on."""

    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    delay: float = 0.0  # seconds until a record is projected
    paths: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    catalog: bytes = b""
    slow: bool = False  # whether it is not ready while it is behind
    dropped: int = 0  # requests that are taken in, and whose answer is lost

    async def post(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.paths.append(request.path)
        self.headers.append(dict(request.headers))
        if self.answers:
            status, headers = self.answers.pop(0)
            return web.Response(status=status, headers=headers, text='{"error":"no"}')
        if request.path == "/catalog":
            self.catalog = body
        else:
            self.bodies.append(body)
            self.times.append(time.monotonic())
            if self.dropped:
                self.dropped -= 1
                assert request.transport is not None
                request.transport.close()
        return web.json_response([])

    async def ready(self, request: web.Request) -> web.Response:
        end = len(self.times)
        done = sum(at + self.delay <= time.monotonic() for at in self.times)
        fresh = {"position": done, "log_end": end, "projected": done, "observations_end": end, "behind": end - done}
        return web.json_response({"freshness": fresh}, status=503 if self.slow and done < end else 200)


@asynccontextmanager
async def serving(fake: Fake, port: int = 0) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/catalog", fake.post)
    app.router.add_post("/xAPI/statements", fake.post)
    app.router.add_get("/ready", fake.ready)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def play(fake: Fake, sent: list[Delivery], patience: float = 20) -> Played:
    async def run() -> Played:
        async with serving(fake) as base:
            return await Player(base, "a key", "a:secret", patience).play(SCHOOL, sent)

    return asyncio.run(run())


def test_the_catalog_first_then_every_batch_as_it_is() -> None:
    fake = Fake()
    played = play(fake, SENT)
    assert fake.paths[0] == "/catalog"
    assert CHANGES.validate_json(fake.catalog) == SCHOOL.changes()
    assert Counter(fake.bodies) == Counter(delivery.body for delivery in SENT)
    assert played.statements == sum(len(d.statements) for d in SENT if not d.again)
    assert played.seconds > 0


def test_who_sends() -> None:
    fake = Fake()
    play(fake, SENT[:1])
    for headers in fake.headers:
        assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")) == b"a key:a:secret"
        assert headers["X-Experience-API-Version"] == "1.0.3"
        assert headers["Content-Type"] == "application/json"


def test_repeated_batches_are_counted_apart() -> None:
    again = Delivery(SENT[0].at, SENT[0].statements, again=True)
    played = play(Fake(), [SENT[0], again])
    assert played.statements == played.repeated == len(SENT[0].statements)


def test_progress_reaches_the_total() -> None:
    counts: list[int] = []

    async def run() -> None:
        async with serving(Fake()) as base:
            await Player(base, "key", "secret").play(SCHOOL, SENT, counts.append)

    asyncio.run(run())
    assert sum(counts) == sum(len(delivery.statements) for delivery in SENT)


def test_a_busy_store_is_asked_again_after_what_it_says() -> None:
    fake = Fake([(503, {"Retry-After": "1"}), (503, {})])
    started = time.monotonic()
    play(fake, SENT[:1])
    assert fake.paths == ["/catalog"] * 3 + ["/xAPI/statements"]
    assert 1.0 <= time.monotonic() - started < 5


def test_a_store_that_is_behind_and_goes_on_is_waited_for() -> None:
    """Longer than its patience in all, and though the store says that it is not ready."""
    fake, patience = Fake(slow=True), 1.5
    fake.times = [
        time.monotonic() + 0.7 * number for number in range(1, 5)
    ]  # when records that came before are projected
    started = time.monotonic()
    play(fake, SENT[:1], patience)
    assert time.monotonic() - started > patience
    assert fake.bodies == [SENT[0].body]


def test_a_lost_answer_is_asked_for_again_with_the_same_bytes() -> None:
    fake = Fake(dropped=1)
    play(fake, SENT[:1])
    assert fake.bodies == [SENT[0].body] * 2


def test_a_store_that_comes_up_late() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    fake = Fake()

    async def run() -> Played:
        player = Player(f"http://127.0.0.1:{port}", "key", "secret")
        playing = asyncio.create_task(player.play(SCHOOL, SENT[:1]))
        await asyncio.sleep(0.3)
        async with serving(fake, port):
            return await playing

    assert asyncio.run(run()).statements == len(SENT[0].statements)
    assert fake.bodies == [SENT[0].body]


@pytest.mark.parametrize("status", [400, 401, 409, 507])
def test_a_refusal_is_not_tried_again_and_is_told(status: int) -> None:
    fake = Fake([(status, {})])
    with pytest.raises(PlayFailed, match=rf'/catalog answered {status}: {{"error":"no"}}'):
        play(fake, SENT[:1])
    assert len(fake.paths) == 1


def test_patience_ends() -> None:
    with pytest.raises(PlayFailed, match="/catalog did not succeed"):
        play(Fake([(503, {})] * 50), SENT[:1], patience=0.5)


def test_the_lag_is_the_time_until_all_is_projected() -> None:
    played = play(Fake(delay=0.2), SENT[:1])
    assert len(played.lags) == 1
    assert 0.1 < played.lags[0] < 2


def test_a_store_that_never_projects_is_not_waited_for_for_ever() -> None:
    with pytest.raises(PlayFailed, match="1 records behind"):
        play(Fake(delay=1000), SENT[:1], patience=0.3)


def test_a_lag_is_taken_every_so_many_batches() -> None:
    played = play(Fake(), SENT[:51])
    assert len(SENT) > 51
    assert len(played.lags) == 3


def test_nothing_to_play() -> None:
    played = play(Fake(), [])
    assert (played.statements, played.lags) == (0, [])


def test_bodies_are_arrays_of_the_statements() -> None:
    assert [orjson.dumps(one) for one in orjson.loads(SENT[0].body)] == SENT[0].statements
