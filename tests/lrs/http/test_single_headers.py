"""Every route refuses a header that must not be repeated, a request without Host, and a transfer coding not read."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator

import httpx
import orjson
import pytest
import uvicorn

from lrs.auth.scopes import EVERY
from lrs.cli.schemas import NOWHERE
from lrs.http.protocol import LimitedProtocol
from lrs.http.single_headers import ONCE
from tests.support.api import Client
from tests.support.statements import answered

ROUTES = [
    ("GET", "/xAPI/about"),
    ("POST", "/xAPI/statements"),
    ("POST", "/caliper/envelopes"),
    ("GET", "/pacing/classes/7b"),
    ("GET", "/board"),
    ("GET", "/live"),
    ("GET", "/nowhere"),
]
VALUES = {
    "Host": "pacer.example",
    "X-Experience-API-Version": "1.0.3",
    "Content-Type": "application/json",
    "Authorization": "Basic eDp5",
    "Content-Length": "2",
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    found = Client(tmp_path_factory.mktemp("single"), NOWHERE)
    yield found
    found.close()


def ask(client: Client, method: str, path: str, headers: list[tuple[str, str]]) -> httpx.Response:
    """A request with these headers and no others; whoever reads its body fails."""
    client.allow(EVERY)

    async def body() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    async def send() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(client.app)) as http:
            request = httpx.Request(method, f"http://pacer.example{path}", content=body())
            request.headers = httpx.Headers(headers)
            return await http.send(request)

    return asyncio.run(send())


@pytest.mark.parametrize("name", ONCE.values())
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_header_that_comes_twice_is_refused(client: Client, method: str, path: str, name: str) -> None:
    values = VALUES | {name: VALUES.get(name, "x")}
    answer = ask(client, method, path, [*values.items(), (name.lower(), values[name])])
    assert (answer.status_code, answer.json()["field"]) == (400, name)
    assert f"the header {name} comes 2 times" in answer.json()["error"]
    assert answer.headers["Connection"] == "close"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert ("X-Experience-API-Version" in answer.headers) == path.startswith("/xAPI/")


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("codings", [["gzip, chunked"], ["gzip", "Chunked"], ["identity"], ["chunked, chunked"]])
def test_another_transfer_coding_is_refused(client: Client, method: str, path: str, codings: list[str]) -> None:
    answer = ask(client, method, path, [*VALUES.items(), *(("Transfer-Encoding", coding) for coding in codings)])
    assert (answer.status_code, answer.json()["field"]) == (501, "Transfer-Encoding")


@pytest.mark.parametrize("name", ["Accept", "Accept-Language", "If-None-Match", "Via", "X-Other"])
def test_what_may_be_a_list_may_come_twice(client: Client, name: str) -> None:
    headers = [("Host", "pacer.example"), (name, '"x"'), (name, '"y"')]
    assert ask(client, "GET", "/xAPI/about", headers).status_code == 200


def test_a_host_is_refused_before_a_proxys_takes_its_place(client: Client) -> None:
    headers = [("Host", "a.example"), ("Host", "b.example"), ("X-Forwarded-Host", "school.example")]
    assert ask(client, "GET", "/xAPI/about", headers).status_code == 400


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("host", [None, "a b", "a/b", "user@host", "a:b", "[::1"])
def test_a_request_that_names_no_host_is_refused(client: Client, method: str, path: str, host: str | None) -> None:
    headers = [(name, value) for name, value in VALUES.items() if name != "Host"]
    answer = ask(client, method, path, headers + ([("Host", host)] if host is not None else []))
    assert (answer.status_code, answer.json()["field"]) == (400, "Host")
    assert ("is missing" in answer.json()["error"]) == (host is None)


@pytest.mark.parametrize("host", ["", "pacer", "pacer_1.example", "127.0.0.1:8080", "[::1]:8080", "[fe80::1]", "a:"])
def test_hosts_that_are_sent(client: Client, host: str) -> None:
    assert ask(client, "GET", "/xAPI/about", [("Host", host)]).status_code == 200


def _sent(client: Client, raw: bytes) -> bytes:
    """What a server answers to bytes on a socket, until it closes."""
    client.allow(EVERY)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(client.app, http=LimitedProtocol, lifespan="off", log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            with socket.create_connection(listener.getsockname(), timeout=10) as connection:
                connection.sendall(raw)
                found = b""
                while piece := connection.recv(1 << 16):
                    found += piece
                return found
        finally:
            server.should_exit = server.force_exit = True
            thread.join(10)


@pytest.mark.parametrize(
    ("codings", "status"),
    [
        (b"Transfer-Encoding: gzip, chunked\r\n", b"501"),
        (b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", b"501"),
        (b"Transfer-Encoding: chunked\r\n", b"200"),
        (b"Transfer-Encoding: , chunked\r\n", b"200"),
    ],
)
def test_of_a_real_server(client: Client, codings: bytes, status: bytes) -> None:
    statement = orjson.dumps(answered())
    head = b"POST /xAPI/statements HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    version = b"X-Experience-API-Version: 1.0.3\r\nAuthorization: Basic eDp5\r\n"
    last = b"Connection: close\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(statement), statement)
    answer = _sent(client, head + version + codings + last)
    assert answer.startswith(b"HTTP/1.1 " + status), answer


@pytest.mark.parametrize(
    ("version", "host", "status"),
    [
        (b"1.1", b"", b"400"),
        (b"1.1", b"Host: x\r\n", b"200"),
        (b"1.1", b"Host: x:80 \t\r\n", b"200"),
        (b"1.1", b"Host:\r\n", b"200"),
        (b"1.0", b"", b"200"),
    ],
)
def test_a_host_is_asked_for_by_the_version(client: Client, version: bytes, host: bytes, status: bytes) -> None:
    answer = _sent(client, b"GET /xAPI/about HTTP/" + version + b"\r\n" + host + b"Connection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 " + status), answer
    assert (b'"Host"' in answer) == (status == b"400")
