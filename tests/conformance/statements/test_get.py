"""GET of statements (xAPI 1.0.3, part 3, 2.1.3-2.1.4; IEEE 9274.1.1, 4.1.6.1)."""

from __future__ import annotations

import uuid
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import orjson
import pytest

from tests.support.server import SECRET, Server
from tests.support.statements import HOME, answered, learner, voiding

PATH = "/xAPI/statements"
THROUGH = "X-Experience-API-Consistent-Through"
_NONE = "0f5c1b2e-7a34-4d1c-9c55-2f0f6c1d9a10"  # an id that no statement has


def name() -> str:
    return uuid.uuid4().hex


def agent(who: str) -> str:
    return orjson.dumps(learner(who)).decode()


def sent(client: httpx.Client, *statements: dict[str, Any]) -> None:
    answer = client.post(PATH, json=list(statements))
    assert answer.status_code == 200, answer.text


def found(client: httpx.Client, **asked: str) -> list[str]:
    answer = client.get(PATH, params=asked)
    assert answer.status_code == 200, answer.text
    return [statement["id"] for statement in answer.json()["statements"]]


class TestAgent:
    """`agent`: the actor or the object, or a group that has it as a member."""

    def test_as_the_object(self, client: httpx.Client) -> None:
        who = name()
        one = {**answered(name()), "object": learner(who)}
        sent(client, one)
        assert found(client, agent=agent(who)) == [one["id"]]

    @pytest.mark.parametrize("named", [False, True])
    def test_as_a_member_of_the_acting_group(self, client: httpx.Client, named: bool) -> None:
        who = name()
        group: dict[str, Any] = {"objectType": "Group", "member": [learner(who), learner(name())]}
        if named:
            group["mbox"] = f"mailto:{name()}@school.example"
        one = {**answered(), "actor": group}
        sent(client, one)
        assert found(client, agent=agent(who)) == [one["id"]]
        if named:
            asked = orjson.dumps({"objectType": "Group", "mbox": group["mbox"]}).decode()
            assert found(client, agent=asked) == [one["id"]]

    def test_related_finds_it_anywhere(self, client: httpx.Client) -> None:
        teacher, team, inner = name(), name(), name()
        one = answered(name())
        one["context"] |= {
            "instructor": learner(teacher),
            "team": {"objectType": "Group", "member": [learner(team)]},
        }
        sub = {k: v for k, v in answered(inner).items() if k != "id"}
        two = {**answered(name()), "object": {**sub, "objectType": "SubStatement"}}
        sent(client, one, two)
        for who, expected in ((teacher, one), (team, one), (inner, two)):
            assert found(client, agent=agent(who)) == []
            assert found(client, agent=agent(who), related_agents="true") == [expected["id"]]

    def test_context_agents_and_groups_of_2_0(self, client: httpx.Client) -> None:
        if client.headers["X-Experience-API-Version"] != "2.0.0":
            answer = client.post(PATH, json={**answered(), "context": {"contextAgents": []}})
            assert answer.status_code == 400
            assert answer.json()["field"] == "context.contextAgents"
            return
        who, member = name(), name()
        one = answered(name())
        one["context"] |= {
            "contextAgents": [{"objectType": "contextAgent", "agent": learner(who)}],
            "contextGroups": [
                {"objectType": "contextGroup", "group": {"objectType": "Group", "member": [learner(member)]}}
            ],
        }
        sent(client, one)
        for asked in (who, member):
            assert found(client, agent=agent(asked), related_agents="true") == [one["id"]]


class TestActivity:
    def test_related_finds_contexts_and_substatements(self, client: httpx.Client) -> None:
        item, skill, inner = name(), name(), name()
        one = answered(name(), item, skills=(skill,))
        sub = {k: v for k, v in answered(name(), inner).items() if k != "id"}
        two = {**answered(name()), "object": {**sub, "objectType": "SubStatement"}}
        sent(client, one, two)
        assert found(client, activity=f"{HOME}/items/{item}") == [one["id"]]
        for activity, expected in ((f"{HOME}/skills/{skill}", one), (f"{HOME}/items/{inner}", two)):
            assert found(client, activity=activity) == []
            assert found(client, activity=activity, related_activities="true") == [expected["id"]]


class TestReferring:
    """A statement is found by what it refers to (2.1.3), however long the chain, whether voided or not (2.1.4)."""

    def test_a_chain(self, client: httpx.Client) -> None:
        first = answered(name())
        second = {**answered(name()), "object": {"objectType": "StatementRef", "id": first["id"]}}
        third = {**answered(name()), "object": {"objectType": "StatementRef", "id": second["id"]}}
        for statement in (third, first, second):  # in any order
            sent(client, statement)
        who = orjson.dumps(first["actor"]).decode()
        assert sorted(found(client, agent=who)) == sorted([first["id"], second["id"], third["id"]])
        assert found(client, agent=orjson.dumps(third["actor"]).decode()) == [third["id"]]

    def test_time_is_the_referring_ones_own(self, client: httpx.Client) -> None:
        first = answered(name())
        sent(client, first)
        stored = client.get(PATH, params={"statementId": first["id"]}).json()["stored"]
        void = voiding(first["id"])
        sent(client, void)
        who = orjson.dumps(first["actor"]).decode()
        assert found(client, agent=who, since=stored) == [void["id"]]
        assert found(client, agent=who, until=stored) == []


