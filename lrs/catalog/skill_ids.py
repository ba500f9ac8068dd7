"""Skills that changes name by an alias, by their ids: what is learnt, taught and decided is kept by id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from schemas.catalog import Activity, Catalog, Change, Class, Pattern, Skill
from schemas.narrowed_policy import NarrowedPolicy
from schemas.overruling import Overrule, PutOff
from schemas.prerequisites import ids_by_alias


def skills_after(changes: Sequence[Change], catalog: Catalog) -> dict[str, Skill]:
    """The skills of a catalog, by id, as if all changes were made."""
    skills = dict(catalog.skills)
    for change in changes:
        if isinstance(change, Skill):
            if change.removed:
                skills.pop(change.id, None)
            else:
                skills[change.id] = change
    return skills


def name_skills_by_id(changes: Sequence[Change], catalog: Catalog) -> list[Change]:
    """The changes as if all were made. What several skills carry as an alias, or none, stays as it is."""
    skills = skills_after(changes, catalog)
    new_ids = {
        alias: ids[0] for alias, ids in ids_by_alias(skills.values()).items() if len(ids) == 1 and alias not in skills
    }
    return [_renamed(change, new_ids) for change in changes] if new_ids else list(changes)


def _renamed(change: Change, new_ids: Mapping[str, str]) -> Change:
    match change:
        case Skill():
            lists = {name: getattr(change, name) for name in ("requires", "follows", "parents")}
            ids = {
                name: list(dict.fromkeys(new_ids.get(skill_id, skill_id) for skill_id in skill_ids))
                for name, skill_ids in lists.items()
            }
            return change.model_copy(update=ids) if ids != lists else change
        case Activity() | Class() | Pattern() if not new_ids.keys().isdisjoint(change.skills):
            skills = list(dict.fromkeys(new_ids.get(skill, skill) for skill in change.skills))
            return change.model_copy(update={"skills": skills})
        case Overrule() | PutOff() | NarrowedPolicy() if change.skill in new_ids:
            return change.model_copy(update={"skill": new_ids[change.skill]})
        case _:
            return change
