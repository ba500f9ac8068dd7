"""What a learner, or a guardian, sees of the learner: the page and the JSON API have the same, and no more. Pure.

The models of the answers are the list of what that is. No estimate, no evidence, and no words that staff wrote for
staff: why they overruled a decision, or put off a reminder.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.decision import Decision
from schemas.family_answers import FamilyItem, FamilyNext, FamilyPage, FamilySkill


def page_for_family(page: Mapping[str, Any], guardian: bool) -> dict[str, Any]:
    """A learner's page (`learner_page`, with its freshness), as the learner sees it. guardian: as a guardian does, who
    is shown no skill that waits for others."""
    skills = [
        {name: skill_row[name] for name in FamilySkill.model_fields}
        for skill_row in page["skills"]
        if not (guardian and skill_row["decision"] == Decision.WAIT)
    ]
    return {**{name: page[name] for name in FamilyPage.model_fields}, "skills": skills}


def next_for_family(next_items: Mapping[str, Any]) -> dict[str, Any]:
    """What a learner works on next (`next_items`, with or without its freshness), as the family sees it."""
    items = [{name: item[name] for name in FamilyItem.model_fields} for item in next_items["items"]]
    return {**{name: next_items[name] for name in FamilyNext.model_fields if name in next_items}, "items": items}
