"""On Kafka: what a request needs of memory that is made to cost much. The records it becomes wait for the brokers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import orjson
import pytest

from lrs.auth.credentials import Credentials
from tests.e2e.test_hostile import HOSTILE, JSON, MOST_MEMORY, memory_of
from tests.e2e.test_hostile_lenient import KEY as LENIENT
from tests.support.district import district
from tests.support.kafka import Broker
from tests.support.server import KEY, SECRET, Server
from tests.support.statements import HOME, answered


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, kafka: Broker) -> Iterator[Server]:
    """An API whose log nobody reads."""
    with district(tmp_path_factory.mktemp("hostile"), kafka.address()) as parts:
        parts.start()
        for name in ("admit-0", "project-0", "people-0"):
            parts.kill(name)
        credentials = Credentials(parts.database)
        credentials.add(LENIENT, SECRET, "default")
        credentials.change(LENIENT, lenient=HOME)
        credentials.close()
        yield Server(parts.folder, parts.port, parts.processes["api"])


def small() -> bytes:
    """As many statements as a request may have, but one."""
    ones = (answered() for _ in range(9_999))
    return orjson.dumps([{name: one[name] for name in ("id", "actor", "verb", "object")} for one in ones])


COSTLY: dict[str, tuple[str, Callable[[], bytes]]] = {
    "small ones": (KEY, small),
    "ones of keys": (KEY, HOSTILE["statements of keys"][1]),
    "small ones, leniently": (LENIENT, small),
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", COSTLY)
def test_a_costly_request(own: Server, name: str) -> None:
    key, make = COSTLY[name]
    used, answer = memory_of(own, "/xAPI/statements", make(), JSON, key)
    assert answer.status_code == 200, answer.text
    assert used < MOST_MEMORY, f"{used >> 20} MiB"
