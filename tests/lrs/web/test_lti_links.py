"""Links to classes that a teacher puts into a course, and where its members are listed."""

from __future__ import annotations

import re
import time
from typing import Any

import jwt
import pytest

from lrs.accounts.platform_courses import PlatformCourse
from lrs.accounts.platforms import Platform
from lrs.auth.lti import CLAIM, LINKING, MEMBERS
from tests.support.api import Client, ask
from tests.support.issuer import TestIssuer
from tests.support.lti import LAUNCH, Browser, opened


@pytest.fixture
def client(lti_client: Client) -> Client:
    return lti_client


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
        wanted = PlatformCourse("7b", "Maths 7b", "https://lms.example/m?id=7")
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
