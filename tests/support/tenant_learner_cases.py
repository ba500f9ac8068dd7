"""Cases of two tenants with the same ids: what is written of a learner."""

from __future__ import annotations

from urllib.parse import quote

from tests.support.statements import key
from tests.support.tenants import CLASS, DELETES, READS, SKILL, TWIN, Side, case

NOTES = f"/pacing/notes/{quote(key(TWIN), safe='')}"


@case(READS, "GET", "/pacing/notes/{learner:id}")
def _(side: Side) -> None:
    side.own(NOTES)


@case(DELETES, "DELETE", "/pacing/notes/{learner:id}/{note}")
def _(side: Side) -> None:
    note = side.ask("GET", NOTES).json()["notes"][0]["id"]
    side.elsewhere.ask("DELETE", f"{NOTES}/{note}", 404)
    side.ask("DELETE", f"{NOTES}/{note}", 204)


@case(DELETES, "POST", "/pacing/groups/{class_id:id}")
@case(DELETES, "POST", "/board/groups/{class_id:id}")
def _(side: Side) -> None:
    """Who asked in one tenant is included in that alone."""
    asked = {"learner": key(TWIN), "skill": SKILL}
    lessons = f"/board/lessons/{quote(key(TWIN), safe='')}"
    side.elsewhere.ask_as_learner(lessons, skill=SKILL, do="withdraw")
    side.elsewhere.ask("POST", f"/board/groups/{CLASS}", 404, data=asked)
    side.elsewhere.ask("POST", f"/pacing/groups/{CLASS}", 404, json=asked)
    side.ask("POST", f"/board/groups/{CLASS}", 303, data=asked)
    side.ask("POST", f"/pacing/groups/{CLASS}", json=asked)
    side.elsewhere.ask_as_learner(lessons, skill=SKILL)
