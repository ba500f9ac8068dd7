from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from processors.folds.mastery import CURVE, Mastery, State, interval
from schemas.observation import Kind, Observation

HOUR = 3_600_000_000
KINDS = [Kind.ATTEMPT] * 6 + [Kind.SCORE, Kind.EXPOSURE]


def observation(
    at: int,
    outcome: float | None = 1.0,
    skills: tuple[str, ...] = ("a",),
    item: str = "i",
    kind: Kind = Kind.ATTEMPT,
) -> Observation:
    return Observation("t", "l", at, f"s{at}", 0, kind, "answered", item, skills, outcome, None, "", 0, at)


@st.composite
def histories(draw: st.DrawFn) -> list[Observation]:
    """Observations in order: attempts, with and without skills or outcome, among others."""
    drawn = draw(
        st.lists(
            st.tuples(
                st.sampled_from(KINDS),
                st.sampled_from([0.0, 1.0, 0.4, 0.5, None]),
                st.lists(st.sampled_from(["a", "b", "c"]), max_size=3).map(tuple),
                st.sampled_from(["i1", "i2", ""]),
                st.integers(1, 30),
            ),
            max_size=50,
        )
    )
    time, history = 0, []
    for kind, outcome, skills, item, gap in drawn:
        time += gap * HOUR
        history.append(observation(time, outcome, skills, item, kind))
    return history


def fold_all(fold: Mastery, history: list[Observation]) -> State:
    state = fold.start()
    for o in history:
        fold.step(state, o)
    return state


def row(fold: Mastery, state: State, key: str) -> dict[str, Any]:
    rows = {found[0]: found[2:] for found in fold.drain(state)}
    return dict(zip(fold.columns, rows[key], strict=True))


@given(histories(), st.sets(st.integers(0, 50)))
def test_draining_and_restoring_anywhere_changes_no_byte(history: list[Observation], cuts: set[int]) -> None:
    fold = Mastery()
    at_once = {found[0]: found for found in fold.drain(fold_all(fold, history))}
    kept: dict[str, tuple[Any, ...]] = {}
    state = fold.start()
    for at, o in enumerate(history):
        if at in cuts:
            kept |= {found[0]: found for found in fold.drain(state)}
            state = fold.restore([(key, found[1]) for key, found in kept.items()])
        fold.step(state, o)
    kept |= {found[0]: found for found in fold.drain(state)}
    assert kept == at_once


@settings(max_examples=200)
@given(histories())
def test_the_mastery_shown_never_falls_with_a_right_answer_nor_rises_with_a_wrong_one(
    history: list[Observation],
) -> None:
    fold, state = Mastery(), Mastery().start()
    shown: dict[str, float] = {}
    for o in history:
        fold.step(state, o)
        for key, _, mastery, low, high, *_ in fold.drain(state):
            if not key:
                continue
            assert low <= mastery <= high
            if key in shown:
                assert o.outcome is not None
                assert mastery >= shown[key] if o.outcome >= 0.5 else mastery <= shown[key]
            shown[key] = mastery


@given(histories())
def test_rows_count_the_attempts(history: list[Observation]) -> None:
    fold = Mastery()
    rows = {found[0]: dict(zip(fold.columns, found[2:], strict=True)) for found in fold.drain(fold_all(fold, history))}
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
        assert [found[0] for found in fold.drain(state)] == [""]
        assert fold.drain(state) == []


def test_only_touched_keys_are_drained() -> None:
    fold = Mastery()
    state = fold_all(fold, [observation(1, skills=("a",)), observation(2, skills=("b",))])
    assert [found[0] for found in fold.drain(state)] == ["", "a", "b"]
    fold.step(state, observation(3, skills=("b",)))
    assert [found[0] for found in fold.drain(state)] == ["", "b"]


def test_the_columns_of_a_skill() -> None:
    fold = Mastery()
    outcomes = [1.0, 1.0, 0.5, 0.0, 0.3, 0.0, 0.0]
    state = fold_all(fold, [observation((i + 1) * 10 * HOUR, o) for i, o in enumerate(outcomes)])
    found = row(fold, state, "a")
    assert (found["attempts"], found["wins"], found["last_outcome"], found["streak"]) == (7, 3, 0, -4)
    assert found["mastery"] == found["curve"][-1]
    assert found["trend"] == found["curve"][-1] - found["curve"][1]
    assert found["trend"] < 0
    assert found["days"] == 3
    assert 0 < found["next_item"] < 1
    assert found["weights"] == fold.model.weights.version


def test_the_trend_of_a_short_past_goes_back_to_its_start() -> None:
    fold = Mastery()
    assert row(fold, fold_all(fold, [observation(1)]), "a")["trend"] == 0.0
    found = row(fold, fold_all(fold, [observation(1), observation(2)]), "a")
    assert found["trend"] == found["curve"][1] - found["curve"][0]


def test_a_curve_is_bounded() -> None:
    fold = Mastery()
    found = row(fold, fold_all(fold, [observation(at) for at in range(1, CURVE + 20)]), "a")
    assert len(found["curve"]) == len(found["curve_times"]) == CURVE


def test_a_skill_named_twice_counts_once() -> None:
    fold = Mastery()
    once = fold.drain(fold_all(fold, [observation(1, skills=("a",))]))
    assert fold.drain(fold_all(fold, [observation(1, skills=("a", "a", ""))])) == once


@given(st.floats(0.02, 0.98), st.sampled_from([5.1, 9.3, 14.7]))
def test_intervals_are_the_quantiles_of_a_beta(mastery: float, kappa: float) -> None:
    mastery = round(mastery, 3)
    low, high = (float(beta.ppf(share, mastery * kappa, (1 - mastery) * kappa)) for share in (0.05, 0.95))
    found = interval(mastery, kappa)
    assert found[0] == pytest.approx(min(low, mastery), abs=1e-6)
    assert found[1] == pytest.approx(max(high, mastery), abs=1e-6)


@given(st.floats(0, 1), st.floats(0, 1))
def test_more_mastery_never_has_a_lower_interval(one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert interval(less, 9.3)[0] <= interval(more, 9.3)[0] + 1e-9
    assert interval(less, 9.3)[1] <= interval(more, 9.3)[1] + 1e-9
