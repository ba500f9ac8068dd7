"""What each scope may do, over every route of the application (xAPI 1.0.3, part 3, 4.2, and Pacer's own)."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from lrs.auth.scopes import Scope
from lrs.http.access import TABLE
from lrs.store.client import Store
from tests.support.api import Client, Route, ask, routes
from tests.support.routes import CASES, READING


@pytest.fixture(scope="module")
def client(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    found = Client(tmp_path_factory.mktemp("routes"), store._dsn())
    found.parts.finder.wait = lambda position, seconds: True  # type: ignore[method-assign] # no processors run here
    yield found
    found.close()


def test_every_route_has_a_case(client: Client) -> None:
    assert routes(client.app) == set(CASES)


def test_the_table_of_access_says_so() -> None:
    assert set(TABLE) == set(CASES)
    for route, case in CASES.items():
        assert TABLE[route].scopes == case.enough, route


@pytest.mark.parametrize("route", sorted(CASES), ids="".join)
def test_who_may_and_who_may_not(client: Client, route: Route) -> None:
    case = CASES[route]
    for held in [*({scope} for scope in Scope), set()]:
        answer = send(client, route, frozenset(held))
        allowed = case.enough is None or (Scope.ALL in held and not case.for_people) or bool(case.enough & held)
        assert (answer.status_code != 403) == allowed, (held, answer.text)
        if not allowed and not (case.for_people and Scope.ALL in held):
            words = sorted(case.enough - READING) if case.enough else []
            assert all(scope in answer.text for scope in words or [Scope.ALL]), answer.text


@pytest.mark.parametrize("route", sorted(CASES), ids="".join)
def test_who_says_not_who_asks(client: Client, route: Route, tmp_path_factory: pytest.TempPathFactory) -> None:
    case = CASES[route]
    nobody = Client(tmp_path_factory.mktemp("nobody"), "clickhouse://nobody:nothing@127.0.0.1:1/nowhere")
    nobody.parts.login.credentials = nobody.real
    headers = {"X-Experience-API-Version": "2.0.0"} | case.more.get("headers", {})
    answer = ask(nobody.app, route[0], case.path or route[1], **case.more | {"headers": headers})
    nobody.close()
    if case.enough is not None and answer.is_redirect:  # a page asks people to sign in
        assert route[1].startswith(("/board", "/statements", "/plans", "/checks"))
        assert answer.headers["location"].startswith("/sign-in")
        return
    assert (answer.status_code == 401) == (case.enough is not None)
    if answer.status_code == 401:
        assert answer.headers["www-authenticate"] == 'Basic realm="Pacer", charset="UTF-8"'


def send(client: Client, route: Route, scopes: frozenset[Scope]) -> httpx.Response:
    case = CASES[route]
    return client.ask(scopes, route[0], case.path or route[1], **dict(case.more))


def test_why_it_is_not_ready_is_for_who_may_read_everything(client: Client) -> None:
    for held in [*({scope} for scope in Scope), set()]:
        answer = client.ask(frozenset(held), "GET", "/ready", headers={"Authorization": "Basic eDp5"}).json()
        assert ("reasons" in answer) == ("freshness" in answer) == bool(held & {Scope.ALL, Scope.ALL_READ}), held
