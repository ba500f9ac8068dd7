"""Two tenants with the same ids of everything never see each other: every route, every table with a tenant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import orjson
import pytest
from click.testing import CliRunner

from lrs.accounts.accounts import Accounts, embedded_accounts_url
from lrs.accounts.roles import PersonRole
from lrs.app import build
from lrs.cli.credentials import credentials
from lrs.cli.schemas import NOWHERE
from lrs.http.signed_in import COOKIE
from lrs.processes.assemble import assemble
from lrs.processes.runtime import Runtime
from lrs.store.client import Store
from lrs.store.dsn import dsn
from processors.folds.registry import fold_names
from schemas.cmi5 import words
from tests.support import (  # noqa: F401 - the cases in them
    caliper,
    tenant_cases,
    tenant_imports,
    tenant_learner_cases,
    tenant_letters,
)
from tests.support.api import Route, routes
from tests.support.cmi5 import au_id
from tests.support.server import HEADERS, Server
from tests.support.statements import HOME, answered, key, learner, voiding
from tests.support.tenant_writes import WRITES
from tests.support.tenants import (
    ACTIVITIES,
    AGENT,
    AGENTS,
    BY_FORM,
    CLASS,
    COURSE,
    DELETES,
    GONE,
    ITEM,
    KEPT,
    NEW,
    OF_ACTIVITY,
    OF_AGENT,
    OF_STATE,
    OPEN,
    PUT,
    READS,
    REFERS,
    REGISTRATION,
    SAID,
    SKILL,
    STATE,
    TWIN,
    Act,
    Side,
    case,
)


@case(DELETES, "POST", "/cmi5/sessions/{session}/abandon")
def _(side: Side) -> None:
    """Nobody ends a session of another tenant."""
    path = "/cmi5/sessions/{}/abandon".format
    side.ask("POST", path(side.elsewhere.launched["session"]), 404)
    asked = {"course": COURSE, "au": au_id("a"), "learner": learner(TWIN), "registration": REGISTRATION}
    session = side.ask("POST", "/cmi5/launches", json=asked).json()["session"]
    side.elsewhere.ask("POST", path(session), 404)
    side.ask("POST", path(session), 204)


@case(READS, "GET", "/xAPI/statements")
def _(side: Side) -> None:
    path = "/xAPI/statements"
    for id_ in (SAID, PUT, REFERS):
        side.own(path, statementId=id_)
    side.own(path, voidedStatementId=GONE)
    side.ask("GET", path, 404, params={"statementId": GONE})
    filters = (
        {"agent": AGENT},
        {"agent": AGENT, "related_agents": "true"},
        {"activity": ITEM},
        {"activity": ITEM, "related_activities": "true"},
        {"verb": f"{HOME}/saw"},
        {"registration": REGISTRATION, "verb": words.WAIVED},
        {"since": "2026-01-01T00:00:00Z", "ascending": "true"},
        {"until": "2100-01-01T00:00:00Z"},
        {"format": "canonical", "activity": ITEM},
        {"attachments": "true", "activity": ITEM},
    )
    for one in filters:
        side.own(path, **one)
    side.ask("GET", path, params={"format": "ids"})
    page = side.own(path, limit="2", activity=ITEM).json()
    seen = len(page["statements"])
    while page["more"]:
        side.elsewhere.ask("GET", page["more"])  # another tenant with the link reads its own data
        page = side.ask("GET", page["more"]).json()
        seen += len(page["statements"])
    assert seen == len(side.own(path, activity=ITEM).json()["statements"])


@case(READS, "GET", "/xAPI/agents")
def _(side: Side) -> None:
    assert side.own("/xAPI/agents", agent=AGENT).json()["name"] == [side.word]


@case(READS, "POST", "/xAPI/agents")
def _(side: Side) -> None:
    answer = side.ask("POST", "/xAPI/agents", params=BY_FORM, data={"agent": AGENT})
    assert side.word in answer.text


@case(READS, "GET", "/xAPI/activities")
def _(side: Side) -> None:
    assert side.own("/xAPI/activities", activityId=ITEM).json()["definition"]["name"] == {"en": side.word}


@case(READS, "POST", "/xAPI/activities")
def _(side: Side) -> None:
    answer = side.ask("POST", "/xAPI/activities", params=BY_FORM, data={"activityId": ITEM})
    assert side.word in answer.text


def _document(path: str, place: dict[str, str]) -> Act:
    def read(side: Side) -> None:
        assert side.own(path, **place).json() == {"word": side.word, side.word: 1}
        shelf = {name: value for name, value in place.items() if name not in ("stateId", "profileId")}
        (mine,) = {"stateId", "profileId"} & place.keys()
        assert side.ask("GET", path, params=shelf).json() == [place[mine]]

    return read


for path_, place_ in ((STATE, OF_STATE), (AGENTS, OF_AGENT), (ACTIVITIES, OF_ACTIVITY)):
    READS["GET", path_] = _document(path_, place_)


@case(READS, "GET", "/catalog")
def _(side: Side) -> None:
    found = side.own("/catalog").json()
    assert [one["name"] for one in found["skills"]] == [f"skill of {side.word}"]
    assert [one["by"] for one in found["overrulings"]] == [side.word]


@case(READS, "POST", "/catalog/preview")
def _(side: Side) -> None:
    """Each tenant's own answers, were the item to teach another skill."""
    sent = [{"kind": "activity", "id": ITEM, "skills": [f"{SKILL}-of-{side.word}"]}]
    found = side.ask("POST", "/catalog/preview", json=[{"kind": "skill", "id": sent[0]["skills"][0]}, *sent]).json()
    assert found["learners"] > 0


