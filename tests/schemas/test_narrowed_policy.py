"""Policies narrowed to schools, classes and skills."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.catalog import CHANGE, Class
from schemas.narrowed_policy import NARROWED, NarrowedPolicy, Policies, ThresholdScope
from schemas.policy import Policy

SEVEN, EIGHT, NONE = Class(id="7b", school="north"), Class(id="8c", school="south"), Class(id="9d")
SCOPES = [
    ThresholdScope(),
    ThresholdScope(school="north"),
    ThresholdScope(class_id="7b"),
    ThresholdScope(skill="halves"),
    ThresholdScope("north", "", "halves"),
    ThresholdScope("", "7b", "halves"),
]  # the wider before the narrower


def narrowed(scope: ThresholdScope, **thresholds: float) -> NarrowedPolicy:
    return NarrowedPolicy(**scope._asdict(), thresholds=thresholds)


def test_without_any_there_is_one_for_everybody() -> None:
    policies = Policies()
    policies.apply(Policy(advance_at=0.9), 3)
    assert policies.of(SEVEN, "halves") == (Policy(advance_at=0.9), 3) == policies.of(None, "")


@given(st.lists(st.sampled_from(SCOPES), min_size=1, max_size=12))
def test_the_narrowest_wins_whatever_came_first(order: list[ThresholdScope]) -> None:
    policies = Policies()
    last = {}
    for position, scope in enumerate(order, 1):
        share = position / 100
        policies.apply(
            Policy(band_low=share) if scope == ThresholdScope() else narrowed(scope, band_low=share), position
        )
        last[scope] = position
    applied = [scope for scope in SCOPES if scope in last]
    effective = policies.of(SEVEN, "halves")
    assert effective.policy.band_low == last[applied[-1]] / 100
    assert effective.version == max(last.values())
    elsewhere = [scope for scope in applied if scope in (ThresholdScope(), ThresholdScope(skill="halves"))]
    expected = last[elsewhere[-1]] / 100 if elsewhere else Policy().band_low
    assert policies.of(EIGHT, "halves").policy.band_low == expected == policies.of(NONE, "halves").policy.band_low
    assert policies.of(EIGHT, "thirds").policy.band_low == (
        last[ThresholdScope()] / 100 if ThresholdScope() in last else 0.7
    )


def test_each_threshold_is_narrowed_by_itself_and_widens_again() -> None:
    policies = Policies()
    policies.apply(narrowed(ThresholdScope(class_id="7b"), help_below=0.3), 1)
    policies.apply(narrowed(ThresholdScope(skill="halves"), advance_at=0.9), 2)
    effective = policies.of(SEVEN, "halves")
    assert (effective.policy.help_below, effective.policy.advance_at, effective.version) == (0.3, 0.9, 2)
    policies.apply(narrowed(ThresholdScope(class_id="7b")), 5)
    effective = policies.of(SEVEN, "halves")
    assert (effective.policy.help_below, effective.policy.advance_at, effective.version) == (0.4, 0.9, 5)
    assert policies.own(ThresholdScope(class_id="7b")) == {}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"thresholds": {"advance_at": 0.9}}, "name a school, a class or a skill"),
        ({"school": "s", "class_id": "c"}, "not both"),
        ({"skill": "s", "thresholds": {"idle_after": 20}}, "idle_after cannot differ within a tenant"),
        ({"skill": "s", "thresholds": {"joy": 1}}, "joy cannot differ"),
        ({"skill": "s", "thresholds": {"advance_at": 1.5}}, "advance_at: is more than 1"),
        ({"skill": "s", "thresholds": {"stuck_after": 2.5}}, "stuck_after: is not a whole number"),
    ],
)
def test_what_is_no_narrowed_policy(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        NarrowedPolicy.model_validate(fields)


def test_what_the_log_holds_is_read_again() -> None:
    narrowed_policy = narrowed(ThresholdScope(skill="halves"), stuck_after=3, advance_at=1)
    again = CHANGE.validate_json(narrowed_policy.model_dump_json())
    assert again == narrowed_policy
    assert set(narrowed_policy.thresholds) < set(NARROWED)
