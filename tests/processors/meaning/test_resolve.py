"""Resolve: one person's observations become evidence, the same whatever the batches."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from processors.meaning.resolve import Doubt, Refold, Resolver, read_on, resolve, resolver_state
from processors.meaning.resolve import resolver as machine
from schemas.evidence import Evidence
from schemas.observation import Kind, Observation

SECOND = 1_000_000
MINUTE = 60 * SECOND
START = 1_772_445_600 * SECOND  # 2026-03-02T10:00:00Z


def seen(at: float = 0.0, kind: Kind = Kind.ATTEMPT, **more: Any) -> Observation:
    """An observation `at` seconds after the start, right where it is an attempt."""
    time = START + round(at * SECOND)
    fields = {
        "verb": "answered",
        "item": "i",
        "skills": ("s",),
        "outcome": 1.0 if kind is Kind.ATTEMPT else None,
        **more,
    }
    return Observation("t", "ada", time, fields.pop("id_", f"{time:020}"), 0, kind, **fields)


def ordered(*observations: Observation) -> list[Observation]:
    return sorted(observations, key=lambda o: o.order)


def evidence(*observations: Observation) -> list[Evidence]:
    return resolve(ordered(*observations))[0]


def attempts(*observations: Observation) -> list[float | None]:
    """The outcome of each attempt."""
    answers = [e for e in evidence(*observations) if e.kind is Kind.ATTEMPT]
    later = [e.outcome for e in answers if e.again]
    first = [e.outcome for e in answers if not e.again]
    return [later.pop(0) if outcome is None and later else outcome for outcome in first]


def minutes(*observations: Observation) -> float:
    return sum(length for e in evidence(*observations) for _, length in e.active) / MINUTE


def sessions(*observations: Observation) -> int:
    return sum(e.session for e in evidence(*observations))


class TestToldTwice:
    def test_twenty_quick_answers_are_twenty(self) -> None:
        assert attempts(*(seen(n) for n in range(20))) == [1.0] * 20

    @pytest.mark.parametrize("verbs", [("a", "b", "c"), ("a", "a", "a")])
    def test_three_tellings_of_one_are_one(self, verbs: tuple[str, ...]) -> None:
        assert attempts(*(seen(n * 0.2, verb=verb) for n, verb in enumerate(verbs))) == [1.0]

    def test_the_window_opens_at_the_first_and_does_not_slide(self) -> None:
        assert attempts(seen(0, verb="a"), seen(4, verb="b"), seen(8, verb="c")) == [1.0, 1.0]
        assert attempts(seen(0), seen(0.4), seen(0.8)) == [1.0, 1.0]

    def test_another_verb_within_five_seconds(self) -> None:
        assert attempts(seen(0, verb="a"), seen(5, verb="b")) == [1.0]
        assert attempts(seen(0, verb="a"), seen(5.1, verb="b")) == [1.0, 1.0]

    def test_other_outcomes_are_other_answers(self) -> None:
        assert attempts(seen(0, verb="a"), seen(1, verb="b", outcome=0.0)) == [1.0, 0.0]

    def test_tries_with_different_names_never_merge(self) -> None:
        assert attempts(seen(0, attempt="1"), seen(0, attempt="2", id_="x")) == [1.0, 1.0]

    def test_each_of_two_answers_is_told_three_times(self) -> None:
        reports = [
            observation
            for start, outcome in ((0.0, 0.0), (30.0, 1.0))
            for observation in (
                seen(start, verb="attempted", outcome=None),
                seen(start + 1, verb="evaluated", outcome=outcome, attempt=str(start)),
                seen(start + 2, verb="attempted", outcome=outcome),
            )
        ]
        assert attempts(*reports) == [0.0, 1.0]

    def test_the_end_of_a_session_repeats_its_result(self) -> None:
        passed = seen(0, Kind.SCORE, verb="passed", outcome=1.0, session="x")
        ended = seen(900, Kind.SESSION, verb="terminated", outcome=1.0, session="x")
        assert attempts(passed, ended) == [1.0]
        assert attempts(ended) == [1.0]


class TestRegrades:
    def test_a_regrade_replaces(self) -> None:
        graded = [
            seen(n * 60, Kind.SCORE, verb="scored", outcome=outcome, attempt="a", by="t", share=share)
            for n, (outcome, share) in enumerate([(0.0, 0.0), (None, 0.2), (1.0, 0.9)])
        ]
        assert attempts(*graded) == [1.0]

    def test_three_weeks_and_a_thousand_answers_later(self) -> None:
        first = seen(0, outcome=0.0, item="essay", attempt="a")
        between = [seen(60 + n * 10, item=f"i{n}", attempt=f"x{n}") for n in range(1000)]
        again = seen(21 * 86_400, Kind.SCORE, verb="scored", outcome=1.0, item="essay", attempt="a", by="t")
        answers = [e for e in evidence(first, *between, again) if e.kind is Kind.ATTEMPT]
        assert len(answers) == 1001
        assert (answers[0].item, answers[0].outcome) == ("essay", 1.0)

    def test_a_grade_judges_the_answer_it_is_about_and_is_nothing_the_learner_did(self) -> None:
        answer = seen(0, outcome=None)
        grade = seen(86_400, Kind.SCORE, verb="scored", outcome=1.0, by="t")
        graded = evidence(answer, grade)
        assert [(e.kind, e.outcome, e.again, e.own, e.session, e.active) for e in graded] == [
            (Kind.ATTEMPT, None, False, True, True, ()),
            (Kind.ATTEMPT, 1.0, True, False, False, ()),
        ]


class TestWholes:
    PARTS = tuple(seen(n * 10, item=f"q{n}", parents=("quiz", "course")) for n in range(10))

    @pytest.mark.parametrize("at", [-30, 55, 91])
    def test_ten_questions_and_the_score_are_ten(self, at: float) -> None:
        whole = seen(at, Kind.COMPLETION, verb="completed", item="quiz", outcome=1.0, parents=("course",))
        assert attempts(*self.PARTS, whole) == [1.0] * 10

    def test_a_whole_alone_counts(self) -> None:
        whole = seen(0, Kind.COMPLETION, verb="completed", item="quiz", outcome=0.0)
        assert attempts(whole) == [0.0]
        assert [e.kind for e in evidence(whole)] == [Kind.COMPLETION, Kind.ATTEMPT]

    def test_parts_of_another_try_are_not_its_parts(self) -> None:
        part = seen(0, item="q", parents=("quiz",), attempt="one")
        whole = seen(60, Kind.COMPLETION, verb="completed", item="quiz", outcome=1.0, attempt="two")
        assert attempts(part, whole) == [1.0, 1.0]

    def test_parts_that_teach_nothing_are_no_evidence(self) -> None:
        part = seen(0, item="q", parents=("quiz",), outcome=None)
        whole = seen(60, Kind.COMPLETION, verb="completed", item="quiz", outcome=1.0)
        assert attempts(part, whole) == [None, 1.0]


class TestModes:
    @pytest.mark.parametrize("at", [-5, 30])
    def test_a_session_to_browse_is_no_evidence(self, at: float) -> None:
        launched = seen(at, Kind.SESSION, verb="launched", session="x", mode="browse")
        assert attempts(launched, seen(0, session="x"), seen(10, item="j", session="y")) == [1.0]


class TestHelp:
    def test_what_is_answered_after_a_hint(self) -> None:
        hint = seen(5, Kind.HELP, verb="asked", assistance="hint")
        helped = [e.assistance for e in evidence(seen(0), hint, seen(60), seen(2 * 86_400)) if e.kind is Kind.ATTEMPT]
        assert helped == ["", "hint", ""]

    def test_a_solution_outweighs_a_later_hint(self) -> None:
        helps = [seen(n, Kind.HELP, assistance=kind) for n, kind in enumerate(["solution", "hint"])]
        assert evidence(*helps, seen(60))[-1].assistance == "solution"


class TestActiveTime:
    def test_a_session_of_75_minutes(self) -> None:
        started = seen(0, Kind.SESSION, verb="initialized", session="x")
        ended = seen(75 * 60, Kind.SESSION, verb="terminated", session="x", duration=75 * 60.0)
        assert (minutes(started, ended), sessions(started, ended)) == (75, 1)

    def test_twenty_minutes_one_second_after_the_launch(self) -> None:
        reports = (seen(0, Kind.SESSION, verb="launched"), seen(1, Kind.COMPLETION, verb="completed", duration=1200.0))
        assert (minutes(*reports), sessions(*reports)) == (20, 1)

    @pytest.mark.parametrize("ids", [("1", "2"), ("2", "1")])
    def test_the_order_of_equal_moments_does_not_matter(self, ids: tuple[str, str]) -> None:
        reports = (
            seen(0, id_=ids[0]),
            seen(0, Kind.COMPLETION, verb="completed", item="q", duration=720.0, id_=ids[1]),
        )
        assert (minutes(*reports), sessions(*reports)) == (12, 1)

    def test_video(self) -> None:
        played = seen(0, Kind.MEDIA, verb="https://w3id.org/xapi/video/verbs/played", position=0.0)
        paused = seen(2700, Kind.MEDIA, verb="https://w3id.org/xapi/video/verbs/paused", position=2700.0)
        assert (minutes(played, paused), sessions(played, paused)) == (45, 1)

    @pytest.mark.parametrize(
        ("verb", "after", "position", "stretches", "expected"),
        [
            ("paused", 60, 70.0, (), (10.0, 70.0)),
            ("paused", 60, 700.0, (), (580.0, 700.0)),  # twice as fast at most: the rest was skipped
            ("paused", 60, 5.0, (), ()),
            ("seeked", 60, 70.0, (), ()),  # where to, or where from: tools differ
            ("paused", 60, 70.0, (0.0, 3.0), (0.0, 3.0)),
            ("paused", 60, None, (), ()),
        ],
    )
    def test_which_stretch_of_a_medium_was_played(
        self, verb: str, after: int, position: float | None, stretches: tuple[float, ...], expected: tuple[float, ...]
    ) -> None:
        played = seen(0, Kind.MEDIA, verb="x/played", position=10.0)
        stopped = seen(after, Kind.MEDIA, verb=f"x/{verb}", position=position, stretches=stretches)
        assert [evidence_of_media.stretches for evidence_of_media in evidence(played, stopped)] == [(), expected]

    def test_idle_is_not_active(self) -> None:
        assert minutes(seen(0, Kind.MEDIA, verb="x/paused"), seen(25 * 60, Kind.MEDIA, verb="x/played")) == 0
        assert minutes(seen(0), seen(31 * 60)) == 0

    def test_a_second_device_adds_nothing(self) -> None:
        first_device = [seen(n * 60, item=f"a{n}", session="one") for n in range(10)]
        two = [seen(n * 60 + 30, item=f"b{n}", session="two") for n in range(9)]
        assert minutes(*first_device, *two) == minutes(*first_device) == 9

    def test_midnight_splits_it(self) -> None:
        midnight = START // (86_400 * SECOND) * 86_400 + 86_400
        at = midnight - START / SECOND + 600
        (session,) = evidence(seen(at, Kind.SESSION, verb="terminated", duration=1800.0))
        day = midnight // 86_400
        assert session.active == ((day - 1, 20 * MINUTE), (day, 10 * MINUTE))


items = st.sampled_from(["i", "j", "quiz", "course"])
moments = st.sampled_from([0, 0.2, 0.4, 1, 3, 5, 6, 60, 600, 3000, 7300, 50_000, 90_000, 2_000_000])
kinds = st.sampled_from([Kind.ATTEMPT] * 4 + [Kind.SCORE, Kind.COMPLETION, Kind.SESSION, Kind.MEDIA, Kind.HELP])
observations = st.builds(
    lambda at, kind, id_, **more: seen(at, kind, id_=str(id_), **more),
    moments,
    kinds,
    st.integers(0, 10**6),
    item=items,
    verb=st.sampled_from(["answered", "evaluated", "x/earned", "paused", "played", "terminated"]),
    sent=st.sampled_from([None, None, None, START + 10**15, START + 10**15 + 300_000, START + 2 * 10**15]),
    outcome=st.sampled_from([None, 0.0, 1.0]),
    share=st.sampled_from([None, 0.5]),
    attempt=st.sampled_from(["", "", "a", "a#2", "b", "1", "quiz"]),
    by=st.sampled_from(["", "", "", "teacher"]),
    session=st.sampled_from(["", "", "x", "y"]),
    assistance=st.sampled_from(["", "hint", "solution"]),
    mode=st.sampled_from([""] * 8 + ["browse"]),
    parents=st.sampled_from([(), ("quiz",), ("quiz", "course")]),
    duration=st.sampled_from([None, None, 60.0, 4000.0]),
    position=st.sampled_from([None, 0.0, 5.0, 60.0]),
    stretches=st.sampled_from([(), (), (0.0, 3.0)]),
)
histories = st.lists(observations, max_size=40, unique_by=lambda o: o.order).map(lambda drawn: ordered(*drawn))


def piecemeal(history: Sequence[Observation], cuts: set[int]) -> tuple[list[Evidence], bytes]:
    """What a worker knows that folds each in, restarts at `cuts` and reads the history again where it must."""
    evidence_list: list[Evidence] = []
    resolver = Resolver()
    for n, o in enumerate(history):
        if n in cuts:
            resolver = Resolver.restore(resolver.dump())
        try:
            evidence_list += resolver.advance(o)
        except Refold:
            evidence_list, resolver = resolve(history[: n + 1])
    return evidence_list, resolver.dump()


def test_an_award_is_given_and_takes_no_time() -> None:
    """Also by night: no day, session or minute of the learner's."""
    awarded = evidence(
        seen(0, duration=600.0), seen(60, Kind.AWARD, item="badge"), seen(80_000, Kind.AWARD, item="badge")
    )
    assert [e.own for e in awarded] == [True, False, False]
    assert [bool(e.active) for e in awarded] == [True, False, False]
    assert [e.session for e in awarded] == [True, False, False]


