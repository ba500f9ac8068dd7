"""Statements of some learners that are sent to a server, and what it gives back of them."""

from __future__ import annotations

import random
from typing import Any, Protocol

import httpx
import orjson

from tests.support.statements import answered, voiding

VOIDED = 3  # of those that are made, the first
JSON = {"Content-Type": "application/json"}


class Serves(Protocol):
    """A server, of either runtime."""

    def client(self) -> httpx.Client: ...


def made(seed: int, many: int) -> list[dict[str, Any]]:
    """Statements of some learners, and then those that void the first VOIDED."""
    draw = random.Random(seed)
    found: list[dict[str, Any]] = []
    for n in range(many):
        time_ = f"2026-03-{1 + draw.randrange(20):02}T09:{draw.randrange(60):02}:00Z"
        found.append(answered(f"l{seed}-{n % 7}", f"i{n % 5}", draw.random() < 0.5, (draw.choice("ab"),), time_))
    return found + [voiding(one["id"]) for one in found[:VOIDED]]


def post(server: Serves, statements: list[dict[str, Any]]) -> list[str]:
    """Send them, ten at a time; gives their ids."""
    with server.client() as client:
        for start in range(0, len(statements), 10):
            body = orjson.dumps(statements[start : start + 10])
            answer = client.post("/xAPI/statements", content=body, headers=JSON)
            assert answer.status_code == 200
    return [one["id"] for one in statements]


def listed(server: Serves) -> set[str] | int:
    """The ids of every statement that GET gives, or the status where it gives none."""
    found: set[str] = set()
    with server.client() as client:
        more = "/xAPI/statements?limit=500"
        while more:
            answer = client.get(more)
            if answer.status_code != 200:
                return answer.status_code
            found |= {one["id"] for one in answer.json()["statements"]}
            more = answer.json().get("more", "")
    return found
