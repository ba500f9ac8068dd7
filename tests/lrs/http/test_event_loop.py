"""No request works long on the event loop: everything larger is done in a pool.

What counts is the time of the loop's thread on a core, callback for callback: so a busy machine, and threads that hold
the interpreter, change nothing.
"""

from __future__ import annotations

import asyncio
import gc
import io
import sys
import threading
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator

import httpx
import orjson
import pytest
import uvicorn

from lrs.auth.scopes import EVERY
from lrs.http.protocol import LimitedProtocol
from lrs.store.client import Store
from tests.e2e.test_hostile import HOSTILE, JSON, MIB, filled
from tests.e2e.test_hostile import signature as made_signature
from tests.support.api import Client
from tests.support.server import HEADERS, KEY, SECRET, free_port
from tests.support.statements import answered

MOST = 0.050  # s of the loop's thread in one callback


class Probe:
    """Measures each callback of the loop that runs in the thread that `start` was called in."""

    def __init__(self) -> None:
        self.worst = 0.0
        self.of = ""
        self._thread = 0

    def here(self) -> None:
        self._thread = threading.get_ident()

    def wrap(self, run: Callable[[asyncio.Handle], None]) -> Callable[[asyncio.Handle], None]:
        def timed(handle: asyncio.Handle) -> None:
            if threading.get_ident() != self._thread:
                return run(handle)
            began = time.thread_time()
            run(handle)
            spent = time.thread_time() - began
            if spent > self.worst:
                self.worst, self.of = spent, repr(handle)
            return None

        return timed


@pytest.fixture(scope="module")
def served(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Probe]]:
    """The application on a port, in a loop that is measured."""
    client = Client(tmp_path_factory.mktemp("loop"), store._dsn())
    client._who.scopes = EVERY
    port, probe = free_port(), Probe()
    config = uvicorn.Config(
        client.app,
        port=port,
        loop="asyncio",
        http=LimitedProtocol,
        log_config=None,
        proxy_headers=False,
        lifespan="off",
    )
    server = uvicorn.Server(config)

    def run() -> None:
        sys.settrace(None)  # what measures coverage is not the product's work
        probe.here()
        asyncio.run(server.serve())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio.Handle, "_run", probe.wrap(asyncio.Handle._run))
        gc.collect()
        gc.freeze()  # nor are what earlier tests left, and the collector's walks over it
        thread = threading.Thread(target=run)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}", probe
        server.should_exit = True
        thread.join()
        gc.unfreeze()
    client.close()


def ids_with_a_duplicate() -> bytes:
    """10,000 of them, as short as statements are."""
    one = {"actor": {"mbox": "mailto:a@b.c"}, "verb": {"id": "http://v.x"}, "object": {"id": "http://o.x"}}
    many = [{"id": str(uuid.uuid4()), **one} for _ in range(9_999)]
    return orjson.dumps([*many, many[0]])


def zip_of_names() -> bytes:
    """400,000 of them: more than a package may have, in less than it may."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for number in range(400_000):
            file.writestr(zipfile.ZipInfo(f"{number:x}"), b"")
    return made.getvalue()


def signature() -> bytes:
    """Of 100 MB."""
    return made_signature(100 * MIB)


WORST: dict[str, tuple[str, Callable[[], bytes], dict[str, str]]] = {
    **{name: (path, make, headers) for name, (path, make, headers, _) in HOSTILE.items()},
    "10,000 ids with a duplicate": ("/xAPI/statements", ids_with_a_duplicate, JSON),
    "a zip of 400,000 names": ("/cmi5/courses", zip_of_names, {"Content-Type": "application/zip"}),
    "a signature of 100 MB": ("/xAPI/statements", signature, {"Content-Type": "multipart/mixed; boundary=b"}),
    "a large batch": (
        "/xAPI/statements",
        lambda: orjson.dumps([answered(id_=str(uuid.uuid4())) for _ in range(6_000)]),
        JSON,
    ),
    "one large statement": ("/xAPI/statements", lambda: filled(MIB - 9, b"0"), JSON),
    "a large explanation": ("/explain", lambda: filled(MIB - 9, b"0"), JSON),
    "a large roster": (
        "/roster?preview=true",
        lambda: b"class,email\n" + b"".join(b"7b,a%d@a.example\n" % n for n in range(60_000)),
        {"Content-Type": "text/csv"},
    ),
    "a large framework": (
        "/skills?preview=true",
        lambda: b"skill,requires\n" + b"".join(b"s%d,s%d\n" % (n + 1, n) for n in range(40_000)),
        {"Content-Type": "text/csv"},
    ),
    "a large document": (
        "/xAPI/agents/profile",
        lambda: b"x" * (8 * MIB),
        {"Content-Type": "application/octet-stream"},
    ),
    "a document of many names": (
        "/xAPI/agents/profile",
        lambda: orjson.dumps({f"k{n}": n for n in range(100_000)}),
        JSON,
    ),
}
PARAMETERS = {"/xAPI/agents/profile": {"agent": '{"mbox":"mailto:a@b.example"}', "profileId": "p"}}


@pytest.mark.parametrize("name", sorted(WORST))
def test_the_loop_is_free_again_soon(served: tuple[str, Probe], name: str) -> None:
    base, probe = served
    path, make, headers = WORST[name]
    content = make()
    probe.worst = 0.0
    with httpx.Client(base_url=base, auth=(KEY, SECRET), headers=HEADERS, timeout=300) as client:
        for _ in range(2):  # what is sent again takes another way
            answer = client.post(path, content=content, headers=headers, params=PARAMETERS.get(path))
    assert answer.status_code not in (500, 502), answer.text
    assert probe.worst <= MOST, f"{probe.worst * 1000:.0f} ms in {probe.of} ({answer.status_code})"


def test_180_mb_of_headers(served: tuple[str, Probe]) -> None:
    base, probe = served
    probe.worst = 0.0
    port = int(base.rpartition(":")[2])

    async def send() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /live HTTP/1.1\r\n")
        try:
            for _ in range(180):
                writer.write(b"x: " + b"y" * MIB + b"\r\n")
                await writer.drain()
        except ConnectionError:
            pass
        try:
            return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()

    asyncio.run(send())
    assert probe.worst <= MOST, f"{probe.worst * 1000:.0f} ms in {probe.of}"
