"""Changes of a catalog before they are accepted: in plain words what is wrong, and with which field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from lrs.catalog.cycles import find_cycle, turned
from lrs.catalog.openable import check_materials
from lrs.catalog.skill_ids import skills_after
from lrs.catalog.skill_references import Reference, check_named_once, listed, refuse_lost_names, skills_named
from schemas.catalog import CHANGES, Catalog, Change, Class, Member, School, Skill
from schemas.invalid import Invalid
from schemas.narrowed_policy import NarrowedPolicy, Policies, ThresholdScope
from schemas.overruling import Overrule, PutOff
from schemas.policy import Policy
from schemas.prerequisites import ids_by_alias, requirements, without_own
from schemas.refusal import parse_model
from schemas.roster import PREFIX, Alias, Person, canonical, rostered
from schemas.wording import worded
from schemas.xapi.actor_keys import actor_key

MOST_REMOVED = 0.10  # of a kind; more of it is more likely a file cut short than a school that shrank
MOST_REQUIRED = 32  # skills that a skill requires, follows or is a part of: every decision on it looks at each
MOST_LEARNERS = 2_000  # of a class: a board has all of them in memory, 26 KB each where it has ten skills
_SKILLS_OF_CYCLE = 12  # skills of a cycle that an error names


class UnknownReferences(NamedTuple):
    """What changes name and the catalog does not have; statements may name it."""

    skills: list[Reference]
    learners: list[Reference]


_KINDS = {"school": worded("school"), "class_id": worded("class")}


def parse_changes(raw: bytes) -> list[Change]:
    """The changes in a body, with learners by their keys, in whatever form they were sent. Raises Invalid."""
    changes: list[Change] = parse_model(CHANGES, raw)
    return [_keyed(change, str(index)) for index, change in enumerate(changes)]


def check_changes(changes: Sequence[Change], catalog: Catalog) -> UnknownReferences:
    """Validate changes as if all were made. Raises Invalid; gives what the catalog does not know."""
    for index, change in enumerate(changes):
        if isinstance(change, Class):
            check_size(change, f"{index}.")
    skills = skills_after(changes, catalog)
    _check_requirements(changes, skills)
    _check_aliases(changes, catalog)
    _check_schools(changes, catalog)
    _check_policies(changes, catalog)
    check_materials(changes, catalog)
    skill_names = {alias for skill in skills.values() for alias in skill.aliases} | skills.keys()
    references = [ref for index, change in enumerate(changes) for ref in skills_named(change, index)]
    people = catalog.people
    learner_ids = {people.member(m) for class_ in catalog.classes.values() for m in class_.learners}
    learner_ids |= {people.member(m) for class_ in changes if isinstance(class_, Class) for m in class_.learners}
    learner_ids |= {people.person(rostered(id_)) for id_ in catalog.persons}
    learners = [
        Reference(f"{index}.learner", learner)
        for index, change in enumerate(changes)
        if (learner := _learner(change)) and people.person(learner) not in learner_ids
    ]
    for index, change in enumerate(changes):
        if isinstance(change, Skill) and not change.removed:
            for ref in listed(f"{index}.requires", change.requires):
                if ref.id not in skill_names:
                    raise Invalid(ref.field, worded("there is no skill %(id)s", id=ref.id))
    check_named_once(references, skills, ids_by_alias(skills.values()))
    for refusal in refuse_lost_names(changes, catalog):
        raise refusal.error()
    return UnknownReferences([ref for ref in references if ref.id not in skill_names], learners)


def check_size(class_: Class, field: str) -> None:
    """Raises Invalid where a class has more learners than one may have."""
    if not class_.removed and len(class_.learners) > MOST_LEARNERS:
        raise Invalid(f"{field}learners", worded("has more than %(max_length)s items", max_length=str(MOST_LEARNERS)))


def _check_requirements(changes: Sequence[Change], skills: Mapping[str, Skill]) -> None:
    """Check what skills require: Invalid where one names too many, or two by one alias, or leads back to itself."""
    changed: dict[str, int] = {}
    for index, change in enumerate(changes):
        if not isinstance(change, Skill) or change.removed:
            continue
        for name in ("requires", "follows", "parents"):
            if len(getattr(change, name)) > MOST_REQUIRED:
                raise Invalid(
                    f"{index}.{name}", worded("has more than %(max_length)s items", max_length=str(MOST_REQUIRED))
                )
        changed.setdefault(change.id, index)
    aliases = ids_by_alias(skills.values())
    for id_, index in changed.items():
        check_named_once(listed(f"{index}.requires", skills[id_].requires if id_ in skills else ()), skills, aliases)
    links = requirements(skills)
    counting = without_own(links)
    # A skill that is removed leaves its id to those that carry it as an alias.
    freed_aliases = [alias for change in changes if isinstance(change, Skill) for alias in aliases.get(change.id, ())]
    cycle = find_cycle(
        dict.fromkeys([*changed, *freed_aliases]), lambda id_: (links if id_ in changed else counting).get(id_, ())
    )
    if cycle:
        first_changed = next((skill_id for skill_id in changed if skill_id in cycle), cycle[0])
        index = changed.get(first_changed, 0)
        raise Invalid(
            f"{index}.requires", worded("leads back to itself: %(cycle)s", cycle=_arrows(turned(cycle, first_changed)))
        )


def _check_aliases(changes: Sequence[Change], catalog: Catalog) -> None:
    """Check aliases: Invalid where one person is made part of another that there is not, or of itself."""
    links = {alias.id: alias.of for alias in catalog.aliases.values()}
    ids = set(catalog.persons)
    for index, change in enumerate(changes):
        if isinstance(change, Person):
            (ids.discard if change.removed else ids.add)(change.id)
        if not isinstance(change, Alias):
            continue
        if change.removed:
            links.pop(change.id, None)
            continue
        for field, person_id in (("id", change.id), ("of", change.of)):
            if person_id.startswith(PREFIX) and person_id[len(PREFIX) :] not in ids:
                raise Invalid(f"{index}.{field}", worded("there is no person %(id)s", id=person_id[len(PREFIX) :]))
        links[change.id] = change.of
        way = [change.id]
        while (to := links.get(way[-1])) and to not in way:
            way.append(to)
        if to:
            raise Invalid(f"{index}.of", worded("leads back to itself: %(cycle)s", cycle=_arrows([*way, to])))


def _check_schools(changes: Sequence[Change], catalog: Catalog) -> None:
    """Check whose school is named: Invalid where there is none of that id."""
    schools = _schools_after(changes, catalog)
    for index, change in enumerate(changes):
        if isinstance(change, Person) and not change.removed:
            named = list(listed(f"{index}.schools", change.schools))
        elif isinstance(change, Class) and not change.removed and change.school:
            named = [Reference(f"{index}.school", change.school)]
        else:
            continue
        for ref in named:
            if ref.id not in schools:
                raise Invalid(ref.field, worded("there is no %(kind)s %(id)s", kind=_KINDS["school"], id=ref.id))


def _schools_after(changes: Sequence[Change], catalog: Catalog) -> set[str]:
    schools = set(catalog.schools)
    for change in changes:
        if isinstance(change, School):
            (schools.discard if change.removed else schools.add)(change.id)
    return schools


def _arrows(cycle: Sequence[str]) -> str:
    shown_skills = [*cycle[:_SKILLS_OF_CYCLE], "…", cycle[-1]] if len(cycle) > _SKILLS_OF_CYCLE + 1 else cycle
    return " → ".join(shown_skills)


def _check_policies(changes: Sequence[Change], catalog: Catalog) -> None:
    """Check policies: Invalid where one would contradict itself in any scope, or names a scope that there is not."""
    policies = catalog.policies.copy()
    schools = _schools_after(changes, catalog)
    classes = {
        class_.id: class_ for class_ in [*catalog.classes.values(), *(c for c in changes if isinstance(c, Class))]
    }
    for index, change in enumerate(changes):
        if isinstance(change, NarrowedPolicy) and change.thresholds:
            for name, existing_ids in (("school", schools), ("class_id", classes)):
                if (scope_id := getattr(change, name)) and scope_id not in existing_ids:
                    raise Invalid(
                        f"{index}.{name}",
                        worded("there is no %(kind)s %(id)s", kind=_KINDS[name], id=scope_id),
                    )
        if isinstance(change, Policy | NarrowedPolicy):
            policies.apply(change, 0)
            field = f"{index}.thresholds" if isinstance(change, NarrowedPolicy) else str(index)
            for scope in _scopes(policies, classes):
                _consistent(policies.at(scope).policy, field)


def _scopes(policies: Policies, classes: Mapping[str, Class]) -> Iterator[ThresholdScope]:
    """Every scope that has thresholds of its own, with all that it may meet in a narrower one."""
    places = [
        ThresholdScope(school=narrowed_policy.school) for narrowed_policy in policies.narrowed if narrowed_policy.school
    ]
    for narrowed_policy in policies.narrowed:
        if narrowed_policy.class_id:
            school = classes[narrowed_policy.class_id].school if narrowed_policy.class_id in classes else ""
            places.append(ThresholdScope(school, narrowed_policy.class_id))
    for skill in dict.fromkeys(["", *(narrowed_policy.skill for narrowed_policy in policies.narrowed)]):
        yield from (place._replace(skill=skill) for place in dict.fromkeys([ThresholdScope(), *places]))


def _consistent(policy: Policy, field: str) -> None:
    """Check one scope's policy. Raises Invalid where it contradicts itself."""
    if policy.help_below > policy.advance_at:
        raise Invalid(
            f"{field}.help_below",
            worded(
                "is more than what lets a learner move on (advance_at: %(advance_at)s): "
                "whoever moves on would need help",
                advance_at=policy.advance_at,
            ),
        )
    if policy.advance_low > policy.advance_at:
        raise Invalid(
            f"{field}.advance_low",
            worded(
                "is more than what lets a learner move on (advance_at: %(advance_at)s), which lies above it",
                advance_at=policy.advance_at,
            ),
        )
    if policy.band_low > policy.band_high:
        raise Invalid(
            f"{field}.band_low",
            worded(
                "is more than the upper end (band_high: %(band_high)s), which lies above it",
                band_high=policy.band_high,
            ),
        )


