"""A learner who signed in answers an opening check: one question a screen, once, and sees at the end what was right."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Iterator, Sequence
from urllib.parse import quote

import httpx
import orjson
import pytest

from lrs.accounts.roles import PersonRole
from lrs.clock import system_time
from lrs.errors import Full
from lrs.http.signed_in import COOKIE
from lrs.record.recorder import Recorder
from lrs.store.client import Store
from lrs.web.check_page import row_id
from schemas.asked_question import AskedQuestion, Choice
from schemas.catalog import Change, Class, Member, Skill
from schemas.opening_check import Check, EnteredResult, Question
from schemas.plan_events import KeptCheck
from tests.support.api import Client
from tests.support.api import ask as ask_app
from tests.support.statements import key

CLASS, ADA, BEN = "7/b", key("ada"), key("ben")
CHECK, GRID = "/board/check/C1", "/checks/7%2Fb"
CHOICES = [Choice(id="x", text="one half"), Choice(id="y", text="one third")]
ASKED = [
    AskedQuestion(type="choice", text="Which is greater?", choices=CHOICES, correct=["x"]),
    AskedQuestion(type="numeric", text="1/2 + 1/4?", correct=["0.75"]),
    None,
    AskedQuestion(type="choice", text="Which are less than 1?", choices=CHOICES, correct=["x[,]y"]),
]


@pytest.fixture
def tenant() -> str:
    return uuid.uuid4().hex


@pytest.fixture
def client(store: Store, tmp_path_factory: pytest.TempPathFactory, tenant: str) -> Iterator[Client]:
    found = Client(tmp_path_factory.mktemp("own-check"), store._dsn())
    members = [Member(learner=ADA, name="Ada", person="p-ada"), Member(learner=BEN, name="Ben")]
    changes: list[Change] = [Skill(id="halves"), Class(id=CLASS, name="7b", learners=members, skills=["halves"])]
    found.parts.catalogs.append_all(tenant, "test", changes, system_time())
    questions = [Question(item=f"https://a.example/{n}", skill="halves", asked=one) for n, one in enumerate(ASKED)]
    check = Check(id="C1", class_id=CLASS, by="Ms K", questions=questions)
    found.parts.catalogs.append(tenant, "test", check, system_time())
    yield found
    found.close()


def cookie(client: Client, tenant: str, role: PersonRole, person: str) -> dict[str, str]:
    accounts = client.parts.signed_in.accounts
    account = accounts.add(tenant, uuid.uuid4().hex, role, "Somebody", person)
    return {"Cookie": f"{COOKIE}={accounts.open_session(account)}"}


@pytest.fixture
def ada(client: Client, tenant: str) -> dict[str, str]:
    return cookie(client, tenant, PersonRole.LEARNER, "p-ada")


def look(client: Client, who: dict[str, str], path: str = CHECK) -> str:
    answer = ask_app(client.app, "GET", path, headers=who)
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def send(client: Client, who: dict[str, str], **form: str) -> httpx.Response:
    answer: httpx.Response = ask_app(client.app, "POST", CHECK, headers=who, data=form)
    return answer


def kept(client: Client, tenant: str) -> KeptCheck:
    return client.parts.catalogs.latest(tenant).planned.checks[CLASS]["C1"]


def test_one_question_a_screen_and_what_was_right_at_the_end(client: Client, tenant: str, ada: dict[str, str]) -> None:
    page = look(client, ada)
    assert "Question 1 of 3" in page  # the one that a page cannot ask is on paper
    assert "Which is greater?" in page
    assert "1/2 + 1/4?" not in page
    sent = send(client, ada, question="0", answer="0")
    assert (sent.status_code, sent.headers["location"]) == (303, CHECK)
    page = look(client, ada)
    assert "Question 2 of 3" in page
    assert "Which is greater?" not in page
    assert 'class="right"' not in page
    assert send(client, ada, question="1", answer="1,5").status_code == 303
    assert 'class="not-yet"' not in look(client, ada)
    assert send(client, ada, question="3", **{"answer-0": "0", "answer-1": "1"}).status_code == 303
    page = look(client, ada)
    assert re.findall(r'class="(right|not-yet)">', page) == ["right", "not-yet", "right"]
    assert "1 more question is on paper" in page
    assert "Worth practising: halves." in page  # what comes next, and where
    assert f'href="/board/learners/{quote(ADA, safe="")}#next"' in page
    results = kept(client, tenant).results
    assert [(n, results[ADA, n].right, results[ADA, n].response, results[ADA, n].own) for n in (0, 1, 3)] == [
        (0, True, "x", True),
        (1, False, "1.5", True),
        (3, True, "x[,]y", True),
    ]
    assert (ADA, 2) not in results


def test_it_may_be_left_gone_on_with_and_is_answered_once(client: Client, tenant: str, ada: dict[str, str]) -> None:
    own = f"/board/learners/{quote(ADA, safe='')}"
    assert "3 questions, about two minutes." in look(client, ada, own)
    send(client, ada, question="0", unknown="yes")
    assert "You answered 1 of 3 questions." in look(client, ada, own)
    send(client, ada, question="0", answer="0")
    assert kept(client, tenant).results[ADA, 0].right is False
    assert "Question 2 of 3" in look(client, ada)


@pytest.mark.parametrize("role", [PersonRole.LEARNER, PersonRole.GUARDIAN])
def test_what_would_tell_which_answers_were_right_is_held_back_until_the_end(
    client: Client, tenant: str, ada: dict[str, str], role: PersonRole
) -> None:
    who, own = cookie(client, tenant, role, "p-ada"), f"learners/{quote(ADA, safe='')}"

    def known() -> list[tuple[int, bool]]:
        answers = [ask_app(client.app, "GET", f"/pacing/{own}{more}", headers=who) for more in ("", "/next")]
        page = look(client, who, f"/board/{own}")
        return [(answer.status_code, "What can be started" in page) for answer in answers]

    assert known() == [(200, True)] * 2
    leader = cookie(client, tenant, PersonRole.LEADER, "")
    entered = [{"learner": ADA, "question": 1, "right": True}]  # on paper: they answered nothing on a device yet
    ask_app(client.app, "PUT", "/pacing/checks/7%2Fb/C1", headers=leader, json={"results": entered})
    assert known() == [(200, True)] * 2
    send(client, ada, question="0", answer="0")
    assert known() == [(409, False)] * 2
    assert "opening check" in look(client, who, f"/board/{own}")
    assert ask_app(client.app, "GET", f"/pacing/{own}", headers=leader).status_code == 200
    send(client, ada, question="3", unknown="yes")
    assert known() == [(200, True)] * 2


def test_what_was_asked_for_can_be_taken_back_meanwhile(client: Client, ada: dict[str, str]) -> None:
    learner = quote(ADA, safe="")
    ask_app(client.app, "POST", f"/board/lessons/{learner}", headers=ada, data={"skill": "halves"})
    send(client, ada, question="0", answer="0")
    page = look(client, ada, f"/board/learners/{learner}")
    assert "Finish the opening check first" in page
    assert "Withdraw that you asked for halves" in page


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"question": "1", "answer": "a lot"}, "Write a number"),
        ({"question": "1", "answer": "9" * 201}, "at most 200"),
        ({"question": "0"}, "Answer, or press"),
        ({"question": "0", "answer": "7"}, "Answer, or press"),
        ({"question": "2", "answer": "1"}, "is not a question"),
        ({"question": "9", "answer": "1"}, "is not a question"),
        ({"answer": "1"}, "is not a question"),
    ],
)
def test_what_is_no_answer_is_not_counted_as_wrong(
    client: Client, tenant: str, ada: dict[str, str], form: dict[str, str], says: str
) -> None:
    answer = send(client, ada, **form)
    assert answer.status_code == 400
    assert says in answer.text
    assert not kept(client, tenant).results


def test_what_was_typed_stays(client: Client, ada: dict[str, str]) -> None:
    send(client, ada, question="0", answer="0")
    answer = send(client, ada, question="1", answer="a lot")
    assert 'value="a lot"' in answer.text
    assert "Question 2 of 3" in answer.text


def test_it_is_for_learners_of_the_class_alone(client: Client, tenant: str) -> None:
    for role, person in ((PersonRole.LEARNER, "p-other"), (PersonRole.GUARDIAN, "p-ada"), (PersonRole.TEACHER, "t")):
        who = cookie(client, tenant, role, person)
        for method in ("GET", "POST"):
            answer = ask_app(client.app, method, CHECK, headers=who)
            assert answer.status_code == (404 if role is PersonRole.LEARNER else 403)
    assert not kept(client, tenant).results


def test_a_grid_that_was_opened_before_overwrites_nothing_that_was_answered_since(
    client: Client, tenant: str, ada: dict[str, str]
) -> None:
    teacher = cookie(client, tenant, PersonRole.LEADER, "")
    page = look(client, teacher, f"{GRID}?check=C1")
    fields = dict(re.findall(r'name="((?:was-)?[0-9a-f]{12}(?:-[0-9])?)"[^>]* value="([^"]*)"', page))
    assert len(fields) == 2 * (1 + len(ASKED))
    send(client, ada, question="0", answer="0")
    sent = {"check": "C1"} | fields | {f"{row_id(BEN)}-1": "1"}
    answer = ask_app(client.app, "POST", f"{GRID}/results", headers=teacher, data=sent)
    assert answer.status_code == 303
    results = kept(client, tenant).results
    assert {who: one.right for who, one in results.items()} == {(ADA, 0): True, (BEN, 1): True}
    assert (results[ADA, 0].own, results[BEN, 1].own) == (True, False)
    cleared = {"check": "C1", f"was-{row_id(ADA)}": "1---", f"{row_id(ADA)}-0": ""}
    assert ask_app(client.app, "POST", f"{GRID}/results", headers=teacher, data=cleared).status_code == 303
    assert kept(client, tenant).results[ADA, 0].right is None


def test_a_result_of_a_tool_is_nobodys_own(client: Client, tenant: str) -> None:
    sent = [EnteredResult(learner=ADA, question=0, right=True, own=True, response="x").model_dump()]
    leader = cookie(client, tenant, PersonRole.LEADER, "")
    answer = ask_app(client.app, "PUT", "/pacing/checks/7%2Fb/C1", headers=leader, json={"results": sent})
    assert answer.status_code == 200
    one = kept(client, tenant).results[ADA, 0]
    assert (one.own, one.response, one.right) == (False, "", True)


def test_an_answer_that_failed_is_shown_again_and_recorded_when_the_store_starts(
    client: Client, tenant: str, ada: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Recorder, "record", out_of_room)
        answer = send(client, ada, question="0", answer="0")
        assert answer.status_code == 507
    assert "Question 1 of 3" in answer.text
    assert "Question 1 of 3" in look(client, ada)
    recorded: list[bytes] = []

    async def record(self: Recorder, statements: Sequence[bytes], *_: object) -> tuple[list[str], int | None]:
        recorded.extend(statements)
        return [], None

    async def start() -> None:
        async with client.app.router.lifespan_context(client.app):
            while kept(client, tenant).unrecorded:
                await asyncio.sleep(0.01)

    monkeypatch.setattr(Recorder, "record", record)
    assert kept(client, tenant).unrecorded
    asyncio.run(asyncio.wait_for(start(), 60))
    assert [orjson.loads(one)["result"] for one in recorded] == [{"success": True, "response": "x"}]
    assert "Question 2 of 3" in look(client, ada)


async def out_of_room(self: Recorder, *_: object) -> tuple[list[str], int | None]:
    raise Full("there is no room")


def test_only_who_answered_on_a_device_counts_there(client: Client, tenant: str, ada: dict[str, str]) -> None:
    leader = cookie(client, tenant, PersonRole.LEADER, "")
    entered = [{"learner": BEN, "question": number, "right": True} for number in (0, 1, 3)]
    sent = ask_app(client.app, "PUT", "/pacing/checks/7%2Fb/C1", headers=leader, json={"results": entered})
    assert sent.status_code == 200, sent.text
    assert "Learners who have answered all of it on a device: 0 of 2." in look(client, leader, f"{GRID}?check=C1")
    for number in (0, 1, 3):
        send(client, ada, question=str(number), unknown="yes")
    assert "Learners who have answered all of it on a device: 1 of 2." in look(client, leader, f"{GRID}?check=C1")


def test_a_new_check_replaces_the_one_of_today_only_where_that_is_said(client: Client, tenant: str) -> None:
    leader = cookie(client, tenant, PersonRole.LEADER, "")
    page = look(client, leader, GRID)
    assert '<input type="hidden" name="replaces" value="C1">' in page
    refused = ask_app(client.app, "POST", GRID, headers=leader, data={"replaces": ""})
    assert refused.status_code == 409
    assert "Check C1 is from today" in refused.text
    other = ask_app(client.app, "POST", GRID, headers=leader, data={"replaces": "C0"})  # of a page that is old
    assert other.status_code == 409
    asked = ask_app(client.app, "POST", GRID, headers=leader, data={"replaces": "C1"})
    assert asked.status_code != 409
    assert "say that a new one" not in asked.text


def test_no_stream_of_a_class_that_does_not_exist(client: Client, tenant: str) -> None:
    leader = cookie(client, tenant, PersonRole.LEADER, "")
    status = {
        class_id: ask_app(
            client.app, "GET", f"/board/live/{class_id}", headers=leader, params={"seconds": 0.1}
        ).status_code
        for class_id in ("7%2Fb", "none")
    }
    assert status == {"7%2Fb": 200, "none": 404}
