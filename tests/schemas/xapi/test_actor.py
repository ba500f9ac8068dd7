from __future__ import annotations

from typing import Any

import pytest

from schemas.xapi.actor import learner_key, members

ANN = {"mbox": "mailto:ann@example.org"}


@pytest.mark.parametrize(
    ("actor", "key"),
    [
        ({"account": {"homePage": "https://lms.example/", "name": "a|b"}}, "account:https://lms.example/|a|b"),
        ({"objectType": "Agent", "name": "Ann", **ANN}, "mbox:mailto:ann@example.org"),
        ({"mbox": "MAILTO:Ann@Example.org"}, "mbox:mailto:Ann@Example.org"),
        (
            {"mbox_sha1sum": "EBD31E95054C018B10727CCFFD2EF2EC3A016EE9"},
            "mbox_sha1sum:ebd31e95054c018b10727ccffd2ef2ec3a016ee9",
        ),
        ({"openid": "https://ann.example/"}, "openid:https://ann.example/"),
        ({"objectType": "Group", "mbox": "mailto:class@example.org", "member": [ANN]}, "mbox:mailto:class@example.org"),
    ],
)
def test_key_is_canonical(actor: dict[str, Any], key: str) -> None:
    assert learner_key(actor) == key


@pytest.mark.parametrize(
    "actor",
    [
        {},
        {"objectType": "Group", "member": [ANN]},
        {"mbox": "ann@example.org"},
        {"mbox": 7},
        {"account": {"homePage": "https://lms.example/"}},
        {"account": "ann"},
        {**ANN, "openid": "https://ann.example/"},
    ],
)
def test_no_key_without_exactly_one_identifier(actor: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="identifier"):
        learner_key(actor)


def test_members_of_agents_and_groups() -> None:
    assert members(ANN) == [ANN]
    assert members({"objectType": "Group", "member": [ANN, ANN]}) == [ANN, ANN]
    assert members({"objectType": "Group", "mbox": "mailto:class@example.org"}) == []
