"""No handler of the API leaves much JSON to be written in the event loop."""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

import httpx
import orjson
import pytest
from fastapi import APIRouter, FastAPI, Response
from fastapi.routing import APIRoute, iter_route_contexts

from lrs.api import json_route
from lrs.api.json_route import JsonRoute, write_json
from schemas.pacing_answers import NamedThing
from tests.support.api import Client, ask


class Pair(NamedTuple):
    id: str
    skills: list[str]


def deep(levels: int) -> Any:
    return [deep(levels - 1)] if levels else []


ANSWERS: dict[str, Any] = {
    "little": {"position": 7, "name": "é", "none": None, "share": 0.5, "right": True},
    "a long list": {"items": [{"id": n, "name": f"é{n}"} for n in range(5_000)], "position": 1},
    "a list alone": [{"id": n} for n in range(5_000)],
    "a list in what is not one": {"found": {"items": list(range(5_000))}},
    "many names": {str(n): n for n in range(5_000)},
    "a long text": {"payload": "é" * 1_000_000},
    "tuples": {"pairs": [Pair("a", ["b"])]},
    "models": {"things": [NamedThing(id="a", name="b")]},
    "a whole number above 64 bits": {"value": 2**70},
    "keys that are no texts": {"counts": {1: 2}},
    "what nests deep": {"items": [deep(400)]},
}
LITTLE = {"little", "tuples", "a whole number above 64 bits", "keys that are no texts"}


def plain(value: Any) -> Any:
    """What FastAPI would answer."""
    app = FastAPI()

    @app.get("/", response_model=None)
    async def read() -> Any:
        return value

    return ask(app, "GET", "/").json()


@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_answered_is_as_fastapi_would(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app, routes, threads = FastAPI(), APIRouter(route_class=JsonRoute), set()

    @routes.get("/", status_code=202, response_model=None)
    async def read(response: Response) -> Any:
        response.headers["X-Said"] = "yes"
        return ANSWERS[name]

    @routes.get("/refused", response_model=None)
    async def refuse(response: Response) -> Any:
        response.status_code = 503
        return ANSWERS[name]

    def watched(answer: Any) -> bytes:
        threads.add(threading.current_thread() is threading.main_thread())
        return write_json(answer)

    monkeypatch.setattr(json_route, "write_json", watched)
    app.include_router(routes)
    answer: httpx.Response = ask(app, "GET", "/")
    assert answer.json() == plain(ANSWERS[name])
    assert (answer.status_code, answer.headers["x-said"]) == (202, "yes")
    assert answer.headers["content-type"] == "application/json"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert ask(app, "GET", "/refused").status_code == 503
    assert threads == {name in LITTLE}  # the loop's is the main thread here


def test_every_route_of_the_api_writes_json_so(tmp_path: Any) -> None:
    client = Client(tmp_path)
    routes = [context.original_route for context in iter_route_contexts(client.app.routes)]
    client.close()
    answering = [route for route in routes if isinstance(route, APIRoute) and route.include_in_schema]
    assert len(answering) > 60
    assert [route.path for route in answering if not isinstance(route, JsonRoute)] == []


def test_the_document_of_the_api_is_made_and_written_in_a_thread(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, made = Client(tmp_path), []
    document = client.app.openapi()

    def watched(_: FastAPI) -> dict[str, Any]:
        made.append(threading.current_thread() is threading.main_thread())
        return document

    monkeypatch.setattr("lrs.api.openapi.document", watched)
    answer = ask(client.app, "GET", "/openapi.json")
    assert orjson.loads(answer.content) == document
    assert ask(client.app, "GET", "/docs").status_code == 200
    client.close()
    assert made == [False, False]
