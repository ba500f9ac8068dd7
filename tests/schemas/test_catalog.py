from __future__ import annotations

import pytest
from pydantic import ValidationError

from schemas.catalog import CHANGE, CHANGES, Activity, Catalog, Change, Class, Member, PartOf, Skill
from schemas.decision import Decision
from schemas.material import Material
from schemas.overruling import Overrule
from schemas.policy import Policy
from schemas.roster import Person


def applied(*changes: Skill | Activity | Class | Policy | Overrule) -> Catalog:
    catalog = Catalog()
    for position, change in enumerate(changes):
        catalog.apply(change, position, at=position * 10)
    return catalog


def test_the_last_word_on_a_thing_stands() -> None:
    catalog = applied(Skill(id="s", name="old"), Skill(id="s", name="new"), Activity(id="a", skills=["s"]))
    assert catalog.skills["s"].name == "new"
    assert catalog.activities["a"].skills == ["s"]
    assert catalog.position == 2


def test_removed_things_are_gone_and_may_come_back() -> None:
    assert "c" not in applied(Class(id="c"), Class(id="c", removed=True)).classes
    assert "c" in applied(Class(id="c", removed=True), Class(id="c")).classes


def test_a_policy_is_versioned_by_its_position() -> None:
    catalog = applied(Skill(id="s"), Policy(advance_at=0.9))
    assert (catalog.policy.advance_at, catalog.policies.version) == (0.9, 1)


def test_an_overruling_stands_until_it_is_taken_back() -> None:
    word = Overrule(learner="l", skill="s", decision=Decision.ADVANCE, reason="seen it", by="teacher")
    assert applied(word).overrulings["l", "s"].change == word
    back = Overrule(learner="l", skill="s", reason="mistaken", by="teacher")
    assert applied(word, back).overrulings == {}
    assert applied(back).overrulings == {}


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ('{"kind":"skill"}', "id"),
        ('{"kind":"skill","id":""}', "id"),
        ('{"kind":"skill","id":"s","colour":"red"}', "colour"),
        ('{"kind":"activity","id":"a","mastery_score":1.5}', "mastery_score"),
        ('{"kind":"policy","advance_at":"high"}', "advance_at"),
        ('{"kind":"class","id":"c","learners":[{"name":"Ada"}]}', "learner"),
        ('{"kind":"overrule","learner":"l","skill":"s","decision":"fly","reason":"r","by":"b"}', "decision"),
    ],
)
def test_a_wrong_change_names_its_field(sent: str, field: str) -> None:
    with pytest.raises(ValidationError) as error:
        CHANGE.validate_json(sent)
    assert field in [part for e in error.value.errors() for part in e["loc"]]


def test_changes_come_back_from_their_json() -> None:
    changes: list[Change] = [Skill(id="s", requires=["r"]), Policy(min_attempts=5), Class(id="c", skills=["s"])]
    assert CHANGES.validate_json(CHANGES.dump_json(changes)) == changes


def test_what_can_be_opened_is_found_again_only_after_changes_that_it_depends_on() -> None:
    catalog = Catalog()
    catalog.apply(Activity(id="a", skills=["s"]), 0, 0)
    catalog.apply(Material(id="a"), 1, 0)
    before = catalog.materials_of("s")
    catalog.apply(Policy(), 2, 0)
    catalog.apply(Overrule(learner="x", skill="s", decision=Decision.HELP, reason="r", by="b"), 3, 0)
    assert catalog.materials_of("s") is before
    catalog.apply(Activity(id="b", skills=["s"]), 4, 0)
    catalog.apply(Material(id="b"), 5, 0)
    assert [material.id for material in catalog.materials_of("s")] == ["a", "b"]
    catalog.apply(PartOf(id="c", of=["b"]), 6, 0)
    catalog.apply(Material(id="c"), 7, 0)
    assert [material.id for material in catalog.materials_of("s")] == ["a", "b", "c"]


def test_the_classes_of_a_person_are_found_under_every_key() -> None:
    catalog = Catalog()
    mailbox, other = "mbox:mailto:a@x.example", "account:https://x.example|a"
    catalog.apply(Person(id="p", aliases=[mailbox, other]), 0, 0)
    catalog.apply(Class(id="7b", learners=[Member(learner=mailbox), Member(learner=other)]), 1, 0)
    catalog.apply(Class(id="7c", learners=[Member(learner=other)]), 2, 0)
    person = catalog.people.person(mailbox)
    assert [class_.id for class_ in catalog.people.classes[person]] == ["7b", "7c"]
    catalog.apply(Class(id="7b", learners=[]), 3, 0)
    assert [class_.id for class_ in catalog.people.classes[person]] == ["7c"]
