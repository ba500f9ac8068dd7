"""Prerequisites from a CSV: each row says that a skill requires another."""

from __future__ import annotations

import re
from pathlib import Path

from lrs.catalog.change_validation import MOST_REQUIRED
from lrs.catalog.cycles import MOST_CYCLES, Link, TooManyCycles, break_cycles
from lrs.csv_files.files import CsvFiles
from lrs.csv_files.problem import Problems, UnreadableCsv
from lrs.csv_files.table import CsvColumns
from schemas.catalog import Catalog, Skill
from schemas.prerequisites import ids_by_alias
from schemas.wording import worded

PREREQUISITE_COLUMNS = CsvColumns(("skill", "requires"))
_LAST_UUID = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/?$", re.IGNORECASE)


def read_prerequisites(path: Path, catalog: Catalog) -> tuple[list[Skill], Problems]:
    """The skills that change, and the rows that are left out. Skills are named by id, alias, code, or the UUID that an
    address ends in; the file is the whole truth of the skills it names on the left. Raises UnreadableCsv, OSError."""
    files = CsvFiles(path)
    table = files.first_table(PREREQUISITE_COLUMNS)
    problems = files.problems
    names = SkillNames(catalog)
    requires: dict[str, list[str]] = {}
    lines: dict[Link, int] = {}
    wrong: list[tuple[int, str, str]] = []  # line, column, what

    rows = [(row, names.find(row["skill"]), names.find(row["requires"])) for row in table.rows]
    for _, skill, _ in rows:
        if skill:
            requires[skill] = []
    for row, skill, required in rows:
        for column, found in (("skill", skill), ("requires", required)):
            if not found:
                unknown = worded("there is no skill %(id)s", id=row[column] or worded("(empty)"))
                wrong.append((row.line, column, unknown))
        if not skill or not required:
            continue
        required_ids = requires[skill]
        if (skill, required) in lines:
            continue
        if len(required_ids) == MOST_REQUIRED:
            too_many = worded("%(id)s requires more than %(most)s skills", id=skill, most=MOST_REQUIRED)
            wrong.append((row.line, "requires", too_many))
            continue
        required_ids.append(required)
        lines[skill, required] = row.line
    try:
        for link, cycle in break_cycles(requires, lines, catalog.required):
            closed = worded("leads back to itself: %(cycle)s: left out", cycle=" → ".join(cycle[:12]))
            wrong.append((lines[link], "requires", closed))
    except TooManyCycles:
        raise UnreadableCsv(
            worded(
                "more than %(most)s rows lead back to themselves: is each prerequisite in the right column?",
                most=MOST_CYCLES,
            )
        ) from None
    for line, column, message in sorted(wrong, key=lambda problem: problem[0]):
        problems.add(table.file, line, column, message, True)
    changed = [
        existing.model_copy(update={"requires": required_ids})
        for id_, required_ids in requires.items()
        if (existing := catalog.skills[id_]).requires != required_ids
    ]
    return changed, problems


class SkillNames:
    """The skills of a catalog by every name that names one of them."""

    def __init__(self, catalog: Catalog) -> None:
        self._ids = dict.fromkeys(catalog.skills)
        codes: dict[str, list[str]] = {}
        for skill in catalog.skills.values():
            codes.setdefault(skill.code, []).append(skill.id)
        aliases = ids_by_alias(catalog.skills.values())
        self._ids_by_name = {name: ids for names in (codes, aliases) for name, ids in names.items() if name}

    def find(self, name: str) -> str | None:
        """The id of the one skill that is called so."""
        if name in self._ids:
            return name
        if len(skill_ids := self._ids_by_name.get(name, ())) == 1:
            return next(iter(skill_ids))
        ends = _LAST_UUID.search(name)
        return ends[1].lower() if ends and ends[1].lower() in self._ids else None
