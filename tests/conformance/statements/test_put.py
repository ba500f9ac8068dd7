"""PUT of one statement (xAPI 1.0.3, part 3, 2.1.1; IEEE 9274.1.1, 4.1.6.1)."""

from __future__ import annotations

import uuid

import httpx
import pytest

from tests.support.requirement import requirement
from tests.support.statements import answered

PATH = "/xAPI/statements"


@requirement("00139", "00143")
def test_the_statement_is_stored_and_nothing_is_answered(client: httpx.Client) -> None:
    one = answered()
    answer = client.put(PATH, params={"statementId": one["id"]}, json=one)
    assert (answer.status_code, answer.content) == (204, b"")
    assert client.get(PATH, params={"statementId": one["id"]}).json()["result"] == one["result"]


@requirement("00144", "00145")
def test_the_id_is_given_as_a_parameter(client: httpx.Client) -> None:
    one = answered()
    answer = client.put(PATH, json=one)
    assert (answer.status_code, answer.json()["field"]) == (400, "statementId")
    assert client.get(PATH, params={"statementId": one["id"]}).status_code == 404


@requirement("00144", "00145")
def test_a_statement_without_an_id_takes_that_of_the_parameter(client: httpx.Client) -> None:
    id_, one = str(uuid.uuid4()), answered()
    del one["id"]
    assert client.put(PATH, params={"statementId": id_}, json=one).status_code == 204
    assert client.get(PATH, params={"statementId": id_}).json()["id"] == id_


@requirement("00144")
def test_an_id_that_differs_from_the_parameter_is_refused(client: httpx.Client) -> None:
    answer = client.put(PATH, params={"statementId": str(uuid.uuid4())}, json=answered())
    assert (answer.status_code, answer.json()["field"]) == (400, "id")


@requirement("00142", "00182")
def test_what_stands_is_not_changed_by_another_of_its_id(client: httpx.Client) -> None:
    one = answered()
    asked = {"statementId": one["id"]}
    assert client.put(PATH, params=asked, json=one).status_code == 204
    before = client.get(PATH, params=asked).content
    assert client.put(PATH, params=asked, json={**one, "result": {"success": False}}).status_code == 409
    assert client.get(PATH, params=asked).content == before


@requirement("00012", "00144")
@pytest.mark.parametrize("value", ["", "1", "not-a-uuid"])
def test_the_parameter_is_a_uuid(client: httpx.Client, value: str) -> None:
    answer = client.put(PATH, params={"statementId": value}, json=answered())
    assert (answer.status_code, answer.json()["field"]) == (400, "statementId")


@requirement("00325")
def test_a_parameter_in_another_case_is_refused(client: httpx.Client) -> None:
    one = answered()
    answer = client.put(PATH, params={"StatementId": one["id"]}, json=one)
    assert (answer.status_code, answer.json()["field"]) == (400, "StatementId")
