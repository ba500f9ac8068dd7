"""Agent Profile (xAPI 1.0.3, part 3, 2.2 and 2.6; IEEE 9274.1.1, 4.1.6.5)."""

from __future__ import annotations

import httpx
import pytest

from tests.conformance.documents import (
    are_listed,
    comes_back,
    dated,
    merges,
    one_is_deleted,
    post_refuses,
    post_stores,
    refused,
    since,
    stands,
    unmergeable,
)
from tests.support.documents import AGENT, place, shelf
from tests.support.requirement import cases, only, requirement

JSON, TEXT = "application/json", "text/plain"


class TestOne:
    @requirement("00259", "00269", "00273", "00274", "00282")
    def test_what_was_put_comes_back(self, client: httpx.Client) -> None:
        comes_back(client, AGENT)

    @requirement("00272", "00280", "00283")
    def test_a_post_where_nothing_stands_stores_it(self, client: httpx.Client) -> None:
        post_stores(client, AGENT)

    @requirement("00271")
    def test_delete_takes_one_away(self, client: httpx.Client) -> None:
        one_is_deleted(client, AGENT)

    @only("2.0.0")
    @requirement("2.0:agent-profile-last-modified")
    def test_it_says_when_it_was_written(self, client: httpx.Client) -> None:
        dated(client, AGENT)

    @only("1.0.3")
    @requirement("1.0:agent-profile-put-conditional", "00273")
    def test_a_put_needs_a_condition(self, client: httpx.Client) -> None:
        at = place(AGENT)
        answer = client.put(AGENT, params=at, content=b"x")
        assert (answer.status_code, answer.json()["field"]) == (400, "If-None-Match")
        assert stands(client, AGENT, at) is None


class TestMany:
    @requirement("00270")
    def test_without_an_id_the_ids_come(self, client: httpx.Client) -> None:
        are_listed(client, AGENT)

    @requirement("00268", "00275", "00141")
    def test_since(self, client: httpx.Client) -> None:
        since(client, AGENT, shelf(AGENT))


class TestMerge:
    @requirement("00183", "00184", "00279")
    def test_the_top_level_only(self, client: httpx.Client) -> None:
        merges(client, AGENT)

    @pytest.mark.parametrize(
        ("standing", "sent"),
        cases(
            ("00281", (b"[1]", JSON), (b"{}", JSON)),
            ("00281", (b"{}", JSON), (b"[1]", JSON)),
            ("00278", (b"{}", TEXT), (b"{}", JSON)),
            ("00278", (b"{}", JSON), (b"{}", TEXT)),
            ("00284", (b"{}", JSON), (b'{"a"', JSON)),
        ),
    )
    def test_what_cannot_be_merged(
        self, client: httpx.Client, standing: tuple[bytes, str], sent: tuple[bytes, str]
    ) -> None:
        unmergeable(client, AGENT, standing, sent)

    @requirement("00284")
    def test_what_is_no_object_is_not_stored(self, client: httpx.Client) -> None:
        post_refuses(client, AGENT)


class TestRefused:
    @pytest.mark.parametrize(
        ("method", "name"),
        cases(
            ("00261", "GET", "agent"),
            ("00262", "DELETE", "agent"),
            ("00263", "POST", "agent"),
            ("00264", "PUT", "agent"),
            ("00265", "DELETE", "profileId"),
            ("00266", "POST", "profileId"),
            ("00267", "PUT", "profileId"),
        ),
    )
    def test_a_parameter_is_missing(self, client: httpx.Client, method: str, name: str) -> None:
        at = place(AGENT)
        refused(client, method, AGENT, {k: v for k, v in at.items() if k != name}, name)

    @pytest.mark.parametrize(
        ("method", "name", "value"),
        cases(
            *(
                (id_, method, "agent", value)
                for id_, method in (("00255", "DELETE"), ("00256", "POST"), ("00257", "PUT"), ("00258", "GET"))
                for value in ("{", "ada", '{"name":"Ada"}', '{"mbox":"ada"}')
            ),
            ("00012", "POST", "profileId", ""),
            ("00012", "PUT", "profileId", ""),
        ),
    )
    def test_a_parameter_is_wrong(self, client: httpx.Client, method: str, name: str, value: str) -> None:
        refused(client, method, AGENT, place(AGENT) | {name: value}, name)

    @requirement("00260", "00012")
    @pytest.mark.parametrize("value", ["", "yesterday", "2026-02-30T00:00:00Z"])
    def test_since_is_a_timestamp(self, client: httpx.Client, value: str) -> None:
        refused(client, "GET", AGENT, shelf(AGENT) | {"since": value}, "since")
