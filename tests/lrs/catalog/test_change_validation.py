"""Changes that are refused, in plain words, with the field."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from lrs.catalog.change_validation import MOST_LEARNERS, MOST_REQUIRED, check_changes, parse_changes
from lrs.catalog.skill_references import Reference
from schemas.catalog import Catalog, Class, School, Skill
from schemas.invalid import Invalid
from schemas.overruling import Overrule

SKILL = {"kind": "skill", "id": "a"}
OVERRULE = {
    "kind": "overrule",
    "learner": "ada@a.example",
    "skill": "a",
    "decision": "advance",
    "reason": "r",
    "by": "K",
}


def refused(*changes: Any, catalog: Catalog | None = None) -> str:
    with pytest.raises(Invalid) as error:
        check_changes(parse_changes(orjson.dumps(changes)), catalog or Catalog())
    return str(error.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "0.kind: is missing"),
        ({"kind": "pupil"}, "0.kind: pupil is none of 'skill', 'activity'"),
        ({"kind": "skill"}, "0.id: is missing"),
        ({"kind": "skill", "id": ""}, "0.id: is empty"),
        ({"kind": "skill", "id": 7}, "0.id: is not a string"),
        (SKILL | {"colour": "red"}, "0.colour: is not known here"),
        (SKILL | {"requires": "b"}, "0.requires: is not an array"),
        (SKILL | {"requires": ["b"]}, "0.requires.0: there is no skill b"),
        (SKILL | {"requires": ["a"]}, "0.requires: leads back to itself: a → a"),
        (SKILL | {"removed": "yes"}, "0.removed: is not true or false"),
        ({"kind": "activity", "id": "x", "mastery_score": 2}, "0.mastery_score: is more than 1"),
        ({"kind": "school", "id": "s", "zone": "Mars/Olympus"}, "0.zone: 'Mars/Olympus' is not a time zone"),
        ({"kind": "person", "id": "p", "schools": ["north", "s"]}, "0.schools.0: there is no school north"),
        ({"kind": "class", "id": "c", "school": "north"}, "0.school: there is no school north"),
        ({"kind": "policy", "min_attempts": 0}, "0.min_attempts: is less than 1"),
        ({"kind": "policy", "min_attempts": 1.5}, "0.min_attempts: is not a whole number"),
        ({"kind": "policy", "review_after": 0}, "0.review_after: is not more than 0"),
        (
            {"kind": "policy", "help_below": 0.9},
            "0.help_below: is more than what lets a learner move on (advance_at: 0.8): "
            "whoever moves on would need help",
        ),
        (
            {"kind": "policy", "advance_low": 0.9},
            "0.advance_low: is more than what lets a learner move on (advance_at: 0.8), which lies above it",
        ),
        (
            {"kind": "class", "id": "c", "learners": [{"learner": "ada"}]},
            "0.learners.0.learner: is not an actor: give a mail",
        ),
        ({"kind": "class", "id": "c", "learners": [{"name": "Ada"}]}, "0.learners.0.learner: is missing"),
        (OVERRULE | {"decision": "promote"}, "0.decision: is not 'help', 'review', 'practise'"),
        (OVERRULE | {"learner": "nobody"}, "0.learner: is not an actor: give a mailbox"),
        ("skill", "0: is not an object"),
    ],
)
def test_what_is_wrong_is_said_plainly(change: Any, said: str) -> None:
    assert refused(change).startswith(said)


def test_what_is_no_array() -> None:
    for body, said in ((b"{}", "body: is not an array"), (b"[", "body: is not JSON")):
        with pytest.raises(Invalid, match=said):
            parse_changes(body)


def test_a_cycle_is_named_whatever_was_there_before() -> None:
    catalog = Catalog()
    for n, skill in enumerate((Skill(id="a"), Skill(id="b", requires=["a"]), Skill(id="c", requires=["b"]))):
        catalog.apply(skill, n, 0)
    assert refused(SKILL | {"requires": ["c"]}, catalog=catalog) == "0.requires: leads back to itself: a → c → b → a"
    check_changes(
        parse_changes(orjson.dumps([SKILL | {"requires": []}, {"kind": "skill", "id": "d", "requires": ["c", "a"]}])),
        catalog,
    )


def test_changes_of_one_request_know_each_other() -> None:
    check_changes([Skill(id="b", requires=["a"]), Skill(id="a", aliases=["https://a.example/a"])], Catalog())
    check_changes(
        [Skill(id="b", requires=["https://a.example/a"]), Skill(id="a", aliases=["https://a.example/a"])], Catalog()
    )


def test_an_actor_in_any_form() -> None:
    for learner in ("Ada@a.example", "mailto:ada@a.example", '{"mbox": "mailto:ada@a.example"}'):
        [change] = parse_changes(orjson.dumps([OVERRULE | {"learner": learner}]))
        assert isinstance(change, Overrule)
        assert change.learner == "mbox:mailto:ada@a.example"
    [change] = parse_changes(orjson.dumps([{"kind": "class", "id": "c", "learners": [{"learner": "Ada@a.example"}]}]))
    assert isinstance(change, Class)
    assert change.learners[0].learner == "mbox:mailto:ada@a.example"


def test_what_statements_may_know_is_asked_for() -> None:
    found = check_changes(
        parse_changes(orjson.dumps([OVERRULE, {"kind": "activity", "id": "x", "skills": ["a", "b"]}])), Catalog()
    )
    assert found.skills == [Reference("0.skill", "a"), Reference("1.skills.0", "a"), Reference("1.skills.1", "b")]
    assert found.learners == [Reference("0.learner", "mbox:mailto:ada@a.example")]
    back = OVERRULE | {"decision": None}
    assert check_changes(parse_changes(orjson.dumps([back])), Catalog()) == ([], [])


@pytest.mark.parametrize("field", ["requires", "follows", "parents"])
def test_a_skill_that_names_too_many_is_refused_by_the_fields_name(field: str) -> None:
    skills = [SKILL | {"id": f"s{n}"} for n in range(MOST_REQUIRED + 1)]
    ids = [one["id"] for one in skills]
    check_changes(parse_changes(orjson.dumps([*skills, SKILL | {field: ids[1:]}])), Catalog())
    said = refused(*skills, SKILL | {field: ids})
    assert said == f"{len(skills)}.{field}: has more than {MOST_REQUIRED} items"


def test_a_school_is_named_that_comes_with_it_and_none_that_goes() -> None:
    north, person = {"kind": "school", "id": "north"}, {"kind": "person", "id": "p", "schools": ["north"]}
    check_changes(parse_changes(orjson.dumps([person, north])), Catalog())
    catalog = Catalog()
    catalog.apply(School(id="north"), 1, 0)
    check_changes(parse_changes(orjson.dumps([person, person | {"schools": [], "removed": True}])), catalog)
    assert refused(north | {"removed": True}, person, catalog=catalog) == "1.schools.0: there is no school north"


def test_a_class_has_so_many_learners_and_no_more() -> None:
    learners = [{"learner": f"p{number}@a.example"} for number in range(MOST_LEARNERS + 1)]
    class_ = {"kind": "class", "id": "c", "learners": learners}
    assert refused(SKILL, class_) == f"1.learners: has more than {MOST_LEARNERS} items"
    for passes in (class_ | {"learners": learners[1:]}, class_ | {"removed": True}):
        check_changes(parse_changes(orjson.dumps([passes])), Catalog())
