"""Which skills and items are chosen, without a store."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from lrs.pacing.choose import (
    ANYTHING,
    ChosenItem,
    LearnerSkills,
    Preferences,
    Purpose,
    WantedSkill,
    choose_items,
    is_solved,
    rank_skills,
)
from lrs.pacing.reasons import Reason, because
from processors.mastery.state import ItemHistory
from schemas.decision import Decision
from schemas.material import Material
from schemas.policy import Policy

POLICY = Policy()
SKILLS = ("a", "b", "c", "d", "e", "f")


def skills(
    decisions: Mapping[str, Decision],
    requires: Mapping[str, Sequence[str]] | None = None,
    expected: Mapping[str, float] | None = None,
    solved: Collection[str] = (),
    overruled: Collection[str] = (),
) -> LearnerSkills:
    new = (Decision.START, Decision.WAIT)
    tried = {skill: 0 if decision in new else 8 for skill, decision in decisions.items()}
    return LearnerSkills(
        list(decisions),
        decisions,
        {skill: why(skill) for skill in decisions},
        {skill: (expected or {}).get(skill) for skill in decisions},
        tried,
        lambda skill: (requires or {}).get(skill, ()),
        lambda skill: skill.upper(),
        frozenset(solved),
        frozenset(overruled),
    )


def why(skill: str) -> Reason:
    return because("before_help", name=f"what builds on {skill}")


def wanted(*names: str, purpose: Purpose = Purpose.PRACTISE) -> list[WantedSkill]:
    return [WantedSkill(name, purpose, 0.5, why(name)) for name in names]


def picked(
    of: Sequence[WantedSkill],
    chances: Mapping[str, float],
    most: int,
    met: Mapping[str, ItemHistory] | None = None,
    last: str = "",
) -> list[ChosenItem]:
    """Chosen from materials whose ids begin with their skill's name."""

    def materials(skill: str) -> list[Material]:
        return [Material(id=id_) for id_ in chances if id_.startswith(skill)]

    return choose_items(
        of, materials, lambda material, _: chances[material.id], met or {}, last, lambda _: POLICY, most
    )


def offered(materials: Sequence[Material], chance: float, most: int, preferences: Preferences = ANYTHING) -> list[str]:
    """The ids of the items of one skill that are chosen, when nobody knows which is harder."""
    found = choose_items(
        wanted("a"), lambda _: materials, lambda *_: chance, {}, "", lambda _: POLICY, most, preferences
    )
    return [choice.material.id for choice in found]


class TestMaterials:
    def test_the_own_language_comes_first_in_any_country(self) -> None:
        materials = [Material(id=id_, language=id_) for id_ in ("de-AT", "en", "fr")] + [Material(id="any")]
        assert offered(materials, 0.8, 4, Preferences(language="de_CH")) == ["any", "de-AT", "en", "fr"]
        assert offered(materials, 0.8, 1) == ["any"]

    def test_levels_say_what_is_harder_where_no_answer_does(self) -> None:
        materials = [Material(id=f"{n}", level=level) for n, level in enumerate(("Grade 10", "Grade 9", "Grade 11"))]
        assert offered(materials, 0.5, 3) == ["1", "0", "2"]
        assert offered(materials, 0.95, 3) == ["2", "0", "1"]
        assert offered([Material(id="1", level="hard"), Material(id="2", level="easy")], 0.5, 2) == ["1", "2"]

    def test_difficulty_that_is_known_goes_before_a_level(self) -> None:
        materials = [Material(id="1", level="1"), Material(id="2", level="2")]
        found = choose_items(
            wanted("a"), lambda _: materials, lambda one, _: 0.8 if one.id == "2" else 0.4, {}, "", lambda _: POLICY, 1
        )
        assert found[0].material.id == "2"

    def test_another_topic_follows_where_one_is_as_good(self) -> None:
        materials = [Material(id=f"{n}", topics=topics) for n, topics in enumerate((["x"], ["x", "y"], ["z"], ["z"]))]
        assert offered(materials, 0.8, 4) == ["0", "2", "1", "3"]
        found = choose_items(
            wanted("a"), lambda _: materials, lambda *_: 0.8, {}, "", lambda _: POLICY, 1, last_topics=["x"]
        )
        assert found[0].material.id == "2"
        # Variety is worth no item of the wrong difficulty.
        assert offered(materials, 0.2, 4) == ["0", "1", "2", "3"]

    def test_a_topic_that_was_chosen_is_all_there_is(self) -> None:
        materials = [Material(id="1", topics=["Football"]), Material(id="2", topics=["music"]), Material(id="3")]
        assert offered(materials, 0.8, 3, Preferences(topic="football")) == ["1"]
        assert offered(materials, 0.8, 3, Preferences(topic="chess")) == []


