"""Courses and statements of cmi5 for tests."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from schemas.cmi5 import words
from schemas.cmi5.course import Au, Block, Course, MoveOn, activity_id
from tests.support.statements import learner

SITE = "https://courses.example"
XMLNS = "https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd"
_RESULTS: dict[str, dict[str, Any]] = {
    words.COMPLETED: {"completion": True, "duration": "PT1M"},
    words.PASSED: {"success": True, "duration": "PT1M"},
    words.FAILED: {"success": False, "duration": "PT1M"},
    words.TERMINATED: {"duration": "PT2M"},
    words.WAIVED: {"success": True, "completion": True, "extensions": {words.REASON: "Administrative"}},
}


def au_id(name: str) -> str:
    """A publisher's id of an AU."""
    return f"{SITE}/aus/{name}"


def au(name: str, move_on: MoveOn = MoveOn.COMPLETED, **more: Any) -> Au:
    """An AU."""
    text = {"en": name}
    return Au(id=au_id(name), title=text, description=text, url=f"{SITE}/{name}.html", move_on=move_on, **more)


def block(name: str, *children: Au | Block) -> Block:
    """A block."""
    return Block(id=f"{SITE}/blocks/{name}", title={"en": name}, description={"en": name}, children=list(children))


def course(name: str, *children: Au | Block) -> Course:
    """A course."""
    return Course(id=f"{SITE}/{name}", title={"en": name}, description={"en": name}, children=list(children))


def says(
    verb: str,
    about: str,
    timestamp: str = "2026-03-02T09:00:00Z",
    whole: str = f"{SITE}/c",
    session: str = "s1",
    registration: str = "6f1b1c5e-0000-4000-8000-000000000001",
    who: str = "ada",
    defined: bool = True,
    **more: Any,
) -> dict[str, Any]:
    """A statement of an AU, `about` its publisher's id; an allowed one unless `defined`."""
    result = _RESULTS.get(verb)
    moves = result is not None and ("success" in result or "completion" in result)
    categories = [words.CMI5, *([words.MOVE_ON] if moves else [])] if defined else []
    statement = {
        "id": str(uuid.uuid4()),
        "actor": learner(who),
        "verb": {"id": verb},
        "object": {"objectType": "Activity", "id": activity_id(whole, about)},
        "context": {
            "registration": registration,
            "contextActivities": {"grouping": [{"id": about}], "category": [{"id": one} for one in categories]},
            "extensions": {words.SESSION_ID: session},
        },
        "timestamp": timestamp,
    }
    return statement | ({"result": result} if result else {}) | more


def xml(course_id: str, *aus: str) -> bytes:
    """A cmi5.xml; each of `aus` is the whole element of an AU or a block."""
    return (
        f'<courseStructure xmlns="{XMLNS}"><course id="{course_id}">{TEXTS}</course>{"".join(aus)}</courseStructure>'
    ).encode()


TEXTS = (
    '<title><langstring lang="en">A title</langstring></title>'
    '<description><langstring lang="en">Some words</langstring></description>'
)


def xml_au(name: str, attributes: str = "", url: str = "https://content.example/start.html?a=1", more: str = "") -> str:
    """An AU's element."""
    return f'<au id="{au_id(name)}" {attributes}>{TEXTS}<url>{url}</url>{more}</au>'


def xml_block(name: str, *aus: str) -> str:
    """A block's element."""
    return f'<block id="{SITE}/blocks/{name}">{TEXTS}{"".join(aus)}</block>'


class Player:
    """An AU that was started with a launch URL: it knows what is in the URL, and nothing else."""

    def __init__(self, url: str) -> None:
        self.given = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        self.client = httpx.Client(headers={"X-Experience-API-Version": "1.0.3"}, timeout=30, verify=False)
        self.data: dict[str, Any] = {}

    def begin(self) -> None:
        """Fetch the credential, then read the launch data."""
        answer = httpx.post(self.given["fetch"], timeout=30).json()
        self.client.headers["Authorization"] = f"Basic {answer['auth-token']}"
        found = self.state("GET", words.LAUNCH_DATA)
        assert found.status_code == 200, found.text
        self.data = found.json()

    def state(self, method: str, name: str, **more: Any) -> httpx.Response:
        """A request for a State document."""
        place = {
            "activityId": self.given["activityId"],
            "agent": self.given["actor"],
            "registration": self.given["registration"],
            "stateId": name,
        }
        return self.client.request(method, f"{self.given['endpoint']}activities/state", params=place, **more)

    def statement(self, verb: str, timestamp: str, defined: bool = True, **more: Any) -> dict[str, Any]:
        """A statement of this session, by the context template."""
        result = _RESULTS.get(verb)
        moves = result is not None and ("success" in result or "completion" in result)
        categories = [words.CMI5, *([words.MOVE_ON] if moves else [])] if defined else []
        template = self.data["contextTemplate"]
        activities = template["contextActivities"] | {"category": [{"id": one} for one in categories]}
        statement = {
            "id": str(uuid.uuid4()),
            "actor": httpx.Response(200, text=self.given["actor"]).json(),
            "verb": {"id": verb},
            "object": {"objectType": "Activity", "id": self.given["activityId"]},
            "context": template | {"registration": self.given["registration"], "contextActivities": activities},
            "timestamp": timestamp,
        }
        return statement | ({"result": result} if result else {}) | more

    def post(self, *statements: dict[str, Any]) -> httpx.Response:
        """Send statements."""
        return self.client.post(f"{self.given['endpoint']}statements", json=list(statements))

    def say(self, verb: str, timestamp: str, **more: Any) -> dict[str, Any]:
        """Send a statement that must be taken in."""
        statement = self.statement(verb, timestamp, **more)
        answer = self.post(statement)
        assert answer.status_code == 200, answer.text
        return statement
