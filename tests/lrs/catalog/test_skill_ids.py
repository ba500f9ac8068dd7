from __future__ import annotations

from collections.abc import Mapping

import orjson
import pytest

from lrs.catalog.change_validation import parse_changes
from lrs.catalog.skill_ids import name_skills_by_id
from schemas.catalog import Catalog, Change

ID, ALIAS = "https://school.example/skills/halves", "https://frameworks.example/items/1"
SKILL: Mapping[str, object] = {"kind": "skill", "id": ID, "aliases": [ALIAS, "https://frameworks.example/twice"]}
TWIN: Mapping[str, object] = {"kind": "skill", "id": f"{ID}-2", "aliases": ["https://frameworks.example/twice"]}
NAMING: dict[str, Mapping[str, object]] = {  # every change that names a skill, and where
    "activity": {"kind": "activity", "id": "https://tool.example/1", "skills": [ALIAS, ID]},
    "class": {"kind": "class", "id": "c", "skills": [ALIAS, ID]},
    "pattern": {"kind": "pattern", "id": "https://tool.example/{topic}", "skills": [ALIAS, ID]},
    "overrule": {
        "kind": "overrule",
        "learner": "mbox:mailto:a@x.example",
        "skill": ALIAS,
        "decision": "help",
        "reason": "seen in class",
        "by": "Ms Lund",
    },
    "put_off": {
        "kind": "put_off",
        "learner": "mbox:mailto:a@x.example",
        "skill": ALIAS,
        "by": "Ms Lund",
        "reason": "ill",
    },
    "narrowed_policy": {
        "kind": "narrowed_policy",
        "school": "",
        "class_id": "",
        "skill": ALIAS,
        "thresholds": {"advance_at": 0.9},
    },
}


def changes(*sent: Mapping[str, object]) -> list[Change]:
    return parse_changes(orjson.dumps(sent))


def skills_of(change: Change) -> list[str]:
    return list(getattr(change, "skills", None) or [getattr(change, "skill", "")])


@pytest.mark.parametrize("kind", NAMING)
def test_a_skill_named_by_alias_is_kept_by_id(kind: str) -> None:
    known = Catalog()
    known.apply(changes(SKILL)[0], 0, 0)
    [kept] = name_skills_by_id(changes(NAMING[kind]), known)
    assert skills_of(kept) == [ID]


def test_a_skill_of_the_same_request_is_known_even_after_it() -> None:
    kept, _ = name_skills_by_id(changes(NAMING["class"], SKILL), Catalog())
    assert skills_of(kept) == [ID]


def test_an_alias_of_several_and_an_id_stay() -> None:
    twice = "https://frameworks.example/twice"
    owner = {"kind": "skill", "id": ALIAS}  # an id counts before an alias
    kept = name_skills_by_id(
        changes(SKILL, TWIN, owner, {"kind": "class", "id": "c", "skills": [twice, ALIAS, "https://x.example/none"]}),
        Catalog(),
    )
    assert skills_of(kept[-1]) == [twice, ALIAS, "https://x.example/none"]
