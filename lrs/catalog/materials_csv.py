"""Materials in a CSV: a row for each activity, with how it is opened and what it teaches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lrs.catalog.offered_material import OfferedMaterial
from lrs.catalog.openable import units_after, why_not_opened
from lrs.catalog.prerequisites import SkillNames
from lrs.csv_files.files import CsvFiles
from lrs.csv_files.problem import Problems, UnreadableCsv
from lrs.csv_files.table import CsvColumns, CsvRow
from schemas.catalog import Catalog
from schemas.invalid import Invalid
from schemas.material import Material
from schemas.validation_messages import refusal
from schemas.wording import worded

MOST_MATERIALS = 20_000  # rows: each becomes 3 KB while it is checked and compared
_TEXT_COLUMNS = ("name", "opens", "level", "language")
_WORD_COLUMNS = ("via", "mode")  # of a few
MATERIAL_COLUMNS = CsvColumns(
    ("id",), (*_TEXT_COLUMNS, *_WORD_COLUMNS, "minutes", "screen", "together", "topics", "skills")
)
_YES = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def read_materials_csv(path: Path, catalog: Catalog) -> tuple[list[OfferedMaterial], Problems]:
    """The materials of a CSV, and what is wrong with its rows: those that are wrong are left out. A cell that is empty
    leaves what is known; skills are named as in the CSV of prerequisites. Raises UnreadableCsv, OSError."""
    files = CsvFiles(path, MOST_MATERIALS)
    [name, *_] = files
    table = files.table(name, MATERIAL_COLUMNS)
    problems = files.problems
    if table is None:
        raise UnreadableCsv("; ".join(map(str, problems)))
    names, known_units = SkillNames(catalog), units_after((), catalog)
    offered: dict[str, OfferedMaterial] = {}
    for row in table.rows:
        try:
            if row["id"] in offered:
                raise Invalid("id", worded("comes twice: the first is read"))
            material = _material(row, catalog)
            if why := why_not_opened(material, known_units):
                raise Invalid("opens", why)
            offered[material.id] = OfferedMaterial(material, _skills_in_row(row, names))
        except Invalid as error:
            problems.add(table.file, row.line, error.field, error.reason, error=True)
    return list(offered.values()), problems


def _material(row: CsvRow, catalog: Catalog) -> Material:
    """The material of a row: as it is known, with what the row says. Raises Invalid."""
    existing = catalog.materials.get(row["id"])
    values: dict[str, Any] = existing.model_dump() if existing is not None else {"id": row["id"]}
    for column, cell in row.filled():
        if column in _TEXT_COLUMNS:
            values[column] = cell
        elif column in _WORD_COLUMNS:
            values[column] = cell.lower()
        elif column == "topics":
            values[column] = row.list(column)
        elif column == "screen":
            if cell.lower() not in _YES:
                raise Invalid(column, worded("is not true or false"))
            values[column] = _YES[cell.lower()]
        elif column in ("minutes", "together"):
            values[column] = _number_in_cell(column, cell)
    try:
        return Material.model_validate(values)
    except ValidationError as error:
        refused = refusal(values, error)
        raise Invalid(refused.field.partition(".")[0], refused.reason) from None


def _number_in_cell(column: str, cell: str) -> float:
    try:
        return float(cell.replace(",", ".")) if column == "minutes" else int(cell)
    except ValueError:
        whole = worded("is not a whole number")
        raise Invalid(column, worded("is not a number") if column == "minutes" else whole) from None


def _skills_in_row(row: CsvRow, names: SkillNames) -> tuple[str, ...]:
    """The ids of the skills that a row names. Raises Invalid."""
    skill_ids: dict[str, None] = {}
    for name in row.list("skills"):
        id_ = names.find(name)
        if id_ is None:
            raise Invalid("skills", worded("there is no skill %(id)s", id=name))
        skill_ids[id_] = None
    return tuple(skill_ids)
