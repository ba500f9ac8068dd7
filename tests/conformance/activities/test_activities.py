"""Activities with all that is known of them (xAPI 1.0.3, part 3, 2.5; IEEE 9274.1.1, 4.1.6.4)."""

from __future__ import annotations

import uuid

import httpx
import pytest

from tests.support.requirement import requirement
from tests.support.statements import HOME, answered

PATH, STATEMENTS = "/xAPI/activities", "/xAPI/statements"


@requirement("00251", "00252", "00253", "00254")
def test_what_all_statements_say_comes_together(client: httpx.Client) -> None:
    one, two = (answered(item=item) for item in [uuid.uuid4().hex] * 2)
    one["object"]["definition"] = {"name": {"en": "One"}, "type": f"{HOME}/types/a"}
    two["object"]["definition"] = {"name": {"de": "Eins"}, "description": {"en": "the first"}}
    for statement in (one, two):
        assert client.post(STATEMENTS, json=statement).status_code == 200
    answer = client.get(PATH, params={"activityId": one["object"]["id"]})
    assert answer.status_code == 200
    assert answer.json() == {
        "objectType": "Activity",
        "id": one["object"]["id"],
        "definition": {
            "name": {"en": "One", "de": "Eins"},
            "description": {"en": "the first"},
            "type": f"{HOME}/types/a",
        },
    }


@requirement("00251")
def test_one_that_nobody_spoke_of_has_its_id(client: httpx.Client) -> None:
    id_ = f"{HOME}/items/{uuid.uuid4()}"
    assert client.get(PATH, params={"activityId": id_}).json() == {"objectType": "Activity", "id": id_}


@requirement("00250")
def test_it_asks_for_the_id(client: httpx.Client) -> None:
    answer = client.get(PATH)
    assert (answer.status_code, answer.json()["field"]) == (400, "activityId")


@requirement("00012")
@pytest.mark.parametrize("id_", ["", "items/1", "http://x.example/a b"])
def test_what_is_no_iri(client: httpx.Client, id_: str) -> None:
    answer = client.get(PATH, params={"activityId": id_})
    assert (answer.status_code, answer.json()["field"]) == (400, "activityId")
