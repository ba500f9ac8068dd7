"""A real S3-like server, moto's, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest

from tests.support.eventually import LIMIT_SECONDS
from tests.support.server import free_port

BUCKET = "pacer"


@dataclass
class ObjectStore:
    """A running server with one bucket."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The settings a client needs."""
        return {
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.base,
            "AWS_ALLOW_HTTP": "true",
        }

    def keys(self) -> list[str]:
        """The keys of the objects in the bucket."""
        listed = httpx.get(f"{self.base}/{BUCKET}", params={"list-type": "2"}).text
        return [piece.partition("</Key>")[0] for piece in listed.split("<Key>")[1:]]

    def stop(self) -> None:
        """End the server; what it held is gone."""
        self.process.kill()
        self.process.wait(LIMIT_SECONDS)


@contextmanager
def running(port: int = 0) -> Iterator[ObjectStore]:
    """A server with an empty bucket."""
    port = port or free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    store = ObjectStore(port, process)
    try:
        deadline = time.monotonic() + 240
        while True:
            try:
                assert httpx.put(f"{store.base}/{BUCKET}").status_code == 200
                break
            except httpx.TransportError:
                assert process.poll() is None, "the object store ended"
                assert time.monotonic() < deadline, "the object store did not start"
                time.sleep(0.1)
        yield store
    finally:
        store.stop()


@contextmanager
def known() -> Iterator[ObjectStore]:
    """A server with an empty bucket that the environment names, for this process and what it starts."""
    with running() as found, pytest.MonkeyPatch.context() as patch:
        for name, value in found.environment.items():
            patch.setenv(name, value)
        yield found


@pytest.fixture
def object_store() -> Iterator[ObjectStore]:
    """A server of the test's own, which it may stop."""
    with known() as found:
        yield found


@pytest.fixture(scope="module")
def objects() -> Iterator[ObjectStore]:
    """A server that a module's tests share, each under a prefix of its own."""
    with known() as found:
        yield found
