"""Whatever names a skill names the same one after changes of other skills, or these changes are refused."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from lrs.catalog.skill_ids import name_skills_by_id
from lrs.catalog.skills_import import preview_skills
from schemas import catalog as changes_of_a_catalog
from schemas.catalog import Activity, Change, Class, Pattern, Skill
from schemas.decision import Decision
from schemas.narrowed_policy import NarrowedPolicy
from schemas.overruling import Overrule, PutOff
from schemas.plan_events import Initiative
from tests.support.changes import refusal
from tests.support.rows import catalog_of

A = Skill(id="a", aliases=["x"])
ADA = "mbox:mailto:ada@a.example"


def names(skill: str) -> dict[tuple[str, str], Change]:
    """A change by its kind and field, for every field in which a change names a skill."""
    return {
        ("skill", "requires"): Skill(id="b", requires=[skill]),
        ("skill", "follows"): Skill(id="b", follows=[skill]),
        ("skill", "parents"): Skill(id="b", parents=[skill]),
        ("activity", "skills"): Activity(id="https://a.example/1", skills=[skill]),
        ("pattern", "skills"): Pattern(id="https://a.example/*", skills=[skill]),
        ("class", "skills"): Class(id="7b", skills=[skill]),
        ("narrowed_policy", "skill"): NarrowedPolicy(skill=skill, thresholds={"advance_at": 0.9}),
        ("overrule", "skill"): Overrule(learner=ADA, skill=skill, decision=Decision.HELP, reason="r", by="K"),
        ("put_off", "skill"): PutOff(learner=ADA, skill=skill, reason="r", by="K"),
        ("initiative", "skills"): Initiative(
            id="i", what="w", classes=["7b"], since="2030-01-01", until="2030-02-01", skills=[skill]
        ),
    }


HINDER_NOTHING = {  # a framework's suggestions may name what is elsewhere; the others are a record
    ("skill", "follows"),
    ("skill", "parents"),
    ("overrule", "skill"),
    ("put_off", "skill"),
    ("initiative", "skills"),
}


def test_the_table_has_every_field_that_names_a_skill() -> None:
    kinds = get_args(get_args(changes_of_a_catalog.Change)[0])
    fields = {
        (kind.model_fields["kind"].default, field)
        for kind in kinds
        for field in kind.model_fields
        if field in ("skill", "skills") or (kind is Skill and field in ("requires", "follows", "parents"))
    }
    assert fields == names("a").keys()


@pytest.mark.parametrize("where", names("a"), ids="-".join)
def test_a_skill_that_something_names_cannot_be_removed_alone(where: tuple[str, str]) -> None:
    naming = names("a")[where]
    said = refusal([Skill(id="a", removed=True)], catalog_of([A, naming]))
    if where in HINDER_NOTHING:
        assert not said
        return
    assert said.startswith("0.removed: ")
    assert said.endswith("names it: change that first, or in the same request")
    others = [names("c")[where]]
    if isinstance(naming, NarrowedPolicy):  # its skill is a part of what it is
        others.append(NarrowedPolicy(skill="a"))
    assert not refusal([Skill(id="c"), Skill(id="a", removed=True), *others], catalog_of([A, naming]))


@pytest.mark.parametrize("where", sorted(names("a").keys() - {("initiative", "skills")}), ids="-".join)
def test_a_name_that_is_an_alias_is_kept_as_the_id(where: tuple[str, str]) -> None:
    """An initiative names skills by id alone: see lrs.plans.initiatives."""
    [kept] = name_skills_by_id([names("x")[where]], catalog_of([A]))
    assert kept == names("a")[where]


@pytest.mark.parametrize("where", sorted(names("a").keys() - HINDER_NOTHING), ids="-".join)
def test_an_alias_of_several_names_none(where: tuple[str, str]) -> None:
    said = refusal([names("x")[where]], catalog_of([A, Skill(id="c", aliases=["x"])]))
    assert "names several skills: a, c: name one by its id" in said


BY_ALIAS = Skill(id="b", requires=["x"])  # as earlier releases kept it


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([Skill(id="a", aliases=[])], "0.aliases: skill b requires a by the name x"),
        ([Skill(id="a", removed=True)], "0.removed: skill b names it"),
        ([Skill(id="c"), Skill(id="x")], "1.id: skill b requires a by the name x"),
        ([Skill(id="c", aliases=["x"])], "0.aliases: skill b requires a by the name x"),
        ([Skill(id="a"), Skill(id="c", aliases=["x"])], "1.aliases: skill b requires a by the name x"),
        ([Skill(id=f"s{n}", aliases=["x"]) for n in range(500)], "499.aliases: skill b requires a by the name x"),
        ([Skill(id="a", name="A", aliases=["x", "y"])], ""),
        ([Skill(id="c", aliases=["x"]), Skill(id="a", removed=True)], ""),  # it has another id now
        ([Skill(id="a"), Skill(id="b", requires=["a"])], ""),
        ([Skill(id="a", removed=True), Skill(id="b", removed=True)], ""),
    ],
)
def test_a_prerequisite_by_an_alias_means_what_it_meant(changes: list[Change], said: str) -> None:
    found = refusal(changes, catalog_of([A, BY_ALIAS]))
    assert found.startswith(said)
    assert bool(found) == bool(said)


def test_what_named_nothing_before_hinders_nothing() -> None:
    lost = catalog_of([BY_ALIAS, Class(id="7b", skills=["z"])])
    assert not refusal([Skill(id="c", aliases=["y"])], lost)
    assert not refusal([Skill(id="c", aliases=["x"])], lost)
    assert refusal([Skill(id=one, aliases=["x"]) for one in "cd"], lost).startswith("1.aliases: skill b requires x")


def test_a_framework_leaves_what_something_names(tmp_path: Path) -> None:
    path = tmp_path / "framework.json"
    path.write_text('{"CFDocument": {"identifier": "f"}, "CFItems": [{"identifier": "k", "fullStatement": "K"}]}')
    known = [Skill(id=one, framework="f") for one in "abcd"]
    plan = preview_skills(path, catalog_of([*known, Skill(id="e", requires=["a"]), Class(id="7b", skills=["b"])]))
    assert [one.id for one in plan.removed] == ["c", "d"]
    assert plan.problems == [
        f"skill {id_} stays as it is: {by} names it: change that first, or in the same request"
        for id_, by in (("b", "class 7b"), ("a", "skill e"))
    ]
