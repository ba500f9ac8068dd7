"""Bodies that are packed on their way: Content-Encoding gzip and deflate (RFC 9110, 8.4)."""

from __future__ import annotations

import zlib
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lrs.http.errors import HttpError

_UNPACKED_BYTES = 64 << 10  # bytes unpacked at a time, so that a reader's limit holds whatever was packed
_GZIP, _DEFLATE = zlib.MAX_WBITS | 16, zlib.MAX_WBITS
_WINDOWS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": _DEFLATE}
_NO_LENGTH = (b"content-encoding", b"content-length")


class Decoded:
    """Unpacks bodies as they are read; what reads them sets the limit, of the bytes unpacked.

    A coding that is not known, or data that is not of it, is refused where the body is read (415, 400).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        coding = _coding(scope) if scope["type"] == "http" else ""
        if coding:
            plain = [(name, value) for name, value in scope["headers"] if name not in _NO_LENGTH]
            scope = {**scope, "headers": plain}
            receive = _Unpacked(coding, receive).receive
        await self._app(scope, receive, send)


def _coding(scope: Scope) -> str:
    encodings = b",".join(value for name, value in scope["headers"] if name == b"content-encoding")
    coding = encodings.decode("latin-1").strip().lower()
    return "" if coding == "identity" else coding


class _Unpacked:
    """The messages of a request, their bodies unpacked."""

    def __init__(self, coding: str, receive: Receive) -> None:
        self._coding = coding
        self._receive = receive
        self._unpack: Any = None  # None: no byte came yet, and an empty body is empty, packed or not
        self._packed = b""
        self._full = False  # whether the last piece was cut, so that more may follow
        self._last = False
        self._done = False

    async def receive(self) -> Message:
        """The next message of the request, its body unpacked. Raises HttpError (415, 400)."""
        if self._done:
            return await self._receive()
        if self._coding not in _WINDOWS:
            raise HttpError(
                415,
                f"Content-Encoding {self._coding[:40]} is not supported: send gzip, deflate or none",
                "Content-Encoding",
                {"Accept-Encoding": "gzip, deflate"},
            )
        if not (self._packed or self._full):
            message = await self._receive()
            if message["type"] != "http.request":
                return message
            self._packed = message.get("body", b"")
            self._last = not message.get("more_body", False)
        body = self._piece() if self._packed or self._full else b""
        self._done = self._last and not (self._packed or self._full)
        if self._done and self._unpack is not None and not self._unpack.eof:
            raise HttpError(400, "incomplete body: the compressed data ends too early", "Content-Encoding")
        return {"type": "http.request", "body": body, "more_body": not self._done}

    def _piece(self) -> bytes:
        if self._unpack is None or self._unpack.eof:  # one gzip file may follow another
            self._unpack = zlib.decompressobj(_WINDOWS[self._coding])
        try:
            body: bytes = self._unpack.decompress(self._packed, _UNPACKED_BYTES)
        except zlib.error:
            raise HttpError(400, f"the body is not valid {self._coding}", "Content-Encoding") from None
        self._packed = self._unpack.unconsumed_tail or self._unpack.unused_data
        self._full = len(body) == _UNPACKED_BYTES
        return body
