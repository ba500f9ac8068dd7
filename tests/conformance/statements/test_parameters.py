"""What a GET of statements cannot be asked (xAPI 1.0.3, part 3, 2.1.3 and 3.2; IEEE 9274.1.1, 4.1.6.1)."""

from __future__ import annotations

from urllib.parse import quote

import httpx
import orjson
import pytest

from tests.support.requirement import cases
from tests.support.statements import ANSWERED, HOME, learner

PATH = "/xAPI/statements"
ID = "6c1f5c1e-2a51-4a7e-9d5a-0f3b0d8e7a11"
FILTERS = {
    "agent": orjson.dumps(learner("ada")).decode(),
    "verb": ANSWERED,
    "activity": f"{HOME}/items/i1",
    "registration": ID,
    "related_activities": "true",
    "related_agents": "true",
    "since": "2026-01-01T00:00:00Z",
    "until": "2026-01-01T00:00:00Z",
    "limit": "1",
    "ascending": "true",
}


@pytest.mark.parametrize(
    ("query", "field"),
    cases(
        ("00324", "unknown=1", "unknown"),
        *(
            ("00325", f"{name.title()}=x", name.title())
            for name in (
                "agent",
                "verb",
                "activity",
                "registration",
                "since",
                "until",
                "limit",
                "format",
                "attachments",
                "ascending",
                "related_agents",
                "related_activities",
            )
        ),
        ("00325", "StatementId=x", "StatementId"),
        ("00325", "VoidedStatementId=x", "VoidedStatementId"),
        ("00012", "agent=x", "agent"),
        ("00012", "agent=%7B%7D", "agent"),
        ("00012", "verb=did", "verb"),
        ("00012", "activity=here", "activity"),
        ("00012", "registration=1", "registration"),
        ("00012", "since=yesterday", "since"),
        ("00012", "until=2026-13-01", "until"),
        ("00012", "limit=-1", "limit"),
        ("00012", "limit=1&limit=2", "limit"),
        ("00012", "ascending=yes", "ascending"),
        ("00012", "related_agents=1", "related_agents"),
        ("00012", "related_activities=1", "related_activities"),
        ("00012", "attachments=1", "attachments"),
        ("00012", "format=short", "format"),
        ("00012", "cursor=zzz", "cursor"),
        ("00012", "statementId=1", "statementId"),
        ("00012", "voidedStatementId=1", "voidedStatementId"),
        ("00151", f"statementId={ID}&voidedStatementId={ID}", "voidedStatementId"),
        *(
            (number, f"{single}={ID}&{name}={quote(value)}", name)
            for number, single in (("00151", "statementId"), ("00150", "voidedStatementId"))
            for name, value in FILTERS.items()
        ),
    ),
)
def test_a_wrong_one_is_named(client: httpx.Client, query: str, field: str) -> None:
    answer = client.get(f"{PATH}?{query}")
    assert (answer.status_code, answer.json()["field"]) == (400, field)
