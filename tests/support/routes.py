"""A request for every route of the application, and the scopes that allow it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

import orjson

from lrs.auth.scopes import Scope
from tests.support.api import Route
from tests.support.caliper import envelope, event
from tests.support.cmi5 import SITE, au_id, xml, xml_au
from tests.support.statements import HOME, answered, key, learner, skill

WRITE, READ = {Scope.STATEMENTS_WRITE}, {Scope.STATEMENTS_READ}
MINE, STATE, PROFILE, DEFINE = {Scope.STATEMENTS_READ_MINE}, {Scope.STATE}, {Scope.PROFILE}, {Scope.DEFINE}
READING = {Scope.ALL_READ}
AGENT, ACTIVITY, ID = orjson.dumps(learner("ada")).decode(), f"{HOME}/items/i1", str(uuid.uuid4())
OF_STATE = {"agent": AGENT, "activityId": ACTIVITY, "stateId": "s"}
OF_AGENT = {"agent": AGENT, "profileId": "p"}
OF_ACTIVITY = {"activityId": ACTIVITY, "profileId": "p"}
GET_BY_FORM = {"params": {"method": "GET"}, "headers": {"X-Experience-API-Version": "1.0.3"}}


@dataclass(frozen=True)
class Case:
    """A request of a route, and the scopes of which one is enough beside `all`; None: no authentication is needed."""

    enough: set[Scope] | None
    path: str = ""  # where it is not the route's own
    more: dict[str, Any] = field(default_factory=dict)
    for_people: bool = False  # who signed in with an account alone: `all` is not enough either


def documents(path: str, scope: set[Scope], params: dict[str, str]) -> dict[Route, Case]:
    sent = {"params": params, "content": b"{}"}
    reads = Case(scope | READING, more={"params": params})
    return {("GET", path): reads, **{(m, path): Case(scope, more=sent) for m in ("PUT", "POST", "DELETE")}}


OPEN = Case(None)
CASES: dict[Route, Case] = {
    ("GET", "/xAPI/statements"): Case(READ | MINE | READING),
    ("PUT", "/xAPI/statements"): Case(WRITE, more={"params": {"statementId": ID}, "json": answered(id_=ID)}),
    ("POST", "/xAPI/statements"): Case(WRITE, more={"json": answered()}),
    **documents("/xAPI/activities/state", STATE, OF_STATE),
    **documents("/xAPI/agents/profile", PROFILE, OF_AGENT),
    **documents("/xAPI/activities/profile", PROFILE, OF_ACTIVITY),
    ("GET", "/xAPI/agents"): Case(READ | DEFINE | READING, more={"params": {"agent": AGENT}}),
    ("POST", "/xAPI/agents"): Case(READ | DEFINE | READING, more=GET_BY_FORM | {"data": {"agent": AGENT}}),
    ("GET", "/xAPI/activities"): Case(READ | DEFINE | READING, more={"params": {"activityId": ACTIVITY}}),
    ("POST", "/xAPI/activities"): Case(READ | DEFINE | READING, more=GET_BY_FORM | {"data": {"activityId": ACTIVITY}}),
    ("GET", "/xAPI/about"): OPEN,
    ("POST", "/xAPI/about"): Case(None, more=GET_BY_FORM | {"data": {"accept": "*/*"}}),
    ("POST", "/caliper/envelopes"): Case(WRITE, more={"json": envelope(event())}),
    ("POST", "/explain"): Case(WRITE | READ | DEFINE | READING, more={"json": answered()}),
    ("POST", "/roster"): Case(
        set(), more={"content": b"class,email\n7b,ada@a.example\n", "params": {"preview": "true"}}
    ),
    ("GET", "/roster"): Case(READING),
    ("GET", "/people"): Case(READING),
    ("POST", "/people/merge"): Case(set(), more={"json": {"into": "ada@a.example", "others": ["ada@b.example"]}}),
    ("POST", "/people/split"): Case(set(), more={"json": {"key": "ada@b.example"}}),
    ("GET", "/board/people"): Case(READING),
    ("POST", "/board/people/merge"): Case(set(), more={"data": {"into": "ada@a.example", "other": "ada@b.example"}}),
    ("POST", "/board/people/split"): Case(set(), more={"data": {"key": "ada@b.example"}}),
    ("GET", "/board/roster"): Case(READING),
    ("GET", "/board/roster/nobody.csv"): Case(READING),
    ("GET", "/board/roster/uploads/{upload}/report.csv"): Case(READING, "/board/roster/uploads/none/report.csv"),
    ("POST", "/board/roster/preview"): Case(
        set(), more={"files": {"roster": ("r.csv", b"class,email\n7b,a@a.example\n")}}
    ),
    ("POST", "/board/roster/apply"): Case(set(), more={"data": {"upload": "none"}}),
    ("POST", "/board/roster/accounts/preview"): Case(
        set(), more={"files": {"accounts": ("a.csv", b"sourcedId,account\nu1,17\n")}}
    ),
    ("POST", "/board/roster/accounts/apply"): Case(set(), more={"data": {"upload": "none"}}),
    ("GET", "/board/skills"): Case(READING),
    ("POST", "/board/skills/preview"): Case(set(), more={"files": {"skills": ("s.csv", b"skill,requires\n")}}),
    ("POST", "/board/skills/apply"): Case(set(), more={"data": {"upload": "none"}}),
    ("GET", "/board/materials"): Case(READING),
    ("POST", "/board/materials/preview"): Case(set(), more={"files": {"materials": ("m.csv", b"id\n")}}),
    ("POST", "/board/materials/apply"): Case(set(), more={"data": {"upload": "none"}}),
    **{
        ("POST", f"/board/skills/requirements/{what}"): Case(set(), more={"data": {"do": "add", "skill": "none"}})
        for what in ("preview", "apply")
    },
    ("POST", "/skills"): Case(set(), more={"content": b"skill,requires\n"}),
    ("GET", "/materials"): Case(READING),
    ("POST", "/materials"): Case(set(), more={"content": b"id\n"}),
    ("GET", "/catalog"): Case(READING),
    ("POST", "/catalog"): Case(set(), more={"json": [{"kind": "skill", "id": skill("fractions")}]}),
    ("POST", "/catalog/preview"): Case(set(), more={"json": []}),
    ("GET", "/catalog/unmapped"): Case(READING),
    ("POST", "/cmi5/courses"): Case(DEFINE, more={"content": xml(f"{SITE}/c", xml_au("a"))}),
    ("GET", "/cmi5/courses"): Case(READ | READING),
    ("GET", "/cmi5/courses/{course:path}/registrations/{registration}"): Case(
        READ | READING, f"/cmi5/courses/{SITE}/none/registrations/{ID}"
    ),
    ("POST", "/cmi5/launches"): Case(
        set(), more={"json": {"course": f"{SITE}/none", "au": au_id("a"), "learner": learner("ada")}}
    ),
    ("POST", "/cmi5/fetch/{token}"): Case(None, "/cmi5/fetch/none"),
    ("POST", "/cmi5/registrations/{registration}/waive"): Case(
        set(), f"/cmi5/registrations/{ID}/waive", {"json": {"au": au_id("a"), "reason": "Tested Out"}}
    ),
    ("POST", "/cmi5/sessions/{session}/abandon"): Case(set(), f"/cmi5/sessions/{ID}/abandon"),
    **{("GET", path): Case(READING) for path in ("/clocks", "/board/clocks")},
    ("GET", "/dead-letters"): Case(READING),
    ("GET", "/dead-letters/{number}"): Case(READING, "/dead-letters/0"),
    **{
        ("POST", f"/dead-letters/{action}"): Case(set(), more={"json": {"reason": "of nobody"}})
        for action in ("retry", "drop")
    },
    ("POST", "/dead-letters/{number}/retry"): Case(set(), "/dead-letters/0/retry"),
    ("POST", "/dead-letters/{number}/drop"): Case(set(), "/dead-letters/0/drop"),
    ("GET", "/pacing/classes"): Case(READING),
    ("GET", "/pacing/classes/{class_id:id}"): Case(READING, "/pacing/classes/7b"),
    ("GET", "/pacing/unlikely/{class_id:id}"): Case(READING, "/pacing/unlikely/7b"),
    ("GET", "/pacing/learners/{learner:id}"): Case(READING, f"/pacing/learners/{key('ada')}"),
    ("GET", "/pacing/learners/{learner:id}/next"): Case(READING, f"/pacing/learners/{key('ada')}/next"),
    ("GET", "/pacing/notes/{learner:id}"): Case(READING, f"/pacing/notes/{key('ada')}"),
    ("POST", "/pacing/notes/{learner:id}"): Case(
        set(), f"/pacing/notes/{key('ada')}", {"json": {"text": "n", "by": "t"}}
    ),
    ("DELETE", "/pacing/notes/{learner:id}/{note}"): Case(set(), f"/pacing/notes/{key('ada')}/none"),
    ("POST", "/board/notes/{learner:id}"): Case(
        set(), f"/board/notes/{key('ada')}", {"data": {"text": "n", "by": "t"}}
    ),
    ("POST", "/board/lessons/{learner:id}"): Case(
        set(), f"/board/lessons/{key('ada')}", {"data": {"skill": "fractions"}}, for_people=True
    ),
    ("POST", "/pacing/lessons/{learner:id}"): Case(
        set(), f"/pacing/lessons/{key('ada')}", {"json": {"skill": "fractions"}}, for_people=True
    ),
    ("POST", "/pacing/groups/{class_id:id}"): Case(
        set(), "/pacing/groups/7b", {"json": {"learner": key("ada"), "skill": "fractions"}}
    ),
    ("POST", "/board/groups/{class_id:id}"): Case(
        set(), "/board/groups/7b", {"data": {"learner": key("ada"), "skill": "fractions"}}
    ),
    ("GET", "/pacing/plans/{class_id:id}/{day}"): Case(READING, "/pacing/plans/7b/2030-03-18"),
    ("POST", "/pacing/plans/{class_id:id}/{day}"): Case(
        set(), "/pacing/plans/7b/2030-03-18", {"json": {"do": "make", "seconds": 0.1}, "params": {"preview": "true"}}
    ),
    ("GET", "/pacing/groups/{class_id:id}"): Case(READING, "/pacing/groups/7b"),
    ("POST", "/pacing/checks/{class_id:id}"): Case(set(), "/pacing/checks/7b", {"json": {}}),
    ("GET", "/pacing/checks/{class_id:id}/{check}"): Case(READING, "/pacing/checks/7b/none"),
    ("PUT", "/pacing/checks/{class_id:id}/{check}"): Case(set(), "/pacing/checks/7b/none", {"json": {"results": []}}),
    ("GET", "/checks/{class_id:id}"): Case(READING, "/checks/7b"),
    ("POST", "/checks/{class_id:id}"): Case(set(), "/checks/7b"),
    ("GET", "/board/check/{check:id}"): Case(READING, "/board/check/none"),
    ("POST", "/board/check/{check:id}"): Case(set(), "/board/check/none", {"data": {"question": "0"}}),
    ("POST", "/checks/{class_id:id}/results"): Case(set(), "/checks/7b/results", {"data": {"check": "none"}}),
    **{("GET", path): Case(READING) for path in ("/models/mastery", "/board/models")},
    **{("POST", f"/models/mastery/{act}"): Case(set(), more={"json": {}}) for act in ("compare", "activate")},
    **{("POST", f"/board/models/{act}"): Case(set(), more={"data": {}}) for act in ("compare", "activate")},
    **{("GET", path): Case(READING) for path in ("/pacing/initiatives", "/board/initiatives")},
    ("GET", "/pacing/initiatives/{initiative:id}/outcome"): Case(READING, "/pacing/initiatives/none/outcome"),
    ("GET", "/board/initiatives/{initiative:id}"): Case(READING, "/board/initiatives/none"),
    **{("POST", path): Case(set(), more={"json": {}}) for path in ("/pacing/initiatives", "/board/initiatives")},
    **{("GET", f"/pacing/alerts{part}"): Case(READING) for part in ("", "/digest")},
    ("GET", "/pacing/alerts/stream"): Case(READING, more={"params": {"seconds": 0.1}}),
    **{
        ("GET", path): Case(READING, more={"params": {"class_id": "7b"}})
        for path in ("/pacing/policy", "/board/policy")
    },
    ("POST", "/pacing/policy"): Case(set(), more={"json": {"class_id": "7b", "thresholds": {"advance_at": 0.8}}}),
    **{
        ("POST", f"/board/policy/{what}"): Case(set(), more={"data": {"class_id": "7b", "advance_at": "80"}})
        for what in ("preview", "apply")
    },
    ("GET", "/plans/{class_id:id}/{day}"): Case(READING, "/plans/7b/2030-03-18"),
    ("POST", "/plans/{class_id:id}/{day}"): Case(set(), "/plans/7b/2030-03-18", {"data": {"do": "publish"}}),
    ("GET", "/pacing/timetables/{class_id:id}"): Case(READING, "/pacing/timetables/7b"),
    ("PUT", "/pacing/timetables/{class_id:id}"): Case(
        set(), "/pacing/timetables/7b", {"json": {"id": "7b", "slots": [], "rooms": [], "adults": []}}
    ),
    ("GET", "/statements"): Case(READ | MINE | READING),
    ("GET", "/statements/{statement}"): Case(READ | MINE | READING, f"/statements/{ID}"),
    ("GET", "/board"): Case(READING),
    ("GET", "/board/classes/{class_id:id}"): Case(READING, "/board/classes/7b"),
    ("GET", "/board/live/{class_id:id}"): Case(READING, "/board/live/7b", {"params": {"seconds": 0.1}}),
    ("GET", "/board/learners/{learner:id}"): Case(READING, f"/board/learners/{key('ada')}"),
    ("POST", "/board/language"): Case(set(), more={"data": {"language": "de", "back": "/board"}}),
    ("POST", "/board/appeared"): Case(set(), more={"data": {"id": f"{HOME}/course", "action": "hide"}}),
    ("GET", "/board/unmapped"): Case(READING),
    ("POST", "/board/unmapped/preview"): Case(set()),
    ("POST", "/board/unmapped/apply"): Case(set(), more={"data": {"id": ACTIVITY, "skill": skill("fractions")}}),
    ("POST", "/board/put-off"): Case(set(), more={"data": {"learner": key("ada"), "reason": "r", "by": "t"}}),
    ("POST", "/board/overrule"): Case(
        set(),
        more={
            "data": {"learner": key("ada"), "skill": skill("fractions"), "decision": "help", "reason": "r", "by": "t"}
        },
    ),
    **{
        (method, path): Case(None, path.format(token="none"))
        for method in ("GET", "POST")
        for path in ("/sign-in", "/sign-in/class", "/invitations/{token}")
    },
    ("GET", "/board/cards/{class_id:id}"): Case(READING, "/board/cards/7b"),
    ("POST", "/board/cards/{class_id:id}"): Case(set(), "/board/cards/7b", more={"data": {"do": "pin"}}),
    ("POST", "/sign-out"): OPEN,
    ("GET", "/sign-in/with/{issuer}"): Case(None, "/sign-in/with/none"),
    ("GET", "/sign-in/callback"): OPEN,
    ("GET", "/sign-in/once/{ticket}"): Case(None, "/sign-in/once/none"),
    **{(method, "/lti/login"): OPEN for method in ("GET", "POST")},
    ("GET", "/lti/jwks"): OPEN,
    ("POST", "/lti/launch"): OPEN,
    ("POST", "/sign-in/open"): OPEN,
    **{
        ("GET", path): OPEN
        for path in (
            *("/board/static/plan.js", "/board/static/board.css", "/board/static/board.js"),
            *("/live", "/ready", "/ready/read", "/ready/write"),
            *("/", "/openapi.json", "/docs"),
        )
    },
}
