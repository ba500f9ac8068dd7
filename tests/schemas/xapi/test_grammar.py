"""Every rule of the grammar, by a statement that breaks it and the field that is named."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.xapi import Checked, Invalid, check
from tests.schemas.xapi.samples import (
    ACCOUNT,
    ACTIVITY,
    ANN,
    BEN,
    CONTEXT_AGENT,
    FILE,
    FULL,
    GONE,
    ID,
    REF,
    SHA1,
    SUB,
    VOIDED,
    about,
    raw,
    with_,
)


def interaction(kind: str, **lists: Any) -> dict[str, Any]:
    return {"interactionType": kind, **lists}


PARTS = [{"id": "a", "description": {"en": "A"}}, {"id": "b"}]

GOOD = [
    *(
        with_(path, value)
        for path, value in [
            ("actor", {"mbox_sha1sum": SHA1.upper()}),
            ("actor", {"openid": "https://ann.example/"}),
            ("actor", {"objectType": "Group", **ANN}),
            ("actor", {"objectType": "Group", "account": ACCOUNT, "member": []}),
            ("actor", {"objectType": "Group", "name": "all", "member": [{"objectType": "Agent", **ANN}]}),
            ("verb/display", {}),
            ("verb/display", GONE),
            ("verb/id", "https://verbs.example/tätig?a=b#c"),
            ("object/objectType", GONE),
            ("object/definition", {}),
            ("object/definition", interaction("true-false", correctResponsesPattern=["true"])),
            ("object/definition", interaction("likert", scale=PARTS)),
            ("object/definition", interaction("matching", source=PARTS, target=PARTS)),
            ("object/definition", interaction("performance", steps=PARTS)),
            ("object/definition", interaction("sequencing", choices=PARTS)),
            ("object/definition", interaction("fill-in")),
            ("object/definition", interaction("long-fill-in")),
            ("object/definition", interaction("numeric")),
            ("object/definition", interaction("other")),
            ("result", {}),
            ("result/score", {"scaled": -1}),
            ("result/score", {"raw": -3, "max": 0}),
            ("context/language", "i-klingon"),
            ("context/contextActivities", {}),
            ("timestamp", "2024-02-29T23:59:59Z"),
            ("timestamp", "2024-02-29T23:59"),
            ("timestamp", "2024-02-29T23:59:59,5-0330"),
            ("timestamp", "2024-02-29T23:59:59-05"),
            ("version", "1.0"),
            ("version", "1.0.12"),
            ("attachments", []),
        ]
    ),
    *(
        with_("result/duration", d)
        for d in ("P4W", "P1.5W", "P3Y", "P1M", "PT0S", "PT16559.14S", "P3Y1M29DT4H35M59,14S")
    ),
    about(REF),
    about({"objectType": "Agent", **ANN}),
    about({"objectType": "Group", "member": [ANN]}),
    about(SUB),
    about({**SUB, "object": REF, "timestamp": FULL["timestamp"], "result": FULL["result"]}),
    about({**SUB, "context": FULL["context"], "attachments": [FILE]}),
]


@pytest.mark.parametrize("statement", GOOD, ids=range(len(GOOD)))
def test_what_the_grammar_allows_passes(statement: dict[str, Any]) -> None:
    check(raw(statement), "1.0.3")


BAD: list[tuple[Any, str]] = [
    (7, ""),
    ([], ""),
    ("statement", ""),
    ({}, "actor"),
    *(
        (with_(path, value), field)
        for path, value, field in [
            # properties
            ("actor", GONE, "actor"),
            ("verb", GONE, "verb"),
            ("object", GONE, "object"),
            ("iD", ID, "iD"),
            ("more", 1, "more"),
            ("verb/Display", {"en": "did"}, "verb.Display"),
            ("object/definition/choices/0/name", {"en": "A"}, "object.definition.choices.0.name"),
            *((key, None, key) for key in FULL),
            *((f"context/{key}", None, f"context.{key}") for key in FULL["context"]),
            *((f"result/{key}", None, f"result.{key}") for key in FULL["result"]),
            *((f"object/definition/{key}", None, f"object.definition.{key}") for key in FULL["object"]["definition"]),
            ("verb/display/en-US", None, "verb.display.en-US"),
            # ids
            ("id", "AA97B177-9383-4934-8543-0F91A7A028368", "id"),
            ("id", "MA97B177-9383-4934-8543-0F91A7A02836", "id"),
            ("id", ID.replace("-", ""), "id"),
            ("id", "{" + ID + "}", "id"),
            ("id", f"{ID}\n", "id"),
            ("id", 12345, "id"),
            ("context/registration", "1", "context.registration"),
            ("context/statement/id", "1", "context.statement.id"),
            ("context/statement/objectType", "statementRef", "context.statement.objectType"),
            ("context/statement/objectType", GONE, "context.statement.objectType"),
            ("context/statement", {**REF, "more": 1}, "context.statement.more"),
            # actors
            ("actor", "ann", "actor"),
            ("actor", [ANN], "actor"),
            ("actor", {}, "actor"),
            ("actor", {"name": "Ann"}, "actor"),
            ("actor", {**ANN, "account": ACCOUNT}, "actor"),
            ("actor", {**ANN, "objectType": "agent"}, "actor.objectType"),
            ("actor", {**ANN, "objectType": "Activity"}, "actor.objectType"),
            ("actor", {**ANN, "objectType": ["Agent"]}, "actor.objectType"),
            ("actor", {**ANN, "member": [BEN]}, "actor.member"),
            ("actor", {**ANN, "name": 7}, "actor.name"),
            ("actor", {"mbox": "ann@example.org"}, "actor.mbox"),
            ("actor", {"mbox": "mailto:example.org"}, "actor.mbox"),
            ("actor", {"mbox": "http://should.fail.com"}, "actor.mbox"),
            ("actor", {"mbox_sha1sum": SHA1[1:]}, "actor.mbox_sha1sum"),
            ("actor", {"mbox_sha1sum": "g" + SHA1[1:]}, "actor.mbox_sha1sum"),
            ("actor", {"openid": "ann.example/me"}, "actor.openid"),
            ("actor", {"account": {"name": "cat"}}, "actor.account.homePage"),
            ("actor", {"account": {"homePage": "https://lms.example/"}}, "actor.account.name"),
            ("actor", {"account": {**ACCOUNT, "homePage": "lms.example"}}, "actor.account.homePage"),
            ("actor", {"account": {**ACCOUNT, "name": 7}}, "actor.account.name"),
            ("actor", {"objectType": "Group"}, "actor.member"),
            ("actor", {"objectType": "Group", "member": []}, "actor.member"),
            ("actor", {"objectType": "Group", "member": ANN}, "actor.member"),
            ("actor", {"objectType": "Group", "member": [{}]}, "actor.member.0"),
            (
                "actor",
                {"objectType": "Group", "member": [ANN, {"objectType": "Group", **BEN}]},
                "actor.member.1.objectType",
            ),
            ("actor", {"objectType": "Group", **ANN, "openid": "https://ann.example/"}, "actor"),
            # verbs
            ("verb", {}, "verb.id"),
            ("verb/id", "did", "verb.id"),
            ("verb/id", "ab=c://should.fail.com", "verb.id"),
            ("verb/id", "https://verbs.example/did it", "verb.id"),
            ("verb/id", "", "verb.id"),
            ("verb/display", {"en_US": "did"}, "verb.display.en_US"),
            ("verb/display", {"a12345678": "did"}, "verb.display.a12345678"),
            ("verb/display", {"": "did"}, "verb.display."),
            ("verb/display", {"en": 7}, "verb.display.en"),
            ("verb/display", "did", "verb.display"),
            ("verb/id", VOIDED, "object.objectType"),
            # objects
            ("object", {}, "object.id"),
            ("object", ANN, "object.id"),
            ("object/objectType", "activity", "object.objectType"),
            ("object/id", "things/1", "object.id"),
            ("object/definition/type", "quiz", "object.definition.type"),
            ("object/definition/moreInfo", "more", "object.definition.moreInfo"),
            ("object/definition/name", "One", "object.definition.name"),
            ("object/definition/extensions", {"k": 1}, "object.definition.extensions.k"),
            ("object/definition/interactionType", "Choice", "object.definition.interactionType"),
            ("object/definition/interactionType", GONE, "object.definition.interactionType"),
            ("object/definition/interactionType", "likert", "object.definition.choices"),
            ("object/definition/correctResponsesPattern", "a", "object.definition.correctResponsesPattern"),
            ("object/definition/correctResponsesPattern", [1], "object.definition.correctResponsesPattern.0"),
            ("object/definition/choices/1/id", "a", "object.definition.choices"),
            ("object/definition/choices/1/id", GONE, "object.definition.choices.1.id"),
            ("object/definition/choices/1/id", 2, "object.definition.choices.1.id"),
            ("object/definition/choices/0/description", {"e": ""}, "object.definition.choices.0.description.e"),
            ("object/definition/choices", {"id": "a"}, "object.definition.choices"),
            # results
            ("result", [], "result"),
            ("result/score/scaled", 1.01, "result.score.scaled"),
            ("result/score/scaled", -1.01, "result.score.scaled"),
            ("result/score/scaled", "0.5", "result.score.scaled"),
            ("result/score/scaled", True, "result.score.scaled"),
            ("result/score/raw", 11, "result.score.raw"),
            ("result/score/raw", -1, "result.score.raw"),
            ("result/score/max", 0, "result.score.max"),
            ("result/score/of", 10, "result.score.of"),
            ("result/success", "true", "result.success"),
            ("result/completion", 1, "result.completion"),
            ("result/response", 1, "result.response"),
            ("result/extensions", {"k": 1}, "result.extensions.k"),
            ("result/extensions", [], "result.extensions"),
            # contexts
            ("context/instructor", {"name": "Ben"}, "context.instructor"),
            ("context/team", ANN, "context.team.objectType"),
            ("context/contextActivities", [ACTIVITY], "context.contextActivities"),
            ("context/contextActivities/sibling", ACTIVITY, "context.contextActivities.sibling"),
            ("context/contextActivities/parent", {"id": "p"}, "context.contextActivities.parent.id"),
            ("context/contextActivities/parent", [ACTIVITY, {"id": "p"}], "context.contextActivities.parent.1.id"),
            ("context/contextActivities/parent", [REF], "context.contextActivities.parent.0.objectType"),
            ("context/language", "english_us", "context.language"),
            ("context/revision", 1, "context.revision"),
            ("context/extensions", {"k": 1}, "context.extensions.k"),
            ("context/contextAgents", [CONTEXT_AGENT], "context.contextAgents"),
            # times
            ("timestamp", "should fail", "timestamp"),
            ("timestamp", "01/011/2015", "timestamp"),
            ("timestamp", "2023-02-29T00:00:00Z", "timestamp"),
            ("timestamp", "2024-04-31T00:00:00Z", "timestamp"),
            ("timestamp", "2024-04-30T24:00:00Z", "timestamp"),
            ("timestamp", "0000-01-01T00:00:00Z", "timestamp"),
            ("timestamp", "2024-04-30", "timestamp"),
            ("timestamp", "2024-04-30T10:00:00-00", "timestamp"),
            ("timestamp", "2024-04-30T10:00:00-0000", "timestamp"),
            ("timestamp", "2024-04-30T10:00:00-00:00", "timestamp"),
            ("timestamp", 1714471200, "timestamp"),
            ("stored", "now", "stored"),
            # version, authority
            ("version", "1.1.0", "version"),
            ("version", "0.9.9", "version"),
            ("version", "2.0.0", "version"),
            ("version", 1.0, "version"),
            ("authority", {"objectType": "Agent"}, "authority"),
            ("authority", {"objectType": "Group", **ANN, "member": [ANN, BEN]}, "authority"),
            ("authority", {"objectType": "Group", "member": [ANN]}, "authority.member"),
            ("authority", {"objectType": "Group", "member": [ANN, BEN, ANN]}, "authority.member"),
            # attachments
            ("attachments", FILE, "attachments"),
            *((f"attachments/0/{key}", GONE, f"attachments.0.{key}") for key in FILE if key != "fileUrl"),
            ("attachments/0/usageType", "proof", "attachments.0.usageType"),
            ("attachments/0/usageType", "http://adlnet.gov/expapi/attachments/signature", "attachments.0.contentType"),
            ("attachments/0/contentType", "text", "attachments.0.contentType"),
            ("attachments/0/contentType", "text/plain\r\n; a", "attachments.0.contentType"),
            ("attachments/0/contentType", "text/plain\r\n\r\n; a", "attachments.0.contentType"),
            ("attachments/0/contentType", "text/plain; a\rX-Experience-API-Hash: b", "attachments.0.contentType"),
            ("attachments/0/contentType", "text/plain; a\nb", "attachments.0.contentType"),
            ("attachments/0/contentType", "text/plain; a\n", "attachments.0.contentType"),
            ("attachments/0/contentType", "text/plain\n", "attachments.0.contentType"),
            ("attachments/0/length", 27.5, "attachments.0.length"),
            ("attachments/0/length", "27", "attachments.0.length"),
            ("attachments/0/length", -1, "attachments.0.length"),
            ("attachments/0/sha2", "a" * 63, "attachments.0.sha2"),
            ("attachments/0/fileUrl", "proof.txt", "attachments.0.fileUrl"),
            ("attachments/0/display", {"something": "proof"}, "attachments.0.display.something"),
        ]
    ),
    *(
        (with_("result/duration", duration), "result.duration")
        for duration in (
            "PA1H0M0S",
            "",
            "P",
            "PT",
            "P1DT",
            "P4W1D",
            "P1M2W",
            "PT1.5H1M",
            "P1.5DT1H",
            "P1H",
            "-PT1S",
            "1S",
            7,
        )
    ),
    # other objects
    (about({**REF, "id": "1"}), "object.id"),
    (about({"objectType": "StatementRef"}), "object.id"),
    (about({"objectType": "Agent"}), "object"),
    (about({"objectType": "Group", "name": "all"}), "object.member"),
    (about({**SUB, "object": SUB}), "object.object.objectType"),
    *((about({**SUB, key: FULL[key]}), f"object.{key}") for key in ("id", "stored", "version", "authority")),
    *((about({k: v for k, v in SUB.items() if k != key}), f"object.{key}") for key in ("actor", "verb", "object")),
    (about({**SUB, "context": {"registration": 1}}), "object.context.registration"),
    (about({**SUB, "object": REF, "context": {"platform": "lms"}}), "object.context.platform"),
    (about({**SUB, "timestamp": "now"}), "object.timestamp"),
    *(
        (about(object_, context={name: "x"}), f"context.{name}")
        for object_ in (REF, {"objectType": "Agent", **ANN}, {"objectType": "Group", **ANN}, SUB)
        for name in ("revision", "platform")
    ),
]


@pytest.mark.parametrize(("statement", "field"), BAD, ids=range(len(BAD)))
def test_what_the_grammar_forbids_names_its_field(statement: Any, field: str) -> None:
    with pytest.raises(Invalid) as raised:
        check(raw(statement), "1.0.3")
    assert raised.value.field == field
    assert str(raised.value) == f"{field or 'body'}: {raised.value.reason}"


def test_checked_says_what_the_store_must_add() -> None:
    assert check(raw(about(ACTIVITY)), "1.0.0") == Checked(None, frozenset(), None, [], False)
    everything = frozenset({"id", "stored", "authority", "timestamp", "version"})
    files = [("attachments.0", FULL["attachments"][0])]
    assert check(raw(with_("id", ID.upper())), "1.0.0") == Checked(ID, everything, None, files, single=True)
    listed = {"context": {"contextActivities": {"parent": [ACTIVITY]}}}
    assert not check(raw(about(ACTIVITY, **listed)), "1.0.0").single
    sub = {**SUB, "context": {"contextActivities": {"parent": ACTIVITY}}, "attachments": [FILE]}
    checked = check(raw(about(sub)), "1.0.0")
    assert (checked.attachments, checked.single) == ([("object.attachments.0", FILE)], True)
    voiding = {"actor": ANN, "verb": {"id": VOIDED}, "object": {**REF, "id": ID.upper()}}
    assert check(raw(voiding), "1.0.0") == Checked(None, frozenset(), ID, [], False)
