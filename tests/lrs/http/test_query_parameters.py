"""A parameter that comes twice is refused by every route, and by those of the API one that they do not have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import orjson
import pytest

from lrs.auth.scopes import Scope
from tests.support.api import Client, Route
from tests.support.routes import CASES

ALL = frozenset({Scope.ALL})
_DOCUMENT = Path(__file__).parents[3] / "docs/schema/openapi.json"
_API = {
    (method.upper(), path) for path, item in orjson.loads(_DOCUMENT.read_bytes())["paths"].items() for method in item
}
XAPI_IN_FORMS = {("POST", f"/xAPI/{what}") for what in ("about", "activities", "agents")}
PAGES = {
    (method, path)
    for method, path in CASES
    if (method, re.sub(r":\w+}", "}", path)) not in _API and not path.startswith(("/xAPI/", "/openapi.json"))
}
PROBES = [("GET", path) for path in ("/live", "/ready", "/ready/read", "/ready/write")]
# The document itself takes anything, as probes do; a request of the xAPI in a form has its parameters there.
_ANYTHING = {("GET", "/openapi.json"), *PROBES, *XAPI_IN_FORMS}
JSON = [one for one in CASES if one not in PAGES and one not in _ANYTHING]
NOWHERE = "clickhouse://nobody:nothing@127.0.0.1:1/nowhere"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    found = Client(tmp_path_factory.mktemp("repeated"), NOWHERE)
    yield found
    found.close()


def ask(client: Client, path: str) -> httpx.Response:
    return client.ask(frozenset({Scope.ALL}), "GET", path)


@pytest.mark.parametrize(
    "path",
    [
        "/checks/7b?check=X&check=Y",
        "/board/classes/7b?skill=a&skill=b",
        "/board/policy?version=1&version=2",
        "/pacing/groups/7b?check=X&check=Y",
        "/pacing/policy?skill=a&skill=b",
        "/pacing/learners/ada/next?count=1&count=2",
        "/xAPI/statements?limit=1&limit=2",
    ],
)
def test_a_parameter_that_comes_twice_is_refused(client: Client, path: str) -> None:
    answer = ask(client, path)
    name = path.partition("?")[2].partition("=")[0]
    assert answer.status_code == 400
    assert f"duplicate parameter: {name}" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/pacing/groups/7b?without=a&without=b",
        "/?utm=1&utm=2",
        "/sign-in/callback?state=a&session_state=1&session_state=2",
        "/lti/login?iss=a&foo=1&foo=2",
    ],
)
def test_what_is_a_list_or_from_elsewhere_may_come_twice(client: Client, path: str) -> None:
    assert "duplicate" not in ask(client, path).text


FROM_ELSEWHERE = ("/", "/sign-in", "/lti")


def is_from_elsewhere(path: str) -> bool:
    return path == "/" or path.startswith(FROM_ELSEWHERE[1:])


def queried(client: Client, route: Route, *more: str) -> httpx.Response:
    """A route asked with parameters more, at the end of its query."""
    case = CASES[route]
    sent = dict(case.more)
    query = [*sent.pop("params", {}).items(), *((name, "1") for name in more)]
    return client.ask(ALL, route[0], case.path or route[1], params=query, **sent)


@pytest.mark.parametrize("route", JSON, ids=" ".join)
def test_what_a_route_of_the_api_does_not_know_is_refused(client: Client, route: Route) -> None:
    answer = queried(client, route, "colour")
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["field"] == "colour"


@pytest.mark.parametrize("route", PROBES, ids=" ".join)
def test_a_probe_may_add_what_it_likes(client: Client, route: Route) -> None:
    plain = queried(client, route)
    answer = queried(client, route, "_", "_", "colour")
    assert (answer.status_code, answer.json().keys()) == (plain.status_code, plain.json().keys())
    assert answer.status_code in (200, 503)


@pytest.mark.parametrize("route", sorted(PAGES), ids=" ".join)
def test_a_page_answers_with_a_page(client: Client, route: Route) -> None:
    answer = queried(client, route, "colour", "colour")
    if is_from_elsewhere(route[1]):
        assert "duplicate" not in answer.text
        return
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "duplicate parameter: colour" in answer.text
    assert "duplicate" not in queried(client, route, "colour").text  # what a link brings along is passed over


def test_a_page_answers_with_a_page_what_is_of_the_wrong_type(client: Client) -> None:
    answer = ask(client, "/board/live/7b?seconds=long")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/html; charset=utf-8")
