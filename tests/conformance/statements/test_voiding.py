"""Statements that take others back (xAPI 1.0.3, part 2, 2.3.2, part 3, 2.1.4; IEEE 9274.1.1, 4.2.5)."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import orjson
import pytest

from tests.support.requirement import requirement
from tests.support.statements import answered, voiding

PATH = "/xAPI/statements"


def sent(client: httpx.Client, *statements: dict[str, Any]) -> None:
    for statement in statements:
        assert client.post(PATH, json=statement).status_code == 200


def status(client: httpx.Client, id_: str, name: str = "statementId") -> int:
    return client.get(PATH, params={name: id_}).status_code


def found(client: httpx.Client, actor: dict[str, Any]) -> list[str]:
    asked = client.get(PATH, params={"agent": orjson.dumps(actor).decode()})
    return [s["id"] for s in asked.json()["statements"]]


@requirement("00018", "00155", "00157", "00163")
@pytest.mark.parametrize("before", [False, True])
def test_what_is_taken_back_is_found_as_voided_alone(client: httpx.Client, before: bool) -> None:
    one = answered(uuid.uuid4().hex)
    void = voiding(one["id"])
    sent(client, *((void, one) if before else (one, void)))
    assert status(client, one["id"]) == 404
    answer = client.get(PATH, params={"voidedStatementId": one["id"]})
    assert (answer.status_code, answer.json()["id"]) == (200, one["id"])
    assert one["id"] not in found(client, one["actor"])


@requirement("00016")
def test_a_voiding_statement_cannot_be_taken_back(client: httpx.Client) -> None:
    one = answered()
    first = voiding(one["id"])
    sent(client, one, first)
    second = voiding(first["id"])
    client.post(PATH, json=second)
    assert status(client, first["id"]) == 200
    assert status(client, one["id"]) == 404


@requirement("00016")
def test_one_whose_target_is_not_known_is_taken(client: httpx.Client) -> None:
    void = voiding(str(uuid.uuid4()))
    sent(client, void)
    assert status(client, void["id"]) == 200


@requirement("00018")
def test_taking_back_twice_changes_nothing(client: httpx.Client) -> None:
    one = answered()
    sent(client, one, voiding(one["id"]), voiding(one["id"]))
    assert status(client, one["id"], "voidedStatementId") == 200


@requirement("00163")
def test_what_stands_is_not_found_as_voided(client: httpx.Client) -> None:
    one = answered()
    sent(client, one)
    assert status(client, one["id"], "voidedStatementId") == 404


@requirement("00162")
def test_what_refers_to_it_is_still_found(client: httpx.Client) -> None:
    one = answered(uuid.uuid4().hex)
    void = voiding(one["id"])
    reference = {**answered(uuid.uuid4().hex), "object": {"objectType": "StatementRef", "id": one["id"]}}
    sent(client, one, void, reference)
    assert sorted(found(client, one["actor"])) == sorted([void["id"], reference["id"]])
