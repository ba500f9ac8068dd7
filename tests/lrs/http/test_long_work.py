"""Long work takes turns, and no thread from quick requests."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from lrs.api import document_resources
from lrs.auth.scopes import EVERY
from lrs.cli.schemas import NOWHERE
from lrs.documents.store import Content
from lrs.http import long_work
from lrs.http.errors import HttpError
from lrs.http.long_work import LongWork
from lrs.plans.planner import DayPlanner
from tests.support.api import Client
from tests.support.server import HEADERS, KEY, SECRET


class Held:
    """Work that ends when it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.began = 0

    def __call__(self) -> str:
        self.began += 1
        assert self.go.wait(60)
        return "done"


async def until(holds: Callable[[], bool]) -> None:
    while not holds():
        await asyncio.sleep(0.01)


def test_whoever_finds_no_turn_is_asked_to_come_again() -> None:
    async def run() -> None:
        held, works = Held(), LongWork("is busy", 2, 1, wait=0.0)
        first = asyncio.create_task(works.run("a", held))
        await until(lambda: held.began == 1)
        with pytest.raises(HttpError, match="is busy for others: try again") as refused:
            await works.run("a", held)
        assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "5"})
        second = asyncio.create_task(works.run("b", held))  # another tenant's turn is its own
        await until(lambda: held.began == 2)
        with pytest.raises(HttpError):
            await works.run("c", held)
        held.go.set()
        assert list(await asyncio.gather(first, second)) == ["done", "done"]
        assert await works.run("a", held) == "done"

    asyncio.run(asyncio.wait_for(run(), 60))


def test_who_waits_has_the_turn_of_who_ended() -> None:
    async def run() -> None:
        held, works = Held(), LongWork("is busy", 1, 1, wait=60.0)
        tasks = [asyncio.create_task(works.run("a", held)) for _ in range(5)]
        await until(lambda: held.began == 1)
        held.go.set()
        assert await asyncio.gather(*tasks) == ["done"] * 5

    asyncio.run(asyncio.wait_for(run(), 60))


def test_not_too_many_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_work, "MOST_WAITING", 2)

    async def run() -> None:
        held, works = Held(), LongWork("is busy", 1, 1, wait=60.0)
        tasks = [asyncio.create_task(works.run("a", held)) for _ in range(3)]
        await until(lambda: held.began == 1)
        with pytest.raises(HttpError):
            await works.run("a", held)
        held.go.set()
        assert await asyncio.gather(*tasks) == ["done"] * 3

    asyncio.run(asyncio.wait_for(run(), 60))


def test_what_fails_gives_its_turn_back() -> None:
    async def run() -> None:
        works = LongWork("is busy", 1, 1, wait=0.0)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                await works.run("a", lambda: 1 / 0)

    asyncio.run(asyncio.wait_for(run(), 60))


def test_many_plans_that_are_made_leave_threads_for_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = Held()

    def make(*_: object) -> dict[str, str]:
        return {"said": held()}

    monkeypatch.setattr(DayPlanner, "ask", make)
    monkeypatch.setattr("lrs.api.plans.check_sees", lambda *_: None)
    client = Client(tmp_path / "data", NOWHERE)
    client.allow(EVERY)

    async def run() -> None:
        transport = httpx.ASGITransport(client.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://pacer.example") as http:
            body = {"do": "make", "seconds": 120}
            makes = [asyncio.create_task(http.post("/pacing/plans/7b/2026-11-26", json=body)) for _ in range(45)]
            await until(lambda: sum(one.done() for one in makes) == 45 - 22)  # 2 are made, 20 wait
            assert {(one.result().status_code, one.result().headers["retry-after"]) for one in makes if one.done()} == {
                (503, "5")
            }
            quick = await http.get("/catalog")
            assert quick.status_code == 200
            held.go.set()
            assert [one.status_code for one in await asyncio.gather(*makes)].count(200) == 22
            assert held.began == 22

    try:
        asyncio.run(asyncio.wait_for(run(), 120))
    finally:
        held.go.set()
        client.close()


def test_documents_are_merged_by_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are sent at once, few are objects at a time; all are merged."""
    client = Client(tmp_path, NOWHERE)
    most, now, lock = 0, 0, threading.Lock()
    merge = document_resources._merge_documents

    def counted(existing: Content, sent: Content) -> Content:
        nonlocal most, now
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.02)
        try:
            return merge(existing, sent)
        finally:
            with lock:
                now -= 1

    monkeypatch.setattr(document_resources, "_merge_documents", counted)
    params = {"agent": '{"mbox":"mailto:a@b.example"}'}

    async def send() -> list[int]:
        transport = httpx.ASGITransport(client.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x", auth=(KEY, SECRET)) as one:
            answers = await asyncio.gather(
                *(
                    one.post(
                        "/xAPI/agents/profile", params=params | {"profileId": f"p{n % 12}"}, json={}, headers=HEADERS
                    )
                    for n in range(60)
                )
            )
        return [answer.status_code for answer in answers]

    client._who.scopes = EVERY
    assert set(asyncio.run(send())) == {204}
    assert 0 < most <= long_work.MOST_MERGES_OF_A_TENANT
    client.close()
