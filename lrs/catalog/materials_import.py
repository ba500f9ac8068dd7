"""From a file to changes of materials: how activities are opened, and what they teach."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from lrs.catalog.cartridge import read_cartridge
from lrs.catalog.materials_csv import read_materials_csv
from lrs.catalog.offered_material import OfferedMaterial
from lrs.csv_files.problem import FileProblem
from lrs.csv_files.writing import csv_text
from schemas.catalog import Activity, Catalog, Change
from schemas.material import Material

_HEADER = ("what", "id", "name", "opens", "skills", "line", "column", "problem")


class ImportedMaterial(NamedTuple):
    """A material as it will be, and the skills that it will teach."""

    material: Material
    skills: tuple[str, ...]


@dataclass(slots=True)
class MaterialsPlan:
    """What a file changes, and what is wrong with it. What it does not name stays."""

    problems: Sequence[FileProblem]
    changes: list[Change] = field(default_factory=list)
    added: list[ImportedMaterial] = field(default_factory=list)
    changed: list[ImportedMaterial] = field(default_factory=list)
    unchanged: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """How many materials are added, changed and known already."""
        return {"added": len(self.added), "changed": len(self.changed), "unchanged": self.unchanged}

    def report(self) -> bytes:
        """What the import does, row by row as CSV."""
        wrong = [("left out" if p.error else "note", "", "", "", "", p.line, p.field, p.message) for p in self.problems]
        rows = [
            (
                fate,
                planned.material.id,
                planned.material.name,
                planned.material.opens,
                ", ".join(planned.skills),
                "",
                "",
                "",
            )
            for fate, planned_materials in (("changed", self.changed), ("added", self.added))
            for planned in planned_materials
        ]
        return csv_text(_HEADER, [*wrong, *rows])


def preview_materials(path: Path, catalog: Catalog, base: str = "") -> MaterialsPlan:
    """What importing a CSV or a cartridge would do. base: where the files of a cartridge are served, if they are.
    Raises UnreadableCsv, NoCartridge, OSError."""
    if path.suffix.lower() == ".imscc" or zipfile.is_zipfile(path):
        return _plan(*read_cartridge(path, catalog, base), catalog)
    return _plan(*read_materials_csv(path, catalog), catalog)


def _plan(offered: Iterable[OfferedMaterial], problems: Sequence[FileProblem], catalog: Catalog) -> MaterialsPlan:
    plan = MaterialsPlan(problems)
    for material, skills in offered:
        existing = catalog.materials.get(material.id)
        taught = catalog.lookup(material.id, "", "", catalog.parents(material.id, ()))[0]
        teaches = bool(skills) and set(skills) != set(taught)
        if material != existing:
            plan.changes.append(material)
        if teaches:
            activity = catalog.activities.get(material.id) or Activity(id=material.id, name=material.name)
            plan.changes.append(activity.model_copy(update={"skills": list(skills)}))
        if material == existing and not teaches:
            plan.unchanged += 1
        else:
            listed = plan.added if existing is None else plan.changed
            listed.append(ImportedMaterial(material, skills if teaches else taught))
    return plan