@settings(max_examples=400)
@given(histories, st.sets(st.integers(0, 40)))
def test_piecemeal_is_the_whole(history: list[Observation], cuts: set[int]) -> None:
    whole, resolver = resolve(history)
    assert piecemeal(history, cuts) == (whole, resolver.dump())


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.integers(60, 200))
def test_the_state_is_bounded_and_still_exact(seed: int, length: int) -> None:
    import random

    draw = random.Random(seed)
    history = ordered(
        *(
            seen(
                draw.randrange(30 * 86_400),
                draw.choice([Kind.ATTEMPT, Kind.ATTEMPT, Kind.SCORE]),
                id_=str(n),
                item=f"i{draw.randrange(40)}",
                outcome=draw.choice([None, 0.0, 1.0]),
                attempt=draw.choice(["", f"a{draw.randrange(60)}"]),
                by=draw.choice(["", "", "t"]),
                parents=draw.choice([(), ("quiz",)]),
            )
            for n in range(length)
        )
    )
    whole, resolver = resolve(history)
    assert piecemeal(history, set()) == (whole, resolver.dump())
    assert len(resolver.dump()) < 6_000


@settings(max_examples=100)
@given(histories)
def test_every_observation_becomes_something_and_attempts_are_no_more_than_tellings(history: list[Observation]) -> None:
    evidence_list = evidence(*history)
    assert [e.order for e in evidence_list] == sorted(e.order for e in evidence_list)
    assert {e.statement for e in evidence_list} == {o.statement for o in history}
    counted = [e for e in evidence_list if e.kind is Kind.ATTEMPT and not e.again]
    assert len(counted) <= len(history)
    assert all(length > 0 for e in evidence_list for _, length in e.active)


