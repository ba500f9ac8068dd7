"""Materials in a CSV: a row for each activity, with how it is opened and what it teaches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lrs.catalog.offered_material import OfferedMaterial
from lrs.catalog.openable import units_after, why_not_opened
from lrs.catalog.prerequisites import SkillNames
from lrs.csv_files.files import CsvFiles
from lrs.csv_files.problem import Problems
from lrs.csv_files.table import CsvColumns, CsvRow
from schemas.catalog import Catalog
from schemas.invalid import Invalid
from schemas.material import Material
from schemas.refusal import refusals
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
    table = files.first_table(MATERIAL_COLUMNS)
    problems = files.problems
    names, known_units = SkillNames(catalog), units_after((), catalog)
    offered: dict[str, OfferedMaterial] = {}
    for row in table.rows:
        wrong: list[Invalid] = []
        if row["id"] in offered:
            wrong.append(Invalid("id", worded("comes twice: the first is read")))
        material = _material(row, catalog, wrong)
        if material is not None and (why := why_not_opened(material, known_units)):
            wrong.append(Invalid("opens", why))
        skills = _skills_in_row(row, names, wrong)
        if material is not None and not wrong:
            offered[material.id] = OfferedMaterial(material, skills)
        for error in wrong:
            problems.add(table.file, row.line, error.field, error.reason, error=True)
    return list(offered.values()), problems


def _material(row: CsvRow, catalog: Catalog, wrong: list[Invalid]) -> Material | None:
    """The material of a row: as it is known, with what the row says. What is wrong is added to a list."""
    existing = catalog.materials.get(row["id"])
    values: dict[str, Any] = existing.model_dump() if existing is not None else {"id": row["id"]}
    for column, cell in row.filled():
        try:
            if column in _TEXT_COLUMNS:
                values[column] = cell
            elif column in _WORD_COLUMNS:
                values[column] = cell.lower()
            elif column == "topics":
                values[column] = row.list(column)
            elif column == "screen":
                values[column] = _truth(column, cell)
            elif column in ("minutes", "together"):
                values[column] = _number_in_cell(column, cell)
        except Invalid as error:
            wrong.append(error)
    try:
        return Material.model_validate(values)
    except ValidationError as error:
        refused = {invalid.field.partition(".")[0]: invalid.reason for invalid in reversed(refusals(values, error))}
        wrong.extend(Invalid(field, reason) for field, reason in reversed(refused.items()))
        return None


def _truth(column: str, cell: str) -> bool:
    if cell.lower() not in _YES:
        raise Invalid(column, worded("is not true or false"))
    return _YES[cell.lower()]


def _number_in_cell(column: str, cell: str) -> float:
    try:
        return float(cell.replace(",", ".")) if column == "minutes" else int(cell)
    except ValueError:
        whole = worded("is not a whole number")
        raise Invalid(column, worded("is not a number") if column == "minutes" else whole) from None


def _skills_in_row(row: CsvRow, names: SkillNames, wrong: list[Invalid]) -> tuple[str, ...]:
    """The ids of the skills that a row names. Those that are not there are added to a list of what is wrong."""
    skill_ids: dict[str, None] = {}
    for name in row.list("skills"):
        id_ = names.find(name)
        if id_ is None:
            wrong.append(Invalid("skills", worded("there is no skill %(id)s", id=name)))
        else:
            skill_ids[id_] = None
    return tuple(skill_ids)
