"""What xAPI 2.0 has over 1.0.3."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.xapi import Invalid, check
from tests.schemas.xapi.samples import ACCOUNT, ANN, CONTEXT_AGENT, CONTEXT_GROUP, SUB, about, raw, with_

SECOND = with_("version", "2.0.0")


@pytest.mark.parametrize(
    "change",
    [
        {"contextAgents": [CONTEXT_AGENT], "contextGroups": [CONTEXT_GROUP]},
        {"contextAgents": []},
        {"contextAgents": [{"objectType": "contextAgent", "agent": {"account": ACCOUNT}}]},
    ],
)
def test_contexts_of_xapi_2(change: dict[str, Any]) -> None:
    check(raw({**SECOND, "context": change}), "2.0.0")
    check(raw(about({**SUB, "context": change})), "2.0.0")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"contextAgents": [{**CONTEXT_AGENT, "objectType": "Agent"}]}, "contextAgents.0.objectType"),
        ({"contextAgents": [{**CONTEXT_AGENT, "agent": {}}]}, "contextAgents.0.agent"),
        ({"contextAgents": [{**CONTEXT_AGENT, "relevantTypes": []}]}, "contextAgents.0.relevantTypes"),
        ({"contextAgents": [{**CONTEXT_AGENT, "relevantTypes": ["abc"]}]}, "contextAgents.0.relevantTypes.0"),
        ({"contextGroups": [{**CONTEXT_GROUP, "group": ANN}]}, "contextGroups.0.group.objectType"),
        ({"contextGroups": [{**CONTEXT_GROUP, "member": [ANN]}]}, "contextGroups.0.member"),
        ({"contextGroups": CONTEXT_GROUP}, "contextGroups"),
    ],
)
def test_wrong_contexts_of_xapi_2(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as raised:
        check(raw({**SECOND, "context": change}), "2.0.0")
    assert raised.value.field == f"context.{field}"


def test_versions_and_times_of_xapi_2() -> None:
    for version in ("1.0", "1.0.3", "2.0.0", "2.0.7"):
        check(raw({**SECOND, "version": version}), "2.0.0")
    for version in ("2.0", "2.1.0", "3.0.0"):
        with pytest.raises(Invalid, match=r"^version:"):
            check(raw({**SECOND, "version": version}), "2.0.0")
    for time in ("2024-02-29T23:59:59", "2024-02-29T23:59Z", "2024-02-29T23:59:59+0530", "2024-02-29T23:59:59-00:00"):
        with pytest.raises(Invalid, match=r"^timestamp:"):
            check(raw({**SECOND, "timestamp": time}), "2.0.0")