def confirmed(doubts: Sequence[Doubt], before: Sequence[Observation]) -> set[int]:
    """As processors.stages.learner_history.confirmed."""
    return {doubt.key for doubt in doubts for o in before if doubt.is_about(o.item, o.attempt, o.session)}


@settings(max_examples=300)
@example(
    [
        seen(id_="0", attempt="a#2", outcome=None),
        seen(id_="1", item="course", attempt="a", outcome=None),
        seen(6.0, id_="0", outcome=None),
        seen(6.0, Kind.SCORE, id_="1", item="course", attempt="a#2", share=0.5),
    ],
    [1],
)
@given(histories, st.lists(st.integers(1, 5), min_size=1, max_size=8))
def test_what_is_looked_up_makes_no_difference(history: list[Observation], sizes: list[int]) -> None:
    """Where nearly all that is known has left the state, and the filter says so of everything."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machine, "LATEST", 1)
        patch.setattr(machine, "MOST_OPEN_TRIES", 2)
        patch.setattr(resolver_state, "_BLOOM_SIZE", 8)
        whole, last = resolve(history)
        evidence_list: list[Evidence] = []
        resolver, start, n = Resolver(), 0, 0
        while start < len(history):
            batch, before = history[start : start + sizes[n % len(sizes)]], history[:start]
            start, n = start + len(batch), n + 1
            dumped = resolver.dump()
            doubts = resolver.doubts(batch)
            resolver.absent = absent = {doubt.key for doubt in doubts} - confirmed(doubts, before)
            try:
                evidence_list += resolver.advance_all(batch)
            except Refold:
                all_of_it, again = resolve(history[:start])
                with suppress(Refold):  # a batch that changes itself alone can be read from the state
                    assert read_on(dumped, batch, absent=absent).evidence == all_of_it[len(evidence_list) :]
                evidence_list, resolver = all_of_it, again
        assert (evidence_list, resolver.dump()) == (whole, last.dump())


def test_a_bare_id_that_meant_a_number_is_found_again() -> None:
    doubt = Doubt(1, "course", "a#2")
    names = ("a#2", "a", "a#1", "a#", "", "b")
    assert [doubt.is_about("course", name, "") for name in names] == [True, True, False, False, False, False]
    assert not doubt.is_about("another", "a", "")
    assert Doubt(1, "course").is_about("course", "b", "")


def test_a_grade_of_what_is_new_needs_no_history_however_long_that_is() -> None:
    """Some thousand items of one learner fill the filter: what it says of nearly everything is looked up."""
    resolver = Resolver()
    resolver.advance_all([seen(n, item=f"item-{n}", attempt=f"try-{n}") for n in range(4_000)])
    graded = [seen(5_000 + n, Kind.SCORE, item=f"new-{n}", attempt=f"try-{n}", outcome=1.0) for n in range(50)]
    assert len(resolver.doubts(graded)) > 40
    with pytest.raises(Refold):
        Resolver.restore(resolver.dump()).advance_all(graded)
    resolver.absent = {doubt.key for doubt in resolver.doubts(graded)}
    assert [evidence_of_grade.kind for evidence_of_grade in resolver.advance_all(graded)] == [Kind.ATTEMPT] * 50
    assert resolver.absent == frozenset()
