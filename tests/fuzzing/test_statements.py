"""Made-up statements, valid and slightly broken, posted to a running server: 200 or 400, never a 5xx."""

from __future__ import annotations

import json
import uuid
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lrs.log.sqlite import SqliteLog
from processors.meaning.vocabulary.table import VERBS as LISTED
from schemas.record import DEAD_LETTERS, decode_dead_letter
from tests.support.server import HEADERS, SECRET, Server
from tests.support.statements import HOME

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
IRIS = st.sampled_from([f"{HOME}/x", "urn:a:b", "tag:x,2026:ü", f"{HOME}/items/1?q=a%20b#c"])
LANGUAGES = st.dictionaries(st.sampled_from(["en", "de-CH", "und"]), TEXT, max_size=2)
TIMES = st.sampled_from(["2026-03-02T09:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999-23:59"])
NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
EXTENSIONS = st.dictionaries(IRIS, JSON, max_size=2)


def objects(needed: dict[str, Any], **optional: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(needed, optional=optional)


AGENTS = st.one_of(
    objects({"mbox": st.sampled_from(["mailto:ada@a.example", "MAILTO:ü@ü"])}, name=TEXT, objectType=st.just("Agent")),
    objects({"account": objects({"homePage": IRIS, "name": TEXT})}, name=TEXT),
    objects({"openid": IRIS}),
    objects({"mbox_sha1sum": st.just("EBD31E95054C018B10727CCFFD2EF2EC3A016EE9")}),
)
GROUPS = objects({"objectType": st.just("Group"), "member": st.lists(AGENTS, min_size=1, max_size=3)}, name=TEXT)
DEFINITIONS = objects({}, type=IRIS, name=LANGUAGES, description=LANGUAGES, moreInfo=IRIS, extensions=EXTENSIONS)
ACTIVITIES = objects({"id": IRIS}, objectType=st.just("Activity"), definition=DEFINITIONS)
VERBS = objects({"id": st.sampled_from(sorted(LISTED)) | IRIS}, display=LANGUAGES)
RESULTS = objects(
    {},
    success=st.booleans(),
    completion=st.booleans(),
    response=TEXT,
    duration=st.sampled_from(["PT20S", "P99999999999Y", "PT0.000001S", "P4W", "P1Y2M3DT4H5M6.7S"]),
    score=objects({}, scaled=st.floats(-1, 1), raw=NUMBERS),
    extensions=EXTENSIONS,
)
CONTEXTS = objects(
    {},
    registration=st.uuids().map(str),
    instructor=AGENTS,
    team=GROUPS,
    platform=TEXT,
    language=st.just("en-GB"),
    contextActivities=st.dictionaries(
        st.sampled_from(["parent", "grouping", "category", "other"]), ACTIVITIES | st.lists(ACTIVITIES, max_size=2)
    ),
    extensions=EXTENSIONS,
)
STATEMENTS = objects(
    {"actor": AGENTS | GROUPS, "verb": VERBS, "object": ACTIVITIES},
    result=RESULTS,
    context=CONTEXTS,
    timestamp=TIMES,
    stored=TIMES,
    authority=AGENTS,
)


@st.composite
def broken(draw: st.DrawFn) -> Any:
    """A statement with one part replaced, taken out or added."""
    whole = draw(STATEMENTS)
    part: Any = whole
    while True:
        inside = [key for key, value in part.items() if isinstance(value, dict) and value]
        if not inside or draw(st.booleans()):
            break
        part = part[draw(st.sampled_from(inside))]
    name = draw(st.sampled_from([*part, "id", "objectType", ""]))
    if draw(st.booleans()) and name in part:
        del part[name]
    else:
        part[name] = draw(JSON)
    return whole


def listed(statement: dict[str, Any]) -> dict[str, Any]:
    """A statement as it is returned: a single context activity is put into an array (1.0.3, part 2, 2.4.6.2)."""
    context = statement.get("context")
    if context is None or "contextActivities" not in context:
        return statement
    activities = {k: v if isinstance(v, list) else [v] for k, v in context["contextActivities"].items()}
    return {**statement, "context": {**context, "contextActivities": activities}}


@settings(max_examples=80)
@given(st.lists(STATEMENTS, min_size=1, max_size=3))
def test_what_is_valid_is_stored_and_found(server: Server, sent: list[dict[str, Any]]) -> None:
    with server.client("other", SECRET) as client:
        answer = client.post("/xAPI/statements", json=sent)
        assert answer.status_code == 200, answer.text
        found = client.get("/xAPI/statements", params={"statementId": answer.json()[0]})
        assert found.status_code == 200
        kept = {k: v for k, v in sent[0].items() if k not in ("stored", "authority")}
        assert {k: v for k, v in found.json().items() if k in kept} == json.loads(json.dumps(listed(kept)))


@settings(max_examples=120)
@given(broken(), st.sampled_from(["1.0.3", "2.0.0"]))
def test_what_is_broken_is_stored_or_refused(server: Server, sent: Any, version: str) -> None:
    with server.client("other", SECRET) as client:
        answer = client.post("/xAPI/statements", json=[sent], headers=HEADERS | {"X-Experience-API-Version": version})
        assert answer.status_code in (200, 400), (answer.status_code, answer.text)
        if answer.status_code == 400:
            assert answer.json()["error"]


def test_all_of_it_is_digested(server: Server) -> None:
    """None of the statements holds anything up: what comes after them is folded."""
    last = {
        "actor": {"mbox": f"mailto:{uuid.uuid4()}@a.example"},
        "verb": {"id": "urn:a:b"},
        "object": {"id": "urn:c:d"},
    }
    with server.client("other", SECRET) as client:
        assert client.post("/xAPI/statements", json=last).status_code == 200
        server.wait()
        listed = client.get("/xAPI/statements", params={"agent": json.dumps(last["actor"])})
        assert len(listed.json()["statements"]) == 1
    log = SqliteLog(server.data / "log")
    letters = [decode_dead_letter(record.value) for record in log.read(DEAD_LETTERS, 0, 100_000)]
    log.close()
    assert [one.reason for one in letters if one.tenant == "elsewhere" and one.stage != "caliper"] == []
