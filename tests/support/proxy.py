"""A TCP proxy between a client and a real server, that fails on purpose."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType

_PIECE = 1 << 16


class Way(StrEnum):
    """How a connection fails."""

    DROP = "the request is done, and its answer is lost"
    CUT = "the connection ends before the request is whole"
    HANG = "the request is taken, and nothing comes back"
    DELAY = "the answer comes late"
    HOLD = "the request comes when it is let go"


@dataclass(slots=True)
class Fault:
    """What happens to the next `times` requests that hold `where` (in their first 64 KiB)."""

    way: Way
    times: int = 1
    where: bytes = b""
    seconds: float = 0.5  # of DELAY
    happened: int = 0
    let_go: threading.Event = field(default_factory=threading.Event)  # of HOLD
    answered: threading.Event = field(default_factory=threading.Event)  # likewise: the server has done it


class Proxy:
    """Listens on a port of loopback and passes connections on, as long as it has no fault to play.

    Args:
        target: gives the server's host and port, asked at each connection.
        tls: speak TLS to clients.
    """

    def __init__(self, target: Callable[[], tuple[str, int]], tls: ssl.SSLContext | None = None) -> None:
        self._target = target
        self._tls = tls
        self._lock = threading.Lock()
        self._fault: Fault | None = None
        self._open: set[socket.socket] = set()
        self._closed = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closed.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        with self._lock:
            left = list(self._open)
        for one in left:
            self._end(one)

    def fail(self, fault: Fault) -> Fault:
        """Play a fault from now on; `happened` of it says how often it did."""
        with self._lock:
            self._fault = fault
        return fault

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            if self._tls is not None:
                client = self._tls.wrap_socket(client, server_side=True)
            server = socket.create_connection(self._target(), timeout=5)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        with self._lock:
            self._open |= {client, server}
        _Connection(self, client, server).run()

    def take(self, request: bytes, ways: frozenset[Way]) -> Fault | None:
        """The fault that this request meets, if there is one; counts it."""
        with self._lock:
            fault = self._fault
            if fault is None or fault.way not in ways or fault.happened >= fault.times or fault.where not in request:
                return None
            fault.happened += 1
            return fault

    def wait_closed(self) -> None:
        """Until the proxy ends."""
        self._closed.wait()

    def _end(self, one: socket.socket) -> None:
        with self._lock:
            self._open.discard(one)
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()

    def end(self, *both: socket.socket) -> None:
        """Close both sides."""
        for one in both:
            self._end(one)


class _Connection:
    """One connection: requests and answers take turns, as in HTTP/1.1 without pipelining."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._request = b""  # of the turn under way
        self._answering = False
        self._held: Fault | None = None

    def run(self) -> None:
        answers = threading.Thread(target=self._answers, daemon=True)
        answers.start()
        self._requests()
        answers.join()
        self._proxy.end(self._client, self._server)

    def _requests(self) -> None:
        with suppress(OSError):
            while piece := self._client.recv(_PIECE):
                if self._answering:
                    self._request, self._answering = b"", False
                self._request = (self._request + piece)[:_PIECE]
                fault = self._proxy.take(self._request, frozenset({Way.CUT, Way.HANG, Way.HOLD}))
                if fault is not None and fault.way == Way.CUT:
                    break
                if fault is not None and fault.way == Way.HOLD:
                    self._held = fault
                    fault.let_go.wait()
                elif fault is not None:
                    self._proxy.wait_closed()
                    break
                self._server.sendall(piece)
        self._proxy.end(self._client, self._server)

    def _answers(self) -> None:
        with suppress(OSError):
            while piece := self._server.recv(_PIECE):
                first, self._answering = not self._answering, True
                fault = self._proxy.take(self._request, frozenset({Way.DROP, Way.DELAY})) if first else None
                if fault is not None and fault.way == Way.DROP:
                    break
                if fault is not None:
                    time.sleep(fault.seconds)
                if self._held is not None:
                    self._held.answered.set()
                    self._held = None
                self._client.sendall(piece)
        self._proxy.end(self._client, self._server)
