"""Pacing over HTTP."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

import httpx
import orjson
import pytest

from lrs.api.json_route import write_json
from lrs.store.client import Store, StoreUnavailable
from tests.support.classroom import Classroom, Deps, ask

ADA = "account:https://school.example/a?b#c|ada 1"


@pytest.fixture
def room(store: Store) -> Classroom:
    made = Classroom(store, uuid.uuid4().hex)
    made.teach({ADA: "Ada"}, {"halves": "Halves"}, "7/b", "Seven")
    made.mastery(ADA, "halves", 0.9)
    return made


def get(deps: Deps, path: str, **more: Any) -> httpx.Response:
    return ask(deps, "GET", path, **more)


def test_classes(room: Classroom) -> None:
    answer = get(room.deps(), "/pacing/classes")
    assert answer.json() == {"classes": [{"id": "7/b", "name": "Seven", "learners": 1, "skills": 1}], "provisional": []}


def test_class_says_how_fresh_it_is(room: Classroom) -> None:
    deps = room.deps(fresh=lambda: {"position": 7, "behind": 3, "age_seconds": 60.4, "log_end": 10})
    answer = get(deps, "/pacing/classes/7%2Fb")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    found = answer.json()
    assert found["learners"][0]["cells"][0]["decision"] == "advance"
    fresh = {key: found[key] for key in ("position", "behind", "age_seconds", "as_of")}
    assert fresh == {"position": 7, "behind": 3, "age_seconds": 60.4, "as_of": "2030-03-17T17:45:39+00:00"}


def test_learner(room: Classroom) -> None:
    found = get(room.deps(), f"/pacing/learners/{quote(ADA, safe='')}").json()
    assert (found["learner"], found["name"], found["position"]) == (ADA, "Ada", 42)
    assert found["skills"][0]["curve"][-1][1] == 0.9


def test_an_id_may_have_slashes_and_line_ends(room: Classroom) -> None:
    room.teach({"l\n/1": "Line"}, {"halves": "Halves"}, "7\n/c")
    for path in ("/pacing/classes/7%0A%2Fc", "/board/classes/7%0A%2Fc", "/pacing/learners/l%0A%2F1"):
        assert get(room.deps(), path).status_code == 200, path


@pytest.mark.parametrize("path", ["/pacing/classes/nope", "/pacing/learners/nope"])
def test_unknown(room: Classroom, path: str) -> None:
    answer = get(room.deps(), path)
    assert (answer.status_code, answer.json()) == (404, {"error": "there is no such class or learner"})


@pytest.mark.parametrize("path", ["/pacing/classes", "/pacing/classes/7%2Fb", "/pacing/learners/x"])
def test_who_asks_is_asked_for(room: Classroom, path: str) -> None:
    assert get(room.deps(), path, headers={"Authorization": "Bearer no"}).status_code == 401


@pytest.mark.parametrize("path", ["/pacing/classes/7%2Fb", f"/pacing/learners/{quote(ADA, safe='')}"])
def test_no_store(room: Classroom, path: str) -> None:
    def away() -> str:
        raise StoreUnavailable("no engine")

    answer = get(room.deps(Store(away)), path)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


def test_a_large_body_is_written_item_by_item_and_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    body = {"learners": [{"name": f"é{n}", "cells": [n, None, 0.5]} for n in range(30)], "empty": [], "position": 7}
    whole, written = orjson.dumps(body), []
    dumps = orjson.dumps

    def watched(value: Any, **options: Any) -> bytes:
        written.append(value)
        return dumps(value, **options)

    monkeypatch.setattr(orjson, "dumps", watched)
    assert write_json(body) == whole
    assert written[:30] == body["learners"]
