"""Lists in queries: whatever they hold and however long they are, the answer is right and the text stays short."""

from __future__ import annotations

from typing import Any

import pytest
from clickhouse_connect.driver.binding import bind_query
from hypothesis import given
from hypothesis import strategies as st

from lrs.store import query_lists
from lrs.store.client import Store
from lrs.store.query_lists import INLINE_BYTES, bind_lists

MAX_QUERY_SIZE = 256 << 10  # ClickHouse's own
# Everything that must be escaped somewhere: in SQL, in JSON, in a form, in Python's %.
AWKWARD = st.text(st.one_of(st.sampled_from("'\"\\`%(){}\n\r\t\0;é漢😀"), st.characters(exclude_categories=["Cs"])))


@given(st.lists(AWKWARD, min_size=1, max_size=20), st.booleans())
def test_what_is_in_a_list_is_found(store: Store, values: list[str], beside: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(query_lists, "INLINE_BYTES", 0 if beside else 1 << 20)
        for value in values:
            for sql, some, other in (
                ("SELECT %(one)s IN %(some)s, %(one)s NOT IN %(other)s", values, ["no", "neither"]),
                (
                    "SELECT (%(one)s, 'x') IN %(some)s, ('y', %(one)s) NOT IN %(other)s",
                    [(v, "x") for v in values],
                    [("no", "no")],
                ),
            ):
                assert store.tuples(sql, {"one": value, "some": some, "other": other}) == [(1, 1)]


def test_long_lists(store: Store) -> None:
    """Ten times what was refused before."""
    many = [f"{number:0250}" for number in range(15_000)]
    pairs = [(value, value[::-1]) for value in many]
    count_in_many = "SELECT count() FROM numbers(30000) WHERE leftPad(toString(number), 250, '0') IN %(many)s"
    assert store.tuples(count_in_many, {"many": many}) == [(15_000,)]
    assert store.tuples("SELECT %(a)s IN %(a_list)s", {"a": "x" * 100, "a_list": ["x" * 3_000_000]}) == [(0,)]
    both = "SELECT (%(one)s, %(other)s) IN %(pairs)s AND %(one)s IN %(many)s AND %(other)s NOT IN %(many)s"
    first_value, other = pairs[9_999]
    assert store.tuples(both, {"one": first_value, "other": other, "pairs": pairs, "many": many}) == [(1,)]
    assert store.columns("SELECT 1 WHERE '7' IN %(many)s", {"many": many}) == []


@given(st.lists(st.lists(st.text(max_size=2_000), max_size=60), min_size=1, max_size=4))
def test_the_text_stays_short(values: list[list[str]]) -> None:
    sql = "SELECT 1 WHERE " + " AND ".join(f"a IN %(l{n})s" for n in range(len(values)))
    given_ = {f"l{n}": value for n, value in enumerate(values)}
    text, rest, beside = bind_lists(sql, given_)
    final, _ = bind_query(text, rest)
    assert isinstance(final, str)
    assert len(final.encode()) < MAX_QUERY_SIZE // 2
    inline_bytes = sum(sum(map(len, given_[name])) for name in rest)
    assert inline_bytes <= INLINE_BYTES
    assert beside is not None or set(rest) == set(given_)
    assert set(rest) | {f.name.removeprefix("list_") for f in (beside.files if beside else [])} == set(given_)


def test_a_list_that_is_not_named_is_left_out() -> None:
    parameters: dict[str, Any] = {"a": ["x"] * 100_000, "b": "y", "c": ["z"]}
    assert bind_lists("SELECT %(b)s IN %(c)s", parameters) == ("SELECT %(b)s IN %(c)s", {"b": "y", "c": ["z"]}, None)
