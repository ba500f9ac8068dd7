"""The table of decisions against what is decided: each column, and nothing that only the clock changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.pacing.decide import MasteryRow
from lrs.pacing.decision_rows import decisions_of
from lrs.pacing.sequence import LearnerAtMoment
from lrs.store.client import Store
from lrs.verification.decisions import SaidAgain, differing
from processors.stages.decide import Decide
from processors.stages.decision_changes import DecisionChanges
from processors.stages.decision_table import TYPES, classes_of, evidence_of
from schemas.catalog import Catalog, Class, Member, Skill
from schemas.days import DAY
from schemas.decision import Decision
from tests.processors.stages.test_decide import START, School
from tests.support.examples import examples

PERSON = "ada"
# Of a row that was computed again after the table was lost, the history says no more than that it is older.
NOT_IN_HISTORY = {"decided", "version"}


@pytest.fixture
def school(store: Store) -> Iterator[School]:
    """A learner with a decision of each kind: c helps, and begins with a; d waits for c, b or a; e starts."""
    new_school = School(store)
    for skill, before in (("a", []), ("b", []), ("c", ["a", "b"]), ("d", ["a", "b", "c"]), ("e", []), ("g", [])):
        new_school.change(Skill(id=skill, requires=before))
    new_school.change(Class(id="7b", learners=[Member(learner=PERSON)], skills=["a", "b", "c", "d", "e"]))
    for skill, answers in (
        ("a", [True, False, False]),
        ("b", [True, True, False]),
        ("c", [False] * 8),
        ("g", [True] * 12),
    ):
        new_school.now += 60_000_000
        new_school.answer(PERSON, (skill,), *answers)
    new_school.now += DAY
    new_school.stage.reassigned()
    new_school.look()
    yield new_school
    new_school.close()


def wrong(school: School) -> bool:
    return bool(differing(school.store, school.catalogs, lambda: school.now, [(school.tenant, PERSON)]))


def put(school: School, rows: list[dict[str, Any]], table: str = "decisions") -> None:
    """Have these rows in a table, and no others."""
    school.store.command(f"ALTER TABLE {table} DELETE WHERE tenant = '{school.tenant}' SETTINGS mutations_sync = 2")
    types = TYPES | ({"deleted": "UInt8"} if table == "decisions" else {})
    columns = [[row[name] for row in rows] for name in types]
    if rows:
        school.store.insert(table, list(types), list(types.values()), columns)


def changed(row: dict[str, Any], name: str) -> list[Any]:
    """Other values of a column."""
    value = row[name]
    if name == "next_skill":  # also those that others of the rows lead to
        return [skill for skill in ("a", "b", "c", "e", "none", "") if skill != value]
    if value is None or isinstance(value, float):
        return [0.5 if name != "until" else START] if value is None else [None, value + 1e-6]
    return [value + "x"] if isinstance(value, str) else [value + 1, 0] if value else [1]


def found(school: School, rows: list[dict[str, Any]], names: list[str]) -> set[tuple[str, str, Any]]:
    """The changes of these columns that are not found."""
    missed = set()
    for at, row in enumerate(rows):
        for name in names:
            for value in changed(row, name):
                put(school, [*rows[:at], row | {name: value}, *rows[at + 1 :]])
                if not wrong(school):
                    missed.add((row["skill"], name, value))
    put(school, rows)
    return missed


def test_a_change_of_each_column_of_each_row_is_found(school: School) -> None:
    rows = school.rows()
    decisions = {row["decision"] for row in rows}
    assert {Decision.HELP, Decision.WAIT, Decision.START, Decision.ADVANCE} <= decisions, decisions
    assert not wrong(school)
    assert found(school, rows, [*TYPES, "deleted"]) == set()
    assert not wrong(school)


def test_of_a_table_that_was_made_again_it_is_found_but_for_when(school: School) -> None:
    put(school, [])
    school.now += DAY
    restart(school)
    rows = school.rows()
    assert not wrong(school)
    assert {name for _, name, _ in found(school, rows, ["since", "estimate", *NOT_IN_HISTORY])} <= NOT_IN_HISTORY


def restart(school: School) -> None:
    school.stage = Decide(school.log, school.store, school.catalogs, "mastery", lambda: school.now)
    school.now += 1_000_000
    school.look()


def test_a_start_puts_since_and_a_history_that_was_lost_right(school: School) -> None:
    rows, history = school.rows(), school.rows("decision_history", "skill, class, since")
    put(school, [row | {"since": row["since"] - DAY} for row in rows])
    assert wrong(school)
    restart(school)
    assert not wrong(school)
    assert [row["since"] for row in school.rows()] == [row["since"] for row in rows]
    assert school.rows("decision_history", "skill, class, since") == history
    rows = school.rows()
    for some in ([], [row for row in history if row["since"] == min(one["since"] for one in history)]):
        put(school, some, "decision_history")
        assert wrong(school)
        restart(school)
        assert not wrong(school)
        assert [row["since"] for row in school.rows()] == [row["since"] for row in rows]


def test_evidence_that_leaves_the_sentence_as_it_was_has_the_row_written_again(school: School) -> None:
    catalog = school.catalogs.latest(school.tenant)
    evidence, _ = evidence_of(school.store, catalog, school.tenant, [PERSON])
    its, earlier = evidence[PERSON], {row["skill"]: row for row in school.rows()}["c"]
    decided = decisions_of(catalog, PERSON, classes_of(catalog)[PERSON], its, earlier["decided"])["c", "7b"]
    key = {name: earlier[name] for name in ("tenant", "learner", "skill", "class")}
    for mastery, written in ((its["c"].mastery, 0), (its["c"].mastery + 1e-5, 1)):
        changes = DecisionChanges()
        changes.add(key, decided, its["c"]._replace(mastery=mastery), earlier, None, school.now, False)
        assert len(changes.new) == written


_share = st.floats(0.05, 0.9)
_missing = st.builds(
    lambda mastery, drop, half, days: MasteryRow(
        mastery,
        mastery / 2,
        0.99,
        6,
        2,
        -1,
        0.0,
        START - days * DAY,
        2,
        "i",
        "w",
        forget_drop=drop,
        forget_half_life=half,
    ),
    _share,
    st.floats(0.5, 4.0),
    st.floats(1.0, 60.0),
    st.integers(0, 30),
)


@given(st.lists(_missing, min_size=1, max_size=4), st.integers(0, 400), st.floats(0.0, 1.0), st.booleans())
@examples(60, 2000)
def test_what_was_said_at_any_moment_since_is_right_and_what_never_was_is_not(
    known: list[MasteryRow], days: int, part: float, tried: bool
) -> None:
    names = [f"p{n}" for n in range(len(known))]
    catalog = Catalog()
    catalog.apply(Skill(id="s", requires=names), 0, START)
    catalog.apply(Class(id="k", learners=[Member(learner=PERSON)], skills=["s"]), 1, START)
    evidence = dict(zip(names, known, strict=True))
    if tried:
        evidence["s"] = MasteryRow(0.2, 0.1, 0.3, 9, 1, -8, 0.0, START, 2, "i", "w")
    again = SaidAgain(catalog, PERSON, list(catalog.classes.values()), evidence)
    end = START + days * DAY
    moment = START + int(part * (end - START))
    at_moment = LearnerAtMoment(catalog, PERSON, evidence, moment, [["s"]])
    decided, leads, *_ = at_moment.decide_all(["s"])["s"]
    row = {"skill": "s", "class": "k", "reason": decided.reason, "next_skill": leads}
    assert again.has_said(row, START, end)
    assert not again.has_said(row | {"next_skill": "none"}, START, end)
    assert not again.has_said(row | {"reason": "97% of the others."}, START, end)
    if "which is at " in decided.reason:
        more = decided.reason.replace("which is at ", "which is at 9")
        assert not again.has_said(row | {"reason": more}, START, end)
