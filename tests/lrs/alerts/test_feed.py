"""The feed of alerts over HTTP: by number, as it comes, and as a digest; of whom a person sees."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from lrs.accounts.roles import PersonRole
from lrs.auth.scopes import EVERY
from lrs.cli.schemas import NOWHERE
from lrs.clock import system_time
from lrs.http import events
from lrs.http.errors import HttpError
from lrs.http.events import ServerSentEvent, Streams
from lrs.http.signed_in import COOKIE
from schemas.alerts import Alert, AlertKind
from schemas.catalog import Class, Member
from tests.support.api import Client, ask
from tests.support.served import served

TENANT = "scopes"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    found = Client(tmp_path / "data", NOWHERE)
    classes = [
        Class(id=id_, teachers=[teacher], learners=[Member(learner=f"mailto:{name}@s.example", name=name)])
        for id_, teacher, name in (("7b", "t1", "Ada"), ("8c", "t2", "Ben"))
    ]
    found.parts.catalogs.append_all(TENANT, "test", classes, 1)
    yield found
    found.close()


def alert(client: Client, name: str, about: str = "halves") -> None:
    catalog = client.parts.catalogs.latest(TENANT)
    learner = catalog.people.person(f"mailto:{name}@s.example")
    class_id = {"Ada": "7b", "Ben": "8c"}[name]
    one = Alert(what=AlertKind.HELP, learner=learner, about=about, evidence=1, class_id=class_id, reason="stuck")
    client.parts.catalogs.append(TENANT, "test", one, system_time())


def teacher(client: Client) -> dict[str, str]:
    accounts = client.parts.signed_in.accounts
    accounts.add(TENANT, "ms-k", PersonRole.TEACHER, "Ms K", "t1")
    token = accounts.invite("ms-k") or ""
    found = accounts.accept(token, "correct horse battery")
    return {"Cookie": f"{COOKIE}={accounts.open_session(found)}"}


def names(answer: httpx.Response) -> list[str]:
    return [one["name"] for one in answer.json()["alerts"]]


def test_by_number(client: Client) -> None:
    for name, about in (("Ada", "halves"), ("Ben", "halves"), ("Ada", "thirds")):
        alert(client, name, about)
    everything = client.ask(EVERY, "GET", "/pacing/alerts")
    assert (names(everything), everything.json()["last"]) == (["Ada", "Ben", "Ada"], 3)
    first = client.ask(EVERY, "GET", "/pacing/alerts", params={"limit": 2})
    assert (names(first), first.json()["last"]) == (["Ada", "Ben"], 2)
    assert names(client.ask(EVERY, "GET", "/pacing/alerts", params={"after": 2})) == ["Ada"]
    own = ask(client.app, "GET", "/pacing/alerts", headers=teacher(client))
    assert (names(own), own.json()["last"]) == (["Ada", "Ada"], 3)


def test_a_digest(client: Client) -> None:
    alert(client, "Ada")
    alert(client, "Ben")
    found = client.ask(EVERY, "GET", "/pacing/alerts/digest").json()
    assert [(one["class"]["id"], [a["name"] for a in one["alerts"]["help"]]) for one in found["classes"]] == [
        ("7b", ["Ada"]),
        ("8c", ["Ben"]),
    ]
    own = ask(client.app, "GET", "/pacing/alerts/digest", headers=teacher(client)).json()
    assert [one["class"]["id"] for one in own["classes"]] == ["7b"]


def test_as_it_comes_and_from_where_it_was_cut(client: Client) -> None:
    alert(client, "Ada", "before")
    headers = teacher(client)

    def listen(wanted: int, then: Any, **more: str) -> list[str]:
        lines: list[str] = []
        with (
            served(client.app) as address,
            httpx.stream("GET", f"{address}/pacing/alerts/stream", headers={**headers, **more}, timeout=30) as stream,
        ):
            assert stream.headers["content-type"].startswith("text/event-stream")
            threading.Timer(0.2, then).start()
            for line in stream.iter_lines():
                lines.append(line)
                if sum(one.startswith("data: ") for one in lines) == wanted:
                    return lines
        return lines

    def more() -> None:
        alert(client, "Ben", "not theirs")
        alert(client, "Ada", "later")

    lines = listen(1, more)
    assert "id: 3" in lines
    assert "event: alert" in lines
    assert not any("not theirs" in line for line in lines)
    again = listen(2, lambda: None, **{"Last-Event-ID": "0"})
    assert [line for line in again if line.startswith("id: ")] == ["id: 1", "id: 3"]


async def always() -> bool:
    return True


def test_streams_end_and_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    class Listening:
        async def is_disconnected(self) -> bool:
            return False

    async def look(after: str) -> list[ServerSentEvent]:
        return [ServerSentEvent("n", str(int(after) + 1), "d")]

    async def run() -> list[bytes]:
        streams = Streams(seconds=0.2, every=0.05)
        monkeypatch.setattr(events, "MOST_STREAMS", 1)
        request: Any = Listening()
        first = await streams.answer(request, always, look, "0")
        parts: Any = first.body_iterator  # type: ignore[attr-defined]
        got = [await anext(parts)]
        with pytest.raises(HttpError) as refused:
            await streams.answer(request, always, look, "0")
        assert refused.value.status == 503
        got += [part async for part in parts]
        await streams.answer(request, always, look, "0")
        return got

    got = asyncio.run(run())
    assert got[0] == b"retry: 3000\n\n"
    assert got[1:3] == [b"event: n\nid: 1\ndata: d\n\n", b"event: n\nid: 2\ndata: d\n\n"]


def test_those_who_ask_at_the_same_time_are_counted_and_nobody_has_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look takes a while; whoever is gone before the first event leaves nothing behind."""
    monkeypatch.setattr(events, "MOST_STREAMS", 10)
    monkeypatch.setattr(events, "MOST_STREAMS_OF_A_LOGIN", 6)

    async def run() -> None:
        streams, looked = Streams(), asyncio.Event()
        request: Any = None

        async def look(after: str) -> list[ServerSentEvent]:
            await looked.wait()
            if after == "fails":
                raise HttpError(503, "the store is away")
            return []

        async def ask(whose: str, after: str = "") -> Any:
            try:
                return await streams.answer(request, always, look, after, whose=whose)
            except HttpError:
                return None

        async def all_of(*asked: Any) -> list[Any]:
            looked.clear()
            tasks = [asyncio.create_task(one) for one in asked]
            await asyncio.sleep(0)
            looked.set()
            return [one for one in await asyncio.gather(*tasks) if one is not None]

        assert len(await all_of(*(ask("ada", "fails") for _ in range(9)))) == 0
        ours = await all_of(*(ask("ada") for _ in range(9)))
        assert len(ours) == 6
        assert len(await all_of(*(ask("bo") for _ in range(9)))) == 4

        async def gone(_: Any) -> None:
            raise OSError

        async def receive() -> dict[str, str]:
            return {"type": "http.disconnect"}

        for one in ours:
            with suppress(Exception):
                await one({"type": "http", "asgi": {"spec_version": "2.4"}}, receive, gone)
        assert len(await all_of(*(ask("ada") for _ in range(9)))) == 6

    asyncio.run(run())


def test_what_a_stream_is_asked_for(client: Client) -> None:
    assert client.ask(EVERY, "GET", "/pacing/alerts/stream", params={"after": "x"}).status_code == 400
