"""What a skill requires, added or taken away by a person: whose decisions that would alter today, and making it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from lrs.catalog.catalogs import Catalogs
from lrs.catalog.change_validation import check_changes
from lrs.catalog.cycles import find_cycle, turned
from lrs.errors import Conflict
from lrs.pacing.board_differences import compare_boards
from lrs.pacing.display_names import catalog_name
from lrs.pacing.skill_labels import SkillLabels
from lrs.store.client import Store
from schemas.catalog import Catalog, Skill
from schemas.invalid import Invalid
from schemas.wording import worded

ADD, REMOVE = "add", "remove"


class SkillMoved(Conflict):
    """Somebody changed the skill since it was looked at."""

    def __init__(self) -> None:
        super().__init__(worded("the skill was changed meanwhile: look at it again"), "skill")


class RequirementEdit(NamedTuple):
    """One requirement more or less.

    changed: the skill as it would be; version: of the skill as it is; lost: what it would no longer name, as the
    catalog has it no more.
    """

    action: str
    required: str
    changed: Skill
    version: str
    lost: list[str]


@dataclass(frozen=True, slots=True)
class RequirementEdits:
    """The requirements of one store's skills. Raises what the store and the log raise; it takes a while."""

    store: Store
    catalogs: Catalogs
    now: Callable[[], int]

    def edit_of(self, tenant: str, action: str, skill: str, requires: str) -> RequirementEdit:
        """The edit that somebody means, who names both skills as a list has them, or by id, code or alias.

        Raises Invalid where there is no such skill, nothing would change, or the skill would lead back to itself.
        """
        catalog = self.catalogs.latest(tenant)
        labels = SkillLabels(catalog)
        edited_skill = catalog.skills[labels.find(skill, "skill")]
        required_before = list(catalog.required(edited_skill.id))
        left_catalog = action == REMOVE and requires in required_before  # from the catalog, perhaps
        required = requires if left_catalog else labels.find(requires, "requires")
        names = {"skill": catalog_name(catalog, edited_skill.id), "required": catalog_name(catalog, required)}
        if action == ADD and required in required_before:
            raise Invalid("requires", worded("%(skill)s requires %(required)s already", **names))
        if action == REMOVE and required not in required_before:
            raise Invalid("requires", worded("%(skill)s does not require %(required)s", **names))
        required_after = [skill_id for skill_id in required_before if skill_id != required] + [required] * (
            action == ADD
        )
        changed = edited_skill.model_copy(
            update={"requires": [skill_id for skill_id in required_after if skill_id in catalog.skills]}
        )
        _check_requirements(changed, catalog)
        lost = [skill_id for skill_id in required_after if skill_id not in catalog.skills]
        return RequirementEdit(action, required, changed, _skill_fingerprint(edited_skill), lost)

    def preview(self, tenant: str, edit: RequirementEdit) -> dict[str, Any]:
        """Whose decisions would be others now if an edit were made; nothing is."""
        catalog = self.catalogs.latest(tenant)
        proposed = self.catalogs.proposed(tenant, [edit.changed])
        touched = [class_ for class_ in catalog.classes.values() if edit.changed.id in class_.skills]
        return compare_boards(self.store, tenant, (catalog, proposed), touched, self.now())

    def apply(self, tenant: str, credential: str, edit: RequirementEdit, seen: str) -> None:
        """Make an edit. seen: the version of the skill that was looked at. Raises SkillMoved where it is another."""
        if seen != edit.version:
            raise SkillMoved
        self.catalogs.append(tenant, credential, edit.changed, self.now())


def _check_requirements(changed: Skill, catalog: Catalog) -> None:
    """Check a skill as it would be. Raises Invalid."""

    def required(id_: str) -> list[str]:
        return changed.requires if id_ == changed.id else list(catalog.required(id_))

    if cycle := find_cycle([changed.id], required):
        way = turned(cycle, changed.id if changed.id in cycle else cycle[0])
        names = [catalog_name(catalog, skill_id) for skill_id in way]
        raise Invalid("requires", worded("leads back to itself: %(cycle)s", cycle=" → ".join(names)))
    try:
        check_changes([changed], catalog)
    except Invalid as error:
        raise Invalid("requires", error.reason) from None


def _skill_fingerprint(skill: Skill) -> str:
    return hashlib.sha256(skill.model_dump_json().encode()).hexdigest()[:16]
