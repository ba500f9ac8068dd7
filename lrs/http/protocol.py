"""HTTP/1.1 with limits: of headers, of the time that a client may take, and of connections.

uvicorn's protocol reads headers of any size, and waits for ever for what a client does not send. Limits of bodies are
those of the handlers, which know what they read.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import httptools
import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

CONNECTIONS = 512  # answered at a time: others get 503
MOST_CONNECTIONS = 2 * CONNECTIONS  # open at a time: others are closed at once
MOST_HEAD = 64 << 10  # bytes of a request's line and headers, and of what may follow a chunked body
MOST_HEADERS = 200
HEAD_SECONDS = 10.0  # from the connection, or the first byte of a further request, to the end of its headers
BODY_SECONDS = 30.0  # for a body, and a second more for each so many bytes:
LEAST_RATE = 16 << 10
WRITE_SECONDS = 60.0  # in which a client must read something of an answer
_TICK_SECONDS = 1.0
_FRAMING = (b"content-length", b"transfer-encoding")  # say where a body ends


class ConnectionRefused(Exception):
    """Ends the reading of a request that was answered already."""


class LimitedProtocol(HttpToolsProtocol):
    """One HTTP connection, with limits."""

    head_seconds = HEAD_SECONDS
    body_seconds = BODY_SECONDS
    write_seconds = WRITE_SECONDS
    tick_seconds = _TICK_SECONDS

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._head_bytes = 0  # bytes of the headers at hand
        self._header_count = 0  # and how many they are
        self._unparsed = 0  # bytes since the parser made anything of them
        self._refused = False
        self._is_head = True  # what the parser finds is of a head, not of what follows a chunked body
        self._repeats_head = False
        self._received = b""
        self._head_since: float | None = None
        self._body_until: float | None = None
        self._write_since: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
            return
        self._head_since = self.loop.time()
        self._timer = self.loop.call_later(self.tick_seconds, self._tick)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if self._head_since is None and self._body_until is None:
            self._head_since = self.loop.time()  # a further request begins
        self._unparsed += len(data)
        self._received = data
        super().data_received(data)
        self._received = b""
        if self._unparsed > MOST_HEAD and not self._refused:
            self._refuse(431, f"headers larger than {MOST_HEAD} bytes")

    def on_message_begin(self) -> None:
        if self._repeats_head:
            return
        self._is_head = True
        self._head_bytes = self._header_count = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        if self._repeats_head:
            return
        self._grow(len(url), 0)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._repeats_head:
            return
        self._grow(len(name) + len(value), 1)
        if self._is_head:  # what follows a body is none of its headers (RFC 9110, 6.5.1)
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._repeats_head:
            return
        self._is_head = False
        self._unparsed = 0
        self._head_since = None
        self._body_until = self.loop.time() + self.body_seconds
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unparsed = 0
        if self._body_until is not None:
            self._body_until += len(body) / LEAST_RATE
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():  # the parser takes what follows for another protocol
            return
        self._unparsed = 0
        self._body_until = None
        super().on_message_complete()

    def pause_writing(self) -> None:
        self._write_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._write_since = None
        super().resume_writing()

    def _should_upgrade(self) -> bool:
        return False

    def _unsupported_upgrade_warning(self) -> None:
        """Ignore that a client offers another protocol, as the next one up of HTTP (RFC 9110, 7.8): it is answered by
        this one, and its body is read. Java's and curl's clients offer one by themselves."""
        upgrade = sys.exc_info()[1]
        assert isinstance(upgrade, httptools.HttpParserUpgrade)
        rest = self._received[upgrade.args[0] :]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn has it
        framing = [b"%s: %s\r\n" % header for header in self.headers if header[0] in _FRAMING]
        end = b"" if self.cycle.keep_alive else b"Connection: close\r\n"
        self._repeats_head = True
        self.parser.feed_data(b"POST / HTTP/1.1\r\n" + b"".join(framing) + end + b"\r\n")
        self._repeats_head = False
        if rest:
            self.data_received(rest)

    def send_400_response(self, msg: str) -> None:
        if not self._refused:
            error = sys.exc_info()[1]  # what the parser has against it: none of the request's own words
            reason = f": {error}" if error and not isinstance(error, httptools.HttpParserCallbackError) else ""
            self._refuse(501 if "invalid `Transfer-Encoding`" in reason else 400, f"invalid HTTP request{reason}")

    def _grow(self, size: int, headers: int) -> None:
        """Raises Refusal."""
        self._unparsed = 0
        self._head_bytes += size
        self._header_count += headers
        if self._head_bytes > MOST_HEAD or self._header_count > MOST_HEADERS:
            self._refuse(431, f"more than {MOST_HEADERS} headers, or headers larger than {MOST_HEAD} bytes")
            raise ConnectionRefused

    def _refuse(self, status: int, error: str) -> None:
        """Answer, and read no more of this connection."""
        self._refused = True
        is_answered = self.cycle is None or self.cycle.response_complete
        if not is_answered and not self.cycle.response_started and not self.pipeline:
            self.cycle.disconnected = True  # this is the answer to the request at hand
            self.cycle.message_event.set()
            is_answered = True
        if is_answered:  # else an answer is under way, or will never be read
            body = orjson.dumps({"error": error})
            head = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
            self.transport.write(STATUS_LINE[status] + head + body)
        self.transport.close()

    def _tick(self) -> None:
        if self.transport.is_closing():
            return
        now = self.loop.time()
        if self._body_until is not None and self.flow.read_paused:  # the application is slow, not the client
            self._body_until += self.tick_seconds
        if self._head_since is not None and now > self._head_since + self.head_seconds:
            self._refuse(408, f"headers not received within {self.head_seconds:g} s")
        elif (self._body_until is not None and now > self._body_until) or (
            self._write_since is not None and now > self._write_since + self.write_seconds
        ):
            self.transport.abort()
        else:
            self._timer = self.loop.call_later(self.tick_seconds, self._tick)
