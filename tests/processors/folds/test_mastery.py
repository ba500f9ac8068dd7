from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from scipy.special import expit, logit
from scipy.stats import beta

from processors.folds.mastery import CURVE, LearnerMastery, Mastery
from processors.mastery.forgetting import Forgetting
from processors.mastery.interval import interval
from processors.mastery.weights import Band, default_weights
from schemas.evidence import Evidence
from schemas.observation import Kind

HOUR = 3_600_000_000
KINDS = [Kind.ATTEMPT] * 6 + [Kind.SCORE, Kind.EXPOSURE]


def observation(
    at: int,
    outcome: float | None = 1.0,
    skills: tuple[str, ...] = ("a",),
    item: str = "i",
    kind: Kind = Kind.ATTEMPT,
) -> Evidence:
    return Evidence(at, at, f"s{at}", 0, kind, "answered", item, skills, outcome)


@st.composite
def histories(draw: st.DrawFn) -> list[Evidence]:
    """Evidences in order: attempts, with and without skills or outcome, among others."""
    drawn = draw(
        st.lists(
            st.tuples(
                st.sampled_from(KINDS),
                st.sampled_from([0.0, 1.0, 0.4, 0.5, None]),
                st.lists(st.sampled_from(["a", "b", "c"]), max_size=3).map(tuple),
                st.sampled_from(["i1", "i2", ""]),
                st.sampled_from([1, 2, 5, 30, 100, 1000, 5000]),
            ),
            max_size=50,
        )
    )
    time, history = 0, []
    for kind, outcome, skills, item, gap in drawn:
        time += gap * HOUR
        history.append(observation(time, outcome, skills, item, kind))
    return history


def fold_all(fold: Mastery, history: list[Evidence]) -> LearnerMastery:
    state = fold.start()
    for o in history:
        fold.step(state, o)
    return state


def row(fold: Mastery, state: LearnerMastery, key: str) -> dict[str, Any]:
    rows = {drained[0]: drained[2:] for drained in fold.drain(state)}
    return dict(zip(fold.columns, rows[key], strict=True))


@given(histories(), st.sets(st.integers(0, 50)))
def test_draining_and_restoring_anywhere_changes_no_byte(history: list[Evidence], cuts: set[int]) -> None:
    fold = Mastery()
    at_once = {drained[0]: drained for drained in fold.drain(fold_all(fold, history))}
    stored_rows: dict[str, tuple[Any, ...]] = {}
    state = fold.start()
    for at, o in enumerate(history):
        if at in cuts:
            stored_rows |= {drained[0]: drained for drained in fold.drain(state)}
            state = fold.restore([(key, stored[1]) for key, stored in stored_rows.items()])
        fold.step(state, o)
    stored_rows |= {drained[0]: drained for drained in fold.drain(state)}
    assert stored_rows == at_once


def check_clamp(fold: Mastery, history: list[Evidence]) -> None:
    """Every answer against what was shown just before it, forgetting applied."""
    state, forgetting = fold.start(), fold.model.weights.forgetting
    shown_before: dict[str, tuple[float, int, int, float]] = {}
    for o in history:
        fold.step(state, o)
        for key, _, *values in fold.drain(state):
            if not key:
                continue
            row = dict(zip(fold.columns, values, strict=True))
            assert row["low"] <= row["mastery"] <= row["high"]
            if key in shown_before:
                mastery, time, days, held_days = shown_before[key]
                before = forgetting.expected(mastery, (o.time - time) / (24 * HOUR), days, held_days)
                value = o.outcome
                assert value is not None
                assert row["mastery"] >= before if value >= before else row["mastery"] <= before
            shown_before[key] = (row["mastery"], row["last_time"], row["days"], row["held"])


@settings(max_examples=200, deadline=None)
@given(histories())
def test_a_right_answer_never_lowers_what_was_shown_nor_does_a_wrong_one_raise_it(history: list[Evidence]) -> None:
    check_clamp(Mastery(), history)


@settings(max_examples=100, deadline=None)
@given(histories(), st.integers(0, 1000))
def test_that_holds_whatever_the_weights(history: list[Evidence], seed: int) -> None:
    rng, weights = np.random.default_rng(seed), default_weights()
    head = replace(weights.mastery, core=[float(w) for w in rng.normal(0, 1, len(weights.mastery.core))])
    check_clamp(Mastery(replace(weights, mastery=head, forgetting=Forgetting(*rng.uniform(0.1, 2.0, 3)))), history)


