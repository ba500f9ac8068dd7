"""What is read of learners without FINAL and columns is what the table says with them."""

from __future__ import annotations

import uuid
from base64 import b64encode
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from lrs.pacing.mastery_rows import kept_of, rows_of
from lrs.store import projections
from lrs.store.client import Store
from processors.folds.mastery import Mastery
from processors.mastery.weights import default_weights
from schemas.days import DAY
from schemas.evidence import Evidence
from schemas.observation import Kind
from schemas.policy import Policy
from tests.support.examples import examples

FOLD = Mastery()
OTHER = Mastery(msgspec.structs.replace(default_weights(), version="another", rate=0.5))
NAMES, TYPES = zip(*projections.fold_columns(FOLD), strict=True)

answers = st.tuples(
    st.sampled_from("abc"), st.sampled_from("xyz"), st.sampled_from([0.0, 0.4, 1.0]), st.integers(1, 90)
)
# What is written of a learner at once: answers, whether all is taken away, whether it is written twice, and whose fold.
writes = st.tuples(st.lists(answers, max_size=12), st.booleans(), st.booleans(), st.sampled_from([FOLD, FOLD, OTHER]))
histories = st.dictionaries(st.sampled_from(["ada", "bob"]), st.lists(writes, min_size=1, max_size=4), min_size=1)


def _rows(tenant: str, learner: str, made: list[tuple[Any, ...]], version: int, deleted: bool) -> list[tuple[Any, ...]]:
    return [
        (tenant, learner, key, b64encode(kept).decode(), *values, "", "", version, int(deleted))
        for key, kept, *values in made
    ]


def write(store: Store, tenant: str, learner: str, history: list[Any]) -> None:
    """The rows of a learner's history, each write an insert of its own: a part."""
    time = 0
    state = FOLD.start()
    for version, (more, gone, twice, fold) in enumerate(history, 1):
        for item, skill, outcome, hours in more:
            time += hours * DAY // 24
            fold.step(state, Evidence(time, time, str(time), 0, Kind.ATTEMPT, "v", item, (skill,), outcome))
        state.touched |= {"", *state.evidence}
        rows = _rows(tenant, learner, fold.drain(state), version, gone)
        for _ in range(1 + twice):
            store.insert("mastery", NAMES, TYPES, list(zip(*rows, strict=True)))


@given(histories=histories)
@examples(20)
def test_the_cheap_question_gives_what_the_columns_say(store: Store, histories: dict[str, list[Any]]) -> None:
    tenant, policy = uuid.uuid4().hex, Policy()
    for learner, history in histories.items():
        write(store, tenant, learner, history)
    found = kept_of(store, FOLD, policy, tenant, ["ada", "bob", "nobody"])
    assert found == rows_of(store, FOLD, policy, tenant, ["ada", "bob", "nobody"])
    assert found.keys() == {learner for learner, history in histories.items() if not history[-1][1]}


class _Counted:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.asked: list[str] = []

    def tuples(self, sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        self.asked.append(sql)
        return self.store.tuples(sql, parameters)


def test_a_row_of_other_weights_is_read_as_it_was_written(store: Store) -> None:
    tenant = uuid.uuid4().hex
    write(store, tenant, "ada", [([("a", "x", 1.0, 1)], False, False, OTHER)])
    write(store, tenant, "bob", [([("a", "x", 1.0, 1)], False, False, FOLD)])
    counted: Any = _Counted(store)
    found = kept_of(counted, FOLD, Policy(), tenant, ["bob"])
    assert (found["bob"].evidence["x"].weights, len(counted.asked)) == (FOLD.version, 1)  # one question, without FINAL
    assert "FINAL" not in counted.asked[-1]
    assert kept_of(store, FOLD, Policy(), tenant, ["ada"])["ada"].evidence["x"].weights == "another"
