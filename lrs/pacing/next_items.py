"""What one learner works on next, from rows and catalog."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from lrs.catalog.versions import active_weights
from lrs.pacing.board import NotInCatalog
from lrs.pacing.choose import (
    ANYTHING,
    ChosenItem,
    LearnerSkills,
    Preferences,
    WantedSkill,
    choose_items,
    is_solved,
    rank_skills,
)
from lrs.pacing.decide import MasteryRow
from lrs.pacing.display_names import Said, catalog_name, material_names, said_names
from lrs.pacing.mastery_rows import Kept, kept_of
from lrs.pacing.measured_minutes import Measured, measured_minutes, timed
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
    tool_names: Said = said_names,
    kept_rows: Mapping[str, Kept] | None = None,
    preferences: Preferences = ANYTHING,
    measure: Callable[[Store, str], dict[str, Measured]] = measured_minutes,
) -> dict[str, Any]:
    """At most so many items for a learner, each with its reason, as JSON. `now` is µs since the epoch; tool_names: what
    call items;
    measure: how long activities take.

    The skills are those of the learner's classes in teaching order, and whatever else the learner began.
    kept_rows: what kept_of gives of the person, where it is known already.
    Raises NotInCatalog, and what Store.tuples raises.
    """
    person = catalog.people.person(learner)
    classes = catalog.people.classes.get(person, ())
    known_learner = known_of(reader, catalog, tenant, {person: classes}, now, kept_rows).get(person)
    if known_learner is None:
        raise NotInCatalog
    chosen_items = choose_items(
        known_learner.wanted,
        catalog.materials_of,
        known_learner.predict,
        known_learner.met,
        known_learner.last,
        known_learner.policy,
        most,
        preferences,
        last_material.topics if (last_material := catalog.materials.get(known_learner.last)) is not None else (),
    )
    names = material_names(reader, catalog, tenant, [chosen_item.material for chosen_item in chosen_items], tool_names)
    policy = known_learner.policy("")
    chosen_materials = [chosen_item.material for chosen_item in chosen_items]
    measured = measure(reader, tenant) if not all(material.minutes for material in chosen_materials) else {}
    materials = timed(chosen_materials, measured)
    return {
        "learner": learner,
        "items": [
            _item(catalog, choice, names[choice.material.id], materials[choice.material.id].minutes)
            for choice in chosen_items
        ],
        "without_material": [
            {"id": wanted_skill.skill, "name": catalog_name(catalog, wanted_skill.skill)}
            for wanted_skill in known_learner.wanted
            if not catalog.materials_of(wanted_skill.skill)
        ],
        "band": [policy.band_low, policy.band_high],
    }


def known_of(
    reader: Store,
    catalog: Catalog,
    tenant: str,
    classes_of: Mapping[str, Sequence[Class]],
    now: int,
    kept_rows: Mapping[str, Kept] | None = None,
) -> dict[str, KnownOfLearner]:
    """By person, of those who are in a class or have done anything. classes_of: the classes of each person;
    kept_rows: what kept_of gives of them, where it is known already."""
    fold = Mastery(active_weights(catalog))
    rows_by_person = (
        kept_rows if kept_rows is not None else kept_of(reader, fold, catalog.policy, tenant, tuple(classes_of))
    )
    known_learners: dict[str, KnownOfLearner] = {}
    for person, classes in classes_of.items():
        if classes or person in rows_by_person:
            learner_rows = rows_by_person.get(person) or Kept({}, {}, fold.start())
            known_learners[person] = known_from(
                fold, catalog, person, classes, learner_rows.evidence, learner_rows.state, now
            )
    return known_learners


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
    decided = {skill: sequenced_skill.decided for skill, sequenced_skill in sequenced.items()}
    wanted_skills = rank_skills(
        LearnerSkills(
            order,
            {skill: decision.decision for skill, decision in decided.items()},
            {skill: decision.because for skill, decision in decided.items()},
            {skill: decision.estimate for skill, decision in decided.items()},
            {skill: row.attempts for skill, row in evidence.items()},
            catalog.required,
            lambda skill: catalog_name(catalog, skill),
            frozenset(
                skill
                for skill in evidence
                if is_solved(catalog.materials_of(skill), state.learner.items, policy(skill))
            ),
            frozenset(skill for skill, decision in decided.items() if decision.overruled is not None),
        )
    )

    chances: dict[str, Callable[[str], float]] = {}

    def predict(material: Material, wanted_skill: WantedSkill) -> float:
        if wanted_skill.skill not in chances:
            chances[wanted_skill.skill] = fold.model.next_items(state.learner, state.skills, [wanted_skill.skill])
        chance = chances[wanted_skill.skill](material.id)
        row = evidence.get(wanted_skill.skill)
        # The model's own chance: nothing of it was held up by the clamp of the number shown.
        return chance if row is None else row.forgetting.expected(chance, row.days_since(now), row.days)

    return KnownOfLearner(wanted_skills, state.learner.items, state.learner.last_item, predict, policy)


def _item(catalog: Catalog, choice: ChosenItem, name: str, minutes: float) -> dict[str, Any]:
    material, wanted_skill = choice.material, choice.wanted
    return {
        "activity": material.id,
        "name": name,
        "via": material.via,
        "opens": material.opens or material.id,
        "minutes": minutes or None,
        "measured": not material.minutes and minutes > 0,
        "mode": material.mode,
        "screen": material.screen,
        "skill": {"id": wanted_skill.skill, "name": catalog_name(catalog, wanted_skill.skill)},
        "purpose": wanted_skill.purpose,
        "chance": round(choice.chance, 4),
        "in_band": choice.in_band,
        "reason": wanted_skill.because.say(),
        "because": wanted_skill.because._asdict(),
    }
