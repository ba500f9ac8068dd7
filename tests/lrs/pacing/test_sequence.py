"""What comes before a skill, where a decision leads, and when the clock opens what waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.pacing import sequence
from lrs.pacing.clock_changes import ClockChanges
from lrs.pacing.decide import MasteryRow
from lrs.pacing.decision_rows import decisions_of
from lrs.pacing.sequence import LearnerAtMoment, Sequenced, decide_all
from schemas.catalog import Catalog, Class, Skill
from schemas.days import DAY
from schemas.decision import MASTERED, Decision
from schemas.overruling import Overrule
from schemas.policy import Policy
from tests.support.examples import examples

NOW = 1_900_000_000_000_000
ORDER = ("a", "b", "c", "d")
GRAPH = {"b": ["a"], "c": ["b"]}
GOOD = MasteryRow(0.95, 0.85, 0.99, 12, 11, 5, 0.1, NOW - DAY, 4, "item", "w")
POOR = GOOD._replace(mastery=0.6, low=0.4, high=0.85)
STUCK = GOOD._replace(streak=-5)


def catalog(requires: Mapping[str, Sequence[str]], **words: Decision) -> Catalog:
    made = Catalog()
    for number, skill in enumerate(ORDER):
        made.apply(Skill(id=skill, name=skill.upper(), requires=list(requires.get(skill, ()))), number, 0)
    for skill, decision in words.items():
        made.apply(Overrule(learner="ada", skill=skill, decision=decision, reason="r", by="K"), 9, 0)
    return made


def decided(
    evidence: Mapping[str, MasteryRow], requires: Mapping[str, Sequence[str]] | None = None, **words: Decision
) -> dict[str, Sequenced]:
    return decide_all(catalog(requires or {}, **words), "ada", ORDER, evidence, NOW, [ORDER])


def leads(requires: Mapping[str, Sequence[str]], **words: Decision) -> dict[str, str]:
    return {skill: one.leads for skill, one in decided({}, requires, **words).items()}


class TestByTheGraph:
    def test_what_is_ready_starts_and_the_rest_waits(self) -> None:
        found = decided({"a": GOOD}, GRAPH)
        assert {skill: one.decided.decision for skill, one in found.items()} == {
            "a": Decision.ADVANCE,
            "b": Decision.START,
            "c": Decision.WAIT,
            "d": Decision.START,  # it requires nothing
        }
        assert found["b"].decided.reason == "Can be started: A is mastered."
        assert found["c"].blocked == ("b",)
        assert not any(one.assumed for one in found.values())

    def test_advance_leads_to_the_next_that_is_open(self) -> None:
        yes, practise = Decision.ADVANCE, Decision.PRACTISE
        assert leads(GRAPH, a=yes, b=practise, c=practise, d=practise)["a"] == "b"
        assert leads(GRAPH, a=yes, b=yes, c=yes, d=practise)["b"] == "d"
        assert leads(GRAPH, a=yes, b=yes, c=yes, d=yes)["a"] == ""
        assert leads(GRAPH, a=Decision.HELP, b=practise, c=practise, d=yes)["d"] == "a"  # b and c are not open yet

    def test_help_leads_to_what_is_missing_before_it(self) -> None:
        assert decided({"a": POOR, "b": STUCK}, GRAPH)["b"].leads == "a"
        assert decided({"a": GOOD, "b": STUCK}, GRAPH)["b"].leads == "b"

    def test_a_circle_waits_for_itself(self) -> None:
        found = decided({}, {"a": ["b"], "b": ["a"]})
        assert found["a"].decided.decision == found["b"].decided.decision == Decision.WAIT


class TestWithoutAGraph:
    def test_the_order_of_the_class_is_assumed(self) -> None:
        found = decided({"a": GOOD})
        assert {skill: one.decided.decision for skill, one in found.items()} == {
            "a": Decision.ADVANCE,
            "b": Decision.START,
            "c": Decision.WAIT,
            "d": Decision.WAIT,
        }
        assert (found["a"].leads, found["a"].assumed) == ("b", True)
        assert found["b"].decided.reason == "Can be started: A is mastered (order assumed)."
        assert (found["c"].blocked, found["c"].assumed) == (("b",), True)

    def test_it_says_nothing_of_what_was_tried(self) -> None:
        found = decided({"c": STUCK})
        assert found["c"].decided.decision == Decision.HELP
        assert found["c"].decided.reason == "5 wrong answers in a row."
        assert (found["c"].leads, found["c"].assumed) == ("c", False)

    def test_one_class_that_opens_it_is_enough(self) -> None:
        orders = (ORDER, ("d", "c"))
        found = decide_all(catalog({}), "ada", ["c"], {"d": GOOD}, NOW, orders)
        assert found["c"].decided.decision == Decision.START

    def test_without_any_order_all_can_start(self) -> None:
        assert decide_all(catalog({}), "ada", ["c"], {}, NOW)["c"].decided.decision == Decision.START

    def test_names_are_those_that_are_shown(self) -> None:
        found = decide_all(catalog({}), "ada", ["b"], {}, NOW, [ORDER], {"a": "Unit A"})
        assert found["b"].decided.reason == "Waits for Unit A, of which little is known (order assumed)."


_rows = st.builds(
    lambda mastery, attempts, ago: GOOD._replace(
        mastery=mastery, low=mastery - 0.1, attempts=attempts, last_time=NOW - round(ago * DAY)
    ),
    st.floats(0.5, 1.0),
    st.integers(0, 8),
    st.floats(0, 20),
)
_evidence = st.one_of(
    st.dictionaries(st.sampled_from(ORDER), _rows),
    st.fixed_dictionaries(dict.fromkeys("abc", _rows)),  # of several that are missing one is the weakest
)
_graphs = st.sampled_from([{}, GRAPH, {"d": ["a", "b", "c"]}, {"a": ["d"], "b": ["d"]}])


@given(_evidence, _graphs)
def test_what_starts_has_nothing_missing_and_what_waits_has(
    evidence: dict[str, MasteryRow], requires: dict[str, list[str]]
) -> None:
    found = decided(evidence, requires)
    for skill, one in found.items():
        decision = one.decided.decision
        before = [found[name].decided.decision for name in requires.get(skill, ())]
        if decision == Decision.START:
            assert all(it in MASTERED for it in before)
        if decision == Decision.WAIT:
            assert one.blocked
            assert one.leads in one.blocked
            assert all(found[name].decided.decision not in MASTERED for name in one.blocked)
        if decision == Decision.ADVANCE and one.leads:
            assert found[one.leads].decided.decision not in (Decision.ADVANCE, Decision.WAIT)


_drops = st.lists(st.sampled_from([0.0, 0.2, 0.35, 1.0]), min_size=4, max_size=4)
_words = st.dictionaries(
    st.sampled_from(ORDER),
    st.tuples(
        st.sampled_from([Decision.ADVANCE, Decision.HELP, Decision.UNKNOWN, Decision.WAIT]), st.integers(1, 30 * DAY)
    ),
)


@given(_evidence, _graphs, st.lists(st.integers(0, 60 * DAY), min_size=5, max_size=20), _words, _drops)
@examples(300, 3000)
def test_next_change_is_when_the_clock_alone_changes_a_decision_or_what_it_begins_with(
    evidence: dict[str, MasteryRow],
    requires: dict[str, list[str]],
    waits: list[int],
    words: dict[str, tuple[Decision, int]],
    drops: list[float],
) -> None:
    made = catalog(requires)
    for number, (skill, (decision, until)) in enumerate(words.items()):
        overrule = Overrule(learner="ada", skill=skill, decision=decision, reason="r", by="K", until=NOW + until)
        made.apply(overrule, 20 + number, 0)
    evidence = {
        skill: row._replace(forget_drop=drop) for (skill, row), drop in zip(evidence.items(), drops, strict=False)
    }
    clock_changes = ClockChanges(LearnerAtMoment(made, "ada", evidence, NOW, [ORDER]))

    def at(skill: str, now: int) -> tuple[object, ...]:
        one = decide_all(made, "ada", ORDER, evidence, now, [ORDER])[skill]
        said = one.decided.decision, one.decided.computed, one.decided.overruled is not None
        if one.decided.decision == Decision.ADVANCE:  # what follows has a row of its own
            return said
        return *said, one.leads, "little is known" in one.decided.reason

    def computed(skill: str, now: int) -> str:  # what a board shows beside an overruling, and no row has
        return decide_all(made, "ada", ORDER, evidence, now, [ORDER])[skill].decided.computed_reason

    for skill in ORDER:
        found = clock_changes.next_change(skill)
        for wait in waits:
            if found is None or NOW + wait < found - 1:
                assert at(skill, NOW + wait) == at(skill, NOW)
        if found is not None:
            assert found > NOW
            # A word that ends is looked at, whatever it said, and so is what is computed beside it.
            ends = found - NOW in {until for _, until in words.values()}
            assert ends or at(skill, found) != at(skill, NOW) or computed(skill, found) != computed(skill, NOW)


def test_an_overruling_to_wait_that_ends_in_a_wait_changes_the_reason() -> None:
    made = catalog(GRAPH)
    end = NOW + 3 * DAY
    made.apply(Overrule(learner="ada", skill="b", decision=Decision.WAIT, reason="ill", by="K", until=end), 20, 0)
    learner = LearnerAtMoment(made, "ada", {}, NOW, [ORDER])
    assert learner.decide("b").reason != LearnerAtMoment(made, "ada", {}, end, [ORDER]).decide("b").reason
    assert ClockChanges(learner).next_change("b") == end


def test_few_old_answers_close_what_they_opened() -> None:
    few = GOOD._replace(attempts=5, last_time=NOW)
    assert decided({"a": few})["b"].decided.decision == Decision.START
    stale = NOW + round(Policy().stale_after * DAY)
    assert ClockChanges(LearnerAtMoment(catalog({}), "ada", {"a": few}, NOW, [ORDER])).next_change("b") == stale


def _decided(monkeypatch: pytest.MonkeyPatch, tried: int, building: int) -> int:
    """How often anything is decided of a learner who tried some skills, each required by all that build on them."""
    counted = 0

    def count(decide: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*asked: Any) -> Any:
            nonlocal counted
            counted += 1
            return decide(*asked)

        return counting

    made = Catalog()
    before, skills = [f"a{n}" for n in range(tried)], [f"b{n}" for n in range(building)]
    for number, skill in enumerate(before + skills):
        made.apply(Skill(id=skill, requires=before if skill in skills else []), number, 0)
    class_ = Class(id="c", skills=before + skills)
    evidence = {skill: GOOD._replace(attempts=5, last_time=NOW - at) for at, skill in enumerate(before)}
    with monkeypatch.context() as patched:
        for name in ("decide", "after", "changes_after"):
            patched.setattr(sequence, name, count(getattr(sequence, name)))
        found = decisions_of(made, "ada", [class_], evidence, NOW)
    assert all(found[skill, "c"].until is not None for skill in skills)
    return counted


def test_deciding_costs_by_skills_and_not_by_what_each_requires_times_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    few, more, most = (_decided(monkeypatch, *size) for size in ((20, 20), (40, 20), (40, 40)))
    assert more < 2.2 * few
    assert most < 2.2 * few


class TestManyRequirements:
    """A skill that requires a hundred others: each cell of a board would name them all."""

    SKILLS = tuple(f"s{number}" for number in range(101))

    def last(self, evidence: Mapping[str, MasteryRow]) -> Sequenced:
        made = Catalog()
        for number, skill in enumerate(self.SKILLS):
            requires = list(self.SKILLS[:100]) if number == 100 else []
            made.apply(Skill(id=skill, requires=requires), number, 0)
        return decide_all(made, "ada", self.SKILLS, evidence, NOW, [self.SKILLS])["s100"]

    def test_names_the_weakest_and_a_few_that_are_missing_and_counts_the_rest(self) -> None:
        found = self.last(dict.fromkeys(self.SKILLS[:50], GOOD) | {"s90": POOR})
        assert (found.decided.decision, found.leads) == (Decision.WAIT, "s90")
        assert found.blocked == ("s90", *self.SKILLS[50:57])
        assert found.blocked_more == 42
        evidence = found.decided.evidence
        assert tuple(one["skill"] for one in evidence["prerequisites"]) == found.blocked
        assert evidence["more_prerequisites"] == 92

    def test_says_how_many_more_are_mastered(self) -> None:
        found = self.last(dict.fromkeys(self.SKILLS[:100], GOOD))
        assert found.decided.reason == "Can be started: s0, s1, s2, s3, s4, s5, s6, s7 and 92 more are mastered."
        assert (found.blocked, found.blocked_more) == ((), 0)
