"""State (xAPI 1.0.3, part 3, 2.2-2.3; IEEE 9274.1.1, 4.1.6.2)."""

from __future__ import annotations

import uuid

import httpx
import pytest

from tests.conformance.documents import (
    comes_back,
    dated,
    listed,
    merges,
    moment,
    one_is_deleted,
    post_refuses,
    post_stores,
    put,
    refused,
    since,
    stands,
    unmergeable,
)
from tests.support.documents import STATE, place, shelf
from tests.support.requirement import cases, only, requirement

JSON, TEXT = "application/json", "text/plain"


class TestOne:
    @requirement("00188", "00190", "00192", "00217", "00230")
    def test_what_was_put_comes_back(self, client: httpx.Client) -> None:
        comes_back(client, STATE)

    @requirement("00189", "00231", "00233")
    def test_a_post_where_nothing_stands_stores_it(self, client: httpx.Client) -> None:
        post_stores(client, STATE)

    @requirement("00187", "00191", "00216")
    def test_delete_takes_one_away(self, client: httpx.Client) -> None:
        one_is_deleted(client, STATE)

    @requirement("00218", "00219", "00220", "00227")
    def test_a_registration_is_a_place_of_its_own(self, client: httpx.Client) -> None:
        at = place(STATE)
        mine = at | {"registration": str(uuid.uuid4())}
        put(client, STATE, mine, b"{}", JSON)
        assert client.post(STATE, params=mine, json={"a": 1}).status_code == 204
        assert stands(client, STATE, mine) == b'{"a":1}'
        assert stands(client, STATE, at) is None
        put(client, STATE, at, b"without")
        assert client.delete(STATE, params=mine).status_code == 204
        assert stands(client, STATE, mine) is None
        assert stands(client, STATE, at) == b"without"

    @only("2.0.0")
    @requirement("2.0:state-last-modified")
    def test_it_says_when_it_was_written(self, client: httpx.Client) -> None:
        dated(client, STATE)

    @only("1.0.3")
    @requirement("1.0:state-put-unconditional")
    def test_a_put_needs_no_condition(self, client: httpx.Client) -> None:
        at = place(STATE)
        for data in (b"one", b"two"):
            assert client.put(STATE, params=at, content=data).status_code == 204
            assert stands(client, STATE, at) == data


class TestMany:
    @requirement("00193")
    def test_without_an_id_the_ids_come(self, client: httpx.Client) -> None:
        at = shelf(STATE)
        assert listed(client, STATE, at) == []
        put(client, STATE, at | {"stateId": "a"})
        put(client, STATE, at | {"stateId": "b", "registration": str(uuid.uuid4())})
        assert listed(client, STATE, at) == ["a", "b"]

    @requirement("00195", "00221", "00222", "00141")
    def test_since(self, client: httpx.Client) -> None:
        since(client, STATE, shelf(STATE))

    @requirement("00194")
    def test_delete_without_an_id_takes_all_of_a_registration(self, client: httpx.Client) -> None:
        at, other = shelf(STATE), place(STATE)
        mine = {"registration": str(uuid.uuid4())}
        put(client, STATE, other)
        for more in ({"stateId": "a"}, {"stateId": "b"} | mine, {"stateId": "c"} | mine):
            put(client, STATE, at | more)
        assert client.delete(STATE, params=at | mine).status_code == 204
        assert listed(client, STATE, at) == ["a"]
        assert client.delete(STATE, params=at).status_code == 204
        assert listed(client, STATE, at) == []
        assert stands(client, STATE, other) == b"x"


class TestMerge:
    @requirement("00183", "00184", "00234")
    def test_the_top_level_only(self, client: httpx.Client) -> None:
        merges(client, STATE)

    @pytest.mark.parametrize(
        ("standing", "sent"),
        cases(
            ("00229", (b"[1]", JSON), (b"{}", JSON)),
            ("00229", (b"{}", JSON), (b"[1]", JSON)),
            ("00232", (b"{}", TEXT), (b"{}", JSON)),
            ("00232", (b"{}", JSON), (b"{}", TEXT)),
            ("00235", (b"{}", JSON), (b'{"a"', JSON)),
        ),
    )
    def test_what_cannot_be_merged(
        self, client: httpx.Client, standing: tuple[bytes, str], sent: tuple[bytes, str]
    ) -> None:
        unmergeable(client, STATE, standing, sent)

    @requirement("00235")
    def test_what_is_no_object_is_not_stored(self, client: httpx.Client) -> None:
        post_refuses(client, STATE)


class TestRefused:
    @pytest.mark.parametrize(
        ("method", "name"),
        cases(
            ("00207", "DELETE", "activityId"),
            ("00208", "GET", "activityId"),
            ("00209", "POST", "activityId"),
            ("00210", "PUT", "activityId"),
            ("00212", "DELETE", "agent"),
            ("00213", "GET", "agent"),
            ("00214", "POST", "agent"),
            ("00215", "PUT", "agent"),
            ("00211", "POST", "stateId"),
            ("00206", "PUT", "stateId"),
        ),
    )
    def test_a_parameter_is_missing(self, client: httpx.Client, method: str, name: str) -> None:
        at = place(STATE)
        refused(client, method, STATE, {k: v for k, v in at.items() if k != name}, name)

    @pytest.mark.parametrize(
        ("method", "name", "value"),
        cases(
            *(
                (id_, method, "agent", value)
                for id_, method in (("00196", "DELETE"), ("00197", "GET"), ("00198", "POST"), ("00199", "PUT"))
                for value in ("{", "ada", '{"name":"Ada"}', '{"mbox":"ada"}')
            ),
            ("00200 00012", "DELETE", "registration", "1234"),
            ("00201 00012", "GET", "registration", "1234"),
            ("00202 00012", "POST", "registration", "1234"),
            ("00203 00012", "PUT", "registration", "1234"),
            ("00012", "DELETE", "stateId", ""),
            ("00012", "GET", "stateId", ""),
            ("00012", "POST", "stateId", ""),
            ("00012", "PUT", "stateId", ""),
        ),
    )
    def test_a_parameter_is_wrong(self, client: httpx.Client, method: str, name: str, value: str) -> None:
        refused(client, method, STATE, place(STATE) | {name: value}, name)

    @requirement("00204", "00012")
    @pytest.mark.parametrize("value", ["", "yesterday", "2026-02-30T00:00:00Z"])
    def test_since_is_a_timestamp(self, client: httpx.Client, value: str) -> None:
        refused(client, "GET", STATE, shelf(STATE) | {"since": value}, "since")

    @requirement("00205")
    def test_delete_knows_no_since(self, client: httpx.Client) -> None:
        at = shelf(STATE)
        put(client, STATE, at | {"stateId": "a"})
        for value in ("yesterday", moment()):
            refused(client, "DELETE", STATE, at | {"since": value}, "since")
        assert listed(client, STATE, at) == ["a"]
