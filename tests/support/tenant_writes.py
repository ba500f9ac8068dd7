"""What each tenant writes to every route, before anything is read."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from schemas.cmi5 import words
from tests.support import caliper
from tests.support.cmi5 import Player, au_id, xml, xml_au
from tests.support.statements import HOME, key, learner, voiding
from tests.support.tenants import (
    ACTIVITIES,
    AGENTS,
    CLASS,
    COURSE,
    EVENT,
    GONE,
    ITEM,
    KEPT,
    NEW,
    OF_ACTIVITY,
    OF_AGENT,
    OF_STATE,
    PLAN,
    PUT,
    REFERS,
    REGISTRATION,
    SAID,
    SKILL,
    STATE,
    TIMETABLE,
    TOOL,
    TWIN,
    VOID,
    WRITES,
    Act,
    Side,
    case,
)

__all__ = ["WRITES"]


@case(WRITES, "POST", "/xAPI/statements")
def _(side: Side) -> None:
    refers = {"objectType": "StatementRef", "id": SAID}
    sent = [side.says(SAID), side.says(GONE), side.says(KEPT)]
    sent += [side.says(REFERS) | {"object": refers, "actor": TOOL, "verb": {"id": f"{HOME}/saw"}}]
    assert side.ask("POST", "/xAPI/statements", json=sent).json() == [SAID, GONE, KEPT, REFERS]
    course = {"id": f"{HOME}/course", "definition": {"type": "http://adlnet.gov/expapi/activities/course"}}
    taught = {"instructor": learner("Ms Kay") | {"name": f"teacher of {side.word}"}}
    taught["contextActivities"] = {"parent": [course]}
    told = side.says(str(uuid.uuid4())) | {"actor": TOOL, "verb": {"id": f"{HOME}/saw"}, "context": taught}
    side.ask("POST", "/xAPI/statements", json=told)
    side.ask("POST", "/xAPI/statements", json=voiding(GONE, VOID))
    data = f"data of {side.word}".encode()
    sha2 = hashlib.sha256(data).hexdigest()
    attachment = {
        **{"usageType": f"{HOME}/usage", "display": {"en": "d"}, "contentType": "text/plain"},
        **{"length": len(data), "sha2": sha2},
    }
    statement = orjson.dumps(side.says(str(uuid.uuid4()), attachments=[attachment]))
    parts = [
        b"Content-Type: application/json\r\n\r\n" + statement,
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: "
        + f"{sha2}\r\n\r\n".encode()
        + data,
    ]
    whole = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"
    side.ask("POST", "/xAPI/statements", content=whole, headers={"Content-Type": "multipart/mixed; boundary=b"})


@case(WRITES, "PUT", "/xAPI/statements")
def _(side: Side) -> None:
    side.ask("PUT", "/xAPI/statements", 204, params={"statementId": PUT}, json=side.says(PUT))


def _put(path: str, place: dict[str, str]) -> Act:
    return lambda side: (side.ask("PUT", path, 204, params=place, json={"word": side.word}, headers=NEW), None)[1]


def _post(path: str, place: dict[str, str]) -> Act:
    return lambda side: (side.ask("POST", path, 204, params=place, json={side.word: 1}), None)[1]


for path_, place_ in ((STATE, OF_STATE), (AGENTS, OF_AGENT), (ACTIVITIES, OF_ACTIVITY)):
    WRITES["PUT", path_] = _put(path_, place_)
    WRITES["POST", path_] = _post(path_, place_)


@case(WRITES, "POST", "/caliper/envelopes")
def _(side: Side) -> None:
    about: dict[str, Any] = {
        "actor": caliper.person(TWIN) | {"name": side.word},
        "object": caliper.item("twins") | {"name": side.word},
    }
    made = caliper.event(id=EVENT, **about)
    assert side.ask("POST", "/caliper/envelopes", json=caliper.envelope(made)).json()["mapped"] == 1


@case(WRITES, "POST", "/catalog")
def _(side: Side) -> None:
    changes = [
        {"kind": "skill", "id": SKILL, "name": f"skill of {side.word}"},
        {"kind": "activity", "id": ITEM, "skills": [SKILL], "name": f"item of {side.word}"},
        {
            **{"kind": "class", "id": CLASS, "name": f"class of {side.word}", "skills": [SKILL]},
            "learners": [{"learner": key(TWIN), "name": f"learner of {side.word}"}],
        },
        {"kind": "person", "id": TWIN, "name": f"person of {side.word}", "aliases": [key(TWIN)]},
    ]
    side.ask("POST", "/catalog", json=changes)


@case(WRITES, "POST", "/board/overrule")
def _(side: Side) -> None:
    form = {"learner": key(TWIN), "skill": SKILL, "decision": "help", "reason": f"{side.word} saw it", "by": side.word}
    side.ask("POST", "/board/overrule", 303, data=form)


@case(WRITES, "POST", "/board/put-off")
def _(side: Side) -> None:
    form = {"learner": key(TWIN), "skill": SKILL, "class_id": "c", "reason": f"{side.word} waits", "by": side.word}
    side.ask("POST", "/board/put-off", 303, data=form)


@case(WRITES, "POST", "/pacing/notes/{learner:id}")
@case(WRITES, "POST", "/board/notes/{learner:id}")
def _(side: Side) -> None:
    path = quote(key(TWIN), safe="")
    side.ask("POST", f"/pacing/notes/{path}", json={"text": f"note of {side.word}", "by": side.word})
    side.ask("POST", f"/board/notes/{path}", 303, data={"text": f"{side.word} wrote it", "by": side.word})


@case(WRITES, "POST", "/board/lessons/{learner:id}")
def _(side: Side) -> None:
    """Only learners ask, for what a class of theirs teaches: each tenant's own is asked for."""
    path = f"/board/lessons/{quote(key(TWIN), safe='')}"
    side.ask("POST", path, 403, data={"skill": SKILL})
    side.ask_as_learner(path, skill=SKILL)