class TestFormat:
    def test_ids_leave_only_what_identifies(self, client: httpx.Client) -> None:
        one = answered(name())
        one["actor"]["name"] = "Ada"
        sent(client, one)
        asked = {"agent": orjson.dumps(learner(one["actor"]["account"]["name"])).decode(), "format": "ids"}
        [short] = client.get(PATH, params=asked).json()["statements"]
        assert short["object"] == {"id": one["object"]["id"]}
        assert short["verb"] == {"id": one["verb"]["id"]}
        assert "name" not in short["actor"]
        assert short["result"] == one["result"]

    def test_canonical_takes_the_stores_definition_in_the_best_language(self, client: httpx.Client) -> None:
        item = name()
        english, german = answered(name(), item), answered(name(), item)
        english["object"]["definition"] = {"name": {"en-GB": "One"}, "type": f"{HOME}/types/a"}
        german["object"]["definition"] = {"name": {"de": "Eins"}}
        sent(client, english)
        sent(client, german)
        asked = {"statementId": english["id"], "format": "canonical"}

        def settled() -> bool:
            found(client, activity=english["object"]["id"])  # a page waits until everything is read
            return True

        assert settled()
        for language, expected in (("de", {"de": "Eins"}), ("en;q=0.5, fr", {"en-GB": "One"})):
            said = client.get(PATH, params=asked, headers={"Accept-Language": language}).json()["object"]["definition"]
            assert said == {"name": expected, "type": f"{HOME}/types/a"}
        exact = client.get(PATH, params=asked | {"format": "exact"}).json()
        assert exact["object"] == english["object"]

    def test_context_activities_come_back_in_arrays(self, client: httpx.Client) -> None:
        one = answered(name())
        [parent] = one["context"]["contextActivities"]["other"]
        one["context"]["contextActivities"] = {"parent": parent}
        sent(client, one)
        given = client.get(PATH, params={"statementId": one["id"]}).json()
        assert given["context"]["contextActivities"] == {"parent": [parent]}


class TestHeaders:
    def test_a_single_statement_says_when_it_was_stored(self, client: httpx.Client) -> None:
        one = answered(name())
        sent(client, one)
        answer = client.get(PATH, params={"statementId": one["id"]})
        stored = datetime.fromisoformat(answer.json()["stored"])
        assert parsedate_to_datetime(answer.headers["Last-Modified"]) == stored.replace(microsecond=0)

    @pytest.mark.parametrize(("asked", "status"), [({}, 200), ({"limit": "x"}, 400), ({"statementId": _NONE}, 404)])
    def test_consistent_through_is_always_said(self, client: httpx.Client, asked: dict[str, str], status: int) -> None:
        answer = client.get(PATH, params=asked)
        assert answer.status_code == status
        assert datetime.fromisoformat(answer.headers[THROUGH]).tzinfo is not None

    def test_head_is_get_without_a_body(self, client: httpx.Client) -> None:
        one = answered(name())
        sent(client, one)
        answer = client.head(PATH, params={"statementId": one["id"]})
        assert (answer.status_code, answer.content) == (200, b"")
        assert THROUGH in answer.headers

    def test_a_request_without_a_version_is_refused(self, server: Server) -> None:
        answer = httpx.get(f"{server.base}{PATH}", auth=("tool", SECRET))
        assert answer.status_code == 400
        assert answer.json()["field"] == "X-Experience-API-Version"

    def test_the_latest_patch_answers(self, client: httpx.Client) -> None:
        asked = client.headers["X-Experience-API-Version"]
        assert client.get(PATH, headers={"X-Experience-API-Version": asked[:3]}).headers[
            "X-Experience-API-Version"
        ] == (asked)


class TestParameters:
    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("unknown=1", "unknown"),
            ("Agent=x", "Agent"),
            ("agent=x", "agent"),
            ("verb=did", "verb"),
            ("activity=here", "activity"),
            ("registration=1", "registration"),
            ("since=yesterday", "since"),
            ("until=2026-13-01", "until"),
            ("limit=-1", "limit"),
            ("limit=1&limit=2", "limit"),
            ("ascending=yes", "ascending"),
            ("related_agents=1", "related_agents"),
            ("attachments=1", "attachments"),
            ("format=short", "format"),
            ("cursor=zzz", "cursor"),
            ("statementId=1", "statementId"),
            (f"statementId={_NONE}&limit=1", "limit"),
            (f"statementId={_NONE}&voidedStatementId={_NONE}", "voidedStatementId"),
        ],
    )
    def test_a_wrong_one_is_named(self, client: httpx.Client, query: str, field: str) -> None:
        answer = client.get(f"{PATH}?{query}")
        assert answer.status_code == 400
        assert answer.json()["field"] == field
