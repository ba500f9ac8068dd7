"""When one skill is forgotten to less than another."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from lrs.pacing.decide import MasteryRow
from lrs.pacing.forgetting_order import falls_below
from schemas.days import DAY
from tests.support.examples import examples

NOW = 1_900_000_000_000_000
FRESH = MasteryRow(0.7, 0.0, 1.0, 9, 5, 1, 0.0, NOW, 1, "i", "w")
_rows = st.builds(
    lambda mastery, ago, **law: FRESH._replace(mastery=mastery, last_time=NOW - round(ago * DAY), **law),
    st.floats(0.0, 1.0),
    st.floats(-2.0, 20.0),  # a clock may be ahead
    days=st.integers(1, 9),
    forget_drop=st.sampled_from([0.0, 0.1, 0.35, 2.0]),
    forget_half_life=st.sampled_from([0.1, 0.7, 5.0, 40.0]),
    forget_spacing=st.sampled_from([0.0, 0.5]),
    held=st.floats(-0.5, 0.5),
)


@given(_rows, _rows, st.booleans(), st.none() | st.integers(2, 90 * DAY), st.lists(st.integers(0, 90 * DAY)))
@examples(500, 20_000)
def test_falls_below_is_the_first_moment_at_which_less_is_expected(
    lower: MasteryRow, higher: MasteryRow, at_par: bool, within: int | None, waits: list[int]
) -> None:
    def ahead(wait: int) -> float:
        moment = NOW + wait
        return lower.expected(lower.mastery, moment) - higher.expected(higher.mastery, moment)

    assume(ahead(0) > 0.0 or (ahead(0) == 0.0 and not at_par))
    found = falls_below(lower, higher, NOW, None if within is None else NOW + within, at_par)
    looked_at = [wait for wait in waits if within is None or wait < within]
    if found is not None:
        assert found - NOW > 0
        assert within is None or found - NOW < within
        assert ahead(found - NOW) < 0.0 or (at_par and ahead(found - NOW) == 0.0)
        looked_at = [wait for wait in looked_at if NOW + wait < found]
    # What both are forgotten to in the end may differ by the last digit.
    assert all(ahead(wait) > -1e-12 for wait in looked_at)


def test_what_was_practised_earlier_is_lost_first_and_what_loses_more_in_the_end() -> None:
    firm = FRESH._replace(mastery=0.65, forget_drop=0.0)
    found = falls_below(FRESH, firm, NOW, None, False)
    assert found is not None
    assert FRESH.expected(0.7, found) < 0.65 <= FRESH.expected(0.7, found - 1)
    assert falls_below(FRESH, firm, NOW, found, False) is None
    assert falls_below(firm, FRESH._replace(mastery=0.6), NOW, None, False) is None
