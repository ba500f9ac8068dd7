"""The examples of the reference are requests that work."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lrs.api.examples import EXAMPLES
from lrs.auth.scopes import Scope
from lrs.store.client import Store
from tests.support.api import Client

QUIET = '"none"'  # the condition that clients of tests send would be in the way


@pytest.fixture(scope="module")
def client(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    found = Client(tmp_path_factory.mktemp("examples"), store._dsn())
    found.parts.finder.wait = lambda position, seconds: True  # type: ignore[method-assign] # no processors run here
    yield found
    found.close()


def test_each_is_accepted(client: Client) -> None:
    for (method, path), (query, sent) in EXAMPLES.items():
        version = {"X-Experience-API-Version": "1.0.3"}
        more = {} if sent is None else {"json": sent}
        version |= {} if method == "put" else {"If-None-Match": QUIET}
        answer = client.ask(frozenset({Scope.ALL}), method.upper(), path, params=query, headers=version, **more)
        assert answer.status_code < 300, (method, path, answer.text)


def test_the_page_holds_them(client: Client) -> None:
    answer = client.ask(frozenset(), "GET", "/docs")
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert "http://pacer.example/xAPI/statements" in answer.text
    assert "//cdn" not in answer.text
    assert "https://skills.example/halves" in answer.text
    for path in ("/xAPI/activities/state", "/pacing/classes", "/cmi5/launches", "/caliper/envelopes"):
        assert path in answer.text
