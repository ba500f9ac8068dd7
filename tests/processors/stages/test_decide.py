"""The table of decisions: at any moment it says what `decide` says, and the history says what it said before."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterable, Iterator
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
from lrs.pacing.mastery_rows import EVIDENCE, windows
from lrs.pacing.sequence import decide_all
from lrs.store.checkpoints import Checkpoints
from lrs.store.client import Store
from lrs.verification.decisions import differing
from processors.folds.mastery import Mastery
from processors.reinterpretation.applied import write_checkpoint
from processors.stages import decide as stage
from processors.stages.decide import Decide
from processors.stages.fold_learners import FoldLearners
from schemas.catalog import Change, Class, Member, Skill
from schemas.days import DAY
from schemas.decision import Decision
from schemas.observation import Kind, Observation, encode_observations
from schemas.overruling import Overrule
from schemas.policy import Policy
from schemas.record import MOVED, OBSERVATIONS
from tests.lrs.evaluation.test_history import keep
from tests.support.examples import examples

START = 1_800_000_000_000_000
LEARNERS, SKILLS = ("ada", "bo"), ("a", "b", "c")


class School:
    """A tenant whose answers are folded and decided by hand; `now` is the clock."""

    def __init__(self, store: Store) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.log, self.store, self.tenant = SqliteLog(self.folder), store, uuid.uuid4().hex
        self.catalogs, self.now, self.sequence = Catalogs(self.log), START, 0
        self.fold = FoldLearners(self.log, store, Mastery(), Catalogs(self.log))
        self.stage = Decide(self.log, store, self.catalogs, "mastery", lambda: self.now)
        self.look()

    def close(self) -> None:
        self.log.close()
        shutil.rmtree(self.folder)

    def look(self) -> None:
        """A look, as if every learner of other tests' tenants were nobody."""
        select_known = stage._LEARNERS_DECIDED
        try:
            stage._LEARNERS_DECIDED = (
                "SELECT DISTINCT tenant, learner FROM {} FINAL WHERE tenant = '" + self.tenant + "'"
            )
            self.stage.look()
        finally:
            stage._LEARNERS_DECIDED = select_known

    def change(self, change: Change) -> None:
        self.catalogs.append(self.tenant, "op", change, self.now)

    def answer(self, learner: str, skills: tuple[str, ...], right: bool, fold: bool = True) -> None:
        self.sequence += 1
        o = Observation(
            self.tenant, learner, self.now, f"{self.sequence:08}", 0, Kind.ATTEMPT, "answered", f"i{self.sequence}",
            skills, float(right), sequence=self.sequence,
        )  # fmt: skip
        keep(self.store, [o])
        position = self.log.append(OBSERVATIONS, Entry(learner, encode_observations([o], 1, 0)))
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
        catalog = self.catalogs.latest(self.tenant)
        parameters = {"tenant": self.tenant, **windows(catalog.policy)}
        sql = f"SELECT learner, key, {EVIDENCE} FROM mastery FINAL WHERE tenant = %(tenant)s AND key != ''"
        evidence: dict[str, dict[str, MasteryRow]] = {}
        for learner, skill, *values in self.store.tuples(sql, parameters):
            evidence.setdefault(learner, {})[skill] = MasteryRow(*values)
        orders = {c.id: c.skills for c in catalog.classes.values()}
        rostered = {(m.learner, s, c.id) for c in catalog.classes.values() for m in c.learners for s in c.skills}
        rostered_skills = {(learner, skill) for learner, skill, _ in rostered}
        rest = {(learner, skill) for learner, its in evidence.items() for skill in its} - rostered_skills
        decision_rows = {(row["learner"], row["skill"], row["class"]): row for row in self.rows()}
        assert decision_rows.keys() == rostered | {(learner, skill, "") for learner, skill in rest}
        for (learner, skill, class_), row in decision_rows.items():
            its = evidence.get(learner, {})
            expected = decide_all(catalog, learner, [skill], its, self.now, [orders.get(class_, list(its))])[skill]
            assert (row["decision"], row["computed"]) == (expected.decided.decision, expected.decided.computed)
            of_class = [c for c in catalog.classes.values() if learner in {member.learner for member in c.learners}]
            whole = decisions_of(catalog, learner, of_class, dict(sorted(its.items())), self.now)[skill, class_]
            same = ["attempts", "wins", "last_time", "weights", "policy", "until"]
            # The clock alone may change which of what is missing is the weakest.
            same += ["next_skill"] if row["decision"] == Decision.ADVANCE else []
            assert {name: row[name] for name in same} == {name: getattr(whole, name) for name in same}
            assert row["since"] <= row["decided"] <= self.now
            assert row["until"] is None or row["until"] > self.now
        self.verify(decision_rows.values())

    def verify(self, rows: Iterable[dict[str, Any]]) -> None:
        """`lrs verify` finds nothing wrong now, nor until the clock changes a decision."""
        words = self.catalogs.latest(self.tenant).overrulings.values()
        ends = [word.change.until for word in words if word.change.until is not None and word.change.until > self.now]
        changes = [row["until"] for row in rows if row["until"] is not None]
        persons = [(self.tenant, learner) for learner in LEARNERS]
        for moment in (self.now, min([*changes, *ends, self.now + 400 * DAY]) - 1):
            assert differing(self.store, self.catalogs, lambda: moment, persons) == []  # noqa: B023 - asked at once


@pytest.fixture
def school(store: Store) -> Iterator[School]:
    new_school = School(store)
    yield new_school
    new_school.close()


_change = st.one_of(
    st.builds(
        lambda learners, skills, gone: Class(
            id="7b", learners=[Member(learner=name) for name in learners], skills=skills, removed=gone
        ),
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
    st.builds(lambda skill, before: Skill(id=skill, requires=before), st.sampled_from(SKILLS), st.just(["a"])),
)
_answer = st.tuples(
    st.sampled_from(LEARNERS), st.sampled_from([("a",), ("b",), ("a", "c")]), st.integers(1, 6), st.booleans()
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
                school.look()
            elif isinstance(step, tuple):
                learner, skills, many, right = step
                for _ in range(many):
                    school.now += 60_000_000
                    school.answer(learner, skills, right)
                school.look()
            else:
                school.now += 1_000_000
                school.change(step)
                school.look()
            school.check()
    finally:
        school.close()


def test_the_clock_alone_changes_a_decision_at_the_moment_that_was_announced(school: School) -> None:
    for _ in range(12):
        school.now += 60_000_000
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
