"""Limits of the protocol, against a real server on a socket."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from lrs.http import protocol
from lrs.http.protocol import MOST_HEAD, MOST_HEADERS, LimitedProtocol

SOON = 30  # s; the server of these tests waits half a second
HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"
seen: list[str] = []


class Hurried(LimitedProtocol):
    head_seconds = body_seconds = write_seconds = 0.5
    tick_seconds = 0.1


async def read(request: Request) -> Response:
    try:
        size = len(await request.body())
    except ClientDisconnect:
        seen.append("disconnected")
        raise
    return PlainTextResponse(f"read {size}")


async def names(request: Request) -> Response:
    await request.body()
    return PlainTextResponse(",".join(sorted(request.headers)))


async def large(_: Request) -> Response:
    return PlainTextResponse("x" * (64 << 20))


@contextmanager
def serving(**settings: Any) -> Iterator[int]:
    app = Starlette(
        routes=[
            Route("/", read, methods=["GET", "POST"]),
            Route("/large", large),
            Route("/names", names, methods=["POST"]),
        ]
    )
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, http=Hurried, loop="uvloop", log_level="critical", **settings)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield listener.getsockname()[1]
        finally:
            server.should_exit = server.force_exit = True
            thread.join(10)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving() as found:
        yield found


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def answer(connection: socket.socket) -> bytes:
    """All that comes until the server closes."""
    found = b""
    try:
        while piece := connection.recv(1 << 16):
            found += piece
    except ConnectionError:
        pass
    return found


def flood(port: int, start: bytes, piece: bytes, most: int = 64 << 20) -> tuple[bytes, int]:
    """Sends pieces until the server stops reading: its answer, and how many bytes went out."""
    with connected(port) as connection:
        sent = 0
        try:
            connection.sendall(start)
            while sent < most:
                connection.sendall(piece)
                sent += len(piece)
        except OSError:
            pass
        return answer(connection), sent


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (HEAD, b"X-Many: " + b"y" * 1000 + b"\r\n"),
        (HEAD + b"X-One: ", b"y" * 4096),
        (HEAD, b"y" * 4096),
        (b"GET /?", b"y" * 4096),
        (b"GET", b" " * 4096),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Trailer: " + b"y" * 1000 + b"\r\n"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: ", b"y" * 4096),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"y" * 4096),
    ],
    ids=["many", "value", "name", "url", "spaces", "trailers", "trailer", "extension"],
)
def test_headers_without_end_are_refused(port: int, start: bytes, piece: bytes) -> None:
    found, sent = flood(port, start, piece)
    assert sent < 8 << 20  # what the sockets between them hold
    assert not found or found.startswith((b"HTTP/1.1 431", b"HTTP/1.1 400"))


def test_too_many_headers(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(HEAD + b"X: y\r\n" * (MOST_HEADERS + 1) + b"\r\n")
        assert answer(connection).startswith(b"HTTP/1.1 431")


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        (b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", b"Content-Length"),
        (b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", b"Content-Length"),
        (b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"Transfer-Encoding"),
        (b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", b"Transfer-Encoding"),
    ],
)
def test_what_the_parser_refuses_is_named(port: int, headers: bytes, named: bytes) -> None:
    with connected(port) as connection:
        connection.sendall(HEAD + headers)
        found = answer(connection)
    assert found.startswith(b"HTTP/1.1 400")
    assert named in found


UPGRADES = {
    "h2c": b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAA\r\n",
    "websocket": b"Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n",
}
BODIES = {
    b"Content-Length: 5\r\n\r\nWORLD": 5,
    b"Transfer-Encoding: chunked\r\n\r\n5\r\nWORLD\r\n2\r\n!!\r\n0\r\n\r\n": 7,
    b"Content-Length: 0\r\n\r\n": 0,
    b"\r\n": 0,
}


@pytest.mark.parametrize("size", [1, 7, 4096])
@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("upgrade", UPGRADES)
def test_an_offer_of_another_protocol_is_ignored_and_the_body_read(
    port: int, upgrade: str, body: bytes, size: int
) -> None:
    """And what comes next on the connection is answered, too."""
    sent = HEAD + UPGRADES[upgrade] + body
    with connected(port) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        both = sent + HEAD + UPGRADES[upgrade] + b"Connection: close\r\nContent-Length: 3\r\n\r\nend"
        for at in range(0, len(both), size):
            client.sendall(both[at : at + size])
        answers = answer(client)
    assert answers.count(b"HTTP/1.1 200 OK") == 2, answers
    assert b"read %d" % BODIES[body] in answers
    assert answers.endswith(b"read 3")


@pytest.mark.parametrize("size", [1, 4096])
def test_what_follows_a_body_is_none_of_its_headers(port: int, size: int) -> None:
    trailer = b"Authorization: Basic azpz\r\nX-Forwarded-For: 10.0.0.1\r\n"
    sent = (
        HEAD.replace(b"/ ", b"/names ", 1) + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + trailer
    )
    with connected(port) as client:
        for at in range(0, len(sent), size):
            client.sendall(sent[at : at + size])
        client.sendall(b"\r\n")
        assert answer(client).endswith(b"connection,host,transfer-encoding")


@pytest.mark.parametrize("coding", [b"gzip", b"identity", b"xchunked", b"chunked;a=1", b'"chunked"'])
def test_other_codings_are_not_supported(port: int, coding: bytes) -> None:
    with connected(port) as client:
        client.sendall(HEAD + b"Transfer-Encoding: " + coding + b"\r\n\r\n0\r\n\r\n")
        assert answer(client).startswith(b"HTTP/1.1 501 "), coding


@pytest.mark.parametrize("chunk", [b"0x2\r\nab\r\n", b"2 \r\nab\r\n", b"2\r\nabcd\r\n", b"f" * 20 + b"\r\n", b"zz\r\n"])
@pytest.mark.parametrize("pause", [0.0, 0.2])
def test_faulty_chunks_are_answered(port: int, chunk: bytes, pause: float) -> None:
    with connected(port) as client:
        client.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        time.sleep(pause)
        client.sendall(chunk)
        assert answer(client).startswith(b"HTTP/1.1 400 "), chunk


def test_headers_within_the_limits(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(HEAD + b"Connection: close\r\nX: " + b"y" * (MOST_HEAD - 200) + b"\r\n\r\n")
        assert answer(connection).endswith(b"read 0")


@pytest.mark.parametrize("start", [b"", b"GET / HT", HEAD])
def test_headers_that_do_not_come(port: int, start: bytes) -> None:
    with connected(port) as connection:
        began = time.monotonic()
        connection.sendall(start)
        assert answer(connection).startswith(b"HTTP/1.1 408")
        assert time.monotonic() - began < SOON


def trickle(connection: socket.socket, piece: bytes, seconds: float = 60) -> float:
    """Sends a byte now and then; gives the seconds after which the server had enough."""
    began = time.monotonic()
    try:
        while time.monotonic() - began < seconds:
            connection.sendall(piece)
            time.sleep(0.05)
    except OSError:
        pass
    return time.monotonic() - began


def test_headers_that_trickle(port: int) -> None:
    """Each byte is in time; all of them are not."""
    with connected(port) as connection:
        connection.sendall(b"GET /")
        assert trickle(connection, b"x") < 5


@pytest.mark.parametrize("slowly", [False, True])
def test_a_body_that_does_not_come(port: int, slowly: bool) -> None:
    seen.clear()
    with connected(port) as connection:
        began = time.monotonic()
        connection.sendall(HEAD + b"Content-Length: 1000000\r\n\r\nabc")
        if slowly:
            trickle(connection, b"x")
        else:
            assert answer(connection) == b""
        assert time.monotonic() - began < SOON
    deadline = time.monotonic() + SOON
    while not seen and time.monotonic() < deadline:
        time.sleep(0.01)
    assert seen == ["disconnected"]


def test_a_body_that_comes_fast_enough_may_take_longer(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(HEAD + b"Connection: close\r\nContent-Length: 400000\r\n\r\n")
        for _ in range(20):
            connection.sendall(b"x" * 20_000)
            time.sleep(0.05)
        assert answer(connection).endswith(b"read 400000")


def test_an_answer_that_nobody_reads(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(2)
        assert len(answer(connection)) < 32 << 20


def test_a_second_request_on_a_connection(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(HEAD + b"Content-Length: 3\r\n\r\nabc")
        assert b"read 3" in connection.recv(1 << 16)
        time.sleep(1)  # longer than headers may take: nothing of a request was sent
        connection.sendall(HEAD + b"Connection: close\r\nContent-Length: 4\r\n\r\nabcd")
        assert answer(connection).endswith(b"read 4")


def test_connections_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "MOST_CONNECTIONS", 20)
    with serving(limit_concurrency=10) as port:
        open_ = [connected(port) for _ in range(40)]
        time.sleep(0.2)
        closed = 0
        for one in open_:
            one.setblocking(False)
            try:
                closed += one.recv(1) == b""
            except BlockingIOError:
                pass
            except ConnectionError:
                closed += 1
        assert closed >= 20
        for one in open_:
            one.close()
        time.sleep(0.3)
        with connected(port) as connection:
            connection.sendall(HEAD + b"Connection: close\r\n\r\n")
            assert answer(connection).endswith(b"read 0")
