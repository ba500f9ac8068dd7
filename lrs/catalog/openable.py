"""Whether materials can be opened: of a change of the catalog, not of what the log has."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from schemas.catalog import Catalog, Change
from schemas.cmi5.course import Course
from schemas.invalid import Invalid
from schemas.material import Material, units
from schemas.wording import worded

_UNREADABLE = re.compile(r"[\s\x00-\x1f\x7f]")  # what no URL has


def check_materials(changes: Sequence[Change], catalog: Catalog) -> None:
    """Check that what changes say of materials opens them. Raises Invalid."""
    materials = [
        (index, change) for index, change in enumerate(changes) if isinstance(change, Material) and not change.removed
    ]
    if not materials:
        return
    known_units = units_after(changes, catalog)
    for index, material in materials:
        if why := why_not_opened(material, known_units):
            raise Invalid(f"{index}.opens", why)


def why_not_opened(material: Material, known_units: Mapping[str, str]) -> str:
    """What is wrong with what opens a material; "" where it opens it. known_units: what `units_after` gives."""
    match material.via:
        case "page":
            if not material.opens.strip():
                return worded("must say where to look, as via is page")
        case "cmi5":
            if not (known_units.get(material.opens) if material.opens else material.id in known_units.values()):
                return worded("must be course|unit, of a cmi5 course that is here, as via is cmi5")
        case _:
            if not is_address(material.opens or material.id):  # without an address, its id is one
                return worded("must be an http or https URL, as via is %(via)s", via=material.via)
    return ""


def units_after(changes: Sequence[Change], catalog: Catalog) -> Mapping[str, str]:
    """The units of all courses, as if the changes were made: what opens each, and its id."""
    courses = dict(catalog.courses)
    for change in changes:
        if isinstance(change, Course):
            courses[change.id] = change
            if change.removed:
                del courses[change.id]
    return {unit.opens: unit.id for unit in units(courses.values(), ())}


def is_address(text: str) -> bool:
    """Whether a browser can open it."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not _UNREADABLE.search(text)
    except ValueError:
        return False
