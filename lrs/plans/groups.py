"""Groups of a class for mini-lessons: who lacks the same, by the evidence of now and by an opening check."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from lrs.pacing.next_items import Known, known_of
from lrs.pacing.sequence import name_of
from lrs.planning.groups import group
from lrs.plans.needs import NoClass, timetable_of
from lrs.store.client import Store
from schemas.catalog import Catalog, Class
from schemas.planned import KeptCheck
from schemas.planning import Sizes
from schemas.xapi.actor_keys import key_of

MOST_GROUPS = 20
UNSEEN = 0.5  # what a lesson gives whoever nothing is known of, as a share of the skill


@dataclass(frozen=True, slots=True)
class Groups:
    """Reads one store. Every method raises what the store and the log raise; they take a while."""

    store: Store
    catalog: Callable[[str], Catalog]
    now: Callable[[], int]

    def form(
        self, tenant: str, class_id: str, sizes: Sizes, most: int, skip: Collection[str] = (), check: str = ""
    ) -> dict[str, Any]:
        """At most so many groups, with what each learner gains: the share of the skill that is missing.

        skip: who takes no part; check: with what an opening check says, before it is folded in. Raises NoClass.
        """
        catalog = self.catalog(tenant)
        known = known_in(self.store, catalog, tenant, class_id, self.now())
        out = {key_of(one) for one in skip}
        kept = catalog.planned.checks.get(class_id, {}).get(check)
        gains = {learner: _gains(one, learner, kept) for learner, (one, _) in known.items() if learner not in out}
        timetable, _ = timetable_of(catalog, class_id)
        apart: dict[str, set[str]] = {}
        for one, other in timetable.apart:
            apart.setdefault(one, set()).add(other)
            apart.setdefault(other, set()).add(one)
        found = group(gains, sizes, most, apart)
        names = {learner: name for learner, (_, name) in known.items()}
        placed = {learner for one in found for learner in one.members}
        return {
            "groups": [
                {
                    "skill": {"id": one.skill, "name": name_of(catalog, one.skill)},
                    "gain": round(one.gain, 4),
                    "members": [
                        {"learner": learner, "name": names[learner], "gain": round(gain, 4)}
                        for learner, gain in sorted(one.members.items(), key=lambda item: (-item[1], item[0]))
                    ],
                }
                for one in found
            ],
            "left": [
                {"learner": learner, "name": name, "takes_part": learner not in out}
                for learner, name in names.items()
                if learner not in placed
            ],
        }


def known_in(store: Store, catalog: Catalog, tenant: str, class_id: str, now: int) -> dict[str, tuple[Known, str]]:
    """By learner of a class: what is known of them, and their name. Raises NoClass."""
    class_ = catalog.classes.get(class_id)
    if class_ is None:
        raise NoClass
    people = catalog.people
    members = {people.member(member): member for member in reversed(class_.learners)}
    classes: dict[str, list[Class]] = {person: [class_] for person in members}
    found = known_of(store, catalog, tenant, classes, now)
    return {members[p].learner: (found[p], members[p].name or members[p].learner) for p in reversed(members)}


def _gains(known: Known, learner: str, kept: KeptCheck | None) -> Mapping[str, float]:
    """What a lesson of each skill would give: what is missing of it, as a share; the check's answers say it alone."""
    found = {one.skill: UNSEEN if one.expected is None else 1.0 - one.expected for one in known.wanted}
    answered: dict[str, list[bool]] = {}
    for (who, question), one in (kept.results if kept else {}).items():
        if who == learner and one.right is not None and kept is not None:
            answered.setdefault(kept.check.questions[question].skill, []).append(one.right)
    for skill, right in answered.items():
        found[skill] = 1.0 - sum(right) / len(right)
    return {skill: gain for skill, gain in found.items() if gain > 0.0}
