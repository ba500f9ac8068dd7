"""What learners and guardians are answered: nothing that staff wrote for staff, and no more in JSON than on a page."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from urllib.parse import quote

import orjson
import pytest

from lrs.accounts.roles import FAMILY, PersonRole
from lrs.auth.scopes import Scope
from lrs.http.access import TABLE
from lrs.http.signed_in import COOKIE
from lrs.store.client import Store
from schemas.catalog import Activity, Change, Class, Member, Skill
from schemas.decision import Decision
from schemas.family_answers import FamilyNext, FamilyPage
from schemas.material import Material
from schemas.notes import Note
from schemas.overruling import Overrule, PutOff
from tests.support.api import Client, Route, ask
from tests.support.routes import CASES
from tests.support.statements import key

TENANT, ADA = "families", key("ada")
OVERRULED, PUT_OFF, NOT_SEEN, STAFF_NOTE = "PRIVATE-1", "PRIVATE-2", "PRIVATE-3", "PRIVATE-4"
WRITER = "PRIVATE-5"  # who wrote them
SHOWN_NOTE = "for the family"
FOR_FAMILY = sorted(route for route, access in TABLE.items() if access.scopes is not None and access.roles & {*FAMILY})
OF_LEARNER = f"/pacing/learners/{quote(ADA, safe='')}"
FAR = 10**17  # µs since the epoch


@pytest.fixture(scope="module")
def client(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    found = Client(tmp_path_factory.mktemp("family"), store._dsn())
    found.parts.login.credentials = found.real
    changes: list[Change] = [
        Skill(id="fractions", name="Fractions"),
        Skill(id="decimals", name="Decimals", requires=["fractions"]),
        Class(
            id="7b", teachers=["t1"], learners=[Member(learner=ADA, person="p-ada")], skills=["fractions", "decimals"]
        ),
        Activity(id="https://a.example/1", name="Task one", skills=["fractions"]),
        Material(id="https://a.example/1", minutes=5),
        Overrule(learner=ADA, skill="fractions", decision=Decision.HELP, reason=OVERRULED, by=WRITER),
        PutOff(learner=ADA, skill="fractions", until=FAR, reason=PUT_OFF, by=WRITER),
        PutOff(learner=ADA, until=FAR, reason=NOT_SEEN, by=WRITER),
    ]
    found.parts.catalogs.append_all(TENANT, "test", changes, 1)
    for text, family in ((STAFF_NOTE, False), (SHOWN_NOTE, True)):
        note = Note(id=uuid.uuid4().hex, learner=ADA, text=text, family=family, by="Ms K", writer="t")
        found.parts.catalogs.append(TENANT, "test", note, 1)
    yield found
    found.close()


def signed_in(client: Client, role: PersonRole) -> dict[str, str]:
    accounts, login = client.parts.signed_in.accounts, uuid.uuid4().hex
    accounts.add(TENANT, login, role, "Ada", "" if role is PersonRole.LEADER else "p-ada")
    account = accounts.invited(accounts.invite(login) or "")
    assert account is not None
    return {"Cookie": f"{COOKIE}={accounts.open_session(account, '')}"}


def answered(client: Client, route: Route, headers: dict[str, str], query: str = "") -> str:
    case = CASES[route]
    more = dict(case.more)
    sent = more.pop("headers", {}) | headers
    return ask(client.app, route[0], (case.path or route[1]) + query, headers=sent, **more).text


@pytest.mark.parametrize("route", FOR_FAMILY, ids="".join)
@pytest.mark.parametrize("role", FAMILY)
def test_no_answer_has_what_staff_wrote_for_staff(client: Client, role: PersonRole, route: Route) -> None:
    for query in ("", "?compact=true", "?skill=fractions", "?goal=decimals"):
        text = answered(client, route, signed_in(client, role), query)
        assert "PRIVATE" not in text, (query, text)


def test_staff_and_tools_read_all_of_it(client: Client) -> None:
    """Else the test above would pass of routes that show nothing."""
    leader = signed_in(client, PersonRole.LEADER)
    for path, shown in {
        "/pacing/learners/{learner:id}": (OVERRULED, PUT_OFF, WRITER),
        "/pacing/learners/{learner:id}/next": (OVERRULED,),
        "/board/learners/{learner:id}": (OVERRULED, WRITER, STAFF_NOTE),
        "/pacing/notes/{learner:id}": (STAFF_NOTE,),
    }.items():
        text = answered(client, ("GET", path), leader)
        assert all(words in text for words in shown), path
    client.parts.login.credentials.add("reader", "secret", TENANT, [Scope.ALL_READ])
    for path in (OF_LEARNER, f"{OF_LEARNER}/next"):
        assert OVERRULED in ask(client.app, "GET", path, auth=("reader", "secret")).text, path


@pytest.mark.parametrize("role", FAMILY)
def test_json_has_what_their_page_has(client: Client, role: PersonRole) -> None:
    headers = signed_in(client, role)
    page = FamilyPage.model_validate(orjson.loads(ask(client.app, "GET", OF_LEARNER, headers=headers).content))
    shown = answered(client, ("GET", "/board/learners/{learner:id}"), headers)
    assert [(one.skill, one.decision) for one in page.skills] == [
        ("fractions", Decision.HELP),
        *([("decimals", Decision.WAIT)] if role is PersonRole.LEARNER else []),
    ]
    assert all(one.name in shown for one in page.skills)
    assert ("Decimals" in shown) == (role is PersonRole.LEARNER)
    following = orjson.loads(ask(client.app, "GET", f"{OF_LEARNER}/next", headers=headers).content)
    assert [item.name for item in FamilyNext.model_validate(following).items] == ["Task one"]
    assert "Task one" in shown
    compact = orjson.loads(ask(client.app, "GET", f"{OF_LEARNER}/next?compact=true", headers=headers).content)
    assert [{*item} for item in compact["items"]] == [{"activity", "via", "opens", "purpose"}]
    notes = answered(client, ("GET", "/pacing/notes/{learner:id}"), headers)
    assert SHOWN_NOTE in notes
    assert SHOWN_NOTE in shown
