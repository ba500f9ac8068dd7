"""Notes on learners: who writes, reads and takes them back, over HTTP and on pages, by role."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from lrs.accounts.accounts import Account
from lrs.accounts.roles import PersonRole
from lrs.clock import system_time
from lrs.http.signed_in import COOKIE
from lrs.people import notes
from lrs.store.client import Store
from schemas.catalog import Class, Member, Skill
from schemas.invalid import Invalid
from schemas.notes import LONGEST_NOTE
from schemas.roster import Alias, Person
from tests.support.api import Client
from tests.support.api import ask as ask_app
from tests.support.statements import key

ADA, BEN = key("ada"), key("ben")
API, FORM, PAGE = (f"{place}/{quote(ADA, safe='')}" for place in ("/pacing/notes", "/board/notes", "/board/learners"))
SECRET = "tired since Monday <b>&"


@pytest.fixture
def tenant() -> str:
    return uuid.uuid4().hex


@pytest.fixture
def client(store: Store, tmp_path_factory: pytest.TempPathFactory, tenant: str) -> Iterator[Client]:
    found = Client(tmp_path_factory.mktemp("notes"), store._dsn())
    members = [Member(learner=ADA, name="Ada", person="p-ada")]
    found.parts.catalogs.append_all(
        tenant,
        "test",
        [
            Skill(id="halves", name="Halves"),
            Class(id="7b", school="north", teachers=["t1", "t2"], learners=members, skills=["halves"]),
            Class(
                id="8c",
                school="south",
                teachers=["t3"],
                learners=[Member(learner=BEN, person="p-ben")],
                skills=["halves"],
            ),
            Person(id="h1", schools=["north"]),
            Person(id="h2", schools=["south"]),
        ],
        system_time(),
    )
    yield found
    found.close()


@pytest.fixture
def people(client: Client, tenant: str) -> dict[str, dict[str, str]]:
    """The headers of each who signed in."""
    accounts = client.parts.signed_in.accounts

    def headers(role: PersonRole, person: str, name: str) -> dict[str, str]:
        account: Account = accounts.add(tenant, uuid.uuid4().hex, role, name, person)
        return {"Cookie": f"{COOKIE}={accounts.open_session(account)}"}

    return {
        "writer": headers(PersonRole.TEACHER, "t1", "Ms K"),
        "colleague": headers(PersonRole.TEACHER, "t2", "Mr L"),
        "stranger": headers(PersonRole.TEACHER, "t3", "Mr S"),
        "principal": headers(PersonRole.PRINCIPAL, "h1", "Dr P"),
        "principal elsewhere": headers(PersonRole.PRINCIPAL, "h2", "Dr Q"),
        "leader": headers(PersonRole.LEADER, "", "Dr M"),
        "operator": headers(PersonRole.OPERATOR, "", "Op"),
        "learner": headers(PersonRole.LEARNER, "p-ada", "Ada"),
        "guardian": headers(PersonRole.GUARDIAN, "p-ada", "Ada's mother"),
        "other learner": headers(PersonRole.LEARNER, "p-ben", "Ben"),
    }


def ask(client: Client, who: dict[str, str], method: str, path: str, **more: Any) -> httpx.Response:
    answer: httpx.Response = ask_app(client.app, method, path, headers=who, **more)
    return answer


def write(client: Client, who: dict[str, str], text: str = SECRET, **more: Any) -> dict[str, Any]:
    answer = ask(client, who, "POST", API, json={"text": text} | more)
    assert answer.status_code == 200, answer.text
    note: dict[str, Any] = answer.json()
    return note


def read(client: Client, who: dict[str, str], path: str = API) -> list[str]:
    """The texts of the notes that somebody reads; their status where they may not."""
    answer = ask(client, who, "GET", path)
    return [one["text"] for one in answer.json()["notes"]] if answer.status_code == 200 else [str(answer.status_code)]


def test_staff_of_the_learner_reads_it_and_the_family_what_is_for_them(
    client: Client, people: dict[str, dict[str, str]]
) -> None:
    note = write(client, people["writer"], skill="halves")
    assert (note["by"], note["skill"], note["family"]) == ("Ms K", {"id": "halves", "name": "Halves"}, False)
    shown = write(client, people["leader"], "well done", family=True)
    assert {who: read(client, headers) for who, headers in people.items()} == {
        **{who: ["well done", SECRET] for who in ("writer", "colleague", "principal", "leader", "operator")},
        **{who: ["well done"] for who in ("learner", "guardian")},
        **{who: ["404"] for who in ("stranger", "principal elsewhere", "other learner")},
    }
    for who in ("writer", "colleague", "principal", "leader", "learner", "guardian"):
        page = ask(client, people[who], "GET", PAGE).text
        assert "well done" in page, who
        assert ("tired since Monday &lt;b&gt;&amp;" in page) == (who not in ("learner", "guardian")), who
        assert ("/board/notes/" in page) == (who not in ("learner", "guardian")), who
    for who in ("learner", "guardian", "other learner"):
        assert ask(client, people[who], "POST", API, json={"text": "x"}).status_code == 403
        assert ask(client, people[who], "DELETE", f"{API}/{shown['id']}").status_code == 403
    assert ask(client, people["stranger"], "POST", API, json={"text": "x"}).status_code == 404


@pytest.mark.parametrize(("who", "status"), [
    ("writer", 204), ("principal", 204), ("leader", 204), ("operator", 204), ("colleague", 403), ("stranger", 404),
    ("principal elsewhere", 404),
])  # fmt: skip
def test_who_takes_it_back(client: Client, people: dict[str, dict[str, str]], who: str, status: int) -> None:
    note = write(client, people["writer"])
    may = {one["id"]: one["may_withdraw"] for one in ask(client, people["leader"], "GET", API).json()["notes"]}
    assert may == {note["id"]: True}
    assert ask(client, people[who], "DELETE", f"{API}/{note['id']}").status_code == status
    assert read(client, people["leader"]) == ([] if status == 204 else [SECRET])
    if status == 204:
        assert ask(client, people[who], "DELETE", f"{API}/{note['id']}").status_code == 404


def test_a_note_is_taken_back_of_its_own_learner_alone(client: Client, people: dict[str, dict[str, str]]) -> None:
    """Whoever sees one learner reaches no note on another by its id."""
    note = write(client, people["writer"])
    path = f"/pacing/notes/{quote(BEN, safe='')}/{note['id']}"
    assert ask(client, people["leader"], "DELETE", path).status_code == 404
    assert read(client, people["writer"]) == [SECRET]


def test_on_the_page(client: Client, people: dict[str, dict[str, str]]) -> None:
    def send(who: str, **form: str) -> tuple[int, str]:
        answer = ask(client, people[who], "POST", FORM, data=form)
        return answer.status_code, answer.headers.get("location", "")

    assert send("writer", text=SECRET, skill="halves") == (303, f"{PAGE}#notes")
    page = ask(client, people["writer"], "GET", PAGE).text
    assert re.search(r"Ms K · .* · Halves · staff alone sees it", page)
    [note] = re.findall(r'name="note" value="(\w+)"', page)
    assert 'name="note"' not in ask(client, people["colleague"], "GET", PAGE).text
    assert send("colleague", do="withdraw", note=note)[0] == 403
    assert send("stranger", do="withdraw", note=note)[0] == 404
    assert send("writer", text="for all", family="yes")[0] == 303
    assert read(client, people["guardian"]) == ["for all"]
    assert send("writer", do="withdraw", note=note) == (303, f"{PAGE}#notes")
    assert read(client, people["writer"]) == ["for all"]


def test_what_is_wrong_names_its_field_and_repeats_no_text(
    client: Client, people: dict[str, dict[str, str]], caplog: pytest.LogCaptureFixture
) -> None:
    long = "private " * LONGEST_NOTE
    for body, field in (
        ({"text": long}, "text"),
        ({"text": "  "}, "text"),
        ({"text": "\u200b\x00 \u2800"}, "text"),
        ({"text": "private", "skill": "thirds"}, "skill"),
        ({"text": "private", "family": "yes"}, "family"),
    ):
        answer = ask(client, people["writer"], "POST", API, json=body)
        assert (answer.status_code, field in answer.text) == (400, True), answer.text
        assert "private" not in answer.text
    answer = ask(client, people["writer"], "POST", FORM, data={"text": "private", "skill": "thirds"})
    assert answer.status_code == 400
    assert "there is no skill thirds" in answer.text
    assert "private</textarea>" in answer.text  # what was typed is kept
    nobody = ask(client, people["leader"], "POST", f"/pacing/notes/{quote(key('nobody'), safe='')}", json={"text": "x"})
    assert nobody.status_code == 404
    assert "private" not in caplog.text


def test_of_so_many_there_is_no_more(
    client: Client, people: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notes, "MOST_NOTES", 2)
    write(client, people["writer"])
    kept = write(client, people["writer"])
    answer = ask(client, people["leader"], "POST", API, json={"text": "one more"})
    assert answer.status_code == 400
    assert "this learner has 2 notes: withdraw one first" in answer.text
    ask(client, people["writer"], "DELETE", f"{API}/{kept['id']}")
    write(client, people["leader"])


def test_follows_the_person_whatever_key_named_them(
    client: Client, tenant: str, people: dict[str, dict[str, str]]
) -> None:
    """After a merge it is read under each key, by whoever sees the person."""
    write(client, people["writer"])
    other = f"/pacing/notes/{quote(BEN, safe='')}"
    assert read(client, people["leader"], other) == []
    client.parts.catalogs.append(tenant, "test", Alias(id=ADA, of=BEN), system_time())
    assert read(client, people["leader"], other) == [SECRET]


def test_names_nobody_where_nobody_signed_in_and_nobody_is_named(client: Client, tenant: str) -> None:
    found = notes.LearnerNotes(client.parts.store, client.parts.catalogs, system_time)
    with pytest.raises(Invalid, match="is missing"):
        found.write(tenant, ADA, notes.NewNote(text="x"), None, "key")
    assert found.write(tenant, ADA, notes.NewNote(text="x", by="Ms K"), None, "key")["by"] == "Ms K"