def test_what_is_shown_falls_in_between_and_a_right_answer_starts_from_there() -> None:
    fold = Mastery()
    state = fold_all(fold, [observation(at * HOUR) for at in range(1, 6)] + [observation(30 * 24 * HOUR)])
    before, after = state.evidence["a"].curve[-2:]
    assert after >= fold.model.weights.forgetting.expected(before, 29.0)


def test_stalled_counts_the_answers_since_the_best() -> None:
    fold = Mastery()
    outcomes = [1.0, 1.0, 1.0, 0.0, 0.0, 1.0]
    state = fold_all(fold, [observation((i + 1) * HOUR, o) for i, o in enumerate(outcomes)])
    evidence = state.evidence["a"]
    assert evidence.best == max(evidence.curve) == evidence.curve[2]
    assert row(fold, state, "a")["stalled"] == 3


def assisted(at: int, outcome: float, assistance: str = "", share: float | None = None, item: str = "i") -> Evidence:
    time = at * HOUR
    return Evidence(
        time, time, f"s{at}", 0, Kind.ATTEMPT, "answered", item, ("a",), outcome, share, assistance=assistance
    )


@pytest.mark.parametrize(
    ("answer", "counts", "assistances"),
    [
        (assisted(9, 1.0), (4, 3), 0),  # right alone: its value
        (assisted(9, 0.0), (4, 2), 0),
        (assisted(9, 1.0, share=0.7), (4, 3), 0),  # the part of the marks
        (assisted(9, 0.0, share=0.3), (4, 2), 0),
        (assisted(9, 1.0, "hint"), (3, 2), 1),  # right after a hint: no evidence of independence
        (assisted(9, 0.0, "hint"), (4, 2), 0),  # wrong even so
        (assisted(9, 1.0, "solution"), (3, 2), 1),  # after the solution: nothing
        (assisted(9, 0.0, "solution"), (3, 2), 1),
    ],
)
def test_what_an_answer_is_worth(answer: Evidence, counts: tuple[int, int], assistances: int) -> None:
    fold = Mastery()
    past = [assisted(1, 1.0), assisted(2, 0.0), assisted(3, 1.0)]
    skill_row = row(fold, fold_all(fold, [*past, answer]), "a")
    assert ((skill_row["attempts"], skill_row["wins"]), skill_row["assisted"]) == (counts, assistances)
    if assistances:
        without = row(fold, fold_all(fold, past), "a")
        assert {**skill_row, "assisted": 0} == without


def test_part_of_the_marks_moves_by_its_value() -> None:
    fold = Mastery()
    ends = []
    for share in (0.0, 0.3, 0.7, 1.0):
        state = fold_all(fold, [assisted(at, float(share >= 0.5), share=share) for at in range(1, 8)])
        ends.append(state.evidence["a"].curve[-1])
    assert ends == sorted(set(ends))


def test_first_attempts_are_counted_apart() -> None:
    fold = Mastery()
    past = [assisted(1, 0.0, item="i"), assisted(2, 1.0, item="i"), assisted(3, 1.0, item="j")]
    past += [assisted(4, 1.0, "solution", item="k"), assisted(5, 1.0, item="k")]  # its solution was seen
    skill_row = row(fold, fold_all(fold, past), "a")
    assert (skill_row["attempts"], skill_row["first_attempts"], skill_row["first_wins"]) == (4, 2, 1)


