"""The table of decisions: at any moment it says what `decide` says, and the history says what it said before."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.catalog.catalogs import Catalogs
from lrs.errors import Transient
from lrs.log import Entry
from lrs.log.sqlite import SqliteLog
from lrs.pacing.decide import MasteryRow
from lrs.pacing.decision_rows import decisions_of
from lrs.pacing.policies import class_of, policy_of
from lrs.pacing.sequence import decide_all
from lrs.store.checkpoints import Checkpoints
from lrs.store.client import Store
from lrs.verification.decisions import differing
from processors.folds.mastery import Mastery
from processors.reinterpretation.applied import write_checkpoint
from processors.stages import decide as stage
from processors.stages.decide import Decide
from processors.stages.decision_table import RowsOfLearner, classes_of, evidence_of, rows_of
from processors.stages.fold_learners import FoldLearners
from schemas.catalog import Catalog, Change, Class, Member, Skill
from schemas.days import DAY
from schemas.decision import MASTERED, Decision
from schemas.narrowed_policy import NarrowedPolicy
from schemas.observation import Kind, Observation, encode_observations
from schemas.overruling import Overrule
from schemas.policy import Policy
from schemas.record import MOVED, OBSERVATIONS
from tests.lrs.evaluation.test_history import MINUTE, keep
from tests.support.examples import examples

START = 1_800_000_000_000_000
LEARNERS, SKILLS, CLASSES = ("ada", "bo"), ("a", "b", "c"), ("7b", "8a")


class School:
    """A tenant whose answers are folded and decided by hand; `now` is the clock."""

    def __init__(self, store: Store) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.log, self.store, self.tenant = SqliteLog(self.folder), store, uuid.uuid4().hex
        self.catalogs, self.now, self.sequence = Catalogs(self.log), START, 0
        self.fold = FoldLearners(self.log, store, Mastery(), Catalogs(self.log))
        self.stage = Decide(self.log, store, self.catalogs, "mastery", lambda: self.now)
        self.persons = [(self.tenant, learner) for learner in LEARNERS]
        self.look()

    def close(self) -> None:
        self.log.close()
        shutil.rmtree(self.folder)

    def look(self) -> None:
        with self.alone():
            self.stage.look()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """As if other tests' tenants were nobody: else each example would decide for those before it, too."""
        with pytest.MonkeyPatch.context() as patch:
            for name, table in (("_LEARNERS_DECIDED", "{}"), ("_DUE", "decisions")):
                own = f"(SELECT * FROM {table} FINAL WHERE tenant = '{self.tenant}')"
                patch.setattr(stage, name, getattr(stage, name).replace(f"{table} FINAL", own))
            yield

    def change(self, change: Change) -> None:
        self.catalogs.append(self.tenant, "op", change, self.now)

    def answer(self, learner: str, skills: tuple[str, ...], *right: bool, fold: bool = True, late: int = 0) -> None:
        """Answers of one batch, a minute from each other, that come µs late."""
        answered: list[Observation] = []
        for outcome in right:
            self.sequence += 1
            self.now += MINUTE if answered else 0
            o = Observation(
                self.tenant, learner, self.now - late, f"{self.sequence:08}", 0, Kind.ATTEMPT, "answered",
                f"i{self.sequence}", skills, float(outcome), sequence=self.sequence,
            )  # fmt: skip
            answered.append(o)
        keep(self.store, answered)
        position = self.log.append(OBSERVATIONS, Entry(learner, encode_observations(answered, 1, 0)))
        records = self.log.read(OBSERVATIONS, position, 1)
        if fold:
            self.fold.handle(records)
            self.log.commit("mastery", OBSERVATIONS, position + 1)
        self.stage.handle(records)

    def rows(self, table: str = "decisions", order: str = "learner, skill, class") -> list[dict[str, Any]]:
        return self.store.rows(
            f"SELECT * FROM {table} FINAL WHERE tenant = {{t:String}} ORDER BY {order}", {"t": self.tenant}
        )

    def check(self) -> None:
        """Every row is what decide says now, and there is one for everything that a board or page shows."""
        catalog, learners = self.catalogs.latest(self.tenant), list(LEARNERS)
        evidence, _ = evidence_of(self.store, catalog, self.tenant, learners)
        table, classes = rows_of(self.store, self.tenant, learners), classes_of(catalog)
        for learner in learners:
            self.check_learner(catalog, learner, classes.get(learner, []), evidence[learner], table[learner])

    def check_learner(
        self,
        catalog: Catalog,
        learner: str,
        classes: list[Class],
        evidence: dict[str, MasteryRow],
        rows: RowsOfLearner,
    ) -> None:
        taught = {skill for class_ in classes for skill in class_.skills}
        groups = [(c.id, c.skills, c.skills, [c]) for c in classes]
        groups.append(("", list(evidence), [skill for skill in evidence if skill not in taught], classes))
        assert rows.keys() == {(skill, id_) for id_, _, skills, _ in groups for skill in skills}
        for id_, order, skills, where in groups:
            policy = policy_of(catalog, where)
            at_once = decide_all(catalog, learner, skills, evidence, self.now, [order], policy=policy)
            whole = decisions_of(catalog, learner, classes, evidence, self.now)
            for skill in skills:
                row, expected = rows[skill, id_], at_once[skill]
                assert (row["decision"], row["computed"]) == (expected.decided.decision, expected.decided.computed)
                assert row["policy"] == catalog.policies.of(class_of(where, skill), skill).version
                same = ["attempts", "wins", "last_time", "weights", "until"]
                assert [row[name] for name in same] == [getattr(whole[skill, id_], name) for name in same]
                if row["next_skill"] != expected.leads:  # the clock alone may change which one is the weakest
                    assert row["decision"] in (Decision.WAIT, Decision.HELP)
                    missing = {p.skill: p.decision for p in expected.decided.prerequisites or ()}
                    alike = [missing[name] for name in (row["next_skill"], expected.leads)]
                    assert all(decision not in (*MASTERED, Decision.UNKNOWN) for decision in alike)
                assert row["since"] <= row["decided"] <= self.now
                assert row["until"] is None or row["until"] > self.now

    def verify(self) -> None:
        """`lrs verify` finds nothing wrong now, nor until the clock changes a decision."""
        words = self.catalogs.latest(self.tenant).overrulings.values()
        changes = [word.change.until for word in words] + [row["until"] for row in self.rows()]
        later = [moment for moment in changes if moment is not None and moment > self.now]
        for moment in (self.now, min([*later, self.now + 400 * DAY]) - 1):
            assert differing(self.store, self.catalogs, lambda: moment, self.persons) == []  # noqa: B023 - asked at once


