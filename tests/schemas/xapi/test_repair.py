"""Known faults of senders, what becomes of them, and what is left as wrong as it is."""

from __future__ import annotations

import copy
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.invalid import Invalid
from schemas.xapi.grammar import check
from schemas.xapi.repair import repair
from schemas.xapi.statement import SIGNATURE
from tests.support.statements import HOME, answered

UUID = "7B1E0E4C-2C3A-4B6E-9D3A-0A5A4B1C2D3E"
URN = f"urn:uuid:{UUID.lower()}"


def set_in(statement: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The statement with one field changed; None takes it away."""
    changed = copy.deepcopy(statement)
    at: Any = changed
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in way:
        at = at[step]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return changed


def around(**more: Any) -> dict[str, Any]:
    return answered(**more)


SUB = {
    **{key: value for key, value in answered().items() if key in ("actor", "verb", "object", "result", "context")},
    "objectType": "SubStatement",
}
GROUP = {"objectType": "Group", "member": [{"account": {"name": "ada"}}]}
ATTEMPT = "context.contextActivities.other.0"

# The field that is wrong, the value that senders give it, the value it is given, and the repair.
FAULTS = [
    ("object.objectType", "GroupActivity", "Activity", "group-activity object.objectType"),
    (f"{ATTEMPT}.objectType", "GroupActivity", "Activity", f"group-activity {ATTEMPT}.objectType"),
    ("object.id", UUID, URN, "bare-uuid object.id"),
    (f"{ATTEMPT}.id", UUID, URN, f"bare-uuid {ATTEMPT}.id"),
    ("actor.account", {"name": "ada"}, {"name": "ada", "homePage": HOME}, "home-page actor.account.homePage"),
    ("actor.account.homePage", "", HOME, "home-page actor.account.homePage"),
    ("actor.account.name", 17, "17", "account-number actor.account.name"),
]


@pytest.mark.parametrize(("field", "sent", "repaired_value", "change_said"), FAULTS)
def test_a_known_fault(field: str, sent: Any, repaired_value: Any, change_said: str) -> None:
    wrong = set_in(answered(id_=UUID.lower()), field, sent)
    with pytest.raises(Invalid):
        check(orjson.dumps(wrong), "1.0.3")
    repaired = repair(orjson.dumps(wrong), "1.0.3", HOME)
    assert [str(change) for change in repaired.repairs] == [change_said]
    assert orjson.loads(repaired.raw) == set_in(answered(id_=UUID.lower()), field, repaired_value)


@pytest.mark.parametrize(("score", "repaired_score"), [
    ({"scaled": 0, "raw": 0, "min": 0, "max": 0}, {"raw": 0}),
    ({"raw": 0, "min": 0, "max": 0}, {"raw": 0}),
    ({"scaled": 1, "min": 5, "max": 5}, {}),
])  # fmt: skip
def test_a_score_out_of_nothing(score: dict[str, float], repaired_score: dict[str, float]) -> None:
    repaired = repair(orjson.dumps(answered(result={"score": score})), "1.0.3")
    assert orjson.loads(repaired.raw)["result"]["score"] == repaired_score
    assert [str(change) for change in repaired.repairs] == ["empty-range result.score.max"]


def test_a_word_for_an_instructor() -> None:
    context = {"instructor": "System", "platform": "Moodle"}
    repaired = repair(orjson.dumps(answered(context=context)), "1.0.3")
    assert orjson.loads(repaired.raw)["context"] == {"platform": "Moodle"}
    assert [str(change) for change in repaired.repairs] == ["instructor-word context.instructor"]


def test_several_faults_and_a_substatement() -> None:
    sub = set_in(set_in(SUB, "object.id", UUID), "actor.account.name", 17)
    wrong = answered(object=sub, actor=GROUP)
    del wrong["context"]
    repaired = repair(orjson.dumps(wrong), "1.0.3", HOME)
    assert [str(change) for change in repaired.repairs] == [
        "bare-uuid object.object.id",
        "home-page actor.member.0.account.homePage",
        "account-number object.actor.account.name",
    ]
    check(repaired.raw, "1.0.3")


@pytest.mark.parametrize("space", ["", " ", "\n"])
def test_what_is_right_is_not_touched(space: str) -> None:
    raw = (space + '{ "actor":{"mbox":"mailto:a@b.example"}, "verb":{"id":"a:v"},"object":{"id":"a:o"}}').encode()
    assert repair(raw, "1.0.3", HOME) == (raw, [], check(raw, "1.0.3"))


def test_what_is_signed_is_not_touched() -> None:
    signature = {"usageType": SIGNATURE, "display": {"en": "s"}, "contentType": "application/octet-stream"}
    signed = answered(attachments=[signature | {"length": 1, "sha2": "0" * 64, "fileUrl": "https://a.example"}])
    assert repair(orjson.dumps(signed), "1.0.3").repairs == []
    with pytest.raises(Invalid):
        repair(orjson.dumps(set_in(signed, "object.id", UUID)), "1.0.3")


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"7",
        orjson.dumps(answered() | {"colour": "red"}),
        orjson.dumps(set_in(answered(), "object.id", "not an IRI")),
        orjson.dumps(set_in(set_in(answered(), "object.id", UUID), "verb.id", "answered")),
        orjson.dumps(set_in(answered(), "actor.account", {"name": "ada"})),  # nobody says whose account it is
        orjson.dumps(set_in(answered(), "object.id", UUID)).replace(b'"verb":', b'"verb":{},"verb":', 1),
    ],
)
def test_what_stays_wrong(raw: bytes) -> None:
    with pytest.raises(Invalid) as strict:
        check(raw, "1.0.3")
    with pytest.raises(Invalid) as lenient:
        repair(raw, "1.0.3")
    assert str(lenient.value) == str(strict.value)


json = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", UUID, "GroupActivity", "Activity"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "member", "account"]), inner),
    max_leaves=6,
)
FIELDS = (
    *("actor", "object", "result", "context", "result.score", "actor.account", "object.objectType", "context.team"),
    *("object.id", "attachments", "context.contextActivities", "actor.member"),
)


@given(st.sampled_from(FIELDS), json, st.sampled_from(["1.0.3", "2.0.0"]))
def test_whatever_comes_it_is_right_or_refused(field: str, value: Any, version: str) -> None:
    """What is repaired passes and is repaired no further; whatever else comes is refused."""
    base = answered(result={"score": {"raw": 1}})
    wrong = base | {field: value} if "." not in field else set_in(base, field, value if value is not None else 0)
    try:
        repaired = repair(orjson.dumps(wrong), version, HOME)
    except Invalid:
        return
    check(repaired.raw, version)
    assert repaired.checked == check(repaired.raw, version)
    assert repair(repaired.raw, version, HOME) == (repaired.raw, [], repaired.checked)


def test_what_cannot_be_repaired_keeps_nothing_but_why() -> None:
    """An error holds whatever its frames do: of a large statement, all its objects."""
    for wrong in (answered() | {"verb": {}}, answered() | {"verb": {}, "attachments": [{"usageType": SIGNATURE}]}):
        with pytest.raises(Invalid) as refused:
            repair(orjson.dumps(wrong), "1.0.3", HOME)
        assert (refused.value.field, refused.value.__context__) == ("verb.id", None)
