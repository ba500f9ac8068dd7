"""Launches by LTI 1.3, against a platform made of the specification's messages: whose they are, and what is refused."""

from __future__ import annotations

import time
import uuid
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from lrs.accounts.issuers import BadIssuer
from lrs.accounts.platforms import Platform
from lrs.accounts.roles import PersonRole
from lrs.accounts.tickets import TICKET_SECONDS
from lrs.auth.lti import CLAIM
from lrs.http.signed_in import COOKIE
from tests.support.api import Client, ask
from tests.support.issuer import TestIssuer, pair
from tests.support.lti import KEY, LAUNCH, OTHER, STORE, TENANT, Browser, log_in, message, opened


@pytest.fixture
def client(lti_client: Client) -> Client:
    return lti_client


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
        monkeypatch.setattr(client.parts.tickets, "_clock", lambda: later)
        assert opened(client, answer).status_code == 400

    def test_a_link_with_one_signs_in_once_by_a_button_and_not_by_being_opened(self, client: Client) -> None:
        accounts = client.parts.signed_in.accounts
        made = accounts.add(TENANT, uuid.uuid4().hex, PersonRole.LEADER)
        one = client.parts.tickets.give(made, "", 3600)
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
        one = client.parts.tickets.give(made, "")
        other = {"Sec-Fetch-Site": "cross-site"}
        assert ask(client.app, "POST", "/sign-in/open", data={"ticket": one}, headers=other).status_code == 403
        accounts.set_disabled(login, True)
        assert ask(client.app, "POST", "/sign-in/open", data={"ticket": one}).status_code == 400


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
            {"exp": lambda: time.time() - 120},
            {"exp": None},
            {"iat": lambda: time.time() + 600},
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
        claims = {name: claim() if callable(claim) else claim for name, claim in claims.items()}  # times of now
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
