"""What is too long or too much is refused by the field that is, and one less is taken."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.xapi import Invalid, check
from schemas.xapi.values import LONGEST_ACCOUNT, LONGEST_IRI, MOST_ATTACHMENTS, MOST_ITEMS
from tests.schemas.xapi.samples import CONTEXT_AGENT, FILE, raw, with_

HOME = "https://a.example/"


def iri(length: int) -> str:
    return HOME + "x" * (length - len(HOME))


def agents(many: int) -> list[dict[str, Any]]:
    return [{"mbox": f"mailto:a{n}@b.example"} for n in range(many)]


def activities(many: int) -> list[dict[str, Any]]:
    return [{"id": f"{HOME}{n}"} for n in range(many)]


CASES: list[tuple[str, str, Any, Any, str]] = [
    ("1.0.3", "object/id", iri(LONGEST_IRI), iri(LONGEST_IRI + 1), "object.id"),
    ("1.0.3", "verb/id", iri(LONGEST_IRI), iri(300_000), "verb.id"),
    ("1.0.3", "actor", {"openid": iri(LONGEST_IRI)}, {"openid": iri(LONGEST_IRI + 1)}, "actor.openid"),
    (
        "1.0.3",
        "actor",
        {"mbox": "mailto:a@" + "b" * (LONGEST_IRI - 9)},
        {"mbox": "mailto:a@" + "b" * (LONGEST_IRI - 8)},
        "actor.mbox",
    ),
    (
        "1.0.3",
        "actor",
        {"account": {"homePage": HOME, "name": "é" * LONGEST_ACCOUNT}},
        {"account": {"homePage": HOME, "name": "x" * (LONGEST_ACCOUNT + 1)}},
        "actor.account.name",
    ),
    *(
        ("1.0.3", f"context/contextActivities/{kind}", activities(MOST_ITEMS), activities(MOST_ITEMS + 1), field)
        for kind in ("parent", "grouping", "category", "other")
        for field in [f"context.contextActivities.{kind}"]
    ),
    (
        "1.0.3",
        "actor",
        {"objectType": "Group", "member": agents(MOST_ITEMS)},
        {"objectType": "Group", "member": agents(MOST_ITEMS + 1)},
        "actor.member",
    ),
    (
        "2.0.0",
        "context/contextAgents",
        [CONTEXT_AGENT] * MOST_ITEMS,
        [CONTEXT_AGENT] * (MOST_ITEMS + 1),
        "context.contextAgents",
    ),
    ("1.0.3", "attachments", [FILE] * MOST_ATTACHMENTS, [FILE] * (MOST_ATTACHMENTS + 1), "attachments"),
]


@pytest.mark.parametrize(("version", "path", "most", "more", "field"), CASES)
def test_the_most_and_one_more(version: str, path: str, most: Any, more: Any, field: str) -> None:
    check(raw(with_(path, most)), version)
    with pytest.raises(Invalid, match=r"is longer than \d+ characters|has more than \d+ items") as refused:
        check(raw(with_(path, more)), version)
    assert refused.value.field == field
    assert len(str(refused.value)) < 200
