"""Two tenants with the same ids: each writes a word of its own, which the other must never read."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from tests.support.api import Route
from tests.support.cmi5 import SITE
from tests.support.statements import HOME, answered, learner, skill

TWIN, TOOL = "twin", {"objectType": "Agent", "mbox": "mailto:tool@school.example"}
SAID, PUT, GONE, VOID, REFERS, KEPT = (str(uuid.uuid4()) for _ in range(6))
REGISTRATION, EVENT = str(uuid.uuid4()), f"urn:uuid:{uuid.uuid4()}"
ITEM, CLASS, COURSE, SKILL = f"{HOME}/items/twins", "twins", f"{SITE}/twins", skill("twins")
AGENT = orjson.dumps(learner(TWIN)).decode()
OF_STATE = {"agent": AGENT, "activityId": ITEM, "stateId": "s"}
OF_AGENT = {"agent": AGENT, "profileId": "p"}
OF_ACTIVITY = {"activityId": ITEM, "profileId": "p"}
NEW = {"If-None-Match": "*"}
BY_FORM = {"method": "GET"}
PLAN, TIMETABLE = "/pacing/plans/{class_id:id}/{day}", "/pacing/timetables/{class_id:id}"
STATE, AGENTS, ACTIVITIES = "/xAPI/activities/state", "/xAPI/agents/profile", "/xAPI/activities/profile"


@dataclass
class Side:
    """A tenant: everything that it writes holds a word that no other tenant uses."""

    word: str
    client: httpx.Client
    answers: list[httpx.Response] = field(default_factory=list)
    launched: dict[str, Any] = field(default_factory=dict)
    other: Side | None = None
    learner: str = ""  # the cookie of the twin, signed in

    def ask(self, method: str, path: str, status: int = 200, **more: Any) -> httpx.Response:
        answer = self.client.request(method, path, **more)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        self.answers.append(answer)
        return answer

    def ask_as_learner(self, path: str, **form: str) -> None:
        """Send a form that only learners send."""
        answer = httpx.post(self.client.base_url.join(path), data=form, headers={"Cookie": self.learner}, verify=False)
        assert answer.status_code == 303, f"{path}: {answer.status_code} {answer.text}"

    def own(self, path: str, **params: str) -> httpx.Response:
        """Read something that holds the tenant's word."""
        answer = self.ask("GET", path, params=params)
        assert self.word in answer.text, f"{path}: {answer.text}"
        return answer

    def says(self, id_: str, **more: Any) -> dict[str, Any]:
        """A statement of the twins' item."""
        definition = {"name": {"en": self.word}, "description": {"en": f"about {self.word}"}}
        # Minutes apart: the same answer at the same time would be one answer, reported twice.
        minute = int(id_[:8], 16) % 60
        made = answered(
            TWIN, skills=("twins",), id_=id_, timestamp=f"2026-03-02T08:{minute:02}:{int(id_[9:13], 16) % 60:02}Z"
        )
        named = {"actor": learner(TWIN) | {"name": self.word}, "object": {"id": ITEM, "definition": definition}}
        result = {"success": self.word.startswith("l"), "response": self.word, "duration": "PT20S"}
        return made | named | {"result": result} | more

    @property
    def elsewhere(self) -> Side:
        assert self.other is not None
        return self.other


Act = Callable[[Side], None]
WRITES: dict[Route, Act] = {}
READS: dict[Route, Act] = {}
DELETES: dict[Route, Act] = {}
OPEN = {  # the same for everybody, without authentication
    ("GET", "/"),
    *(("GET", path) for path in ("/live", "/ready", "/ready/read", "/ready/write")),
    *(("GET", f"/board/static/{name}") for name in ("board.css", "board.js", "plan.js")),
    *(("GET", path) for path in ("/openapi.json", "/docs")),
    *((method, "/xAPI/about") for method in ("GET", "POST")),
    *((method, path) for method in ("GET", "POST") for path in ("/sign-in", "/sign-in/class", "/invitations/{token}")),
    ("POST", "/sign-out"),
    ("GET", "/lti/jwks"),
    *(
        ("GET", path)
        for path in ("/sign-in/with/{issuer}", "/sign-in/callback", "/sign-in/once/{ticket}", "/lti/login")
    ),
    *(("POST", path) for path in ("/lti/login", "/lti/launch", "/sign-in/open")),
}


def case(table: dict[Route, Act], method: str, path: str) -> Callable[[Act], Act]:
    def put(act: Act) -> Act:
        table[method, path] = act
        return act

    return put
