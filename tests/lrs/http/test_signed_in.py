"""People who signed in, over every route of the application and every role."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest

from lrs.accounts.accounts import Account, Accounts
from lrs.accounts.roles import FAMILY, PersonRole
from lrs.auth.scopes import Scope
from lrs.http.access import TABLE
from lrs.http.signed_in import COOKIE
from lrs.store.client import Store
from schemas.catalog import Class, Member, Skill
from schemas.roster import Person
from tests.support.api import Client, Route, ask
from tests.support.routes import CASES
from tests.support.statements import key

TENANT = "people"
ADA, BEN = key("ada"), key("ben")
PASSWORD = "correct horse battery"
OWN = {
    PersonRole.OPERATOR: "",
    PersonRole.LEADER: "",
    PersonRole.PRINCIPAL: "h1",
    PersonRole.TEACHER: "t1",
    PersonRole.LEARNER: "p-ada",
    PersonRole.GUARDIAN: "p-ada",
}
ADA_PAGE = f"/board/learners/{quote(ADA, safe='')}"
# What a person of the role may not see, in the path of each kind of route: another class, another learner.
_ELSEWHERE = {"{class_id:id}": "8c", "{learner:id}": quote(BEN, safe="")}


@pytest.fixture(scope="module")
def client(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    found = Client(tmp_path_factory.mktemp("people"), store._dsn())
    found.parts.finder.wait = lambda position, seconds: True  # type: ignore[method-assign] # no processors run here
    found.parts.login.credentials = found.real
    found.parts.catalogs.append_all(
        TENANT,
        "test",
        [
            Skill(id="fractions"),
            Class(
                id="7b",
                teachers=["t1"],
                learners=[Member(learner=ADA, person="p-ada")],
                skills=["fractions"],
                school="north",
            ),
            Class(
                id="8c",
                teachers=["t2"],
                learners=[Member(learner=BEN, person="p-ben")],
                skills=["fractions"],
                school="south",
            ),
            Person(id="h1", schools=["north"]),
            Person(id="h2", schools=["north", "south"]),
        ],
        1,
    )
    yield found
    found.close()


@pytest.fixture(scope="module")
def accounts(client: Client) -> Accounts:
    return client.parts.signed_in.accounts


def made(accounts: Accounts, role: PersonRole, person: str | None = None) -> Account:
    """An account whose owner has the password."""
    login = uuid.uuid4().hex
    accounts.add(TENANT, login, role, "Ms K", OWN[role] if person is None else person)
    token = accounts.invite(login)
    assert token is not None
    if role is not PersonRole.GUARDIAN:
        accounts.accept(token, PASSWORD)
    found = accounts.invited(accounts.invite(login) or "")
    assert found is not None
    return found


def cookies(accounts: Accounts, account: Account | None, of: str = "") -> dict[str, str]:
    return {"Cookie": f"{COOKIE}={accounts.open_session(account, of)}"}


def send(client: Client, route: Route, headers: dict[str, str], path: str = "") -> httpx.Response:
    case = CASES[route]
    more = dict(case.more)
    sent = {"X-Experience-API-Version": "2.0.0", "If-None-Match": "*"} | more.pop("headers", {}) | headers
    return ask(client.app, route[0], path or case.path or route[1], headers=sent, **more)


@pytest.mark.parametrize("route", sorted(TABLE), ids="".join)
@pytest.mark.parametrize("role", list(PersonRole))
def test_each_role_at_each_route(client: Client, accounts: Accounts, role: PersonRole, route: Route) -> None:
    headers = cookies(accounts, made(accounts, role))
    answer = send(client, route, headers)
    sent_on = route == ("GET", "/board") and answer.status_code == 303  # to the page that is theirs
    assert (answer.status_code not in (401, 403) and not sent_on) == (role in TABLE[route].roles), answer.text
    if role in TABLE[route].roles and role not in (PersonRole.OPERATOR, PersonRole.LEADER):
        for part, other in _ELSEWHERE.items():
            if part in route[1]:
                assert send(client, route, headers, route[1].replace(part, other)).status_code == 404


def test_routes_of_teachers_and_families_say_whose_they_are() -> None:
    """Each names a class or a learner, or is one of those whose handlers limit them (tested below)."""
    limited = {("GET", "/pacing/classes"), ("GET", "/board"), ("POST", "/board/overrule"), ("POST", "/board/language")}
    limited |= {("POST", "/board/put-off")}
    paths = ("/pacing/policy", "/board/policy", "/pacing/alerts", "/board/check/")
    limited |= {route for route in TABLE if route[1].startswith(paths)}
    for route, access in TABLE.items():
        if access.scopes is not None and access.roles - {PersonRole.OPERATOR, PersonRole.LEADER}:
            assert any(part in route[1] for part in _ELSEWHERE) or route in limited, route


@pytest.mark.parametrize("role", [PersonRole.TEACHER, PersonRole.PRINCIPAL])
def test_lists_hold_own_classes(client: Client, accounts: Accounts, role: PersonRole) -> None:
    own = cookies(accounts, made(accounts, role))
    assert [one["id"] for one in send(client, ("GET", "/pacing/classes"), own).json()["classes"]] == ["7b"]
    page = send(client, ("GET", "/board"), own).text
    assert "7b" in page
    assert "8c" not in page
    for all_ in (made(accounts, PersonRole.LEADER), made(accounts, PersonRole.PRINCIPAL, "h2")):
        every = cookies(accounts, all_)
        assert len(send(client, ("GET", "/pacing/classes"), every).json()["classes"]) == 2


def test_a_school_that_the_roster_takes_back_is_no_longer_seen(client: Client, accounts: Accounts) -> None:
    headers = cookies(accounts, made(accounts, PersonRole.PRINCIPAL, "h3"))
    for schools, seen in ((["south"], ["8c"]), (["north"], ["7b"]), ([], [])):
        client.parts.catalogs.append(TENANT, "test", Person(id="h3", schools=schools), 1)
        listed = send(client, ("GET", "/pacing/classes"), headers).json()["classes"]
        assert [one["id"] for one in listed] == seen
    page = send(client, ("GET", "/board"), headers).text
    assert "The roster gives you no school yet" in page


def test_principals_do_in_their_classes_what_teachers_may() -> None:
    for route, access in TABLE.items():
        assert (PersonRole.PRINCIPAL in access.roles) == (PersonRole.TEACHER in access.roles), route


def test_teachers_change_the_policy_of_their_own_classes(client: Client, accounts: Accounts) -> None:
    def change(role: PersonRole, **scope: str) -> list[int]:
        headers = cookies(accounts, made(accounts, role))
        form = {**scope, "advance_at": "80", "seen": "0"}
        sent = [
            ask(client.app, "GET", "/pacing/policy", headers=headers, params=scope),
            ask(client.app, "GET", "/board/policy", headers=headers, params=scope),
            ask(client.app, "POST", "/pacing/policy", headers=headers, json={**scope, "thresholds": {}}),
            ask(client.app, "POST", "/board/policy/preview", headers=headers, data=form),
            ask(client.app, "POST", "/board/policy/apply", headers=headers, data=form),
        ]
        return [one.status_code for one in sent]

    for scope in (
        {"class_id": "8c"},
        {"class_id": "9z"},
        {"skill": "fractions"},
        {"class_id": "8c", "skill": "fractions"},
    ):
        assert set(change(PersonRole.TEACHER, **scope)) == {403}, scope
    for scope in ({"class_id": "7b"}, {"class_id": "7b", "skill": "fractions"}):
        assert change(PersonRole.TEACHER, **scope) == [200, 200, 200, 200, 409], scope
    assert change(PersonRole.LEADER, skill="fractions") == [200, 200, 200, 200, 409]
    teacher = cookies(accounts, made(accounts, PersonRole.TEACHER))
    ask(client.app, "POST", "/pacing/policy", headers=teacher, json={"class_id": "7b", "by": "somebody else"})
    latest = ask(client.app, "GET", "/pacing/policy", headers=teacher, params={"class_id": "7b"}).json()["versions"][0]
    assert latest["by"] == "Ms K"


def overrule(client: Client, headers: dict[str, str], learner: str) -> httpx.Response:
    form = {"learner": learner, "skill": "fractions", "decision": "advance", "reason": "oral exam", "by": "somebody"}
    return ask(client.app, "POST", "/board/overrule", headers=headers, data=form)


def test_who_overruled_is_who_signed_in(client: Client, accounts: Accounts) -> None:
    headers = cookies(accounts, made(accounts, PersonRole.TEACHER))
    assert overrule(client, headers, ADA).status_code == 303
    assert client.parts.catalogs.latest(TENANT).overrulings[ADA, "fractions"].change.by == "Ms K"
    assert overrule(client, headers, BEN).status_code == 404
    assert (BEN, "fractions") not in client.parts.catalogs.latest(TENANT).overrulings


def test_who_put_off_is_who_signed_in_and_sees_the_learner(client: Client, accounts: Accounts) -> None:
    headers = cookies(accounts, made(accounts, PersonRole.TEACHER))

    def put_off(learner: str) -> int:
        form = {"learner": learner, "skill": "fractions", "class_id": "7b", "reason": "is ill", "by": "somebody"}
        return ask(client.app, "POST", "/board/put-off", headers=headers, data=form).status_code

    assert (put_off(ADA), put_off(BEN)) == (303, 404)
    kept = client.parts.catalogs.latest(TENANT).alerts.put_off
    assert kept[ADA, "fractions"].change.by == "Ms K"
    assert (BEN, "fractions") not in kept


@pytest.mark.parametrize(
    "site", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://elsewhere.example"}]
)
def test_a_form_of_another_site_does_nothing(client: Client, accounts: Accounts, site: dict[str, str]) -> None:
    headers = cookies(accounts, made(accounts, PersonRole.TEACHER)) | site
    assert overrule(client, headers, ADA).status_code == 403
    for path in ("/sign-in", "/sign-out", "/invitations/none"):
        assert ask(client.app, "POST", path, headers=site).status_code == 403


def test_a_key_that_ends_in_next_is_another_learner(client: Client, accounts: Accounts) -> None:
    """Whose page is answered is whose page must be permitted."""
    other = Class(id="next", learners=[Member(learner=f"{ADA}/next")], skills=["fractions"])
    client.parts.catalogs.append(TENANT, "test", other, 1)
    own = cookies(accounts, made(accounts, PersonRole.TEACHER, "t1"))
    leader = cookies(accounts, made(accounts, PersonRole.LEADER))
    path = f"/pacing/learners/{quote(ADA, safe='')}"
    assert ask(client.app, "GET", f"{path}/next", headers=own).status_code == 200
    assert ask(client.app, "GET", f"{path}%2Fnext", headers=leader).json()["learner"] == f"{ADA}/next"
    assert ask(client.app, "GET", f"{path}%2Fnext", headers=own).status_code == 404


class TestSignIn:
    def sign_in(self, client: Client, login: str, password: str, to: str = "") -> httpx.Response:
        return ask(client.app, "POST", "/sign-in", data={"login": login, "password": password, "next": to})

    def test_a_session_begins_and_ends(self, client: Client, accounts: Accounts) -> None:
        account = made(accounts, PersonRole.TEACHER)
        answer = self.sign_in(client, account.login.upper(), PASSWORD)
        assert (answer.status_code, answer.headers["location"]) == (303, "/board")
        set_cookie = answer.headers["set-cookie"]
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(set_cookie.split("; "))
        assert "Secure" not in set_cookie  # this is http
        headers = {"Cookie": set_cookie.partition(";")[0]}
        assert send(client, ("GET", "/board"), headers).status_code == 200
        out = ask(client.app, "POST", "/sign-out", headers=headers)
        assert "Max-Age=0" in out.headers["set-cookie"]
        again = send(client, ("GET", "/board"), headers)
        assert (again.status_code, again.headers["location"]) == (303, "/sign-in?next=%2Fboard")
        assert send(client, ("GET", "/pacing/classes"), headers).status_code == 401

    @pytest.mark.parametrize("role", [one for one in PersonRole if one is not PersonRole.GUARDIAN])
    def test_the_first_page_is_one_that_the_role_may_open(
        self, client: Client, accounts: Accounts, role: PersonRole
    ) -> None:
        account = made(accounts, role, ADA) if role is PersonRole.LEARNER else made(accounts, role)
        answer = self.sign_in(client, account.login, PASSWORD)
        headers = {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
        assert ask(client.app, "GET", answer.headers["location"], headers=headers).status_code == 200

    def test_a_learner_lands_on_the_own_page(self, client: Client, accounts: Accounts) -> None:
        answer = self.sign_in(client, made(accounts, PersonRole.LEARNER, ADA).login, PASSWORD)
        assert answer.headers["location"] == f"/board/learners/{quote(ADA, safe='')}"

    @pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nX: y"])
    def test_nobody_is_sent_elsewhere(self, client: Client, accounts: Accounts, to: str) -> None:
        answer = self.sign_in(client, made(accounts, PersonRole.LEADER).login, PASSWORD, to)
        assert answer.headers["location"] == "/board"

    def test_back_to_the_page_that_was_asked_for(self, client: Client, accounts: Accounts) -> None:
        answer = self.sign_in(client, made(accounts, PersonRole.LEADER).login, PASSWORD, "/board/classes/7b")
        assert answer.headers["location"] == "/board/classes/7b"

    def test_wrong_passwords_are_limited(self, client: Client, accounts: Accounts) -> None:
        login = made(accounts, PersonRole.LEADER).login
        found = [self.sign_in(client, login, "wrong").status_code for _ in range(12)]
        assert found[0] == 400
        assert found[-1] == 429
        assert self.sign_in(client, login, PASSWORD).status_code == 429

    def test_a_credential_with_every_right_signs_in(self, client: Client, accounts: Accounts) -> None:
        secret, some = uuid.uuid4().hex, uuid.uuid4().hex
        client.real.add(secret, secret, TENANT)
        client.real.add(some, some, TENANT, [Scope.STATEMENTS_WRITE])
        answer = self.sign_in(client, secret, secret)
        headers = {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
        assert send(client, ("GET", "/board"), headers).status_code == 200
        assert self.sign_in(client, some, some).status_code == 400
        client.real.revoke(secret)
        assert send(client, ("GET", "/pacing/classes"), headers).status_code == 401


class TestInvitations:
    def test_a_password_is_chosen(self, client: Client, accounts: Accounts) -> None:
        login = uuid.uuid4().hex
        accounts.add(TENANT, login, PersonRole.LEADER)
        path = f"/invitations/{accounts.invite(login)}"
        assert login in ask(client.app, "GET", path).text
        short = ask(client.app, "POST", path, data={"password": "short"})
        assert (short.status_code, "10 to 200 characters" in short.text) == (400, True)
        answer = ask(client.app, "POST", path, data={"password": PASSWORD})
        assert (answer.status_code, answer.headers["location"]) == (303, "/board")
        assert ask(client.app, "POST", path, data={"password": PASSWORD}).status_code == 404

    def test_a_guardians_link_opens_one_learner_until_it_is_revoked(self, client: Client, accounts: Accounts) -> None:
        login = uuid.uuid4().hex
        accounts.add(TENANT, login, PersonRole.GUARDIAN, person=ADA)
        path = f"/invitations/{accounts.invite(login, 24)}"
        for _ in range(2):
            answer = ask(client.app, "POST", path)
            assert answer.headers["location"] == f"/board/learners/{quote(ADA, safe='')}"
        headers = {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
        assert send(client, ("GET", "/board/learners/{learner:id}"), headers).status_code == 200
        accounts.set_disabled(login, True)
        assert ask(client.app, "POST", path).status_code == 404
        assert send(client, ("GET", "/pacing/learners/{learner:id}"), headers).status_code == 401


@pytest.mark.parametrize("start", ["/board", "/board/roster"])
@pytest.mark.parametrize("role", PersonRole)
def test_the_start_page_of_another_role_leads_to_the_own(
    client: Client, accounts: Accounts, role: PersonRole, start: str
) -> None:
    headers = cookies(accounts, made(accounts, role))
    answer = ask(client.app, "GET", start, headers=headers)
    own = ADA_PAGE if role in FAMILY else "/" if role is PersonRole.OPERATOR else "/board"
    if answer.status_code == 303:
        assert (start, answer.headers["location"]) == ("/board", own)
    else:
        assert (answer.status_code == 200) == (role in TABLE["GET", start].roles)
        assert answer.status_code == 200 or f'href="{own}"' in answer.text
    assert ask(client.app, "GET", own, headers=headers).status_code == 200


@pytest.mark.parametrize("role", [PersonRole.LEARNER, PersonRole.GUARDIAN])
def test_who_is_refused_a_page_finds_the_way_to_their_own(client: Client, accounts: Accounts, role: PersonRole) -> None:
    answer = ask(client.app, "GET", "/board/roster", headers=cookies(accounts, made(accounts, role)))
    assert answer.status_code == 403
    assert (
        answer.text.count(f'href="/board/learners/{quote(ADA, safe="")}"') == 2
    )  # above the page, and below what it says
    assert 'href="/board"' not in answer.text
    assert "Ms K" in answer.text
    assert 'action="/board/language"' in answer.text


@pytest.mark.parametrize("role", PersonRole)
def test_the_first_page_shows_requests_of_tools_to_nobodys_family(
    client: Client, accounts: Accounts, role: PersonRole
) -> None:
    page = ask(client.app, "GET", "/", headers=cookies(accounts, made(accounts, role))).text
    assert ("curl" in page) == (role not in FAMILY)


def test_a_link_that_was_used_leads_to_the_ways_to_sign_in(client: Client) -> None:
    for method, path in (("POST", "/sign-in/open"), ("GET", "/invitations/used")):
        answer = ask(client.app, method, path, data={"ticket": "used"} if method == "POST" else None)
        assert answer.status_code in (400, 404)
        assert 'href="/sign-in"' in answer.text
        assert "Back to the classes" not in answer.text
