"""Who is who over HTTP, as JSON and as a page."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from lrs.auth.credentials import Credential
from lrs.auth.scopes import EVERY
from lrs.store.client import Store
from processors.stages.said_names import LEARNER_TYPES
from processors.stages.statement_table import insert_rows
from schemas.catalog import Class, Member
from schemas.pacing_answers import PeopleAnswer
from schemas.roster import Person
from schemas.xapi.actor import identity
from tests.support.api import Client
from tests.support.statements import key

STRANGER = "account:https://moodle.example|17"


@pytest.fixture
def client(store: Store, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    found = Client(tmp_path_factory.mktemp("people"), store._dsn())
    tenant = f"people-{uuid.uuid4()}"
    monkeypatch.setattr(found._who, "verified_before", lambda _: Credential("tool", tenant, EVERY))
    ada = Person(id="42", name="Ada Lovelace", mailboxes=["ada@school.example"])
    members = [Member(learner="mbox:mailto:ada@school.example", name="Ada Lovelace", person="42")]
    found.parts.catalogs.append_all(tenant, "t", [ada, Class(id="7b", name="7b", learners=members)], 1)
    rows = [(tenant, one, identity(one), name, 1) for one, name in ((STRANGER, "ada  LOVELACE"), (key("bo"), "Bo"))]
    insert_rows(store, "learners", LEARNER_TYPES, rows)
    yield found
    found.close()


def ask(client: Client, method: str, path: str, **more: Any) -> httpx.Response:
    return client.ask(EVERY, method, path, **more)


def test_a_suggestion_is_merged_and_split(client: Client) -> None:
    found = PeopleAnswer.model_validate_json(ask(client, "GET", "/people").content)
    [one] = found.suggestions
    assert (one.into, one.other, found.persons) == ("person:42", STRANGER, [])
    answer = ask(client, "POST", "/people/merge", json={"into": one.into, "others": [one.other]})
    assert answer.json()["changes"] == 1
    found = PeopleAnswer.model_validate_json(ask(client, "GET", "/people").content)
    assert found.suggestions == []
    assert [(who.person, who.keys, who.by_hand) for who in found.persons] == [("person:42", [STRANGER], [STRANGER])]
    assert ask(client, "POST", "/people/split", json={"key": STRANGER}).json()["changes"] == 1
    assert len(PeopleAnswer.model_validate_json(ask(client, "GET", "/people").content).suggestions) == 1


@pytest.mark.parametrize(
    ("path", "sent", "field"),
    [
        ("merge", {"into": "person:7", "others": [key("bo")]}, "into"),
        ("merge", {"into": key("bo"), "others": []}, "others"),
        ("merge", {"into": key("bo"), "others": [key("bo")], "x": 1}, "x"),
        ("split", {"key": key("bo")}, "key"),
        ("split", {}, "key"),
        ("split", [], None),
    ],
)
def test_what_is_wrong_is_named(client: Client, path: str, sent: Any, field: str | None) -> None:
    answer = ask(client, "POST", f"/people/{path}", json=sent)
    assert (answer.status_code, answer.json().get("field")) == (400, field), answer.text


def test_the_page(client: Client) -> None:
    page = ask(client, "GET", "/board/people")
    assert page.status_code == 200
    assert "Ada Lovelace" in page.text
    assert "the same name" in page.text
    done = ask(client, "POST", "/board/people/merge", data={"into": "person:42", "other": STRANGER})
    assert (done.status_code, done.headers["location"]) == (303, "/board/people")
    assert 'value="account:https://moodle.example|17"' in ask(client, "GET", "/board/people").text
    assert ask(client, "POST", "/board/people/split", data={"key": STRANGER}).status_code == 303
    assert ask(client, "POST", "/board/people/split", data={"key": STRANGER}).status_code == 400
    assert ask(client, "POST", "/board/people/merge", data={"into": STRANGER}).status_code == 400
    crossed = {"Sec-Fetch-Site": "cross-site"}
    assert ask(client, "POST", "/board/people/split", data={"key": STRANGER}, headers=crossed).status_code == 403
