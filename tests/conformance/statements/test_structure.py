"""What a statement is made of (xAPI 1.0.3, part 2, 2.2-2.4 and 4; IEEE 9274.1.1, 4.2): each requirement broken once.

The grammar's own tests, tests/schemas/xapi, try more of each kind.
"""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import orjson
import pytest

from tests.schemas.xapi.samples import (
    ACCOUNT,
    ACTIVITY,
    ANN,
    BEN,
    FILE,
    FULL,
    GONE,
    ID,
    REF,
    SUB,
    VOIDED,
    about,
    with_,
)
from tests.support.requirement import cases, requirement

PATH = "/xAPI/statements"
DEFINITION, CONTEXT = "object/definition", "context/contextActivities"
TWICE = [{"id": "a"}, {"id": "a"}]

BROKEN = cases(
    # forms (part 2, 2.2 and 4)
    *(("00001", key, None, key) for key in FULL),
    ("00001", "context/platform", None, "context.platform"),
    ("00003", "actor", GONE, "actor"),
    ("00004", "verb", GONE, "verb"),
    ("00005", "object", GONE, "object"),
    ("00006", "result/success", "true", "result.success"),
    ("00006", "result/score/scaled", "0.5", "result.score.scaled"),
    ("00006", "actor/name", 7, "actor.name"),
    ("00007", "verb/id", "", "verb.id"),
    ("00007", "actor", {"mbox": "ann@example.org"}, "actor.mbox"),
    ("00007", "context/registration", "", "context.registration"),
    ("00008 00010", "verb/Display", {"en": "did"}, "verb.Display"),
    ("00008 00010", "Timestamp", FULL["timestamp"], "Timestamp"),
    ("00009", "object/objectType", "activity", "object.objectType"),
    ("00009", f"{DEFINITION}/interactionType", "Choice", "object.definition.interactionType"),
    ("00011", "verb/id", "verbs.example/did", "verb.id"),
    ("00011", "attachments/0/fileUrl", "proof.txt", "attachments.0.fileUrl"),
    ("00013 00121", "verb/display", {"a12345678": "did"}, "verb.display.a12345678"),
    ("00013 00091", "context/language", "english_us", "context.language"),
    ("00118", "result/extensions", {"k": 1}, "result.extensions.k"),
    ("00118", "context/extensions", {"k": 1}, "context.extensions.k"),
    ("00120", "context/extensions", "k", "context.extensions"),
    ("00123 00022", "timestamp", "yesterday", "timestamp"),
    ("00123 00022", "timestamp", "2023-02-29T00:00:00Z", "timestamp"),
    ("00123 00022", "timestamp", "2024-04-30T10:00:00-00", "timestamp"),
    ("00123", "stored", "now", "stored"),
    ("00124 00077", "result/duration", "P4W1D", "result.duration"),
    ("00124 00077", "result/duration", "1S", "result.duration"),
    # ids (2.4.1)
    ("00027 00030", "id", "MA97B177-9383-4934-8543-0F91A7A02836", "id"),
    ("00028 00029", "id", ID.replace("-", ""), "id"),
    ("00028 00029", "id", 12345, "id"),
    # actors (2.4.2)
    ("00031", "actor", {**ANN, "objectType": "Activity"}, "actor.objectType"),
    ("00032", "actor", {**ANN, "objectType": ["Agent"]}, "actor.objectType"),
    ("00033", "actor", {**ANN, "name": {"en": "Ann"}}, "actor.name"),
    ("00034", "actor", {"objectType": "Agent", "name": "Ann"}, "actor"),
    ("00034", "actor", {**ANN, "account": ACCOUNT}, "actor"),
    ("00035", "actor", {"objectType": "Group", "name": "all"}, "actor.member"),
    ("00036", "actor", {"objectType": "Group", "member": [ANN, {"name": "Ben"}]}, "actor.member.1"),
    ("00036", "actor", {"objectType": "Group", "member": ANN}, "actor.member"),
    ("00037", "actor", {"objectType": "Group", **ANN, "openid": "https://ann.example/"}, "actor"),
    ("00038", "actor", {"mbox": "mailto:example.org"}, "actor.mbox"),
    ("00038", "actor", {"mbox": "http://ann.example/"}, "actor.mbox"),
    ("00039", "actor", {"mbox_sha1sum": 7}, "actor.mbox_sha1sum"),
    ("00040", "actor", {"openid": "ann.example/me"}, "actor.openid"),
    ("00041", "actor", {"account": "cat"}, "actor.account"),
    ("00042", "actor", {"account": {"name": "cat"}}, "actor.account.homePage"),
    ("00042", "actor", {"account": {**ACCOUNT, "homePage": "lms.example"}}, "actor.account.homePage"),
    ("00043", "actor", {"account": {"homePage": "https://lms.example/"}}, "actor.account.name"),
    # verbs (2.4.3)
    ("00044", "verb", {"display": {"en": "did"}}, "verb.id"),
    ("00045", "verb/display", "did", "verb.display"),
    # activities (2.4.4.1)
    ("00046", "object/objectType", "Thing", "object.objectType"),
    ("00047", "object/id", GONE, "object.id"),
    ("00047", "object/id", "things/1", "object.id"),
    ("00048", DEFINITION, "One", "object.definition"),
    ("00049", f"{DEFINITION}/interactionType", "guess", "object.definition.interactionType"),
    ("00050", f"{DEFINITION}/correctResponsesPattern", "a", "object.definition.correctResponsesPattern"),
    ("00051", DEFINITION, {"interactionType": "performance", "steps": "a"}, "object.definition.steps"),
    ("00052", DEFINITION, {"interactionType": "matching", "target": "a"}, "object.definition.target"),
    ("00053", DEFINITION, {"interactionType": "matching", "source": "a"}, "object.definition.source"),
    ("00054", DEFINITION, {"interactionType": "likert", "scale": "a"}, "object.definition.scale"),
    ("00055", f"{DEFINITION}/choices", {"id": "a"}, "object.definition.choices"),
    ("00056", f"{DEFINITION}/name", "One", "object.definition.name"),
    ("00057", f"{DEFINITION}/extensions", {"k": 1}, "object.definition.extensions.k"),
    ("00058", f"{DEFINITION}/choices", TWICE, "object.definition.choices"),
    ("00058", f"{DEFINITION}/choices/1/id", GONE, "object.definition.choices.1.id"),
    ("00058", f"{DEFINITION}/choices/1/id", 2, "object.definition.choices.1.id"),
    ("00059", f"{DEFINITION}/description", "Eins", "object.definition.description"),
    ("00060", f"{DEFINITION}/type", "quiz", "object.definition.type"),
    ("00061", f"{DEFINITION}/moreInfo", "more", "object.definition.moreInfo"),
    ("00062", f"{DEFINITION}/choices/0/description", "A", "object.definition.choices.0.description"),
    ("00063", f"{DEFINITION}/choices/0", "a", "object.definition.choices.0"),
    ("00064", f"{DEFINITION}/interactionType", GONE, "object.definition.interactionType"),
    # other objects (2.4.4.2-2.4.4.3)
    ("00065", "object", ANN, "object.id"),
    ("00066", "object", {**SUB, "verb": {}}, "object.verb.id"),
    ("00066", "object", {**SUB, "actor": {}}, "object.actor"),
    ("00067", "object", {**SUB, "authority": ANN}, "object.authority"),
    ("00068", "object", {**SUB, "version": "1.0.0"}, "object.version"),
    ("00069", "object", {**SUB, "stored": FULL["stored"]}, "object.stored"),
    ("00070", "object", {**SUB, "id": ID}, "object.id"),
    ("00071", "object", {**SUB, "object": SUB}, "object.object.objectType"),
    ("00072", "object", {**REF, "id": "1"}, "object.id"),
    ("00072", "object", {"objectType": "StatementRef"}, "object.id"),
    ("00073", "object", {"id": ID}, "object.id"),
    ("00017 00019 00020", "verb/id", VOIDED, "object.objectType"),
    # results (2.4.5)
    ("00074", "result/success", 1, "result.success"),
    ("00075", "result/completion", "false", "result.completion"),
    ("00076", "result/response", 1, "result.response"),
    ("00078", "result/extensions", [], "result.extensions"),
    ("00079", "result/score", 5, "result.score"),
    ("00080", "result/score/max", 0, "result.score.max"),
    ("00081", "result/score", {"min": 3, "max": 2}, "result.score.max"),
    ("00082", "result/score/raw", 11, "result.score.raw"),
    ("00082", "result/score/raw", -1, "result.score.raw"),
    ("00083", "result/score/scaled", 1.01, "result.score.scaled"),
    ("00083", "result/score/scaled", -1.01, "result.score.scaled"),
    # contexts (2.4.6)
    ("00086", CONTEXT, [ACTIVITY], "context.contextActivities"),
    ("00087", "context/registration", "1", "context.registration"),
    ("00087", "context/instructor", {"name": "Ben"}, "context.instructor"),
    ("00088", "context/team", ANN, "context.team.objectType"),
    ("00089", "context/revision", 1, "context.revision"),
    ("00090", "context/platform", 1, "context.platform"),
    ("00091", "context/language", 1, "context.language"),
    ("00092", "context/statement", {**REF, "id": "1"}, "context.statement.id"),
    ("00092", "context/statement/objectType", GONE, "context.statement.objectType"),
    ("00093", f"{CONTEXT}/sibling", ACTIVITY, "context.contextActivities.sibling"),
    ("00094", f"{CONTEXT}/parent", [REF], "context.contextActivities.parent.0.objectType"),
    ("00094", f"{CONTEXT}/parent", {"id": "p"}, "context.contextActivities.parent.id"),
    # authority, version (2.4.9-2.4.10)
    ("00024", "authority", {"name": "Ann"}, "authority"),
    ("00098", "authority", {"objectType": "Group", "member": [ANN]}, "authority.member"),
    ("00098 00100", "authority", {"objectType": "Group", "member": [ANN, BEN, ANN]}, "authority.member"),
    ("00101", "version", "1.1.0", "version"),
    ("00101", "version", "0.9.9", "version"),
    # attachments (2.4.11)
    ("00025", "attachments", FILE, "attachments"),
    ("00102", "attachments/0/length", 27.5, "attachments.0.length"),
    ("00103", "attachments/0/sha2", 7, "attachments.0.sha2"),
    ("00104", "attachments/0/fileUrl", "proof", "attachments.0.fileUrl"),
    ("00105", "attachments/0/contentType", "text", "attachments.0.contentType"),
    ("00106", "attachments/0/display", "proof", "attachments.0.display"),
    ("00107", "attachments/0/usageType", "proof", "attachments.0.usageType"),
    ("00107", "attachments/0/usageType", GONE, "attachments.0.usageType"),
)
NOT_ACTIVITIES = (REF, {"objectType": "Agent", **ANN}, {"objectType": "Group", **ANN}, SUB)


