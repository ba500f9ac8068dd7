"""A parameter that comes twice is refused, on every page and by every route of the API that has it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from lrs.auth.scopes import Scope
from tests.support.api import Client

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
    assert (answer.status_code, answer.json()) == (400, {"error": f"duplicate parameter: {name}", "field": name})


@pytest.mark.parametrize(
    "path",
    [
        "/pacing/groups/7b?without=a&without=b",
        "/pacing/checks/7b/C?x=1&x=2",
        "/?utm=1&utm=2",
        "/sign-in/callback?state=a&session_state=1&session_state=2",
        "/lti/login?iss=a&foo=1&foo=2",
    ],
)
def test_what_is_a_list_or_unknown_may_come_twice(client: Client, path: str) -> None:
    assert "duplicate" not in ask(client, path).text
