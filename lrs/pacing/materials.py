"""What there is to work on: what the catalog opens, what only statements know, and which skills nothing opens."""

from __future__ import annotations

from typing import Any

from lrs.pacing.display_names import activity_names, catalog_name
from lrs.pacing.measured_minutes import activities_tried, measured_minutes
from lrs.store.client import Store
from schemas.catalog import Catalog
from schemas.material import units


def list_materials(reader: Store, catalog: Catalog, tenant: str, most: int, find: str = "") -> dict[str, Any]:
    """At most so many of each list, as JSON: materials by id, and what only statements know by how often it was tried.
    find: what names or ids have to hold. Raises the store's errors."""
    opened = {
        material.id: material
        for material in (*catalog.materials.values(), *units(catalog.courses.values(), catalog.materials))
    }
    measured, tried = measured_minutes(reader, tenant), activities_tried(reader, tenant)
    unopened = [id_ for id_ in tried if id_ not in opened]
    if find:
        called = _called(activity_names(reader, catalog, tenant, {*opened, *unopened}), find.casefold())
        opened = {id_: material for id_, material in opened.items() if id_ in called}
        unopened = [id_ for id_ in unopened if id_ in called]
    shown_materials = [opened[id_] for id_ in sorted(opened)[:most]]
    names = activity_names(reader, catalog, tenant, {*(material.id for material in shown_materials), *unopened[:most]})
    without = skills_without_material(catalog)
    return {
        "count": len(opened),
        "materials": [
            {
                **material.model_dump(exclude={"kind", "removed", "question", "id"}),
                "activity": material.id,
                "name": material.name or names[material.id],
                "opens": material.opens or material.id,
                "minutes": material.minutes or None,
                "measured_minutes": measured[material.id].minutes if material.id in measured else None,
                "skills": list(_taught(catalog, material.id)),
            }
            for material in shown_materials
        ],
        "only_in_statements": [
            {
                "activity": id_,
                "name": names[id_],
                "measured_minutes": measured[id_].minutes if id_ in measured else None,
                "tries": tried[id_].tries,
                "learners": tried[id_].learners,
                "skills": list(_taught(catalog, id_)),
            }
            for id_ in unopened[:most]
        ],
        "without_material": [{"id": skill, "name": catalog_name(catalog, skill)} for skill in without],
    }


def skills_without_material(catalog: Catalog) -> list[str]:
    """The skills of classes, or of the catalog where no class has any, that nothing opens."""
    of_classes = dict.fromkeys(skill for class_ in catalog.classes.values() for skill in class_.skills)
    return [skill for skill in of_classes or catalog.skills if not catalog.materials_of(skill)]


def _called(names: dict[str, str], text: str) -> set[str]:
    """The activities whose name or id holds a text, in lower case."""
    return {id_ for id_, name in names.items() if text in name.casefold() or text in id_.casefold()}


def _taught(catalog: Catalog, item: str) -> tuple[str, ...]:
    return catalog.lookup(item, "", "", catalog.parents(item, ()))[0]
