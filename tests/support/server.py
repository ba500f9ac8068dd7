"""A real `lrs serve` for tests."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.engine import put_tables
from tests.support.eventually import LIMIT_SECONDS

KEY, SECRET = "tool", "a long secret"
HEADERS = {"X-Experience-API-Version": "1.0.3"}
# verify=False: to load the certificates of the world takes longer than to ask over HTTP, where there are none.


@dataclass
class Server:
    """A server of its own process group on a free port of the loopback."""

    data: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    options: tuple[str, ...] = ()  # more of `lrs serve`

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, key: str = KEY, secret: str = SECRET, timeout: float = 30) -> httpx.Client:
        """A client with a credential."""
        return httpx.Client(base_url=self.base, auth=(key, secret), headers=HEADERS, timeout=timeout, verify=False)

    def start(self, settled: bool = True, wait: bool = True) -> None:
        """Start, and wait until it is ready (and everything is folded)."""
        arguments = ["serve", "--port", str(self.port), "--data", os.fspath(self.data), *self.options]
        credentials = ["--credential", f"{KEY}:{SECRET}", "--credential", f"other:{SECRET}:elsewhere"]
        self.process = subprocess.Popen([sys.executable, "-m", "lrs.cli.main", *arguments, *credentials])
        if wait:
            self.wait(settled=settled)

    def start_without_credentials(self, key: str = KEY, secret: str = SECRET) -> None:
        """Start with the credentials that the folder has, and wait until it is ready."""
        arguments = ["serve", "--port", str(self.port), "--data", os.fspath(self.data)]
        self.process = subprocess.Popen([sys.executable, "-m", "lrs.cli.main", *arguments])
        self.wait(key=key, secret=secret)

    def wait(self, seconds: float = LIMIT_SECONDS, settled: bool = True, key: str = KEY, secret: str = SECRET) -> None:
        """Wait until it is ready (and everything is folded). The credential must be one that may read everything."""
        deadline = time.monotonic() + seconds
        answer = "no answer"
        while time.monotonic() < deadline:
            assert self.process is not None
            assert self.process.poll() is None, f"`lrs serve` ended with {self.process.returncode}"
            try:
                found = httpx.get(f"{self.base}/ready", auth=(key, secret), timeout=5, verify=False)
                answer = found.text
                if found.status_code == 200 and (not settled or found.json()["freshness"]["behind"] == 0):
                    return
            except httpx.TransportError as error:
                answer = str(error)
            time.sleep(0.05)
        raise AssertionError(f"not ready in {seconds} s: {answer}")

    def children(self) -> dict[str, int]:
        """Process ids of the supervised children, by module."""
        assert self.process is not None
        found = {}
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for pid in map(int, listed):
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            if "-m" in words:
                found[words[words.index("-m") + 1]] = pid
        return found

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stop; gives the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(LIMIT_SECONDS)


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def serving(data: Path, options: tuple[str, ...] = ()) -> Iterator[Server]:
    """A running server."""
    put_tables(data)
    server = Server(data, free_port(), options=options)
    try:
        server.start()
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.stop()