@case(READS, "POST", "/board/unmapped/preview")
def _(side: Side) -> None:
    found = side.ask("POST", "/board/unmapped/preview", data={"id": ITEM, "new": f"{SKILL}-of-{side.word}"}).text
    assert f"{SKILL}-of-{side.word}" in found


@case(WRITES, "POST", "/board/appeared")
def _(side: Side) -> None:
    side.ask("POST", "/board/appeared", 303, data={"id": f"{ITEM}-course-of-{side.word}", "action": "hide"})


@case(WRITES, "POST", "/board/unmapped/apply")
def _(side: Side) -> None:
    side.ask("POST", "/board/unmapped/apply", 303, data={"id": f"{ITEM}-of-{side.word}", "new": SKILL})


@case(READS, "GET", "/board/unmapped")
def _(side: Side) -> None:
    said = side.ask("GET", "/board/unmapped").text
    assert "Every scored answer belongs to a skill" in said or "1 judged answer in" in said


@case(READS, "GET", "/catalog/unmapped")
def _(side: Side) -> None:
    # Each may have sent one answer before its catalog said what it teaches; two would be the other's as well.
    assert side.ask("GET", "/catalog/unmapped").json()["answers"] <= 1


@case(READS, "POST", "/explain")
def _(side: Side) -> None:
    """The person and the skills are those of the tenant's own catalog."""
    (found,) = side.ask("POST", "/explain", json=answered(TWIN, "twins", skills=())).json()["statements"]
    assert [(one["name"], one["skills"]) for one in found["read_as"]] == [(f"person of {side.word}", [SKILL])]


@case(READS, "GET", "/roster")
def _(side: Side) -> None:
    found = side.ask("GET", "/roster").json()
    assert (found["persons"], found["classes"]) == (1, 1)


@case(READS, "POST", "/roster")
def _(side: Side) -> None:
    """A preview, which finds nobody of the other tenant."""
    sent = f"class,id,name\n{CLASS},{TWIN},{side.word}\n"
    found = side.ask("POST", "/roster", content=sent, params={"preview": "true"}).json()
    assert found["counts"]["person"] == {"before": 1, "added": 0, "changed": 1, "removed": 0}


@case(READS, "GET", "/pacing/classes")
def _(side: Side) -> None:
    (found,) = side.own("/pacing/classes").json()["classes"]
    assert found["name"] == f"class of {side.word}"


@case(READS, "GET", "/pacing/classes/{class_id:id}")
def _(side: Side) -> None:
    found = side.own(f"/pacing/classes/{CLASS}").json()
    assert [one["name"] for one in found["learners"]] == [f"learner of {side.word}"]


@case(READS, "GET", "/pacing/learners/{learner:id}")
def _(side: Side) -> None:
    found = side.own(f"/pacing/learners/{quote(key(TWIN), safe='')}").json()
    (one,) = [one for one in found["skills"] if one["skill"] == SKILL]
    assert one["attempts"] == 4  # what each said itself, without the one that was voided


@case(READS, "GET", "/pacing/learners/{learner:id}/next")
def _(side: Side) -> None:
    side.own(f"/pacing/learners/{quote(key(TWIN), safe='')}/next")


for path_ in ("/board", f"/board/classes/{CLASS}", f"/board/learners/{quote(key(TWIN), safe='')}"):
    template = path_.replace(CLASS, "{class_id:id}").replace(quote(key(TWIN), safe=""), "{learner:id}")
    READS["GET", template] = lambda side, path=path_: (side.own(path), None)[1]  # type: ignore[misc]


def _delete(path: str, place: dict[str, str]) -> Act:
    """What one deletes is still the other's."""

    def delete(side: Side) -> None:
        side.ask(
            "PUT", path, 204, params=place, json={"word": side.word}, headers={"If-Match": _tag(side, path, place)}
        )
        side.elsewhere.own(path, **place)
        side.ask("DELETE", path, 204, params=place)
        side.ask("GET", path, 404, params=place)
        side.elsewhere.own(path, **place)
        side.ask("PUT", path, 204, params=place, json={"word": side.word}, headers=NEW)

    return delete


