"""A prerequisite that is named by an alias of a skill counts as one that is named by its id, wherever they are read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.catalog.prerequisites import read_prerequisites
from lrs.pacing.decide import MasteryRow
from lrs.pacing.sequence import decide_all
from schemas.catalog import Catalog, Skill
from schemas.days import DAY
from schemas.decision import Decision
from tests.support.changes import refusal
from tests.support.rows import catalog_of

NOW = 1_900_000_000_000_000
SKILLS = ("a", "b", "c", "d")
GOOD = MasteryRow(0.95, 0.85, 0.99, 12, 11, 5, 0.1, NOW - DAY, 4, "item", "w")


def alias(skill: str) -> str:
    return f"https://s.example/{skill}"


links = st.lists(st.tuples(st.sampled_from(SKILLS), st.sampled_from(SKILLS), st.booleans()), max_size=8)
evidence = st.dictionaries(st.sampled_from(SKILLS), st.sampled_from([GOOD, GOOD._replace(mastery=0.6, low=0.4)]))


def skills_of(found: list[tuple[str, str, bool]], aliased: bool) -> list[Skill]:
    requires: dict[str, list[str]] = {skill: [] for skill in SKILLS}
    for skill, before, by_alias in found:
        requires[skill].append(alias(before) if by_alias and aliased else before)
    return [Skill(id=skill, requires=requires[skill], aliases=[alias(skill)]) for skill in SKILLS]


@given(links, evidence)
def test_the_same_is_decided_as_by_ids(found: list[tuple[str, str, bool]], known: dict[str, MasteryRow]) -> None:
    by_alias, by_id = (catalog_of(skills_of(found, aliased)) for aliased in (True, False))
    assert {skill: by_alias.required(skill) for skill in SKILLS} == {skill: by_id.required(skill) for skill in SKILLS}
    decided = [decide_all(one, "ada", SKILLS, known, NOW, [SKILLS]) for one in (by_alias, by_id)]
    assert decided[0] == decided[1]


@given(links, links)
def test_the_same_is_refused_as_by_ids(
    before: list[tuple[str, str, bool]], changed: list[tuple[str, str, bool]]
) -> None:
    by_alias, by_id = ((skills_of(before, aliased), skills_of(changed, aliased)) for aliased in (True, False))
    named = {skill for skill, _, _ in changed}
    for sent in (SKILLS, named):
        said = [refusal([one for one in new if one.id in sent], catalog_of(old)) for old, new in (by_alias, by_id)]
        assert said[0] == said[1]


def test_what_is_named_by_alias_is_mastered_as_by_id() -> None:
    catalog = catalog_of([Skill(id="b", requires=[alias("a")]), Skill(id="a", aliases=[alias("a")])])
    found = decide_all(catalog, "ada", ["a", "b"], {"a": GOOD}, NOW)
    assert found["b"].decided.decision == Decision.START


def test_a_skill_that_requires_an_alias_of_itself_is_refused_and_never_blocks() -> None:
    own = Skill(id="a", requires=[alias("a")], aliases=[alias("a")])
    assert refusal([own], Catalog()) == "0.requires: leads back to itself: a → a"
    catalog = catalog_of([own])  # of an earlier build
    assert decide_all(catalog, "ada", ["a"], {}, NOW)["a"].decided.decision == Decision.START
    assert not refusal([Skill(id="b", requires=["a"])], catalog)


@pytest.mark.parametrize(
    "change",
    [
        Skill(id="a", requires=["b"], aliases=[alias("a")]),
        Skill(id="b", aliases=["c"], requires=["a"]),  # c has that id until it is removed
    ],
)
def test_a_way_back_through_an_alias_is_refused(change: Skill) -> None:
    known = [Skill(id="a", aliases=[alias("a")], requires=["c"]), Skill(id="b", requires=[alias("a")]), Skill(id="c")]
    assert refusal([change, Skill(id="c", removed=True)], catalog_of(known)).startswith("0.requires: leads back")


def test_an_alias_gets_an_id_that_was_left_and_closes_a_way_back() -> None:
    known = [Skill(id="a", requires=["c"]), Skill(id="b", requires=["a"], aliases=["c"]), Skill(id="c")]
    assert "leads back to itself" in refusal([Skill(id="c", removed=True)], catalog_of(known))


def test_an_alias_of_two_skills_is_refused_and_else_stands_for_both() -> None:
    two = [Skill(id="a", aliases=["x"]), Skill(id="b", aliases=["x"])]
    both = Skill(id="c", requires=["x"])
    assert refusal([*two, both], Catalog()) == "2.requires.0: names several skills: a, b: name one by its id"
    catalog = catalog_of([*two, both])  # b got the alias later
    assert catalog.required("c") == ["a", "b"]
    blocked = decide_all(catalog, "ada", ["c"], {"a": GOOD}, NOW)["c"]
    assert (blocked.decided.decision, blocked.blocked) == (Decision.WAIT, ("b",))
    assert "leads back" in refusal([Skill(id="b", aliases=["x"], requires=["c"])], catalog)


def test_a_file_sees_through_aliases_what_leads_back(tmp_path: Path) -> None:
    catalog = catalog_of([Skill(id="a", aliases=[alias("a")]), Skill(id="b", requires=[alias("a")])])
    path = tmp_path / "prerequisites.csv"
    path.write_text(f"skill,requires\na,b\n{alias('a')},a\n")
    changed, problems = read_prerequisites(path, catalog)
    assert not changed
    assert all("leads back to itself" in str(one) for one in problems)