@pytest.fixture
def school(store: Store) -> Iterator[School]:
    new_school = School(store)
    yield new_school
    new_school.close()


_change = st.one_of(
    st.builds(
        lambda id_, learners, skills, gone: Class(
            id=id_, learners=[Member(learner=name) for name in learners], skills=skills, removed=gone
        ),
        st.sampled_from(CLASSES),
        st.lists(st.sampled_from(LEARNERS), unique=True),
        st.lists(st.sampled_from(SKILLS), unique=True),
        st.booleans(),
    ),
    st.builds(lambda at, low: Policy(advance_at=at, advance_low=low), st.floats(0.5, 0.95), st.floats(0.0, 0.5)),
    st.builds(
        lambda learner, skill, decision, days: Overrule(
            learner=learner, skill=skill, decision=decision, reason="r", by="K", until=days and START + days * DAY
        ),
        st.sampled_from(LEARNERS),
        st.sampled_from(SKILLS),
        st.sampled_from([None, Decision.ADVANCE, Decision.HELP]),
        st.sampled_from([None, 3, 30]),
    ),
    st.builds(
        lambda id_, days: NarrowedPolicy(class_id=id_, thresholds={"stale_after": days, "review_after": days}),
        st.sampled_from(CLASSES),
        st.sampled_from([2.0, 5.0, 20.0]),
    ),
    st.builds(
        lambda skill, before: Skill(id=skill, requires=before),
        st.sampled_from(SKILLS),
        st.sampled_from([["a"], ["a", "b"], ["c"]]),
    ),
)
_answer = st.tuples(
    st.sampled_from(LEARNERS),
    st.sampled_from([("a",), ("b",), ("a", "c")]),
    st.integers(1, 6),
    st.booleans(),
    st.sampled_from([0, 0, 3 * DAY]),
)
_steps = st.lists(st.one_of(_answer, _change, st.integers(1, 20)), max_size=10)


