"""Requests of a lenient credential that are made to cost much: each statement is repaired, or refused and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import orjson
import pytest

from lrs.api.statements import MOST_STATEMENTS
from lrs.auth.credentials import Credentials, embedded_credentials_url
from tests.e2e.test_hostile import (
    JSON,
    MIB,
    MIXED,
    MOST_DELAY,
    MOST_MEMORY,
    UNITS,
    filled,
    memory_of,
    several,
    statement,
    watching,
    with_attachment,
)
from tests.support.server import SECRET, Server, serving
from tests.support.statements import HOME

KEY = "lenient"
GROUP = {"id": "https://x.example/i", "objectType": "GroupActivity"}  # which is repaired


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("lenient")) as found:
        credentials = Credentials(embedded_credentials_url(found.data))
        credentials.add(KEY, SECRET, "default")
        credentials.change(KEY, lenient=HOME)
        credentials.close()
        yield found


def many(unit: bytes, **more: object) -> bytes:
    """As many of the largest statements as a request holds, each with something else in it."""
    raw = (orjson.loads(filled(MIB - 300, unit)) for _ in range(7))
    return b"[" + b",".join(orjson.dumps(statement | more) for statement in raw) + b"]"


def repaired(unit: bytes) -> bytes:
    return many(unit, object=GROUP)


def refused(unit: bytes) -> bytes:
    return many(unit, verb={})


def each(what: str, make: Callable[[bytes], bytes], headers: dict[str, str], status: int) -> dict[str, Request]:
    return {f"{what} of {name}": (partial(make, unit), headers, status) for name, unit in UNITS.items()}


Request = tuple[Callable[[], bytes], dict[str, str], int]


def many_small() -> bytes:
    """As many small statements as a request holds, each of which is repaired."""
    return b"[" + b",".join(statement(object=GROUP) for _ in range(MOST_STATEMENTS - 1)) + b"]"


HOSTILE: dict[str, Request] = {
    **each("right ones", several, JSON, 200),
    **each("repaired ones", repaired, JSON, 200),
    **each("refused ones", refused, JSON, 400),
    **each("repaired ones with an attachment", lambda unit: with_attachment(repaired(unit)), MIXED, 200),
}


def test_many_small_repaired_ones_on_a_server_that_has_just_begun(own: Server) -> None:
    """First in this file: the first request makes what later ones use again."""
    used, answer = memory_of(own, "/xAPI/statements", many_small(), JSON, KEY)
    assert answer.status_code == 200, answer.text
    assert used < MOST_MEMORY, f"{used >> 20} MiB"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_costly_request(own: Server, name: str) -> None:
    make, headers, status = HOSTILE[name]
    content = make()
    with watching(own) as delays:
        used, answer = memory_of(own, "/xAPI/statements", content, headers, KEY)
    assert answer.status_code == status, answer.text
    assert used < MOST_MEMORY, f"{used >> 20} MiB"
    assert max(delays) < MOST_DELAY, f"{max(delays):.2f} s"
