"""An unknown path or method: people get a page, programs JSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from lrs.app import API_ROOTS
from lrs.auth.scopes import Scope
from lrs.cli.schemas import NOWHERE
from tests.support.api import Client

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    client = Client(tmp_path_factory.mktemp("not-there"), NOWHERE)
    yield client
    client.close()


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("GET", "/board/nowhere", 404), ("DELETE", "/board", 405)]
)
def test_people_get_a_page_and_programs_json(client: Client, method: str, path: str, status: int) -> None:
    for headers, kind in ((HTML, "text/html; charset=utf-8"), ({"Accept": "*/*"}, "application/json")):
        answer = client.ask(frozenset({Scope.ALL}), method, path, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (status, kind)
        assert ("page" in answer.text) == (headers is HTML)
        assert ("allow" in answer.headers) == (status == 405)


def test_every_root_of_the_api_is_listed() -> None:
    document = orjson.loads((Path(__file__).parents[3] / "docs/schema/openapi.json").read_bytes())
    assert {path.split("/")[1] for path in document["paths"]} == API_ROOTS


@pytest.mark.parametrize("path", ["/xAPI/nowhere", "/pacing/nowhere", "/cmi5/nowhere"])
def test_below_the_api_it_is_json_for_all(client: Client, path: str) -> None:
    answer = client.ask(frozenset({Scope.ALL}), "GET", path, headers=HTML)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")
