"""Where changes and a catalog name skills, and which changes would leave a name without the skill that it means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from lrs.catalog.skill_ids import skills_after
from schemas.catalog import Activity, Catalog, Change, Class, Pattern, Skill
from schemas.invalid import Invalid
from schemas.narrowed_policy import NarrowedPolicy
from schemas.overruling import Overrule, PutOff
from schemas.prerequisites import ids_by_alias
from schemas.wording import worded

_SKILLS_NAMED = 12  # skills that an error names


class Reference(NamedTuple):
    """An id that a change names, and the field it is in."""

    field: str
    id: str


class Refusal(NamedTuple):
    """A change that cannot be made, by its place among all; its field; and why."""

    at: int
    field: str
    reason: str

    def error(self) -> Invalid:
        """As what is raised."""
        return Invalid(f"{self.at}.{self.field}", self.reason)


def skills_named(change: Change, index: int) -> Iterator[Reference]:
    """The skills that a change names, but for prerequisites."""
    match change:
        case Activity(removed=False) | Class(removed=False):
            yield from listed(f"{index}.skills", change.skills)
        case Pattern(removed=False):
            yield from (ref for ref in listed(f"{index}.skills", change.skills) if "{" not in ref.id)
        case Overrule() if change.decision is not None:
            yield Reference(f"{index}.skill", change.skill)
        case PutOff(removed=False) if change.skill:
            yield Reference(f"{index}.skill", change.skill)
        case NarrowedPolicy() if change.skill and change.thresholds:
            yield Reference(f"{index}.skill", change.skill)


def listed(field: str, ids: Iterable[str]) -> Iterator[Reference]:
    """The ids of a list."""
    return (Reference(f"{field}.{n}", id_) for n, id_ in enumerate(ids))


def check_named_once(
    references: Iterable[Reference], skills: Mapping[str, Skill], aliases: Mapping[str, Sequence[str]]
) -> None:
    """Check that no name is an alias of several skills. Raises Invalid."""
    for ref in references:
        if ref.id not in skills and len(ids := aliases.get(ref.id, ())) > 1:
            raise Invalid(
                ref.field,
                worded("names several skills: %(ids)s: name one by its id", ids=", ".join(ids[:_SKILLS_NAMED])),
            )


def refuse_lost_names(changes: Sequence[Change], catalog: Catalog) -> Iterator[Refusal]:
    """The changes of skills after which something that the catalog keeps would name no skill, more, or another one.

    What people said of a learner (overrulings, what is put off) and initiatives stay as a record, and hinder nothing.
    """
    changed = {change.id: index for index, change in enumerate(changes) if isinstance(change, Skill)}
    if not changed:
        return
    skills_left = skills_after(changes, catalog)
    removed_names = changed.keys() & catalog.skills.keys() - skills_left.keys()
    if removed_names:
        for kind, id_, names in _references_left(changes, catalog):
            for name in names:
                if name in removed_names:
                    yield Refusal(changed[name], "removed", _named_by(kind, id_))
    yield from _refuse_other_prerequisites(changes, changed, catalog.skills, skills_left)


def _references_left(changes: Sequence[Change], catalog: Catalog) -> Iterator[tuple[str, str, Iterable[str]]]:
    """What names skills after changes, but for skills: its kind in words, its id, and the names."""
    catalog_after = Catalog(
        activities=dict(catalog.activities),
        patterns=dict(catalog.patterns),
        classes=dict(catalog.classes),
        policies=catalog.policies.copy(),
    )
    for change in changes:
        if isinstance(change, Activity | Pattern | Class | NarrowedPolicy):
            catalog_after.apply(change, 0, 0)
    for activity in catalog_after.activities.values():
        yield worded("activity"), activity.id, activity.skills
    for pattern in catalog_after.patterns.values():
        yield worded("activity"), pattern.id, pattern.skills
    for class_ in catalog_after.classes.values():
        yield worded("class"), class_.id, class_.skills
    for policy in catalog_after.policies.narrowed.values():
        if policy.thresholds and policy.skill:
            yield worded("policy"), policy.class_id or policy.school or policy.skill, [policy.skill]


def _refuse_other_prerequisites(
    changes: Sequence[Change], changed: Mapping[str, int], before: Mapping[str, Skill], after: Mapping[str, Skill]
) -> Iterator[Refusal]:
    """The changes by which the prerequisites of skills that they do not touch would mean other skills, or none."""
    ids_before, means = ids_by_alias(before.values()), ids_by_alias(after.values())
    for id_, skill in after.items():
        for name in skill.requires if id_ not in changed else ():
            was = [name] if name in before else ids_before.get(name, [])
            now = [name] if name in after else means.get(name, [])
            skills_left = [skill_id for skill_id in was if skill_id in after]
            if now == was or (now and set(now) <= set(was)) or (len(now) == 1 and not skills_left):
                continue
            if not now and not skills_left:
                yield Refusal(max(changed[skill_id] for skill_id in was), "removed", _named_by(worded("skill"), id_))
                continue
            # Who took the name, or who laid it down.
            index = max(changed[skill_id] for skill_id in {*was} ^ {*now} if skill_id in changed)
            change = changes[index]
            field = "id" if isinstance(change, Skill) and change.id == name else "aliases"
            yield Refusal(
                index,
                field,
                worded(
                    "skill %(id)s requires %(ids)s by the name %(name)s: name the id there first, "
                    "or in the same request",
                    id=id_,
                    ids=", ".join(was[:_SKILLS_NAMED]) or name,
                    name=name,
                ),
            )


def _named_by(kind: str, id_: str) -> str:
    return worded("%(what)s %(id)s names it: change that first, or in the same request", what=kind, id=id_)
