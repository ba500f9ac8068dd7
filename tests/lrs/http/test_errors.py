"""Whichever part fails, and however, no route answers 500: each failure has its status, over every route."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from lrs.auth.scopes import Scope
from lrs.database.connection import DatabaseUnavailable
from lrs.errors import Conflict, Failure, Forbidden, Full, LostData, Missing, Refused, Transient
from lrs.http.errors import HttpError, translate
from lrs.log import Unavailable
from lrs.store.client import Store
from schemas.xapi import Invalid
from tests.support.api import Client, Route
from tests.support.routes import CASES

ALL = frozenset({Scope.ALL})
READ_THE_STORE = {
    ("GET", "/xAPI/statements"),
    *((method, path) for method in ("GET", "POST") for path in ("/xAPI/agents", "/xAPI/activities")),
    *(("GET", f"/{place}/classes/{{class_id:id}}") for place in ("pacing", "board")),
    *(("GET", f"/{place}/learners/{{learner:id}}") for place in ("pacing", "board")),
    ("GET", "/ready"),
    ("GET", "/roster"),
}
WRITE_THE_LOG = {
    ("PUT", "/xAPI/statements"),
    ("POST", "/xAPI/statements"),
    ("POST", "/caliper/envelopes"),
    ("POST", "/catalog"),
    ("POST", "/cmi5/courses"),
    ("POST", "/board/overrule"),
    ("POST", "/board/put-off"),
}
DOCUMENTS = {
    (method, path)
    for method in ("GET", "PUT", "POST", "DELETE")
    for path in ("/xAPI/activities/state", "/xAPI/agents/profile", "/xAPI/activities/profile")
}
CLASS = [{"kind": "class", "id": "7b", "learners": [{"learner": "ada@a.example"}], "skills": []}]


def made(tmp_path_factory: pytest.TempPathFactory, clickhouse: str) -> Iterator[Client]:
    client = Client(tmp_path_factory.mktemp("broken"), clickhouse)
    client.parts.finder.wait = lambda position, seconds: True  # type: ignore[method-assign] # no processors run here
    fresh = client.parts.health._freshness
    # No processors run here: tables fall behind for as long as the tests take, and /ready has to say so after a while.
    client.parts.health._freshness = lambda: {**fresh(), "age_seconds": 0.0}
    assert client.ask(ALL, "POST", "/catalog", json=CLASS).status_code == 200
    yield client
    client.close()


@pytest.fixture(scope="module")
def refused(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """ClickHouse answers, and refuses the login."""
    scheme, _, rest = store._dsn().partition("://")
    login, _, place = rest.rpartition("@")
    user, _, _ = login.partition(":")
    yield from made(tmp_path_factory, f"{scheme}://{user}:wrong@{place}")


@pytest.fixture(scope="module")
def away(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    yield from made(tmp_path_factory, "clickhouse://nobody:nothing@127.0.0.1:1/nowhere")


@pytest.fixture(scope="module")
def whole(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    yield from made(tmp_path_factory, store._dsn())


def send(client: Client, route: Route) -> httpx.Response:
    case = CASES[route]
    client.parts.health._found = None  # a look of the test before, at what failed there
    return client.ask(ALL, route[0], case.path or route[1], **dict(case.more))


def check(answer: httpx.Response, statuses: tuple[int, ...], needs: bool) -> None:
    if needs or answer.status_code >= 500:
        assert answer.status_code in statuses, answer.text
    if answer.status_code in (503, 507) and "ready" not in answer.text:
        assert answer.headers["retry-after"] == "1"
        assert "wrong" not in answer.text


@pytest.mark.parametrize("route", sorted(CASES), ids="".join)
def test_a_clickhouse_that_refuses_is_503(refused: Client, route: Route) -> None:
    check(send(refused, route), (503,), route in READ_THE_STORE)


@pytest.mark.parametrize("route", sorted(CASES), ids="".join)
def test_a_clickhouse_that_is_away_is_503(away: Client, route: Route) -> None:
    check(send(away, route), (503,), route in READ_THE_STORE)


@pytest.mark.parametrize(
    ("error", "status"), [(Unavailable("the log is away"), 503), (Full("no room"), 507), (LostData("gone"), 503)]
)
@pytest.mark.parametrize("route", sorted(CASES), ids="".join)
def test_a_log_that_fails(
    whole: Client, route: Route, error: Failure, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("submit", "append", "read", "find", "end", "ends", "committed", "reached"):
        monkeypatch.setattr(whole.parts.log, name, fails(error))
    check(send(whole, route), (status, 503), route in WRITE_THE_LOG)


@pytest.mark.parametrize(("error", "status"), [(DatabaseUnavailable("away"), 503), (Full("no room"), 507)])
@pytest.mark.parametrize("route", sorted(CASES), ids="".join)
def test_a_database_that_fails(
    whole: Client, route: Route, error: Failure, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("get", "listed", "change", "clear"):
        monkeypatch.setattr(whole.parts.documents, name, fails(error))
    check(send(whole, route), (status,), route in DOCUMENTS)


def fails(error: Failure) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> Any:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "status", "again"),
    [
        (HttpError(418, "x"), 418, False),
        (Invalid("f", "x"), 400, False),
        (Forbidden("x", "f"), 403, False),
        (Missing("x", "f"), 404, False),
        (Conflict("x", "f"), 409, False),
        (Full("x"), 507, True),
        (Transient("x"), 503, True),
        (Refused("x"), 503, True),
        (LostData("x"), 503, True),
        (Failure("x"), 503, True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_every_kind_has_a_status(error: Exception, status: int, again: bool) -> None:
    found = translate(error)
    assert (found.status, bool(found.headers)) == (status, again)


def test_every_error_of_a_part_is_of_the_family() -> None:
    from lrs import attachments, log
    from lrs.auth import keys
    from lrs.record import recorder
    from lrs.store import client

    parts = (attachments, log, keys, recorder, client)
    found = [
        one
        for part in parts
        for one in vars(part).values()
        if isinstance(one, type) and issubclass(one, Exception) and one.__module__ == part.__name__
    ]
    assert len(found) >= 9
    assert all(issubclass(one, Failure) for one in found), found


@pytest.mark.parametrize(
    ("path", "field", "error"),
    [
        ("/pacing/learners/x/next?count=0", "count", "count: is less than 1"),
        ("/pacing/learners/x/next?compact=perhaps", "compact", "compact: is not true or false"),
        ("/dead-letters/first", "number", "number: is not a whole number"),
        ("/catalog/unmapped?limit=1e9", "limit", "limit: is not a whole number"),
    ],
)
def test_a_parameter_of_the_wrong_type_is_named(refused: Client, path: str, field: str, error: str) -> None:
    answer = refused.ask(ALL, "GET", path)
    assert (answer.status_code, answer.json()) == (400, {"error": error, "field": field})
