"""A stream ends soon after whoever listens may no longer; as long as they may, it goes on."""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lrs.accounts.roles import PersonRole
from lrs.auth.limits import Rate
from lrs.auth.scopes import Scope
from lrs.cli.schemas import NOWHERE
from lrs.errors import Transient
from lrs.http import events
from lrs.http.events import ServerSentEvent, Streams
from lrs.http.signed_in import COOKIE
from lrs.pacing.board_version import BoardVersions
from schemas.catalog import Class
from tests.support.api import Client
from tests.support.served import served

TENANT = "default"
STREAMS = ["/pacing/alerts/stream", "/board/live/7b"]
SOON = 30  # s; a stream looks every two seconds, and lasts 300
Headers = dict[str, str]
End = Callable[[str], object]  # given where the store is served


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr(events, "AUTHORIZE_SECONDS", 0.1)
    monkeypatch.setattr(BoardVersions, "of", lambda *_: "1")
    found = Client(tmp_path / "data", NOWHERE)
    found.parts.login.credentials = found.real
    teach(found, "t1", "t2", "t3")
    yield found
    found.close()


def teach(client: Client, *teachers: str) -> None:
    client.parts.catalogs.append(TENANT, "test", Class(id="7b", teachers=list(teachers)), 1)


def teacher(client: Client, login: str, person: str) -> Headers:
    accounts = client.parts.signed_in.accounts
    account = accounts.add(TENANT, login, PersonRole.TEACHER, login, person)
    return {"Cookie": f"{COOKIE}={accounts.open_session(account)}"}


def tool(client: Client, key: str, **more: Any) -> Headers:
    client.real.add(key, "secret", TENANT, **more)
    return {"Authorization": f"Basic {base64.b64encode(f'{key}:secret'.encode()).decode()}"}


def by_key(client: Client, key: str) -> Headers:
    """The session of somebody who signed in with a credential."""
    client.real.add(key, "secret", TENANT)
    return {"Cookie": f"{COOKIE}={client.parts.signed_in.accounts.open_session(None, key)}"}


def losses(client: Client) -> dict[str, tuple[Headers, End]]:
    """Who listens, and how each loses the right to."""
    accounts = client.parts.signed_in.accounts
    signed_out = teacher(client, "a", "t1")
    return {
        "signed out": (signed_out, lambda at: httpx.post(f"{at}/sign-out", headers=signed_out)),
        "disabled": (teacher(client, "b", "t2"), lambda _: accounts.set_disabled("b", True)),
        "another role": (teacher(client, "c", "t2"), lambda _: accounts.change("c", PersonRole.OPERATOR)),
        "revoked": (tool(client, "d"), lambda _: client.real.revoke("d")),
        "other scopes": (tool(client, "e"), lambda _: client.real.change("e", [Scope.STATEMENTS_WRITE])),
        "another tenant": (tool(client, "f"), lambda _: client.real.add("f", "secret", "other")),
        "key revoked": (by_key(client, "g"), lambda _: client.real.revoke("g")),
    }


def listening(address: str, path: str, headers: Headers) -> tuple[threading.Thread, threading.Event]:
    """A stream that is open, and what is set when it ends by itself."""
    began, ended = threading.Event(), threading.Event()

    def listen() -> None:
        with httpx.stream("GET", address + path, headers=headers, timeout=60) as stream:
            assert stream.status_code == 200
            for _ in stream.iter_lines():
                began.set()
        ended.set()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    assert began.wait(SOON)
    return thread, ended


@pytest.mark.parametrize("path", STREAMS)
def test_who_loses_the_right_to_a_stream_loses_the_stream(client: Client, path: str) -> None:
    rated = tool(client, "z", rate=Rate(0.001, 1))  # a stream is one request, however often it is looked at again
    with served(client.app) as address:
        _, others_ended = listening(address, f"{path}?seconds=60", rated)
        cases = losses(client)
        ended = {why: listening(address, path, headers)[1] for why, (headers, _) in cases.items()}
        assert not any(one.wait(0.5) for one in ended.values())
        for _, end in cases.values():
            end(address)
        assert [why for why, one in ended.items() if not one.wait(SOON)] == []
        assert not others_ended.is_set()
        client.real.revoke("z")


def test_who_no_longer_teaches_a_class_hears_no_more_of_it(client: Client) -> None:
    with served(client.app) as address:
        _, ended = listening(address, "/board/live/7b", teacher(client, "a", "t1"))
        _, others_ended = listening(address, "/board/live/7b?seconds=60", teacher(client, "b", "t2"))
        teach(client, "t2")
        assert ended.wait(SOON)
        assert not others_ended.is_set()
        client.parts.signed_in.accounts.set_disabled("b", True)


def test_while_nobody_can_say_who_may_listen_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "AUTHORIZE_SECONDS", 0.0)
    answers = iter([True, None, None, True, False])
    looks = 0

    class Listening:
        async def is_disconnected(self) -> bool:
            return False

    async def authorized() -> bool:
        if (answer := next(answers)) is None:
            raise Transient("the accounts' database did not answer")
        return answer

    async def look(after: str) -> list[ServerSentEvent]:
        nonlocal looks
        looks += 1
        return [ServerSentEvent("n", str(looks), "d")]

    async def run() -> list[bytes]:
        request: Any = Listening()
        answer: Any = await Streams(seconds=60, every=0.01).answer(request, authorized, look, "0")
        return [part async for part in answer.body_iterator if part.startswith(b"event")]

    sent = asyncio.run(run())
    assert len(sent) == looks == 3  # the first, and once after each `True`
    assert next(answers, "none") == "none"
