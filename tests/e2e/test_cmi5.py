"""An AU is launched, plays its session over HTTP, and satisfies its course (cmi5 Quartz, 8 to 10)."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from schemas.cmi5 import words
from schemas.cmi5.course import activity_id
from tests.support.cmi5 import SITE, Player, au_id, xml, xml_au, xml_block
from tests.support.server import Server
from tests.support.statements import learner, voiding

T = [f"2026-03-02T09:0{minute}:00Z" for minute in range(10)]


@pytest.fixture
def lms(server: Server) -> httpx.Client:
    """The client that administers courses."""
    return server.client()


def bring(lms: httpx.Client, name: str, *elements: str) -> str:
    id_ = f"{SITE}/e2e/{name}"
    answer = lms.post("/cmi5/courses", content=xml(id_, *elements))
    assert answer.status_code == 200, answer.text
    return id_


def launch(lms: httpx.Client, course: str, au: str, who: str, **more: Any) -> dict[str, Any]:
    asked = {"course": course, "au": au_id(au), "learner": learner(who), **more}
    answer = lms.post("/cmi5/launches", json=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def play(launched: dict[str, Any]) -> Player:
    player = Player(launched["url"])
    player.begin()
    return player


def standing(lms: httpx.Client, course: str, registration: str) -> dict[str, Any]:
    answer = lms.get(f"/cmi5/courses/{quote(course, safe='')}/registrations/{registration}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["satisfaction"])


def said(lms: httpx.Client, registration: str, verb: str) -> list[dict[str, Any]]:
    found = lms.get("/xAPI/statements", params={"registration": registration, "verb": verb, "ascending": "true"})
    assert found.status_code == 200, found.text
    return list(found.json()["statements"])


def refused(answer: httpx.Response, field: str, section: str) -> None:
    assert answer.status_code == 400, answer.text
    assert answer.json()["field"] == field
    assert f"(cmi5 {section})" in answer.json()["error"]


def test_a_session_from_launch_to_terminated(lms: httpx.Client) -> None:
    attributes = 'moveOn="CompletedAndPassed" masteryScore="0.8" launchMethod="OwnWindow"'
    more = "<launchParameters>level=2</launchParameters><entitlementKey>k-1</entitlementKey>"
    course = bring(lms, "whole", xml_block("b", xml_au("a", attributes, more=more)))
    back = "https://lms.example/back"
    launched = launch(lms, course, "a", "cleo", returnURL=back, alternateEntitlementKey="k-2")
    assert launched["url"].startswith("https://content.example/start.html?a=1&endpoint=http%3A%2F%2F127.0.0.1")
    assert launched["launchMethod"] == "OwnWindow"
    player = play(launched)
    assert player.given["activityId"] == launched["activityId"] == activity_id(course, au_id("a"))
    assert json.loads(player.given["actor"])["account"] == learner("cleo")["account"]
    assert {name: player.data[name] for name in player.data if name != "contextTemplate"} == {
        "launchMode": "Normal",
        "launchMethod": "OwnWindow",
        "moveOn": "CompletedAndPassed",
        "masteryScore": 0.8,
        "launchParameters": "level=2",
        "entitlementKey": {"courseStructure": "k-1", "alternate": "k-2"},
        "returnURL": back,
    }
    assert player.data["contextTemplate"]["extensions"] == {words.SESSION_ID: launched["session"]}
    assert [one["id"] for one in player.data["contextTemplate"]["contextActivities"]["grouping"]] == [au_id("a")]

    profile = f"{player.given['endpoint']}agents/profile"
    place = {"agent": player.given["actor"], "profileId": "cmi5LearnerPreferences"}
    assert player.client.get(profile, params=place).status_code == 404
    preferences = {"languagePreference": "en-GB,de", "audioPreference": "off"}
    new = {"If-None-Match": "*"}
    assert player.client.put(profile, params=place, json=preferences, headers=new).status_code == 204
    assert player.client.get(profile, params=place).json() == preferences
    player.say(words.INITIALIZED, T[0])
    player.say("http://adlnet.gov/expapi/verbs/experienced", T[1], defined=False)
    score = {"score": {"scaled": 0.9}, "success": True, "duration": "PT1M"}
    passed = player.say(words.PASSED, T[2], result=score)
    registration = launched["registration"]
    assert standing(lms, course, registration)["satisfied"] is False
    assert said(lms, registration, words.SATISFIED) == []
    completed = player.say(words.COMPLETED, T[3])

    found = standing(lms, course, registration)
    assert found["satisfied"] is True
    assert found["at"] == "2026-03-02T09:03:00.000000+00:00"
    assert found["by"] == [passed["id"], completed["id"]]
    told = said(lms, registration, words.SATISFIED)
    block = f"{SITE}/blocks/b"
    assert [one["object"]["id"] for one in told] == [activity_id(course, block), activity_id(course, course)]
    assert [one["object"]["definition"]["type"] for one in told] == [words.BLOCK_TYPE, words.COURSE_TYPE]
    assert {one["context"]["extensions"][words.SESSION_ID] for one in told} == {launched["session"]}
    assert [one["context"]["contextActivities"]["grouping"][0]["id"] for one in told] == [block, course]

    terminated = player.say(words.TERMINATED, T[5])
    assert player.post(terminated).status_code == 200  # the answer was lost on its way, say
    late = player.statement("http://adlnet.gov/expapi/verbs/experienced", T[6], defined=False)
    refused(player.post(late), "timestamp", "9.3.8")
    assert len(said(lms, registration, words.SATISFIED)) == 2

    (statement,) = said(lms, registration, words.LAUNCHED)
    extensions = statement["context"]["extensions"]
    assert extensions == {
        words.SESSION_ID: launched["session"],
        words.LAUNCH_MODE: "Normal",
        words.LAUNCH_URL: "https://content.example/start.html?a=1",
        words.MOVE_ON_EXTENSION: "CompletedAndPassed",
        words.MASTERY_SCORE: 0.8,
        words.LAUNCH_PARAMETERS: "level=2",
    }


def test_the_fetch_url_works_once(lms: httpx.Client) -> None:
    launched = launch(lms, bring(lms, "once", xml_au("o")), "o", "cleo")
    player = play(launched)
    again = httpx.post(player.given["fetch"], timeout=30)
    assert again.status_code == 200
    assert again.json()["error-code"] == "1"
    assert httpx.get(player.given["fetch"], timeout=30).status_code == 405
    unknown = httpx.post(player.given["fetch"] + "x", timeout=30)
    assert (unknown.status_code, unknown.json()["error-code"]) == (200, "2")


def test_a_browser_of_another_origin_may_play(lms: httpx.Client) -> None:
    player = play(launch(lms, bring(lms, "browser", xml_au("c")), "c", "cleo"))
    origin = {"Origin": "https://content.example"}
    asks = {"Access-Control-Request-Headers": "authorization,content-type,x-experience-api-version"}
    for url, method in ((player.given["fetch"], "POST"), (f"{player.given['endpoint']}activities/state", "PUT")):
        answer = httpx.options(url, headers=origin | asks | {"Access-Control-Request-Method": method}, timeout=30)
        assert answer.status_code == 200, answer.text
        assert answer.headers["access-control-allow-origin"] == "*"
        assert method in answer.headers["access-control-allow-methods"]
        assert "authorization" in answer.headers["access-control-allow-headers"]
    found = player.state("GET", words.LAUNCH_DATA, headers=origin)
    assert found.headers["access-control-allow-origin"] == "*"
    assert "ETag" in found.headers["access-control-expose-headers"]


def test_a_sessions_credential_reaches_nothing_else(lms: httpx.Client) -> None:
    course = bring(lms, "bounds", xml_au("b1"))
    player = play(launch(lms, course, "b1", "cleo"))
    client, base = player.client, lms.base_url
    for path in ("/catalog", "/cmi5/courses", "/pacing/classes/x"):
        assert client.get(base.join(path)).status_code == 403, path
    assert player.state("PUT", "bookmark", json={"page": 3}).status_code == 204
    assert player.state("GET", "bookmark").json() == {"page": 3}
    for method in ("PUT", "POST", "DELETE"):
        answer = player.state(method, words.LAUNCH_DATA, json={"launchMode": "Normal"})
        assert (answer.status_code, answer.json()["field"]) == (403, "stateId")
    player.given["actor"] = json.dumps(learner("dora"))
    answer = player.state("GET", "bookmark")
    assert (answer.status_code, answer.json()["field"]) == (403, "agent")


def test_a_launch_ends_the_session_before_it(lms: httpx.Client) -> None:
    course = bring(lms, "again", xml_au("g"))
    first = launch(lms, course, "g", "cleo")
    old = play(first)
    begun = old.say(words.INITIALIZED, T[0])
    second = launch(lms, course, "g", "cleo", registration=first["registration"])
    (abandoned,) = said(lms, first["registration"], words.ABANDONED)
    assert abandoned["context"]["extensions"][words.SESSION_ID] == first["session"]
    assert abandoned["result"]["duration"].startswith("PT")
    refused(old.post(old.statement(words.COMPLETED, T[1])), "context.extensions", "9.3.6")
    assert old.state("GET", words.LAUNCH_DATA).status_code == 403
    assert old.post(begun).status_code == 200
    new = play(second)
    refused(new.post(new.statement(words.COMPLETED, T[2])), "verb.id", "9.3.2")
    new.say(words.INITIALIZED, T[2])
    other = lms.post(
        "/cmi5/launches",
        json={"course": course, "au": au_id("g"), "learner": learner("dora"), "registration": first["registration"]},
    )
    assert (other.status_code, other.json()["field"]) == (409, "registration")


def test_an_abandoned_session_is_over(lms: httpx.Client) -> None:
    course = bring(lms, "left", xml_au("l", 'moveOn="Completed"'))
    launched = launch(lms, course, "l", "cleo")
    player = play(launched)
    player.say(words.INITIALIZED, T[0])
    path = f"/cmi5/sessions/{launched['session']}/abandon"
    assert lms.post(path).status_code == 204
    assert lms.post(path).status_code == 409
    assert len(said(lms, launched["registration"], words.ABANDONED)) == 1
    refused(player.post(player.statement(words.COMPLETED, T[1])), "context.extensions", "9.3.6")
    assert standing(lms, course, launched["registration"])["satisfied"] is False


def test_a_waiver_satisfies(lms: httpx.Client) -> None:
    course = bring(lms, "waived", xml_au("w1", 'moveOn="Passed"'), xml_au("w2", 'moveOn="Completed"'))
    launched = launch(lms, course, "w1", "cleo")
    path = f"/cmi5/registrations/{launched['registration']}/waive"
    no_reason = lms.post(path, json={"au": au_id("w1"), "reason": " "})
    assert (no_reason.status_code, no_reason.json()["field"]) == (400, "reason")
    answer = lms.post(path, json={"au": au_id("w1"), "reason": "Tested Out"})
    assert answer.status_code == 200, answer.text
    assert lms.post(path, json={"au": au_id("w1"), "reason": "Tested Out"}).status_code == 409
    player = play(launch(lms, course, "w2", "cleo", registration=launched["registration"]))
    player.say(words.INITIALIZED, T[0])
    completed = player.say(words.COMPLETED, T[1])
    found = standing(lms, course, launched["registration"])
    assert [child["by"] for child in found["children"]] == [[answer.json()["statement"]], [completed["id"]]]
    assert found["satisfied"] is True
    (waived,) = said(lms, launched["registration"], words.WAIVED)
    assert waived["result"]["extensions"] == {words.REASON: "Tested Out"}
    assert waived["context"]["extensions"][words.SESSION_ID] != launched["session"]


def test_what_needs_nothing_is_satisfied_at_the_first_launch(lms: httpx.Client) -> None:
    course = bring(lms, "free", xml_au("f"))
    launched = launch(lms, course, "f", "cleo")
    assert len(said(lms, launched["registration"], words.SATISFIED)) == 1
    again = launch(lms, course, "f", "cleo", registration=launched["registration"])
    assert again["registration"] == launched["registration"]
    assert len(said(lms, launched["registration"], words.SATISFIED)) == 1


def test_a_voided_statement_does_not_count_and_can_be_said_again(lms: httpx.Client) -> None:
    course = bring(lms, "void", xml_au("v", 'moveOn="Completed"'))
    launched = launch(lms, course, "v", "cleo")
    player = play(launched)
    player.say(words.INITIALIZED, T[0])
    completed = player.say(words.COMPLETED, T[1])
    refused(player.post(player.statement(words.COMPLETED, T[2])), "verb.id", "9.3")
    assert lms.post("/xAPI/statements", json=voiding(completed["id"])).status_code == 200
    assert standing(lms, course, launched["registration"])["satisfied"] is False
    again = player.say(words.COMPLETED, T[3])
    assert standing(lms, course, launched["registration"])["by"] == [again["id"]]


def test_a_bad_statement_leaves_nothing_behind(lms: httpx.Client) -> None:
    player = play(launch(lms, bring(lms, "bad", xml_au("x")), "x", "cleo"))
    begin = player.statement(words.INITIALIZED, T[0])
    wrong = player.statement(words.PASSED, T[1], result={"success": False, "duration": "PT1S"})
    refused(player.post(begin, wrong), "1.result.success", "9.5.2")
    assert lms.get("/xAPI/statements", params={"statementId": begin["id"]}).status_code == 404
    assert player.post(begin).status_code == 200
    # An id that another statement has: the store refuses it, and the session may still complete.
    clash = player.statement(words.COMPLETED, T[2])
    stolen = lms.post("/xAPI/statements", json=clash | {"verb": {"id": "https://v.example/did"}})
    assert stolen.status_code == 200, stolen.text
    assert player.post(clash).status_code == 409
    player.say(words.COMPLETED, T[2])


def test_courses_are_taken_in_from_a_package_too(lms: httpx.Client, server: Server) -> None:
    id_ = f"{SITE}/e2e/package"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("cmi5.xml", xml(id_, xml_au("p", url="start.html")))
        package.writestr("start.html", "<p>Welcome</p>")
    relative = lms.post("/cmi5/courses", content=file.getvalue())
    assert (relative.status_code, relative.json()["field"]) == (400, "courseStructure.au[0].url")
    answer = lms.post("/cmi5/courses", content=file.getvalue(), params={"base": "https://files.example/p/"})
    assert answer.status_code == 200, answer.text
    listed = {one["id"]: one for one in lms.get("/cmi5/courses").json()["courses"]}
    assert listed[id_]["children"][0]["url"] == "https://files.example/p/start.html"
    elsewhere = server.client("other").get("/cmi5/courses")
    assert elsewhere.json() == {"courses": []}


@pytest.mark.parametrize(
    ("asked", "status", "field"),
    [
        ({"course": f"{SITE}/none"}, 404, "course"),
        ({"au": "https://none.example"}, 404, "au"),
        ({"learner": {"mbox": "mailto:a@b.example"}}, 400, "learner.account"),
        ({"learner": {"account": {"homePage": "nowhere", "name": "a"}}}, 400, "learner.account.homePage"),
        ({"registration": "7"}, 400, "registration"),
        ({"launchMode": "Fun"}, 400, "launchMode"),
        ({"returnURL": "back"}, 400, "returnURL"),
        ({"colour": "red"}, 400, "colour"),
    ],
)
def test_launches_that_are_refused(lms: httpx.Client, asked: dict[str, Any], status: int, field: str) -> None:
    course = bring(lms, "refused", xml_au("r"))
    answer = lms.post("/cmi5/launches", json={"course": course, "au": au_id("r"), "learner": learner("cleo")} | asked)
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body["field"] == field or body["field"].startswith(f"{field}.")