@given(histories())
def test_rows_count_the_attempts(history: list[Evidence]) -> None:
    fold = Mastery()
    rows = {
        drained[0]: dict(zip(fold.columns, drained[2:], strict=True)) for drained in fold.drain(fold_all(fold, history))
    }
    judged = [o for o in history if o.kind == Kind.ATTEMPT and o.outcome is not None and o.skills]
    assert set(rows) == {skill for o in judged for skill in o.skills} | ({""} if history else set())
    if history:
        assert rows[""]["attempts"] == len(judged)
        assert rows[""]["wins"] == sum((o.outcome or 0) >= 0.5 for o in judged)
    for skill in set(rows) - {""}:
        its = [o for o in judged if skill in o.skills]
        assert rows[skill]["attempts"] == len(its)
        assert rows[skill]["wins"] == sum((o.outcome or 0) >= 0.5 for o in its)
        assert (rows[skill]["first_time"], rows[skill]["last_time"]) == (its[0].time, its[-1].time)
        assert rows[skill]["days"] == len({o.time // (24 * HOUR) for o in its})
        assert rows[skill]["item"] == its[-1].item
        assert rows[skill]["curve_times"] == [o.time for o in its][-CURVE:]


def test_what_is_ignored_still_marks_the_learner() -> None:
    fold = Mastery()
    ignored = [observation(1, kind=Kind.EXPOSURE), observation(2, None), observation(3, skills=())]
    for o in ignored:
        state = fold.start()
        fold.step(state, o)
        assert [drained[0] for drained in fold.drain(state)] == [""]
        assert fold.drain(state) == []


def test_only_touched_keys_are_drained() -> None:
    fold = Mastery()
    state = fold_all(fold, [observation(1, skills=("a",)), observation(2, skills=("b",))])
    assert [drained[0] for drained in fold.drain(state)] == ["", "a", "b"]
    fold.step(state, observation(3, skills=("b",)))
    assert [drained[0] for drained in fold.drain(state)] == ["", "b"]


def test_the_columns_of_a_skill() -> None:
    fold = Mastery()
    outcomes = [1.0, 1.0, 0.5, 0.0, 0.3, 0.0, 0.0]
    state = fold_all(fold, [observation((i + 1) * 10 * HOUR, o) for i, o in enumerate(outcomes)])
    skill_row = row(fold, state, "a")
    assert (skill_row["attempts"], skill_row["wins"], skill_row["last_outcome"], skill_row["streak"]) == (7, 3, 0, -4)
    assert skill_row["mastery"] == skill_row["curve"][-1]
    assert skill_row["trend"] == skill_row["curve"][-1] - skill_row["curve"][1]
    assert skill_row["trend"] < 0
    assert skill_row["days"] == 3
    assert 0 < skill_row["next_item"] < 1
    assert skill_row["weights"] == fold.model.weights.version


def test_the_trend_of_a_short_past_goes_back_to_its_start() -> None:
    fold = Mastery()
    assert row(fold, fold_all(fold, [observation(1)]), "a")["trend"] == 0.0
    skill_row = row(fold, fold_all(fold, [observation(1), observation(2)]), "a")
    assert skill_row["trend"] == skill_row["curve"][1] - skill_row["curve"][0]


def test_a_curve_is_bounded() -> None:
    fold = Mastery()
    skill_row = row(fold, fold_all(fold, [observation(at) for at in range(1, CURVE + 20)]), "a")
    assert len(skill_row["curve"]) == len(skill_row["curve_times"]) == CURVE


def test_a_skill_named_twice_counts_once() -> None:
    fold = Mastery()
    once = fold.drain(fold_all(fold, [observation(1, skills=("a",))]))
    assert fold.drain(fold_all(fold, [observation(1, skills=("a", "a", ""))])) == once


BANDS = st.builds(Band, st.floats(-0.5, 0.5), st.floats(0.5, 1.2), st.floats(4.0, 20.0))


@given(st.floats(0.02, 0.98), BANDS)
def test_intervals_are_the_quantiles_of_a_beta(mastery: float, band: Band) -> None:
    mastery = round(mastery, 3)
    mean = float(expit(band.shift + band.scale * logit(mastery)))
    low, high = (float(beta.ppf(share, mean * band.kappa, (1 - mean) * band.kappa)) for share in (0.05, 0.95))
    bounds = interval(mastery, band)
    assert bounds[0] == pytest.approx(min(low, mastery), abs=1e-6)
    assert bounds[1] == pytest.approx(max(high, mastery), abs=1e-6)


@given(st.floats(0, 1), st.floats(0, 1), BANDS)
def test_more_mastery_never_has_a_lower_interval(one: float, other: float, band: Band) -> None:
    less, more = sorted((one, other))
    assert interval(less, band)[0] <= interval(more, band)[0] + 1e-9
    assert interval(less, band)[1] <= interval(more, band)[1] + 1e-9