@case(WRITES, "POST", "/pacing/lessons/{learner:id}")
def _(side: Side) -> None:
    path = f"/pacing/lessons/{quote(key(TWIN), safe='')}"
    side.ask("POST", path, 403, json={"skill": SKILL})
    answer = httpx.post(
        side.client.base_url.join(path), json={"skill": SKILL}, headers={"Cookie": side.learner}, verify=False
    )
    assert [asked["skill"]["id"] for asked in answer.json()["asked"]] == [SKILL]


@case(WRITES, "POST", "/cmi5/courses")
def _(side: Side) -> None:
    aus = [xml_au(name, f'moveOn="Completed" masteryScore="{0.5 if side.word < "m" else 0.9}"') for name in "ab"]
    side.ask("POST", "/cmi5/courses", content=xml(COURSE, *aus), params={"base": f"https://{side.word}.example/"})


@case(WRITES, "POST", "/cmi5/launches")
def _(side: Side) -> None:
    back = f"https://{side.word}.example/back"
    asked = {"course": COURSE, "au": au_id("a"), "learner": learner(TWIN), "registration": REGISTRATION}
    side.launched = side.ask("POST", "/cmi5/launches", json=asked | {"returnURL": back}).json()


@case(WRITES, "POST", "/cmi5/fetch/{token}")
def _(side: Side) -> None:
    """The token's credential reaches its own tenant: the launch data holds the word."""
    player = Player(side.launched["url"])
    player.begin()
    assert side.word in str(player.data)
    assert side.elsewhere.word not in str(player.data)
    player.say(words.INITIALIZED, "2026-03-02T09:00:00Z")
    player.say(words.COMPLETED, "2026-03-02T09:03:00Z")
    mine = player.client.get(f"{player.given['endpoint']}statements")
    assert {statement["verb"]["id"] for statement in mine.json()["statements"]} == {words.INITIALIZED, words.COMPLETED}


@case(WRITES, "POST", "/cmi5/registrations/{registration}/waive")
def _(side: Side) -> None:
    waiver = {"au": au_id("b"), "reason": f"waived by {side.word}"}
    side.ask("POST", f"/cmi5/registrations/{REGISTRATION}/waive", json=waiver)


@case(WRITES, "PUT", TIMETABLE)
def _(side: Side) -> None:
    rooms = [{"id": "r", "name": f"room of {side.word}", "places": 9, "screens": 9}]
    slots = [{"id": "a", "start": "09:00", "minutes": 20}]
    sent = {"id": CLASS, "slots": slots, "rooms": rooms, "adults": [{"id": "k", "name": f"adult of {side.word}"}]}
    side.ask("PUT", f"/pacing/timetables/{CLASS}", json=sent)


TRIED = {"classes": [CLASS], "since": "2030-01-01", "until": "2030-02-01"}


@case(WRITES, "POST", "/pacing/initiatives")
def _(side: Side) -> None:
    side.ask("POST", "/pacing/initiatives", json={"id": "try", "what": f"tried by {side.word}", **TRIED})


@case(WRITES, "POST", "/board/initiatives")
def _(side: Side) -> None:
    sent = {"id": "form", "what": f"also by {side.word}", "class": CLASS, "since": "2030-01-01", "until": "2030-02-01"}
    side.ask("POST", "/board/initiatives", 303, data=sent | {"outcome": "mastered"})


@case(WRITES, "POST", "/pacing/policy")
def _(side: Side) -> None:
    narrowed = {"class_id": CLASS, "thresholds": {"advance_at": 0.81}, "by": f"policy of {side.word}"}
    side.ask("POST", "/pacing/policy", json=narrowed)


@case(WRITES, "POST", "/board/policy/apply")
def _(side: Side) -> None:
    version = side.ask("GET", "/pacing/policy", params={"class_id": CLASS}).json()["version"]
    side.ask(
        "POST", "/board/policy/apply", 303, data={"class_id": CLASS, "seen": version, "by": f"policy of {side.word}"}
    )


@case(WRITES, "POST", "/board/policy/preview")
def _(side: Side) -> None:
    side.ask("POST", "/board/policy/preview", data={"class_id": CLASS, "advance_at": "81", "by": side.word})


@case(WRITES, "POST", "/plans/{class_id:id}/{day}")
def _(side: Side) -> None:
    side.ask("POST", f"/plans/{CLASS}/2030-03-19", 303, data={"do": "make"})


@case(WRITES, "POST", PLAN)
def _(side: Side) -> None:
    side.ask("POST", f"/pacing/plans/{CLASS}/2030-03-18", json={"do": "make", "seconds": 0.1})