@given(_steps)
@examples(12, 300)
def test_the_table_says_what_decide_says(store: Store, steps: list[Any]) -> None:
    school = School(store)
    try:
        for step in steps:
            if isinstance(step, int):  # days pass, then the stage looks
                school.now += step * DAY // 2
            elif isinstance(step, tuple):
                learner, skills, many, right, late = step
                school.now += MINUTE
                school.answer(learner, skills, *[right] * many, late=late)
            else:
                school.now += 1_000_000
                school.change(step)
            school.look()
            school.check()
            assert differing(store, school.catalogs, lambda: school.now, school.persons) == []
        school.verify()
    finally:
        school.close()


def test_the_clock_alone_changes_a_decision_at_the_moment_that_was_announced(school: School) -> None:
    for _ in range(12):
        school.now += MINUTE
        school.answer("ada", ("a",), True)
    (row,) = school.rows()
    assert row["decision"] == "advance"
    until = row["until"]
    school.now = until - 1
    school.look()
    assert school.rows() == [row]
    school.now = until + 30_000_000
    school.look()
    (after,) = school.rows()
    assert (after["decision"], after["since"]) == ("review", until)
    history = school.rows("decision_history", "since")
    assert [past["decision"] for past in history] == ["unknown", "practise", "advance", "review"] or [
        past["decision"] for past in history
    ] == ["unknown", "advance", "review"]
    assert [past["since"] for past in history] == sorted(past["since"] for past in history)


def test_where_an_overruling_of_what_has_no_row_ends_the_way_goes_there_again(school: School) -> None:
    school.change(Skill(id="p"))
    school.change(Skill(id="a", requires=["p"]))
    school.change(Class(id="k", learners=[Member(learner="ada")], skills=["a"]))
    until = START + DAY
    word = Overrule(learner="ada", skill="p", decision=Decision.ADVANCE, reason="r", by="K", until=until)
    school.change(word)
    for _ in range(Policy().stuck_after):
        school.answer("ada", ("a",), False)
    assert [(row["skill"], row["next_skill"]) for row in school.rows()] == [("a", "a")]
    school.now = until - 1
    school.look()
    assert school.rows()[0]["next_skill"] == "a"
    school.now = until
    school.look()
    assert [(row["decision"], row["next_skill"]) for row in school.rows()] == [("help", "p")]
    school.check()


def test_the_first_change_of_a_catalog_counts(school: School) -> None:
    school.answer("ada", ("a",), True)
    school.look()
    school.change(Class(id="7b", learners=[Member(learner="ada")], skills=["a"]))
    school.look()
    school.check()


def test_a_batch_waits_for_the_fold(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "_PATIENCE_SECONDS", 0.1)
    with pytest.raises(Transient, match="mastery is behind"):
        school.answer("ada", ("a",), True, fold=False)
    assert school.rows() == []


def test_a_start_puts_right_whatever_changed_meanwhile(school: School) -> None:
    school.answer("ada", ("a",), True)
    school.store.command(f"DELETE FROM decisions WHERE tenant = '{school.tenant}'")
    school.look()
    assert school.rows() == []
    school.stage.reassigned()
    school.look()
    school.check()
    assert len(school.rows()) == 1