class TestWant:
    def test_what_is_mastered_or_blocked_is_not_wanted(self) -> None:
        decisions = {"a": Decision.ADVANCE, "b": Decision.START, "c": Decision.WAIT}
        found = rank_skills(skills(decisions, {"b": ["a"], "c": ["b"]}))
        assert [(one.skill, one.purpose, one.because) for one in found] == [("b", Purpose.START, why("b"))]

    def test_the_nearest_to_mastery_is_finished_first(self) -> None:
        found = rank_skills(skills({"a": Decision.PRACTISE, "b": Decision.PRACTISE}, expected={"a": 0.5, "b": 0.7}))
        assert [one.skill for one in found] == ["b", "a"]

    def test_a_review_comes_second(self) -> None:
        decisions = {"a": Decision.REVIEW, "b": Decision.PRACTISE, "c": Decision.START, "d": Decision.REVIEW}
        found = rank_skills(skills(decisions, expected={"a": 0.7, "b": 0.5, "d": 0.6}))
        assert [(one.skill, one.purpose) for one in found] == [
            ("b", Purpose.PRACTISE),
            ("d", Purpose.REVIEW),
            ("c", Purpose.START),
            ("a", Purpose.REVIEW),
        ]

    def test_help_leads_to_what_is_missing_before_it(self) -> None:
        decisions = {"a": Decision.PRACTISE, "b": Decision.HELP, "c": Decision.PRACTISE}
        found = rank_skills(skills(decisions, {"b": ["a"]}, {"a": 0.4, "b": 0.2, "c": 0.7}))
        assert [(one.skill, one.because) for one in found] == [
            ("a", because("before_help", name="B")),
            ("c", why("c")),
        ]

    def test_help_with_nothing_missing_needs_a_person_and_comes_last(self) -> None:
        found = rank_skills(skills({"a": Decision.HELP, "b": Decision.START}))
        assert [(one.skill, one.purpose) for one in found] == [("b", Purpose.START), ("a", Purpose.SUPPORT)]

    def test_a_prerequisite_where_help_is_needed_too_needs_a_person_and_is_not_practised_alone(self) -> None:
        decisions = {"a": Decision.HELP, "b": Decision.HELP, "c": Decision.PRACTISE}
        found = rank_skills(skills(decisions, {"b": ["a"]}))
        assert [(one.skill, one.purpose) for one in found] == [("c", Purpose.PRACTISE), ("a", Purpose.SUPPORT)]

    def test_what_was_begun_waits_for_a_prerequisite_that_calls_for_help(self) -> None:
        decisions = {"a": Decision.HELP, "b": Decision.PRACTISE, "c": Decision.PRACTISE, "d": Decision.START}
        found = rank_skills(skills(decisions, {"b": ["a"], "c": ["d"]}, {"b": 0.7, "c": 0.5}))
        assert [one.skill for one in found] == ["c", "d", "a", "b"]

    def test_what_waits_by_an_assumed_order_alone_comes_last(self) -> None:
        decisions = {"a": Decision.WAIT, "b": Decision.HELP, "c": Decision.START}
        assert [one.skill for one in rank_skills(skills(decisions))] == ["c", "b", "a"]

    def test_what_was_solved_comes_after_all_else_the_least_mastered_first(self) -> None:
        decisions = {"a": Decision.PRACTISE, "b": Decision.HELP, "c": Decision.PRACTISE, "d": Decision.START}
        expected = {"a": 0.7, "b": 0.3, "c": 0.5}
        found = rank_skills(skills(decisions, expected=expected, solved="a"))
        assert [one.skill for one in found] == ["c", "d", "b", "a"]
        found = rank_skills(skills(decisions, expected=expected, solved="abc"))
        assert [one.skill for one in found] == ["d", "b", "c", "a"]

    def test_a_review_comes_first_at_every_fourth_answer(self) -> None:
        decided = skills({"a": Decision.REVIEW, "b": Decision.PRACTISE, "c": Decision.REVIEW})
        first = [
            rank_skills(decided._replace(attempts={"a": 8, "b": answers, "c": 0}))[0].skill for answers in range(1, 9)
        ]
        assert first == ["b", "b", "a", "b", "b", "b", "a", "b"]

    def test_what_was_solved_does_not_block_what_builds_on_it(self) -> None:
        decisions = {"a": Decision.PRACTISE, "b": Decision.WAIT, "c": Decision.WAIT}
        found = rank_skills(skills(decisions, {"b": ["a"], "c": ["b"]}, solved="a"))
        assert [(one.skill, one.purpose, one.because) for one in found] == [
            ("b", Purpose.START, because("solved", names=["A"])),
            ("a", Purpose.PRACTISE, why("a")),
        ]
        assert found[0].because.say() == "All items of A were answered right last time."
        help_ = {"a": Decision.PRACTISE, "b": Decision.HELP}
        assert [one.skill for one in rank_skills(skills(help_, {"b": ["a"]}, solved="a"))] == ["b", "a"]

    def test_with_nothing_else_what_is_mastered_but_not_solved(self) -> None:
        decisions = {"a": Decision.ADVANCE, "b": Decision.ADVANCE, "c": Decision.PRACTISE}
        assert [one.skill for one in rank_skills(skills(decisions, solved="b"))] == ["c"]
        del decisions["c"]
        assert [(one.skill, one.purpose) for one in rank_skills(skills(decisions, solved="b"))] == [
            ("a", Purpose.REVIEW)
        ]
        assert rank_skills(skills(decisions, solved="ab")) == []

    def test_the_decision_of_a_person_holds_whatever_was_solved(self) -> None:
        decisions = {"a": Decision.PRACTISE, "b": Decision.WAIT}
        for overruled in ("a", "b"):
            found = rank_skills(skills(decisions, {"b": ["a"]}, solved="a", overruled=overruled))
            assert [one.skill for one in found] == ["a"]

    @given(
        st.fixed_dictionaries({skill: st.sampled_from(list(Decision)) for skill in SKILLS}),
        st.dictionaries(st.sampled_from(SKILLS), st.lists(st.sampled_from(SKILLS), max_size=2), max_size=4),
        st.sets(st.sampled_from(SKILLS)),
    )
    def test_each_once_and_none_that_is_blocked(
        self, decisions: dict[str, Decision], requires: dict[str, list[str]], solved: set[str]
    ) -> None:
        found = rank_skills(skills(decisions, requires, solved=solved))
        names = [one.skill for one in found]
        assert len(set(names)) == len(names)
        for one in found:
            if one.purpose == Purpose.START:
                before = [decisions[required] for required in requires.get(one.skill, ()) if required not in solved]
                assert set(before) <= {Decision.ADVANCE, Decision.REVIEW}


