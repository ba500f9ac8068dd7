"""What one learner works on next, from rows and catalog."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from lrs.catalog.versions import active_weights
from lrs.pacing.board import NotInCatalog
from lrs.pacing.choose import ChosenItem, LearnerSkills, WantedSkill, choose_items, is_solved, rank_skills
from lrs.pacing.decide import MasteryRow
from lrs.pacing.display_names import Said, catalog_name, material_names, said_names
from lrs.pacing.mastery_rows import Kept, kept_of
from lrs.pacing.policies import PolicyOf, policy_of
from lrs.pacing.sequence import decide_all
from lrs.store.client import Store
from processors.folds.mastery import LearnerMastery, Mastery
from processors.mastery.state import ItemHistory
from schemas.catalog import Catalog, Class
from schemas.material import Material

MOST_ITEMS = 20  # items of an answer


class KnownOfLearner(NamedTuple):
    """What the next items of a learner follow from: skills to work on, the past with items, what is predicted, and the
    policy of each skill."""

    wanted: list[WantedSkill]
    met: Mapping[str, ItemHistory]
    last: str
    predict: Callable[[Material, WantedSkill], float]
    policy: PolicyOf


def next_items(
    reader: Store,
    catalog: Catalog,
    tenant: str,
    learner: str,
    most: int,
    now: int,
    said: Said = said_names,
    kept: Mapping[str, Kept] | None = None,
) -> dict[str, Any]:
    """At most so many items for a learner, each with its reason, as JSON. `now` is µs since the epoch; said: what tools
    call items.

    The skills are those of the learner's classes in teaching order, and whatever else the learner began.
    kept: what kept_of gives of the person, where it is known already.
    Raises NotInCatalog, and what Store.tuples raises.
    """
    person = catalog.people.person(learner)
    classes = catalog.people.classes.get(person, ())
    known = known_of(reader, catalog, tenant, {person: classes}, now, kept).get(person)
    if known is None:
        raise NotInCatalog
    chosen = choose_items(known.wanted, catalog.materials_of, known.predict, known.met, known.last, known.policy, most)
    names = material_names(reader, catalog, tenant, [one.material for one in chosen], said)
    policy = known.policy("")
    return {
        "learner": learner,
        "items": [_item(catalog, choice, names[choice.material.id]) for choice in chosen],
        "without_material": [
            {"id": one.skill, "name": catalog_name(catalog, one.skill)}
            for one in known.wanted
            if not catalog.materials_of(one.skill)
        ],
        "band": [policy.band_low, policy.band_high],
    }


def known_of(
    reader: Store,
    catalog: Catalog,
    tenant: str,
    classes_of: Mapping[str, Sequence[Class]],
    now: int,
    kept: Mapping[str, Kept] | None = None,
) -> dict[str, KnownOfLearner]:
    """By person, of those who are in a class or have done anything. classes_of: the classes of each person; kept: what
    kept_of gives of them, where it is known already."""
    fold = Mastery(active_weights(catalog))
    found = kept if kept is not None else kept_of(reader, fold, catalog.policy, tenant, tuple(classes_of))
    known: dict[str, KnownOfLearner] = {}
    for person, classes in classes_of.items():
        if classes or person in found:
            own = found.get(person) or Kept({}, {}, fold.start())
            known[person] = known_from(fold, catalog, person, classes, own.evidence, own.state, now)
    return known


def known_from(
    fold: Mastery,
    catalog: Catalog,
    person: str,
    classes: Sequence[Class],
    evidence: Mapping[str, MasteryRow],
    state: LearnerMastery,
    now: int,
) -> KnownOfLearner:
    """What is known of one learner, by the rows and the state of a fold."""
    order = list(dict.fromkeys([*(s for c in classes for s in c.skills), *evidence]))
    policy = policy_of(catalog, classes)
    sequenced = decide_all(catalog, person, order, evidence, now, [c.skills for c in classes], None, policy)
    decided = {skill: one.decided for skill, one in sequenced.items()}
    wanted = rank_skills(
        LearnerSkills(
            order,
            {skill: one.decision for skill, one in decided.items()},
            {skill: one.because for skill, one in decided.items()},
            {skill: one.estimate for skill, one in decided.items()},
            {skill: one.attempts for skill, one in evidence.items()},
            catalog.required,
            lambda skill: catalog_name(catalog, skill),
            frozenset(
                skill
                for skill in evidence
                if is_solved(catalog.materials_of(skill), state.learner.items, policy(skill))
            ),
            frozenset(skill for skill, one in decided.items() if one.overruled is not None),
        )
    )

    chances: dict[str, Callable[[str], float]] = {}

    def predict(material: Material, one: WantedSkill) -> float:
        if one.skill not in chances:
            chances[one.skill] = fold.model.next_items(state.learner, state.skills, [one.skill])
        chance = chances[one.skill](material.id)
        found = evidence.get(one.skill)
        # The model's own chance: nothing of it was held up by the clamp of the number shown.
        return chance if found is None else found.forgetting.expected(chance, found.days_since(now), found.days)

    return KnownOfLearner(wanted, state.learner.items, state.learner.last_item, predict, policy)


def _item(catalog: Catalog, choice: ChosenItem, name: str) -> dict[str, Any]:
    material, wanted = choice.material, choice.wanted
    return {
        "activity": material.id,
        "name": name,
        "via": material.via,
        "opens": material.opens or material.id,
        "minutes": material.minutes or None,
        "mode": material.mode,
        "screen": material.screen,
        "skill": {"id": wanted.skill, "name": catalog_name(catalog, wanted.skill)},
        "purpose": wanted.purpose,
        "chance": round(choice.chance, 4),
        "in_band": choice.in_band,
        "reason": wanted.because.say(),
        "because": wanted.because._asdict(),
    }
