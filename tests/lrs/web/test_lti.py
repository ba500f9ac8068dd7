"""Launches by LTI 1.3, against a platform made of the specification's messages: whose they are, and what is refused."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import jwt
import pytest

from lrs.accounts.courses import Course
from lrs.accounts.issuers import BadIssuer
from lrs.accounts.platforms import TICKET_SECONDS, Platform
from lrs.accounts.roles import PersonRole
from lrs.auth.lti import CLAIM, LINKING, MEMBERS
from lrs.cli.schemas import NOWHERE
from lrs.http.signed_in import COOKIE
from schemas.catalog import Class, Member
from schemas.roster import Accounts, Person
from tests.support.api import Client, ask
from tests.support.issuer import Pair, TestIssuer, issuing, pair

TENANT, STORE = "people", "https://pacer.example/below"
LAUNCH = f"{STORE}/lti/launch"
KEY, OTHER = pair("k1"), pair("k1")


@pytest.fixture(scope="module")
def lms() -> Iterator[TestIssuer]:
    with issuing() as found:
        found.rotate(KEY)
        yield found


@pytest.fixture(scope="module")
def client(lms: TestIssuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    found = Client(tmp_path_factory.mktemp("lti"), NOWHERE)
    found.parts.catalogs.append_all(
        TENANT,
        "test",
        [
            Person(id="t1", name="Ms K", names={"username": "kay"}),
            Person(id="p-ada", name="Ada"),
            Accounts(id=lms.url, names={"p-ada": "77"}),
            Class(id="7b", teachers=["t1"], learners=[Member(learner=f"account:{lms.url}|77", person="p-ada")]),
            Class(id="8c", teachers=[]),
        ],
        1,
    )
    yield found
    found.close()


@pytest.fixture
def platform(client: Client, lms: TestIssuer) -> Platform:
    name = f"p{uuid.uuid4().hex[:12]}"
    made = Platform(
        *(name, "The LMS", TENANT, lms.url, f"client-{name}", f"{lms.url}/auth", f"{lms.url}/jwks", STORE),
        deployments=("1", "two words"),
    )
    client.parts.platforms.add(made)
    return made


def log_in(client: Client, platform: Platform, method: str = "GET", **changed: str) -> httpx.Response:
    """The login that a platform has a browser begin."""
    sent = {"iss": platform.issuer, "client_id": platform.client, "login_hint": "h", "lti_message_hint": "m"}
    sent = {name: value for name, value in (sent | {"target_link_uri": LAUNCH} | changed).items() if value}
    how: dict[str, Any] = {"params": sent} if method == "GET" else {"data": sent}
    return ask(client.app, method, "/lti/login", headers={"Sec-Fetch-Site": "cross-site"}, **how)


def message(platform: Platform, nonce: str, **changed: Any) -> dict[str, Any]:
    now = time.time()
    made = {
        **{"iss": platform.issuer, "aud": platform.client, "sub": "s-1", "iat": now, "exp": now + 60, "nonce": nonce},
        f"{CLAIM}version": "1.3.0",
        f"{CLAIM}message_type": "LtiResourceLinkRequest",
        f"{CLAIM}deployment_id": "1",
        f"{CLAIM}target_link_uri": LAUNCH,
        f"{CLAIM}resource_link": {"id": "r1"},
        f"{CLAIM}roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"],
        f"{CLAIM}lis": {"person_sourcedid": "t1", "course_section_sourcedid": "7b"},
    }
    return {name: value for name, value in (made | changed).items() if value is not None}


class Browser:
    """One that was sent to the platform, and will post what the platform says."""

    def __init__(self, client: Client, platform: Platform) -> None:
        self.client = client
        self.platform = platform
        answer = log_in(client, platform)
        assert answer.status_code == 303, answer.text
        attributes = answer.headers["set-cookie"].split("; ")
        assert {"Secure", "SameSite=None", "Partitioned", "HttpOnly"} <= set(attributes)
        self.cookie = attributes[0]
        self.query = {name: one[0] for name, one in parse_qs(urlsplit(answer.headers["location"]).query).items()}

    def post(self, lms: TestIssuer, key: Pair = KEY, claims: dict[str, Any] | None = None) -> httpx.Response:
        made = message(self.platform, self.query["nonce"]) | (claims or {})
        token = lms.token(key, **{"tenant": None, "scope": None, **made})
        return self.send(token)

    def send(self, token: str, **changed: str) -> httpx.Response:
        headers = {"Cookie": changed.pop("cookie", self.cookie), "Sec-Fetch-Site": "cross-site"}
        sent = {"id_token": token, "state": self.query["state"]} | changed
        return ask(self.client.app, "POST", "/lti/launch", data=sent, headers=headers)


def ticket(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return str(re.findall(r'name="ticket" value="([^"]+)"', answer.text)[0])


def opened(client: Client, answer: httpx.Response) -> httpx.Response:
    return ask(client.app, "POST", "/sign-in/open", data={"ticket": ticket(answer)})


class TestLaunch:
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_a_login_goes_to_the_platform(self, client: Client, platform: Platform, method: str) -> None:
        answer = log_in(client, platform, method)
        where = urlsplit(answer.headers["location"])
        asked = {name: one[0] for name, one in parse_qs(where.query).items()}
        assert f"{where.scheme}://{where.netloc}{where.path}" == platform.authorization
        fixed = {"scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none"}
        fixed |= {"login_hint": "h", "lti_message_hint": "m", "redirect_uri": LAUNCH, "client_id": platform.client}
        assert {name: asked[name] for name in fixed} == fixed

    def test_a_teacher_opens_the_class_in_a_tab_of_its_own(
        self, client: Client, platform: Platform, lms: TestIssuer
    ) -> None:
        answer = Browser(client, platform).post(lms)
        assert f"frame-ancestors {lms.url};" in answer.headers["content-security-policy"]
        assert COOKIE not in answer.headers.get("set-cookie", "")
        tab = opened(client, answer)
        assert (tab.status_code, tab.headers["location"]) == (303, "/board/classes/7b")
        token = tab.headers["set-cookie"].partition(";")[0].partition("=")[2]
        session = client.parts.signed_in.accounts.session(token)
        assert session is not None
        assert session.account is not None
        assert (session.account.person, session.account.role) == ("t1", PersonRole.TEACHER)

    def test_the_platforms_own_number_of_a_person(self, client: Client, platform: Platform, lms: TestIssuer) -> None:
        """Moodle's: a list or a template of the roster's says whose it is."""
        claims = {"sub": "77", f"{CLAIM}lis": {"person_sourcedid": ""}}
        tab = opened(client, Browser(client, platform).post(lms, claims=claims))
        assert tab.headers["location"] == f"/board/learners/{quote('person:p-ada', safe='')}"

    @pytest.mark.parametrize(
        "claims",
        [
            {"sub": "x", f"{CLAIM}lis": None},
            {"sub": "x", f"{CLAIM}lis": {"person_sourcedid": "nobody"}},
            {"sub": "77", f"{CLAIM}lis": {"person_sourcedid": "nobody"}},
            {"sub": "x", f"{CLAIM}lis": {"person_sourcedid": "$Person.sourcedId"}},
            {"sub": "x", f"{CLAIM}lis": None, "email": "kay@school.example", "name": "Ms K", "email_verified": True},
        ],
    )
    def test_whom_the_roster_does_not_know(
        self, client: Client, platform: Platform, lms: TestIssuer, claims: dict[str, Any]
    ) -> None:
        answer = Browser(client, platform).post(lms, claims=claims)
        assert (answer.status_code, "ticket" in answer.text) == (403, False)

    @pytest.mark.parametrize("section", ["8c", "none", "../../people"])
    def test_a_class_that_is_not_theirs(
        self, client: Client, platform: Platform, lms: TestIssuer, section: str
    ) -> None:
        claims = {f"{CLAIM}lis": {"person_sourcedid": "t1", "course_section_sourcedid": section}}
        answer = Browser(client, platform).post(lms, claims=claims)
        assert opened(client, answer).headers["location"] == "/board"


class TestTicket:
    def test_it_opens_once_and_for_a_minute(
        self, client: Client, platform: Platform, lms: TestIssuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answer = Browser(client, platform).post(lms)
        assert opened(client, answer).status_code == 303
        assert opened(client, answer).status_code == 400
        answer = Browser(client, platform).post(lms)
        later = time.time() + TICKET_SECONDS + 1
        monkeypatch.setattr(client.parts.platforms, "_clock", lambda: later)
        assert opened(client, answer).status_code == 400

    def test_a_link_with_one_signs_in_once_by_a_button_and_not_by_being_opened(self, client: Client) -> None:
        accounts = client.parts.signed_in.accounts
        made = accounts.add(TENANT, uuid.uuid4().hex, PersonRole.LEADER)
        one = client.parts.platforms.give_ticket(made, "", 3600)
        for _ in range(2):
            page = ask(client.app, "GET", f"/sign-in/once/{one}")
            assert page.status_code == 200
            assert "set-cookie" not in page.headers
        assert f'value="{one}"' in page.text
        opened = ask(client.app, "POST", "/sign-in/open", data={"ticket": one})
        assert (opened.status_code, opened.headers["location"]) == (303, "/board")
        assert ask(client.app, "POST", "/sign-in/open", data={"ticket": one}).status_code == 400

    def test_not_from_another_site_nor_after_the_account_is_disabled(
        self, client: Client, platform: Platform, lms: TestIssuer
    ) -> None:
        accounts = client.parts.signed_in.accounts
        made = accounts.add(TENANT, login := uuid.uuid4().hex, PersonRole.LEADER)
        one = client.parts.platforms.give_ticket(made, "")
        other = {"Sec-Fetch-Site": "cross-site"}
        assert ask(client.app, "POST", "/sign-in/open", data={"ticket": one}, headers=other).status_code == 403
        accounts.set_disabled(login, True)
        assert ask(client.app, "POST", "/sign-in/open", data={"ticket": one}).status_code == 400


RETURN = "https://lms.example/return?x=1"
SETTINGS = {"deep_link_return_url": RETURN, "accept_types": ["link", "ltiResourceLink"], "data": {"opaque": "1\u2028"}}


def linking(**changed: Any) -> dict[str, Any]:
    """The claims in which a request for a link differs from a launch."""
    return {
        f"{CLAIM}message_type": "LtiDeepLinkingRequest",
        f"{CLAIM}resource_link": None,
        f"{LINKING}deep_linking_settings": {k: v for k, v in (SETTINGS | changed).items() if v is not None},
    }


class TestCourse:
    def test_a_teachers_launch_says_where_members_are_listed_and_a_learners_does_not(
        self, client: Client, platform: Platform, lms: TestIssuer
    ) -> None:
        listed = {"context_memberships_url": "https://lms.example/m?id=7", "service_versions": ["2.0"]}
        more = {MEMBERS: listed, f"{CLAIM}context": {"id": "c", "title": "Maths 7b"}}
        learner = {"sub": "77", f"{CLAIM}lis": {"person_sourcedid": "p-ada", "course_section_sourcedid": "7b"}}
        opened(client, Browser(client, platform).post(lms, claims=learner | more))
        opened(client, Browser(client, platform).post(lms, claims={MEMBERS: {"context_memberships_url": "file:///x"}}))
        assert client.parts.courses.all(platform.name) == []
        for _ in range(2):
            opened(client, Browser(client, platform).post(lms, claims=more))
        wanted = Course("7b", "Maths 7b", "https://lms.example/m?id=7")
        assert client.parts.courses.all(platform.name) == [wanted]


class TestDeepLink:
    def test_a_teacher_chooses_among_the_own_classes_and_the_answer_is_signed_and_echoes_the_data(
        self, client: Client, platform: Platform, lms: TestIssuer
    ) -> None:
        page = Browser(client, platform).post(lms, claims=linking())
        assert page.status_code == 200
        assert "form-action 'self' https://lms.example;" in page.headers["content-security-policy"]
        assert "set-cookie" not in page.headers
        [(to, token)] = re.findall(r'action="([^"]+)"><input type="hidden" name="JWT" value="([^"]+)"', page.text)
        assert to == RETURN
        [key] = ask(client.app, "GET", "/lti/jwks").json()["keys"]
        assert "d" not in key
        assert jwt.get_unverified_header(token)["kid"] == key["kid"]
        answer = jwt.decode(token, jwt.PyJWK(key).key, ["RS256"], audience=lms.url, issuer=platform.client)
        assert answer[f"{CLAIM}deployment_id"] == "1"
        assert answer[f"{CLAIM}message_type"] == "LtiDeepLinkingResponse"
        assert answer[f"{CLAIM}version"] == "1.3.0"
        assert answer[f"{LINKING}data"] == SETTINGS["data"]
        assert answer["exp"] > time.time()
        assert answer["nonce"]
        [item] = answer[f"{LINKING}content_items"]
        assert item == {"type": "ltiResourceLink", "title": "7b: Pacer", "url": LAUNCH, "custom": {"class": "7b"}}

    def test_the_link_opens_its_class_whatever_the_course_is_called(
        self, client: Client, platform: Platform, lms: TestIssuer
    ) -> None:
        lis = {"person_sourcedid": "t1", "course_section_sourcedid": "elsewhere"}
        for named, where in (("7b", "/board/classes/7b"), ("8c", "/board"), ("$Canvas.x", "/board")):
            claims = {f"{CLAIM}custom": {"class": named}, f"{CLAIM}lis": lis}
            answer = Browser(client, platform).post(lms, claims=claims)
            assert opened(client, answer).headers["location"] == where

    def test_no_data_is_sent_back_where_none_came(self, client: Client, platform: Platform, lms: TestIssuer) -> None:
        page = Browser(client, platform).post(lms, claims=linking(data=None)).text
        [token] = re.findall(r'name="JWT" value="([^"]+)"', page)
        assert f"{LINKING}data" not in jwt.decode(token, options={"verify_signature": False})

    def test_learners_and_strangers_get_no_link(self, client: Client, platform: Platform, lms: TestIssuer) -> None:
        learner = linking() | {"sub": "77", f"{CLAIM}lis": {"person_sourcedid": "p-ada"}}
        page = Browser(client, platform).post(lms, claims=learner)
        assert page.status_code == 200
        assert "JWT" not in page.text
        stranger = linking() | {"sub": "nobody", f"{CLAIM}lis": {}}
        assert Browser(client, platform).post(lms, claims=stranger).status_code == 403

    @pytest.mark.parametrize(
        "changed",
        [
            {"deep_link_return_url": None},
            {"deep_link_return_url": "javascript:alert(1)"},
            {"deep_link_return_url": "data:text/html,x"},
            {"deep_link_return_url": "https://lms.example/\nX"},
            {"accept_types": ["link"]},
            {"accept_types": "ltiResourceLink"},
        ],
    )
    def test_a_request_that_cannot_be_answered_is_refused(
        self, client: Client, platform: Platform, lms: TestIssuer, changed: dict[str, Any]
    ) -> None:
        assert Browser(client, platform).post(lms, claims=linking(**changed)).status_code == 400


class TestRefused:
    @pytest.mark.parametrize(
        "claims",
        [
            {"nonce": "another"},
            {"nonce": None},
            {"nonce": "\ud800"},
            {"iss": "https://elsewhere.example"},
            {"aud": "another"},
            {"aud": ["another"]},
            {"azp": "another"},
            {"exp": time.time() - 120},
            {"exp": None},
            {"iat": time.time() + 600},
            {"iat": None},
            {"sub": None},
            {"sub": ""},
            {f"{CLAIM}deployment_id": "3"},
            {f"{CLAIM}deployment_id": None},
            {f"{CLAIM}version": "1.1"},
            {f"{CLAIM}message_type": "LtiDeepLinkingRequest"},
            {f"{CLAIM}message_type": None},
            {f"{CLAIM}target_link_uri": "https://elsewhere.example/"},
            {f"{CLAIM}target_link_uri": None},
            {f"{CLAIM}resource_link": None},
            {f"{CLAIM}resource_link": {"id": ""}},
        ],
    )
    def test_a_message(self, client: Client, platform: Platform, lms: TestIssuer, claims: dict[str, Any]) -> None:
        answer = Browser(client, platform).post(lms, claims=claims)
        assert (answer.status_code, "ticket" in answer.text) == (400, False), answer.text
        assert "this launch cannot be trusted" in answer.text

    def test_for_several_audiences_who_was_authorized_has_to_be_said(
        self, client: Client, platform: Platform, lms: TestIssuer
    ) -> None:
        several = [platform.client, "another"]
        assert Browser(client, platform).post(lms, claims={"aud": several}).status_code == 400
        right = {"aud": several, "azp": platform.client}
        assert Browser(client, platform).post(lms, claims=right).status_code == 200

    def test_a_key_that_is_not_the_platforms(self, client: Client, platform: Platform, lms: TestIssuer) -> None:
        assert Browser(client, platform).post(lms, OTHER).status_code == 400
        assert Browser(client, platform).post(lms, pair("k9")).status_code == 400

    def test_a_key_that_was_rotated_away(self, client: Client, lms: TestIssuer, platform: Platform) -> None:
        new = pair("k2")
        lms.rotate(new)
        try:
            assert Browser(client, platform).post(lms, KEY).status_code == 400
            assert Browser(client, platform).post(lms, new).status_code == 200
        finally:
            lms.rotate(KEY)

    def test_another_algorithm(self, client: Client, platform: Platform, lms: TestIssuer) -> None:
        elliptic = pair("e1", "ES256")
        lms.rotate(KEY, elliptic)
        try:
            assert Browser(client, platform).post(lms, elliptic).status_code == 400
        finally:
            lms.rotate(KEY)
        assert Browser(client, platform).send("a.b.c").status_code == 400

    def test_a_message_that_comes_again(self, client: Client, platform: Platform, lms: TestIssuer) -> None:
        browser = Browser(client, platform)
        token = lms.token(KEY, **message(platform, browser.query["nonce"]))
        assert browser.send(token).status_code == 200
        assert browser.send(token).status_code == 400
        assert Browser(client, platform).send(token).status_code == 400  # with a state of its own: the nonce is old

    def test_a_message_of_another_browser(self, client: Client, platform: Platform, lms: TestIssuer) -> None:
        browser, other = Browser(client, platform), Browser(client, platform)
        token = lms.token(KEY, **message(platform, browser.query["nonce"]))
        for cookie in ("", other.cookie):
            assert browser.send(token, cookie=cookie).status_code == 400
        assert browser.send(token, state="made up").status_code == 400
        assert browser.send(token).status_code == 200

    @pytest.mark.parametrize(
        "changed",
        [
            {"iss": "https://elsewhere.example"},
            {"iss": ""},
            {"client_id": "another"},
            {"target_link_uri": "https://elsewhere.example/"},
            {"target_link_uri": ""},
            {"login_hint": ""},
        ],
    )
    def test_a_login(self, client: Client, platform: Platform, changed: dict[str, str]) -> None:
        assert log_in(client, platform, **changed).status_code == 400

    def test_an_issuer_alone_does_not_say_whose_it_is(
        self, client: Client, platform: Platform, lms: TestIssuer
    ) -> None:
        other = f"o{uuid.uuid4().hex[:12]}"
        client.parts.platforms.add(
            Platform(other, "", "elsewhere", lms.url, "two", f"{lms.url}/a", f"{lms.url}/jwks", STORE, ("1",))
        )
        assert log_in(client, platform, client_id="").status_code == 400
        with pytest.raises(BadIssuer, match="already"):
            client.parts.platforms.add(platform)
        assert client.parts.platforms.remove(other)

    def test_who_refuses_is_not_launched(self, client: Client, platform: Platform) -> None:
        browser = Browser(client, platform)
        headers = {"Cookie": browser.cookie}
        sent = {"error": "login_required", "state": browser.query["state"]}
        answer = ask(client.app, "POST", "/lti/launch", data=sent, headers=headers)
        assert (answer.status_code, "The LMS did not launch: login_required" in answer.text) == (400, True)