def test_a_skill_is_solved_when_all_of_enough_items_were_right_the_last_time() -> None:
    materials = [Material(id=str(number)) for number in range(POLICY.trusted_after)]
    met = {one.id: ItemHistory(1.0, 3, 1) for one in materials}
    assert is_solved(materials, met, POLICY)
    assert not is_solved(materials[1:], met, POLICY)
    assert not is_solved(materials, met | {"0": ItemHistory(2.0, 3, 0, 1)}, POLICY)
    assert not is_solved([*materials, Material(id="new")], met, POLICY)


class TestChoose:
    def test_within_the_band_the_middle_is_first(self) -> None:
        (one,) = picked(wanted("a"), {"a1": 0.2, "a2": 0.95, "a3": 0.71, "a4": 0.78}, 1)
        assert (one.material.id, one.in_band) == ("a4", True)

    def test_outside_it_the_nearest(self) -> None:
        (one,) = picked(wanted("a"), {"a1": 0.2, "a2": 0.9}, 1)
        assert (one.material.id, one.in_band) == ("a2", False)

    def test_another_skill_each_time_as_long_as_there_is_one(self) -> None:
        found = picked(wanted("a", "b"), {"a1": 0.8, "a2": 0.8, "b1": 0.1}, 3)
        assert [one.material.id for one in found] == ["a1", "b1", "a2"]

    def test_neither_the_last_item_nor_what_was_solved_comes_again(self) -> None:
        chances = {"a1": 0.78, "a2": 0.78, "a3": 0.3}
        met = {"a1": ItemHistory(1.0, 1, 1)}
        found = picked(wanted("a"), chances, 3, met, last="a2")
        assert [one.material.id for one in found] == ["a3", "a1", "a2"]

    def test_of_what_was_solved_the_least_likely_comes_first(self) -> None:
        met = {name: ItemHistory(1.0, 1, 1) for name in ("a1", "a2", "a3")}
        found = picked(wanted("a"), {"a1": 0.78, "a2": 0.3, "a3": 0.95}, 3, met)
        assert [one.material.id for one in found] == ["a2", "a1", "a3"]

    def test_items_of_skills_that_are_not_come_to_are_not_predicted(self) -> None:
        asked: list[str] = []

        def predict(material: Material, _: WantedSkill) -> float:
            asked.append(material.id)
            return 0.8

        choose_items(wanted(*SKILLS), lambda skill: [Material(id=skill)], predict, {}, "", lambda _: POLICY, 2)
        assert asked == ["a", "b"]

    def test_one_works_alone_but_with_a_person_where_help_is_needed(self) -> None:
        def materials(_: str) -> list[Material]:
            return [Material(id="0", mode="pair"), Material(id="1", mode="teacher"), Material(id="2")]

        def first(purpose: Purpose) -> str:
            chances = {"alone": 0.2, "pair": 0.77, "teacher": 0.5}
            found = choose_items(
                wanted("a", purpose=purpose), materials, lambda one, _: chances[one.mode], {}, "", lambda _: POLICY, 1
            )
            return found[0].material.mode

        assert {purpose: first(purpose) for purpose in Purpose} == {
            Purpose.REVIEW: "alone",
            Purpose.PRACTISE: "alone",
            Purpose.START: "alone",
            Purpose.SUPPORT: "teacher",
        }

    def test_a_skill_is_reviewed_by_one_item(self) -> None:
        found = picked(wanted("a", purpose=Purpose.REVIEW), {"a1": 0.8, "a2": 0.8}, 3)
        assert len(found) == 1

    @given(
        st.lists(st.sampled_from(SKILLS), unique=True),
        st.dictionaries(st.from_regex("[a-f][0-9]", fullmatch=True), st.floats(0, 1), max_size=12),
        st.integers(1, 8),
    )
    def test_no_item_twice_and_no_more_than_asked(self, names: list[str], chances: dict[str, float], most: int) -> None:
        found = [one.material.id for one in picked(wanted(*names), chances, most)]
        openable = {id_ for id_ in chances if id_[0] in names}
        assert len(set(found)) == len(found) == min(most, len(openable))
