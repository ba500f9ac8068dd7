"""Decisions: the rules one by one, and what holds for all of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.pacing.decide import DAY, Evidence, Prerequisite, decide
from schemas.catalog import Decision, Overrule, Overruling, Policy

NOW = 1_900_000_000_000_000
GOOD = Evidence(0.9, 0.75, 0.97, 9, 8, 3, 0.1, NOW - DAY, 3, "item", "w")
POLICY = Policy()
WORRY = [Decision.ADVANCE, Decision.REVIEW, Decision.PRACTISE, Decision.HELP]


@pytest.mark.parametrize(
    ("evidence", "decision", "reason"),
    [
        (None, Decision.UNSURE, "No attempts yet."),
        (GOOD._replace(attempts=0, wins=0), Decision.UNSURE, "No attempts yet."),
        (
            GOOD._replace(attempts=1, wins=1),
            Decision.UNSURE,
            "Only 1 attempt (1 right) so far: at least 3 are needed to judge.",
        ),
        (GOOD._replace(streak=-4), Decision.HELP, "4 wrong answers in a row."),
        (GOOD._replace(streak=-3), Decision.ADVANCE, None),
        (
            GOOD._replace(mastery=0.31, low=0.1, high=0.6, wins=2),
            Decision.HELP,
            "Mastery is only 31% after 9 attempts (2 right), under the 45% that calls for help.",
        ),
        (GOOD._replace(mastery=0.31, low=0.1, high=0.85), Decision.PRACTISE, None),
        (GOOD._replace(mastery=0.45, low=0.1, high=0.6), Decision.PRACTISE, None),
        (
            GOOD._replace(mastery=0.7999, low=0.6),
            Decision.PRACTISE,
            "Mastery is 79% after 9 attempts (8 right): 80% is needed.",
        ),
        (
            GOOD._replace(mastery=0.84, low=0.42),
            Decision.PRACTISE,
            "Mastery looks like 84% after 9 attempts (8 right), but it could still be as low as 42%.",
        ),
        (
            GOOD._replace(mastery=0.8, low=0.5),
            Decision.ADVANCE,
            "Mastery is 80% after 9 attempts (8 right), at or above the 80% needed.",
        ),
        (
            GOOD._replace(last_time=NOW - 20 * DAY),
            Decision.REVIEW,
            "Mastered at 90% but not practised for 20 days: about 75% can be expected now.",
        ),
        (GOOD._replace(days=300, last_time=NOW - 13 * DAY), Decision.ADVANCE, None),
        (GOOD._replace(days=300, last_time=NOW - 14 * DAY), Decision.REVIEW, None),
        (GOOD._replace(days=1, last_time=NOW - 8 * DAY), Decision.REVIEW, None),
        (GOOD._replace(mastery=0.7, last_time=NOW - 90 * DAY), Decision.PRACTISE, None),
        (GOOD._replace(last_time=NOW + DAY), Decision.ADVANCE, None),
    ],
)
def test_rules(evidence: Evidence | None, decision: Decision, reason: str | None) -> None:
    decided = decide(evidence, POLICY, [], None, NOW)
    assert decided.decision == decided.computed == decision
    if reason is not None:
        assert decided.reason == decided.computed_reason == reason
    assert decided.overruled is None


def test_thresholds_are_the_policys() -> None:
    policy = Policy(advance_at=0.95, help_below=0.92, stuck_after=2, min_attempts=10, review_after=0.5)
    assert decide(GOOD, policy, [], None, NOW).decision == Decision.UNSURE
    seen = GOOD._replace(attempts=10)
    assert decide(seen, policy, [], None, NOW).decision == Decision.PRACTISE  # its interval reaches 0.97
    assert decide(seen._replace(high=0.94), policy, [], None, NOW).decision == Decision.HELP
    assert decide(seen._replace(mastery=0.96), policy, [], None, NOW).decision == Decision.REVIEW
    assert decide(seen._replace(mastery=0.96, streak=-2), policy, [], None, NOW).decision == Decision.HELP


STUCK = GOOD._replace(streak=-5)
COUNTING = Prerequisite("counting", "Counting", 0.2, Decision.HELP)
HALVES = Prerequisite("halves", "Halves", 0.6, Decision.PRACTISE)
NOVEL = Prerequisite("novel", "Novel", None, Decision.UNSURE)
KNOWN = Prerequisite("known", "Known", 0.05, Decision.ADVANCE)


@pytest.mark.parametrize(
    ("prerequisites", "named"),
    [
        ([HALVES, COUNTING, NOVEL, KNOWN], "; start before it, with Counting, which is at 20%"),
        ([NOVEL, HALVES], "; start before it, with Halves, which is at 60%"),
        ([KNOWN, NOVEL], "; start before it, with Novel, of which little is known"),
        ([KNOWN], ""),
    ],
)
def test_help_names_the_weakest_prerequisite(prerequisites: list[Prerequisite], named: str) -> None:
    decided = decide(STUCK, POLICY, prerequisites, None, NOW)
    assert decided.reason == f"5 wrong answers in a row{named}."
    assert [p["skill"] for p in decided.evidence["prerequisites"]] == [p.skill for p in prerequisites]


def word(until: int | None) -> Overruling:
    change = Overrule(learner="a", skill="s", decision=Decision.REVIEW, reason="was ill", by="Ms Kay", until=until)
    return Overruling(change, NOW - 5)


@pytest.mark.parametrize("until", [None, NOW + 1])
@pytest.mark.parametrize("evidence", [GOOD, None])
def test_a_persons_word_goes_first(until: int | None, evidence: Evidence | None) -> None:
    decided = decide(evidence, POLICY, [], word(until), NOW)
    plain = decide(evidence, POLICY, [], None, NOW)
    assert decided.decision == Decision.REVIEW
    assert decided.reason == "Ms Kay decided: was ill"
    assert (decided.computed, decided.computed_reason) == (plain.decision, plain.reason)
    assert decided.overruled == {
        "decision": "review",
        "reason": "was ill",
        "by": "Ms Kay",
        "at": NOW - 5,
        "until": until,
    }


@pytest.mark.parametrize("until", [NOW, NOW - DAY])
def test_a_word_ends(until: int) -> None:
    assert decide(GOOD, POLICY, [], word(until), NOW) == decide(GOOD, POLICY, [], None, NOW)


SHARES = st.floats(0, 1)
EVIDENCE = st.builds(
    Evidence,
    mastery=SHARES,
    low=SHARES,
    high=SHARES,
    attempts=st.integers(0, 12),
    wins=st.integers(0, 12),
    streak=st.integers(-6, 6),
    trend=st.floats(-1, 1),
    last_time=st.integers(NOW - 60 * DAY, NOW + DAY),
    days=st.integers(1, 20),
    item=st.just("item"),
    weights=st.just("w"),
)
POLICIES = st.builds(
    Policy,
    advance_at=SHARES,
    advance_low=SHARES,
    help_below=SHARES,
    stuck_after=st.integers(1, 6),
    min_attempts=st.integers(1, 6),
    review_drop=SHARES,
    review_after=st.floats(0.1, 60),
)


@given(EVIDENCE, SHARES, POLICIES)
def test_more_mastery_is_never_more_worrying(evidence: Evidence, other: float, policy: Policy) -> None:
    low, high = sorted((evidence.mastery, other))
    less = decide(evidence._replace(mastery=low), policy, [], None, NOW)
    more = decide(evidence._replace(mastery=high), policy, [], None, NOW)
    if less.decision == Decision.UNSURE:
        assert more.decision == Decision.UNSURE
    else:
        assert WORRY.index(more.decision) <= WORRY.index(less.decision)


@given(st.none() | EVIDENCE, POLICIES)
def test_every_reason_is_one_sentence(evidence: Evidence | None, policy: Policy) -> None:
    reason = decide(evidence, policy, [HALVES], None, NOW).reason
    assert reason.endswith(".")
    assert ". " not in reason
    assert evidence is None or evidence.attempts == 0 or any(letter.isdigit() for letter in reason)


@given(EVIDENCE, POLICIES)
def test_deciding_is_pure(evidence: Evidence, policy: Policy) -> None:
    assert decide(evidence, policy, [], None, NOW) == decide(evidence, policy, [], None, NOW)
