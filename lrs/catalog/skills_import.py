"""From a file to changes of skills: a framework (CASE), or what skills require (CSV)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lrs.catalog import case, prerequisites
from lrs.catalog.change_validation import MOST_REMOVED
from lrs.catalog.skill_references import refuse_lost_names
from lrs.csv_files.writing import csv_text
from schemas.catalog import Catalog, Skill
from schemas.wording import worded

_JSON = (b"{", b"[")
_BLANK = b"\xef\xbb\xbf \t\r\n"
_HEADER = ("what", "id", "name", "detail")


@dataclass(frozen=True, slots=True)
class SkillsPlan:
    """What a file changes, and what is wrong with it."""

    changes: Sequence[Skill]
    problems: Sequence[str]
    catalog: Catalog  # as it is

    @property
    def removed(self) -> list[Skill]:
        """The skills that the framework has no more."""
        return [skill for skill in self.changes if skill.removed]

    @property
    def added(self) -> list[Skill]:
        """The skills that are new."""
        return [skill for skill in self.changes if skill.id not in self.catalog.skills]

    @property
    def changed(self) -> list[Skill]:
        """The skills that are known, and said otherwise."""
        return [skill for skill in self.changes if skill.id in self.catalog.skills and not skill.removed]

    @property
    def needs_removal_confirmation(self) -> bool:
        """Whether so many of the framework's skills would go that somebody has to say that it is right."""
        return len(self.removed) > self._existing * MOST_REMOVED

    @property
    def much_removed(self) -> str:
        """How many would go, in words."""
        if self._existing == 1:
            return worded("the only skill")
        return worded("%(removed)s of %(all)s skills", removed=len(self.removed), all=self._existing)

    @property
    def _existing(self) -> int:
        """How many skills the framework has, from which some would go."""
        frameworks = {skill.framework for skill in self.removed}
        return sum(skill.framework in frameworks for skill in self.catalog.skills.values())

    @property
    def counts(self) -> dict[str, int]:
        """How many skills are added, changed and removed."""
        return {"added": len(self.added), "changed": len(self.changed), "removed": len(self.removed)}

    def requirements(self, skill: Skill) -> str:
        """What a skill would require, where that changes."""
        existing = self.catalog.skills.get(skill.id)
        return ", ".join(skill.requires) if skill.requires != (existing.requires if existing else []) else ""

    def report(self) -> bytes:
        """What importing a framework of skills does, row by row as CSV."""
        kinds = (("removed", self.removed), ("changed", self.changed), ("added", self.added))
        rows = [(fate, skill.id, skill.name, self.requirements(skill)) for fate, skills in kinds for skill in skills]
        return csv_text(_HEADER, [*(("note", "", "", problem) for problem in self.problems), *rows])


def preview_skills(path: Path, catalog: Catalog) -> SkillsPlan:
    """What importing a file would do. Raises NoFramework, UnreadableCsv, OSError."""
    with path.open("rb") as file:
        is_json = file.read(100).lstrip(_BLANK).startswith(_JSON)
    if is_json:
        if path.stat().st_size > case.MOST_FRAMEWORK_BYTES:
            mebibytes = case.MOST_FRAMEWORK_BYTES >> 20
            raise case.NoFramework(worded("the file is larger than %(most)s MiB: split the framework", most=mebibytes))
        framework = case.read_case(path.read_bytes())
        planned = case.plan_framework(framework, catalog)
        return SkillsPlan(_without_lost_names(planned, catalog, framework.problems), framework.problems, catalog)
    changes, problems = prerequisites.read_prerequisites(path, catalog)
    return SkillsPlan(changes, [str(problem) for problem in problems], catalog)


def _without_lost_names(changes: Sequence[Skill], catalog: Catalog, problems: list[str]) -> Sequence[Skill]:
    """The changes but for those after which something would no longer name the skill that it means."""
    while refused := {refusal.at: refusal.reason for refusal in refuse_lost_names(changes, catalog)}:
        for at, reason in refused.items():
            problems.append(worded("skill %(id)s stays as it is: %(reason)s", id=changes[at].id, reason=reason))
        changes = [change for at, change in enumerate(changes) if at not in refused]
    return changes
