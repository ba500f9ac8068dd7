"""POST of statements (xAPI 1.0.3, part 3, 2.1.2 and 3.2; IEEE 9274.1.1, 4.1.6.1)."""

from __future__ import annotations

import uuid

import httpx

from tests.support.requirement import requirement
from tests.support.statements import answered

PATH = "/xAPI/statements"


@requirement("00139", "00146", "00147")
def test_the_ids_are_answered_in_order(client: httpx.Client) -> None:
    one = answered()
    assert client.post(PATH, json=one).json() == [one["id"]]
    many = [answered() for _ in range(3)]
    answer = client.post(PATH, json=many)
    assert (answer.status_code, answer.json()) == (200, [s["id"] for s in many])
    assert answer.headers["Content-Type"] == "application/json"


@requirement("00026", "00146")
def test_an_id_is_made_where_none_came(client: httpx.Client) -> None:
    one = answered()
    del one["id"]
    [id_] = client.post(PATH, json=one).json()
    assert uuid.UUID(id_).version == 4
    assert client.get(PATH, params={"statementId": id_}).json()["id"] == id_


@requirement("00142", "00182")
def test_what_stands_is_not_changed_by_another_of_its_id(client: httpx.Client) -> None:
    one, innocent = answered(), answered()
    asked = {"statementId": one["id"]}
    assert client.post(PATH, json=one).status_code == 200
    before = client.get(PATH, params=asked).content
    answer = client.post(PATH, json=[innocent, {**one, "result": {"success": False}}])
    assert (answer.status_code, answer.json()["field"]) == (409, "id")
    assert client.get(PATH, params=asked).content == before
    assert client.get(PATH, params={"statementId": innocent["id"]}).status_code == 404


@requirement("00142")
def test_the_same_statement_again_is_taken(client: httpx.Client) -> None:
    one = answered()
    for _ in range(2):
        assert client.post(PATH, json=one).json() == [one["id"]]


@requirement("00182", "00326")
def test_one_bad_statement_keeps_the_whole_batch_out(client: httpx.Client) -> None:
    good, bad = answered(), {**answered(), "verb": {"id": "no iri"}}
    for batch, field in (([good, bad], "1.verb.id"), ([bad, good], "0.verb.id")):
        answer = client.post(PATH, json=batch)
        assert (answer.status_code, answer.json()["field"]) == (400, field)
        assert client.get(PATH, params={"statementId": good["id"]}).status_code == 404


@requirement("00326", "00142")
def test_an_id_twice_in_a_batch_keeps_it_out(client: httpx.Client) -> None:
    one = answered()
    answer = client.post(PATH, json=[one, {**one, "result": {"success": False}}])
    assert (answer.status_code, answer.json()["field"]) == (400, "id")
    assert client.get(PATH, params={"statementId": one["id"]}).status_code == 404


@requirement("00324")
def test_it_takes_no_parameters(client: httpx.Client) -> None:
    answer = client.post(PATH, params={"statementId": str(uuid.uuid4())}, json=answered())
    assert (answer.status_code, answer.json()["field"]) == (400, "statementId")
