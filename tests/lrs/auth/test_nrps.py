"""The members of a course, from a platform on the loopback: every page of them, or none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from lrs.auth.keys import IssuerDown
from lrs.auth.nrps import MEMBERS, SCOPE, BadMembers, CourseMember, read_members
from tests.support.course_platform import TEACHER, CoursePlatform, member, platform_of_courses
from tests.support.issuer import pair

KEY, CLIENT = pair("k"), "client-1"


@pytest.fixture
def platform() -> Iterator[CoursePlatform]:
    with platform_of_courses() as found:
        yield found


def read(platform: CoursePlatform, path: str = "/members?course=7") -> list[CourseMember]:
    def sign(claims: dict[str, Any]) -> str:
        return jwt.encode(claims, KEY.private, "RS256", {"kid": KEY.kid})

    return asyncio.run(read_members(f"{platform.url}{path}", f"{platform.url}/token", CLIENT, sign))


def test_every_page_in_turn_by_the_letters_of_its_address(platform: CoursePlatform) -> None:
    second, third = "/members?page=bookmark:WyJBcSJd", "/members?page=bookmark:wyjbcsjd"
    platform.pages = {
        "/members?course=7&limit=200": (200, [f'<{platform.url}{second}>; rel="next"'], {"members": [
            member("A", name="Ada", lis_person_sourcedid="p-ada"),
            member("b", TEACHER, given_name="Bo", family_name="B"),
        ]}),
        second: (200, ["</first>; rel=first, <" + third + ">; rel=next; x=1"], {"members": [member(77)]}),
        third: (200, ['</members>; rel="first prev"'], {"members": [
            member("77", name="again"), member("d", "Learner", status="Inactive", lis_person_sourcedid="$Person.id")
        ]}),
    }  # fmt: skip
    assert read(platform) == [
        CourseMember("A", "p-ada", "Ada", frozenset({"Learner"}), True),
        CourseMember("b", "", "Bo B", frozenset({"Instructor"}), True),
        CourseMember("77", "", "", frozenset({"Learner"}), True),
        CourseMember("d", "", "", frozenset({"Learner"}), False),
    ]
    assert platform.asked[1:] == [second, third]
    assert all(one["Authorization"] == "Bearer a-token" and one["Accept"] == MEMBERS for one in platform.headers)


def test_access_is_asked_for_with_a_signed_assertion_that_lasts_a_minute(platform: CoursePlatform) -> None:
    platform.pages = {"/members?limit=200": (200, [], {"members": []})}
    for _ in range(2):
        assert read(platform, "/members") == []
    first, second = platform.forms
    assert (first["grant_type"], first["scope"]) == ("client_credentials", SCOPE)
    claims = [
        jwt.decode(
            one["client_assertion"],
            KEY.private.public_key(),
            ["RS256"],
            audience=f"{platform.url}/token",
            issuer=CLIENT,
        )
        for one in (first, second)
    ]
    assert claims[0]["sub"] == CLIENT
    assert claims[0]["exp"] <= time.time() + 61
    assert claims[0]["jti"] != claims[1]["jti"]


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("<https://elsewhere.example/members>; rel=next", "elsewhere"),
        ("</members?limit=200>; rel=next", "more pages of members"),
    ],
)
def test_a_next_page_elsewhere_or_the_same_again_is_not_followed(
    platform: CoursePlatform, link: str, said: str
) -> None:
    platform.pages = {"/members?limit=200": (200, [link], {"members": [member("a")]})}
    with pytest.raises(BadMembers, match=said):
        read(platform, "/members")


@pytest.mark.parametrize(
    "page",
    [
        *((403, [], {}), (302, [], {}), (200, [], []), (200, [], {"members": "x"}), (200, [], {"members": [{}]})),
        (200, [], {"members": [{"user_id": "a\nb"}]}),
    ],
)
def test_half_an_answer_is_none(platform: CoursePlatform, page: tuple[int, list[str], Any]) -> None:
    platform.pages = {
        "/members?limit=200": (200, ["</second>; rel=next"], {"members": [member("a")]}),
        "/second": page,
    }
    with pytest.raises(BadMembers):
        read(platform, "/members")


@pytest.mark.parametrize(
    "token", [(401, {}), (200, {}), (200, {"access_token": "a\r\nX: y"}), (200, {"access_token": ""})]
)
def test_without_access_nothing_is_asked(platform: CoursePlatform, token: tuple[int, Any]) -> None:
    platform.token = token
    with pytest.raises(BadMembers):
        read(platform)
    assert platform.asked == []


def test_a_platform_that_does_not_answer(platform: CoursePlatform) -> None:
    platform.url = "http://127.0.0.1:9"
    with pytest.raises(IssuerDown):
        read(platform)