def test_a_look_puts_right_what_a_reinterpretation_moved(school: School) -> None:
    school.answer("ada", ("a",), True)
    school.store.command(f"DELETE FROM decisions WHERE tenant = '{school.tenant}'")
    write_checkpoint(school.log, Checkpoints(school.store, school.store.embedded), 0, MOVED)
    school.look()
    school.check()
    assert len(school.rows()) == 1


def test_nothing_is_written_where_nothing_changed(school: School) -> None:
    school.change(Class(id="7b", learners=[Member(learner="ada")], skills=["a", "b"]))
    school.answer("ada", ("a",), True)
    before = school.rows()
    school.now += 1_000_000
    school.stage.reassigned()
    school.look()
    assert school.rows() == before


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("refused", stage.DECISIONS)
def test_a_decision_that_is_written_again_is_in_the_history_once(
    school: School, monkeypatch: pytest.MonkeyPatch, refused: str, restarted: bool
) -> None:
    """Whichever of its two tables refuses, or at whichever a process ends, and though the clock has gone on."""
    insert = Store.insert

    def fails(store: Store, table: str, *more: Any, **options: Any) -> None:
        if table == refused:
            raise Transient("refused")
        insert(store, table, *more, **options)

    school.answer("ada", ("a",), True)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "insert", fails)
        for _ in range(2):
            school.now += 1_000_000
            with pytest.raises(Transient):
                school.answer("ada", ("a", "b"), False)
            school.log.commit("mastery", OBSERVATIONS, school.log.end(OBSERVATIONS))
    if restarted:
        school.stage = Decide(school.log, school.store, school.catalogs, "mastery", lambda: school.now)
    school.now += 1_000_000
    if restarted:
        school.look()
    school.stage.decide([(school.tenant, "ada")])
    school.check()
    history = school.rows("decision_history", "skill, since")
    kept = [(row["skill"], row["attempts"], row["decision"]) for row in history]
    assert len(kept) == len(set(kept))
    last = {row["skill"]: (row["attempts"], row["since"]) for row in history}
    assert {row["skill"]: (row["attempts"], row["since"]) for row in school.rows()} == last


def test_where_only_the_history_is_there_the_same_decision_is_in_it_once(school: School) -> None:
    """As after a restore, also where answers came that were not decided on."""
    school.answer("ada", ("a",), True)
    [first] = school.rows("decision_history")
    school.store.command(f"DELETE FROM decisions WHERE tenant = '{school.tenant}'")
    school.stage = Decide(school.log, school.store, school.catalogs, "mastery", lambda: school.now)
    school.now += 1_000_000
    school.answer("ada", ("a",), True)
    school.check()
    [row] = school.rows("decision_history")
    assert (row["decision"], row["since"], row["attempts"]) == (first["decision"], first["since"], 2)
    assert [decided["since"] for decided in school.rows()] == [first["since"]]


@pytest.mark.parametrize("change", ["wins = wins + 7", "reason = 'another'", "until = 5", "estimate = 0.125"])
def test_a_row_of_the_history_that_was_changed_is_put_right_at_a_start(school: School, change: str) -> None:
    school.answer("ada", ("a",), True)
    [right] = school.rows("decision_history")
    school.store.command(
        f"ALTER TABLE decision_history UPDATE {change} WHERE tenant = '{school.tenant}' SETTINGS mutations_sync = 2"
    )
    school.stage = Decide(school.log, school.store, school.catalogs, "mastery", lambda: school.now)
    school.now += 1_000_000
    school.look()
    school.check()
    [row] = school.rows("decision_history")
    column = change.split()[0]
    near = pytest.approx(right[column], abs=1e-3) if column == "estimate" else right[column]  # as of a second later
    assert (row[column], row["since"]) == (near, right["since"])
