"""Activity Profile (xAPI 1.0.3, part 3, 2.2 and 2.7; IEEE 9274.1.1, 4.1.6.6)."""

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
from tests.support.documents import ACTIVITY, place, shelf
from tests.support.requirement import cases, only, requirement

JSON, TEXT = "application/json", "text/plain"


class TestOne:
    @requirement("00287", "00288", "00290", "00293", "00311")
    def test_what_was_put_comes_back(self, client: httpx.Client) -> None:
        comes_back(client, ACTIVITY)

    @requirement("00286", "00292", "00310", "00312")
    def test_a_post_where_nothing_stands_stores_it(self, client: httpx.Client) -> None:
        post_stores(client, ACTIVITY)

    @requirement("00285", "00291")
    def test_delete_takes_one_away(self, client: httpx.Client) -> None:
        one_is_deleted(client, ACTIVITY)

    @only("2.0.0")
    @requirement("2.0:activity-profile-last-modified")
    def test_it_says_when_it_was_written(self, client: httpx.Client) -> None:
        dated(client, ACTIVITY)

    @only("1.0.3")
    @requirement("1.0:activity-profile-put-conditional")
    def test_a_put_needs_a_condition(self, client: httpx.Client) -> None:
        at = place(ACTIVITY)
        answer = client.put(ACTIVITY, params=at, content=b"x")
        assert (answer.status_code, answer.json()["field"]) == (400, "If-None-Match")
        assert stands(client, ACTIVITY, at) is None


class TestMany:
    @requirement("00289")
    def test_without_an_id_the_ids_come(self, client: httpx.Client) -> None:
        are_listed(client, ACTIVITY)

    @requirement("00294", "00303", "00141")
    def test_since(self, client: httpx.Client) -> None:
        since(client, ACTIVITY, shelf(ACTIVITY))


class TestMerge:
    @requirement("00183", "00184", "00308")
    def test_the_top_level_only(self, client: httpx.Client) -> None:
        merges(client, ACTIVITY)

    @pytest.mark.parametrize(
        ("standing", "sent"),
        cases(
            ("00313", (b"[1]", JSON), (b"{}", JSON)),
            ("00313", (b"{}", JSON), (b"[1]", JSON)),
            ("00309", (b"{}", TEXT), (b"{}", JSON)),
            ("00309", (b"{}", JSON), (b"{}", TEXT)),
            ("00314", (b"{}", JSON), (b'{"a"', JSON)),
        ),
    )
    def test_what_cannot_be_merged(
        self, client: httpx.Client, standing: tuple[bytes, str], sent: tuple[bytes, str]
    ) -> None:
        unmergeable(client, ACTIVITY, standing, sent)

    @requirement("00314")
    def test_what_is_no_object_is_not_stored(self, client: httpx.Client) -> None:
        post_refuses(client, ACTIVITY)


class TestRefused:
    @pytest.mark.parametrize(
        ("method", "name"),
        cases(
            ("00296", "GET", "activityId"),
            ("00297", "DELETE", "activityId"),
            ("00298", "POST", "activityId"),
            ("00299", "PUT", "activityId"),
            ("00300", "DELETE", "profileId"),
            ("00301", "POST", "profileId"),
            ("00302", "PUT", "profileId"),
        ),
    )
    def test_a_parameter_is_missing(self, client: httpx.Client, method: str, name: str) -> None:
        at = place(ACTIVITY)
        refused(client, method, ACTIVITY, {k: v for k, v in at.items() if k != name}, name)

    @pytest.mark.parametrize(
        ("method", "name", "value"),
        cases(
            *(("00012", method, "activityId", "items/1") for method in ("GET", "PUT", "POST", "DELETE")),
            ("00324", "GET", "agent", '{"mbox":"mailto:ada@school.example"}'),
            ("00012", "DELETE", "profileId", ""),
            ("00012", "POST", "profileId", ""),
            ("00012", "PUT", "profileId", ""),
        ),
    )
    def test_a_parameter_is_wrong(self, client: httpx.Client, method: str, name: str, value: str) -> None:
        refused(client, method, ACTIVITY, place(ACTIVITY) | {name: value}, name)

    @requirement("00295", "00012")
    @pytest.mark.parametrize("value", ["", "yesterday", "2026-02-30T00:00:00Z"])
    def test_since_is_a_timestamp(self, client: httpx.Client, value: str) -> None:
        refused(client, "GET", ACTIVITY, shelf(ACTIVITY) | {"since": value}, "since")