def refused(client: httpx.Client, statement: Any, field: str) -> None:
    answer = client.post(PATH, json=statement)
    assert (answer.status_code, answer.json().get("field")) == (400, field), answer.text


class TestRefused:
    @pytest.mark.parametrize(("path", "value", "field"), BROKEN)
    def test_what_breaks_the_form_is_named(self, client: httpx.Client, path: str, value: Any, field: str) -> None:
        whole = with_(path, value)
        if path == "object":
            whole["context"] = {}  # revision and platform are an activity's
        refused(client, whole, field)

    @pytest.mark.parametrize("name", cases(("00084", "revision"), ("00085", "platform")))
    def test_revision_and_platform_are_of_activities_alone(self, client: httpx.Client, name: str) -> None:
        for object_ in NOT_ACTIVITIES:
            refused(client, about(object_, context={name: "x"}), f"context.{name}")

    @requirement("00021")
    @pytest.mark.parametrize("place", ["", "actor", "object", "result", "context"])
    def test_a_key_that_stands_twice(self, client: httpx.Client, place: str) -> None:
        whole = orjson.dumps(with_(f"{place}/extra".lstrip("/"), "EXTRA"))
        name, value = next(iter((FULL[place] if place else FULL).items()))
        twice = whole.replace(b'"extra":"EXTRA"', orjson.dumps({name: value})[1:-1])
        assert len(twice) != len(whole)
        answer = client.post(PATH, content=twice, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400
        assert "twice" in answer.json()["error"]

    @requirement("00014")
    @pytest.mark.parametrize("body", ["", "7", "statement", "{", "[1]", '{"actor":}', '{"a":1,}'])
    def test_what_is_no_json_object(self, client: httpx.Client, body: str) -> None:
        answer = client.post(PATH, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400


PARTS = [{"id": "a", "description": {"en": "A"}}, {"id": "b"}]
WHOLE = cases(
    ("00031", "actor", {"objectType": "Group", "member": [{"objectType": "Agent", **ANN}, BEN]}),
    ("00037", "actor", {"objectType": "Group", "account": ACCOUNT, "member": []}),
    ("00039", "actor", {"mbox_sha1sum": "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"}),
    ("00040", "actor", {"openid": "https://ann.example/"}),
    ("00041", "actor", {"account": ACCOUNT}),
    *(
        ("00049", DEFINITION, {"interactionType": kind, **dict.fromkeys(parts, PARTS)})
        for kind, parts in {
            "true-false": (),
            "choice": ("choices",),
            "fill-in": (),
            "long-fill-in": (),
            "matching": ("source", "target"),
            "performance": ("steps",),
            "sequencing": ("choices",),
            "likert": ("scale",),
            "numeric": (),
            "other": (),
        }.items()
    ),
    ("00046 00065", "object", {"objectType": "Agent", **ANN}),
    ("00046 00065", "object", {"objectType": "Group", "member": [ANN]}),
    ("00046 00066", "object", {**SUB, "result": FULL["result"], "timestamp": "2024-02-29T23:59:59Z"}),
    ("00046 00073", "object", REF),
    ("00093", CONTEXT, {name: [ACTIVITY] for name in ("parent", "grouping", "category", "other")}),
    ("00101", "version", "1.0.0"),
    ("00124", "result/duration", "P3Y1M29DT4H35M59.14S"),
    ("00124", "result/duration", "P4W"),
)


class TestKept:
    @pytest.mark.parametrize(("path", "value"), WHOLE)
    def test_every_form_comes_back_as_it_came(self, client: httpx.Client, path: str, value: Any) -> None:
        whole = {**with_(path, value), "id": str(uuid.uuid4())}
        if path == "object":
            whole["context"] = {}
        assert client.post(PATH, json=whole).json() == [whole["id"]]
        found = client.get(PATH, params={"statementId": whole["id"]}).json()
        theirs = {"stored", "authority", "context"}  # the store's word, and arrays in contextActivities
        assert {k: v for k, v in found.items() if k not in theirs} == {k: whole[k] for k in whole.keys() - theirs}

    @requirement("00119")
    @pytest.mark.parametrize("value", [None, "", {}, [], 0, {"deep": [None]}])
    @pytest.mark.parametrize("path", [DEFINITION, "result", "context"])
    def test_extensions_may_hold_anything(self, client: httpx.Client, path: str, value: Any) -> None:
        whole = with_(f"{path}/extensions", {"https://keys.example/k": value})
        whole["id"] = str(uuid.uuid4())
        answer = client.put(PATH, params={"statementId": whole["id"]}, json=whole)
        assert answer.status_code == 204, answer.text
        found: Any = client.get(PATH, params={"statementId": whole["id"]}).json()
        for name in path.split("/"):
            found = found[name]
        assert found["extensions"] == {"https://keys.example/k": value}

    @requirement("00002")
    @pytest.mark.parametrize("number", [0.1234567890123456, -1e-45, 3.4028234663852886e38, 16777217])
    def test_numbers_keep_their_precision(self, client: httpx.Client, number: float) -> None:
        one = about(ACTIVITY, result={"score": {"raw": number}})
        [id_] = client.post(PATH, json=one).json()
        assert client.get(PATH, params={"statementId": id_}).json()["result"]["score"]["raw"] == number