def _keyed(change: Change, field: str) -> Change:
    """The change with its learners' canonical keys. Raises Invalid."""
    if isinstance(change, Overrule | PutOff):
        return change.model_copy(update={"learner": _key(change.learner, f"{field}.learner")})
    if isinstance(change, Alias):
        ids = {name: _node(getattr(change, name), f"{field}.{name}") for name in ("id", "of")}
        return change.model_copy(update=ids)
    if isinstance(change, Class):
        keyed: list[Member] = []
        for n, member in enumerate(change.learners):
            key = _key(member.learner, f"{field}.learners.{n}.learner")
            keyed.append(member if key == member.learner else member.model_copy(update={"learner": key}))
        return change.model_copy(update={"learners": keyed})
    return change


def _key(learner: str, field: str) -> str:
    if learner.startswith(PREFIX):  # of a roster: nobody whom statements name yet
        return learner
    try:
        return actor_key(learner)
    except ValueError as error:
        raise Invalid(field, str(error)) from None


def _learner(change: Change) -> str:
    """The learner whom a change is about; "" where it is about none, or revokes something."""
    match change:
        case Overrule() if change.decision is not None:
            return change.learner
        case PutOff(removed=False):
            return change.learner
    return ""


def _node(text: str, field: str) -> str:
    return canonical(_key(text, field)) if text else ""
