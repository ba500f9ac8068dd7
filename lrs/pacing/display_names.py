"""What skills and activities are called: as the catalog says, else as a tool does.

Skills and activities that neither names are called by the last part of their id."""

from __future__ import annotations

from collections.abc import Callable, Collection

import orjson

from lrs.store.client import Store
from schemas.catalog import Catalog
from schemas.material import Material, units

_SAID = """
SELECT activity, key, value FROM definitions
WHERE tenant = %(tenant)s AND activity IN %(ids)s AND part = 'name'
ORDER BY activity, NOT startsWith(lower(key), 'en'), key, version DESC
LIMIT 1 BY activity
"""
_AFTER_SKILL = ":,;·–—-|"  # a name that goes on with a word is of another thing: "Decimals and fractions"
_LONGEST_TOOL_NAME = 200  # characters of a tool's name that are shown

Said = Callable[[Store, str, Collection[str]], dict[str, str]]  # `said_names`, or what remembers some of it


def said_names(reader: Store, tenant: str, ids: Collection[str]) -> dict[str, str]:
    """Names of activities as tools said them last; in English where there is a choice. Raises the store's errors."""
    if not ids:
        return {}
    names: dict[str, str] = {}
    for activity, _, value in reader.tuples(_SAID, {"tenant": tenant, "ids": sorted(ids)}):
        name = orjson.loads(value)
        if isinstance(name, str) and name.strip():
            names[activity] = name.strip()[:_LONGEST_TOOL_NAME]
    return names


def skill_names(reader: Store, catalog: Catalog, tenant: str, skills: Collection[str]) -> dict[str, str]:
    """The names of skills. Raises the store's errors."""
    catalog_names = {id_: skill.name for id_ in skills if (skill := catalog.skills.get(id_)) and skill.name}
    tool_names = said_names(reader, tenant, [id_ for id_ in skills if id_ not in catalog_names])
    return {id_: catalog_names.get(id_) or tool_names.get(id_) or last_part(id_) for id_ in skills}


def activity_names(
    reader: Store, catalog: Catalog, tenant: str, activities: Collection[str], tool_names: Said = said_names
) -> dict[str, str]:
    """The names of activities: materials, entries of the catalog, units of courses, and what statements name alone.

    Raises the store's errors.
    """
    catalog_names = _catalog_names(catalog, activities)
    names = tool_names(reader, tenant, [id_ for id_ in activities if id_ not in catalog_names])
    return {id_: catalog_names.get(id_) or names.get(id_) or last_part(id_) for id_ in activities}


def material_names(
    reader: Store, catalog: Catalog, tenant: str, materials: Collection[Material], tool_names: Said = said_names
) -> dict[str, str]:
    """The names of materials, by id. Raises the store's errors."""
    named_materials = {material.id: material.name for material in materials if material.name}
    return named_materials | activity_names(
        reader, catalog, tenant, {material.id for material in materials}.difference(named_materials), tool_names
    )


def catalog_name(catalog: Catalog, skill: str) -> str:
    """A skill's name as far as the catalog says it."""
    in_catalog = catalog.skills.get(skill)
    return in_catalog.name if in_catalog and in_catalog.name else last_part(skill)


def beside_skill(name: str, skill: str) -> str:
    """What a name says where the skill is named beside it: not the skill again, with which many names begin.

    "" where it says nothing else.
    """
    after_skill = name[len(skill) :].strip()
    if not skill or name[: len(skill)].casefold() != skill.casefold() or after_skill[:1] not in _AFTER_SKILL:
        return name
    return after_skill.lstrip(_AFTER_SKILL).strip()


def with_skill(name: str, skill: str) -> str:
    """A name after that of its skill, which it does not say twice."""
    material_name = beside_skill(name, skill)
    return f"{skill}: {material_name}" if material_name else skill


def _catalog_names(catalog: Catalog, activities: Collection[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    for id_ in activities:
        material, activity = catalog.materials.get(id_), catalog.activities.get(id_)
        if name := (material.name if material else "") or (activity.name if activity else ""):
            names[id_] = name
    if catalog.courses and (unnamed := set(activities).difference(names)):
        names |= {
            unit.id: unit.name for unit in units(catalog.courses.values(), ()) if unit.id in unnamed and unit.name
        }
    return names


def last_part(id_: str) -> str:
    """What follows the last slash of an id."""
    return id_.rstrip("/").rpartition("/")[2] or id_
