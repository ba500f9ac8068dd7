"""Every form of a page that is refused is shown again as it was filled in, with the reason at the field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import quote

import httpx
import pytest

from lrs.accounts.roles import PersonRole
from lrs.app import build
from lrs.auth.scopes import Scope
from lrs.cli.schemas import NOWHERE
from lrs.http.access import TABLE
from lrs.http.signed_in import COOKIE
from lrs.store.client import Store
from lrs.web.check_page import row_id
from schemas.catalog import Activity, Class, Member, Skill
from schemas.material import Material
from schemas.opening_check import Check, Question
from schemas.plan_events import DayPlan, PlannedTask
from schemas.timetable import Slot
from tests.lrs.evaluation.test_history import answer, keep
from tests.support.api import Client, Route, ask
from tests.support.classroom import NOW, Classroom
from tests.support.forms import forms_of, refused

ADA = "account:https://school.example|refused/ada"
TENANT = "scopes"  # of whoever asks by the client
CLASS, DAY = "7/b", "2030-03-18"
PATH = quote(CLASS, safe="")
TASK = "https://a.example/1 halves"


@dataclass(frozen=True)
class Typed:
    """A form with something wrong. field: what is marked, "" where no field of the form is to blame; at: the path it is
    sent to; form: the path that the form on the page is sent to, where that is another."""

    field: str
    data: dict[str, str]
    status: int = 400
    at: str = ""
    form: str = ""
    files: dict[str, tuple[str, bytes]] | None = None


ROW = row_id(ADA)
REQUIREMENT = {"do": "add", "skill": "Thirds", "requires": "Quarters"}
POLICY = {"class_id": CLASS, "help_below": "12.5", "advance_at": "140", "by": "Ms K"}
CASES: dict[Route, Typed] = {
    ("POST", "/board/overrule"): Typed(
        "days",
        {"learner": ADA, "skill": "thirds", "decision": "review", "reason": 'an "oral" exam', "days": "-3", "by": "K"},
    ),
    ("POST", "/board/put-off"): Typed(
        "reason", {"class_id": CLASS, "learner": ADA, "skill": "halves", "days": "7", "by": "Ms K"}
    ),
    ("POST", "/board/notes/{learner:id}"): Typed(
        "text", {"text": "", "skill": "halves", "family": "yes", "by": "Ms K"}, at=f"/board/notes/{quote(ADA, safe='')}"
    ),
    ("POST", "/board/skills/requirements/preview"): Typed("requires", REQUIREMENT),
    ("POST", "/board/skills/requirements/apply"): Typed(
        "requires", REQUIREMENT, form="/board/skills/requirements/preview"
    ),
    ("POST", "/board/policy/preview"): Typed("advance_at", POLICY),
    ("POST", "/board/policy/apply"): Typed(
        "", POLICY | {"advance_at": "70", "seen": "77"}, 409, form="/board/policy/preview"
    ),
    ("POST", "/board/initiatives"): Typed(
        "until",
        {"id": "pairs", "what": "In pairs", "class": CLASS, "since": "2030-03-20", "until": "2030-03-01",
         "outcome": "attempts", "by": "Ms K"},
    ),
    ("POST", "/checks/{class_id:id}/results"): Typed(
        f"{ROW}-1", {"check": "C1", f"{ROW}-0": "1", f"{ROW}-1": "7"}, at=f"/checks/{PATH}/results"
    ),
    ("POST", "/plans/{class_id:id}/{day}"): Typed(
        "",
        {"do": "assign", "version": "9999", "cell": "0-0", "learner": ADA, "slot": "1", "task": TASK, "refit": "yes"},
        409, at=f"/plans/{PATH}/{DAY}",
    ),
    ("POST", "/board/unmapped/preview"): Typed("skill", {"kind": "pattern", "id": "a/*"}),
    ("POST", "/board/unmapped/apply"): Typed(
        "id", {"kind": "pattern", "id": "", "skill": "halves"}, form="/board/unmapped/preview"
    ),
    ("POST", "/board/people/merge"): Typed("other", {"into": "person:ada"}),
    ("POST", "/board/roster/preview"): Typed(
        "roster", {"source": "Our system"}, files={"roster": ("r.csv", b"nothing,known\n1,2\n")}
    ),
    ("POST", "/board/roster/accounts/preview"): Typed(
        "home_page", {"home_page": "not an address"}, files={"accounts": ("a.csv", b"sourcedId,account\n1,2\n")}
    ),
    ("POST", "/board/skills/preview"): Typed("skills", {}, files={"skills": ("s.csv", b"nothing,known\n1,2\n")}),
    ("POST", "/board/materials/preview"): Typed("materials", {}, files={"materials": ("m.csv", b"no,id_\n1,2\n")}),
}  # fmt: skip
BUTTONS = "nothing is typed: it is a button"
UNTYPED: dict[Route, str] = {
    **{
        ("POST", path): BUTTONS
        for path in (
            "/board/people/split", "/board/models/compare", "/board/models/activate", "/board/cards/{class_id:id}",
            "/checks/{class_id:id}", "/board/roster/apply", "/board/roster/accounts/apply", "/board/skills/apply",
            "/board/materials/apply", "/board/lessons/{learner:id}", "/board/groups/{class_id:id}",
            "/sign-out", "/sign-in/open",
        )
    },
    **{("POST", path): "another system sends it" for path in ("/lti/login", "/lti/launch")},
    **{
        ("POST", path): "its page says what is wrong, and asks for the secret again"
        for path in ("/sign-in", "/sign-in/class", "/invitations/{token}")
    },
    ("POST", "/board/appeared"): "a name as long as the field lets one write is no error",
    ("POST", "/board/check/{check:id}"): "for who learns in a class: tests/lrs/web/test_own_check_page.py",
    ("POST", "/board/language"): "for who has an account: below",
}  # fmt: skip


@pytest.fixture(scope="module")
def client(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    found = Client(tmp_path_factory.mktemp("refused"), NOWHERE)
    fresh = {"position": 1, "behind": 0, "age_seconds": 0.0, "log_end": 1}
    found.parts = replace(found.parts, store=store, freshness=lambda: fresh)
    found.app = build(found.parts)
    found.allow(frozenset({Scope.ALL}))
    question = Question(item="i", name="i", skill="halves", skill_name="Halves", opens="i", bits=1.0)
    task = PlannedTask(id=TASK, name="Half a cake", skill="halves", skill_name="Halves")
    slot = Slot(id="1", start="09:00", minutes=20)
    found.parts.catalogs.append_all(
        TENANT,
        "test",
        [
            *(Skill(id=id_, name=id_.title()) for id_ in ("halves", "thirds")),
            Activity(id="https://a.example/1", skills=["halves"]),
            Material(id="https://a.example/1"),
            Class(id=CLASS, learners=[Member(learner=ADA, name="Ada")], skills=["halves", "thirds"]),
        ],
        NOW,
    )
    for event in (
        Check(id="C1", class_id=CLASS, by="t", questions=[question, question]),
        DayPlan(id=CLASS, day=DAY, what="made", by="t", slots=[slot], learners=[ADA], tasks=[task]),
    ):
        found.parts.catalogs.append(TENANT, "test", event, NOW)
    stuck = {"streak": -6, "low": 0.1, "high": 0.5}
    Classroom(store, TENANT).masteries([(ADA, "halves", 0.2, stuck), (ADA, "thirds", 0.6, {})])
    keep(store, [answer(TENANT, ADA, NOW, "nobody knows what this teaches", ())])
    yield found
    found.close()


def send(client: Client, path: str, case: Typed, **headers: str) -> httpx.Response:
    return ask(
        client.app, "POST", path, data=case.data, files=case.files, headers={"Authorization": "Basic eDp5"} | headers
    )


def test_every_form_of_a_page_is_looked_at() -> None:
    pages = ("/board", "/checks", "/plans", "/sign", "/invitations", "/lti")
    assert {*CASES, *UNTYPED} == {one for one in TABLE if one[0] == "POST" and one[1].startswith(pages)}


@pytest.mark.parametrize("route", CASES)
def test_what_was_typed_stays_and_the_field_is_marked(client: Client, route: Route) -> None:
    case = CASES[route]
    answer = send(client, case.at or route[1], case)
    assert answer.status_code == case.status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    form = refused(answer)
    assert form.action == (case.form or case.at or route[1])
    assert form.wrong == ([case.field] if case.field else [])
    typed = {name: value for name, value in case.data.items() if name not in ("version", "seen")}
    assert {name: form.values[name] for name in typed} == typed
    assert answer.text.count('id="refused"') == 1


@pytest.mark.parametrize("typed", ["", " ", "\u200b\u00a0", "\x00", "\u3164\ufe0f"])
@pytest.mark.parametrize(
    ("route", "field"),
    [("/board/notes/{learner:id}", "text"), ("/board/overrule", "reason"), ("/board/put-off", "reason"),
     ("/board/initiatives", "what"), ("/board/initiatives", "id")],
)  # fmt: skip
def test_a_text_of_which_nothing_is_seen_is_missing(client: Client, route: str, field: str, typed: str) -> None:
    case = CASES["POST", route]
    usual = {"decision": "review", "days": "2", "until": "2030-04-30"}
    data = {name: usual.get(name, value) for name, value in case.data.items()} | {field: typed}
    answer = send(client, case.at or route, replace(case, data=data))
    assert answer.status_code == 400
    assert refused(answer).wrong == [field]


@pytest.mark.parametrize(
    ("at", "data"),
    [
        (f"/board/notes/{quote(ADA, safe='')}", {"text": "tired"}),
        (f"/board/groups/{PATH}", {"learner": ADA, "skill": "halves"}),
        ("/board/put-off", {"class_id": CLASS, "learner": ADA, "skill": "halves", "reason": "tired"}),
        (f"/plans/{PATH}/{DAY}", {}),
        (f"/board/cards/{PATH}", {}),
    ],
)
def test_what_a_form_cannot_do_is_refused(client: Client, at: str, data: dict[str, str]) -> None:
    assert send(client, at, Typed("", {**data, "do": "sideways"})).status_code == 400


def test_a_form_with_nothing_in_it_is_shown_again(client: Client) -> None:
    at = CASES["POST", "/board/notes/{learner:id}"].at
    answer = send(client, at, Typed("text", {"text": ""}))
    assert (answer.status_code, refused(answer).wrong) == (400, ["text"])


def test_the_zone_of_an_account(client: Client) -> None:
    account = client.parts.signed_in.accounts.add(TENANT, "kim", PersonRole.LEADER, "Ms Kim", "")
    cookie = f"{COOKIE}={client.parts.signed_in.accounts.open_session(account)}"
    case = Typed("zone", {"language": "de", "zone": "Mars/One", "back": "/board"})
    answer = ask(client.app, "POST", "/board/language", data=case.data, headers={"Cookie": cookie})
    assert answer.status_code == 400
    assert (refused(answer).wrong, refused(answer).values["zone"]) == (["zone"], "Mars/One")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("back", ["/pacing/alerts/stream", "/board/live/7%2Fb", "/pacing/groups/7%2Fb", "/nowhere"])
def test_what_is_no_page_is_not_waited_for(client: Client, back: str) -> None:
    """A stream would never end, and the sender chooses what is shown again."""
    account = client.parts.signed_in.accounts.add(TENANT, f"lee {back}", PersonRole.LEADER, "Ms Lee", "")
    cookie = f"{COOKIE}={client.parts.signed_in.accounts.open_session(account)}"
    answer = ask(
        client.app, "POST", "/board/language", data={"language": "xx", "back": back}, headers={"Cookie": cookie}
    )
    assert answer.status_code == 400
    assert "must be one of en, de, es, fr" in answer.text


@pytest.mark.parametrize("number", ["²", "①", "9" * 5000, "-1", "1.0"])
def test_what_is_no_number_is_refused(client: Client, number: str) -> None:
    plan = f"/plans/{PATH}/{DAY}"
    undone = ask(
        client.app, "POST", plan, data={"do": "undo", "version": number}, headers={"Authorization": "Basic eDp5"}
    )
    assert undone.status_code == 400
    assert (
        ask(
            client.app, "GET", plan, params={"cell": f"{number}-{number}"}, headers={"Authorization": "Basic eDp5"}
        ).status_code
        == 200
    )
    put_off = CASES["POST", "/board/put-off"].data | {"days": number, "reason": "tired"}
    assert (
        ask(client.app, "POST", "/board/put-off", data=put_off, headers={"Authorization": "Basic eDp5"}).status_code
        == 400
    )


def test_what_may_not_be_seen_is_not_shown_again(client: Client) -> None:
    overrule = CASES["POST", "/board/overrule"]
    unknown = send(client, "/board/overrule", replace(overrule, data=overrule.data | {"learner": "nobody"}))
    assert (unknown.status_code, forms_of(unknown.text)) == (400, [])
    other = send(client, "/board/overrule", overrule, **{"Sec-Fetch-Site": "cross-site"})
    assert (other.status_code, forms_of(other.text)) == (403, [])
    class_ = send(client, "/board/appeared", Typed("", {"id": "nobody", "action": "adopt", "name": "Ours"}))
    assert (class_.status_code, class_.headers["content-type"]) == (404, "text/html; charset=utf-8")
