"""Readers over HTTP that cost next to nothing themselves, as they share the cores with what they measure."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import uvloop

_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


class Connection(asyncio.Protocol):
    """One connection that is kept; one request at a time."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._answer: asyncio.Future[int] | None = None
        self._missing = -1  # bytes of the body that have not come; negative: the head has not come whole
        self._status = 0
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def ask(self, request: bytes) -> asyncio.Future[int]:
        """Send a request as it is; the future gives the status when the answer has come whole."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        if self._missing < 0:
            self._head += data
            end = self._head.find(_END)
            if end < 0:
                return
            head, data = self._head[:end].lower() + b"\r\n", self._head[end + len(_END) :]
            self._head = b""
            self._status = int(head[9:12])
            start = head.index(_LENGTH) + len(_LENGTH)
            self._missing = int(head[start : head.index(b"\r", start)])
        self._missing -= len(data)
        if self._missing == 0:
            self._missing = -1
            if self._answer is not None:
                self._answer.set_result(self._status)

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionError("the server closed the connection"))

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()


def rendered(path: str, parameters: dict[str, str], headers: dict[str, str]) -> bytes:
    """A GET request's bytes."""
    target = f"{path}?{urlencode(parameters)}" if parameters else path
    lines = [f"GET {target} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def together(port: int, asked: Sequence[Sequence[bytes]], rate: float = 0) -> list[float]:
    """Sorted ms of readers that each ask one request after another, all at once.

    `rate`: requests/s that each reader has to send; a request's time counts from when it was due, even where the
    one before it was late (0: as soon as the one before it was answered). Raises AssertionError unless all get 200.
    """
    taken: list[float] = []

    async def reader(number: int, requests: Sequence[bytes]) -> None:
        _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", port)
        begun = time.perf_counter() + (number / len(asked) / rate if rate else 0)
        for n, request in enumerate(requests):
            due = begun + n / rate if rate else time.perf_counter()
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            status = await connection.ask(request)
            taken.append((time.perf_counter() - due) * 1e3)
            assert status == 200, status
        connection.close()

    async def all_() -> None:
        await asyncio.gather(*(reader(number, requests) for number, requests in enumerate(asked)))

    uvloop.run(all_())
    return sorted(taken)