def _tag(side: Side, path: str, place: dict[str, str]) -> str:
    return side.own(path, **place).headers["etag"]


for path_, place_ in ((STATE, OF_STATE), (AGENTS, OF_AGENT), (ACTIVITIES, OF_ACTIVITY)):
    DELETES["DELETE", path_] = _delete(path_, place_)


@pytest.fixture(scope="module")
def sides(server: Server) -> Iterator[tuple[Side, Side]]:
    """Two tenants that have written to every route, with everything folded."""
    found, accounts = [], Accounts(embedded_accounts_url(server.data))
    for word in ("leftward", "rightward"):
        arguments = ["add", "--tenant", f"tenant-{word}", "--key", f"tool-{word}", "--data", str(server.data), "--json"]
        done = CliRunner().invoke(credentials, arguments)
        assert done.exit_code == 0, done.stderr
        auth = (f"tool-{word}", orjson.loads(done.stdout)["secret"])
        side = Side(word, httpx.Client(base_url=server.base, auth=auth, headers=HEADERS, timeout=30))
        account = accounts.add(f"tenant-{word}", word, PersonRole.LEARNER, person=key(TWIN))
        side.learner = f"{COOKIE}={accounts.open_session(account)}"
        found.append(side)
    left, right = found
    left.other, right.other = right, left
    for act in WRITES.values():
        for side in found:
            act(side)
    server.wait()
    yield left, right
    for side in found:
        side.client.close()


def test_every_route_has_a_case(tmp_path: Path) -> None:
    app = build(assemble(Runtime(tmp_path, clickhouse=NOWHERE)))
    assert routes(app) == {*WRITES, *READS, *DELETES, *OPEN}


@pytest.mark.parametrize("route", sorted(READS), ids="".join)
def test_each_reads_its_own(sides: tuple[Side, Side], route: Route) -> None:
    for side in sides:
        READS[route](side)
    _nothing_of_the_other(sides)


@pytest.mark.parametrize("route", sorted(DELETES), ids="".join)
def test_each_ends_its_own(sides: tuple[Side, Side], route: Route) -> None:
    for side in sides:
        DELETES[route](side)
    _nothing_of_the_other(sides)


def test_one_takes_back_its_own_statement_alone(sides: tuple[Side, Side]) -> None:
    left, right = sides
    left.ask("POST", "/xAPI/statements", json=voiding(KEPT))
    left.ask("GET", "/xAPI/statements", 404, params={"statementId": KEPT})
    right.own("/xAPI/statements", statementId=KEPT)
    for side, stands in ((left, False), (right, True)):
        found = side.own("/xAPI/statements", agent=AGENT).json()["statements"]
        assert (KEPT in {statement["id"] for statement in found}) == stands


def test_the_words_of_others_are_not_in_what_is_the_same_for_all(sides: tuple[Side, Side], server: Server) -> None:
    for path in [path for method, path in OPEN if method == "GET" and "{" not in path]:
        answer = httpx.get(f"{server.base}{path}", headers=HEADERS)
        nothing_begun = path in ("/sign-in/callback", "/lti/login")
        assert answer.status_code == (400 if nothing_begun else 200), path
        assert not any(side.word in answer.text for side in sides), path


def test_every_table_keeps_each_ones_rows_apart(sides: tuple[Side, Side], server: Server) -> None:
    server.wait()
    store = Store(dsn(server.data, None))
    found = store.tuples(
        "SELECT DISTINCT table FROM system.columns WHERE database = currentDatabase() AND name = 'tenant'", {}
    )
    tables = {row[0] for row in found if not row[0].endswith("_reread")}  # these come and go with a reinterpretation
    assert {"statements", "observations", "voids", "refs", "learners", *fold_names()} <= tables
    worded = set()
    for table in tables:
        for side in sides:
            rows, own, others = store.tuples(
                f"SELECT count(), countIf(position(row, %(own)s) > 0), countIf(position(row, %(other)s) > 0) "
                f"FROM (SELECT replaceAll(toString(tuple(*)), %(tenant)s, '') AS row FROM {table} "
                "WHERE tenant = %(tenant)s)",
                {"tenant": f"tenant-{side.word}", "own": side.word, "other": side.elsewhere.word},
            )[0]
            # A snapshot is taken once a learner has many observations.
            assert rows > 0 or table == "snapshots", f"nothing of {side.word} in {table}"
            assert others == 0, f"{side.elsewhere.word} in {table}"
            if own:
                worded.add(table)
    assert {"statements", "definitions", "names"} <= worded
    store.close()


def _nothing_of_the_other(sides: tuple[Side, Side]) -> None:
    for side in sides:
        assert side.answers
        for answer in side.answers:
            told = f"{answer.headers} {answer.text}"
            assert side.elsewhere.word not in told, f"{answer.request.method} {answer.request.url}: {told}"
        side.answers.clear()
