"""The past read again: live = rebuilt from the log, whatever changed, arrived, was voided or cut short on the way."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st

from lrs.catalog.catalogs import Catalogs
from lrs.store.checkpoints import Checkpoints
from lrs.store.client import Store
from processors.folds.registry import fold_names
from processors.meaning.interpret import interpret
from processors.reinterpretation import tables_beside
from processors.reinterpretation.applied import is_change_waiting
from processors.stages import learner_history, observation_table, refold, snapshots
from processors.stages.who_is_who import TenantPerson
from schemas.catalog import Activity, Change, PartOf, Pattern
from schemas.reading import ReadingRules, Reinterpret
from schemas.record import CATALOG, OBSERVATIONS
from tests.processors.reinterpretation.school import ITEMS, UNITS, School, Statement, ask, forget
from tests.support.examples import examples
from tests.support.statements import HOME, voiding


def changes() -> st.SearchStrategy[Change]:
    skills = st.lists(st.sampled_from(["a", "b"]), max_size=2, unique=True)
    return st.one_of(
        st.builds(
            lambda id_, s, gone: Activity(id=id_, skills=s, removed=gone),
            st.sampled_from(ITEMS + UNITS),
            skills,
            st.booleans(),
        ),
        st.builds(
            lambda id_, s, gone: Pattern(id=id_, skills=s, removed=gone),
            st.sampled_from([f"{HOME}/items/*", f"{HOME}/units/*", "items/i1", "{topic}/u1"]),
            skills,
            st.booleans(),
        ),
        st.builds(
            lambda id_, of: PartOf(id=id_, of=of),
            st.sampled_from(ITEMS),
            st.lists(st.sampled_from(UNITS), max_size=2, unique=True),
        ),
        st.builds(lambda on: ReadingRules(provisional=on), st.booleans()),
        st.just(Reinterpret()),
    )


@st.composite
def happenings(draw: st.DrawFn) -> list[tuple[str, Any]]:
    """What happens in a school, in order."""
    random, numbers = draw(st.randoms(use_true_random=False)), count()  # no id comes twice
    drawn: list[tuple[str, Any]] = []
    sent: list[Statement] = []
    for _ in range(draw(st.integers(3, 12))):
        happening = draw(
            st.sampled_from(["send", "send", "change", "change", "void", "rewind", "apply", "die", "move"])
        )
        if happening == "send" or not sent:
            sent.append(
                ask(
                    draw(st.sampled_from(["ada", "bo"])),
                    draw(st.sampled_from(["i1", "i2", "i3"])),
                    draw(st.booleans()),
                    draw(st.lists(st.sampled_from(UNITS), max_size=1)),
                    timestamp=f"2026-03-02T{draw(st.integers(8, 18)):02}:00:00Z",
                    id_=str(uuid.UUID(int=random.getrandbits(96) << 32 | next(numbers), version=4)),
                )
            )
            drawn.append(("send", [sent[-1]]))
        elif happening == "void":
            target = draw(st.sampled_from(sent))["id"]
            drawn.append(
                ("send", [voiding(target, str(uuid.UUID(int=random.getrandbits(96) << 32 | next(numbers), version=4)))])
            )
        elif happening == "change":
            drawn.append(("change", draw(changes())))
        elif happening == "move":
            drawn.append(("move", draw(st.sampled_from(["admit", *fold_names()]))))
        else:
            drawn.append((happening, draw(st.integers(0, 3))))
    return drawn


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot after every second observation."""
    monkeypatch.setattr(refold, "EVERY", 2)


@given(happenings())
@examples(25, phases=[Phase.generate], report_multiple_bugs=False)
def test_live_is_what_the_catalogs_say_now(store: Store, often: None, happened: list[tuple[str, Any]]) -> None:
    folder = Path(tempfile.mkdtemp())
    school = School(store, folder, f"again-{uuid.uuid4()}")
    forget(school)
    try:
        for happening, how in happened:
            if happening == "send":
                school.send(how)
            elif happening == "change":
                school.change(how)
            elif happening == "move":
                school.move(how, 100)
            elif happening == "apply":
                school.follower().once()
            elif happening == "rewind":  # a crash before positions were committed: what came since comes again
                school.restart()
                school.positions = {stage: max(0, position - how) for stage, position in school.positions.items()}
            else:
                die(school, how)
        school.finish()
        school.follower().once()
        school.finish()
        assert school.live() == school.expected()
        assert observed(school) == wanted(school)
    finally:
        school.log.close()
        shutil.rmtree(folder)


class Killed(Exception):
    """The process is gone."""


def die(school: School, after: int) -> None:
    """Be killed before the `after`-th table is moved."""
    attach, moved = tables_beside._attach, [0]

    def dying(*of: Any) -> None:
        if moved[0] == after:
            raise Killed
        moved[0] += 1
        attach(*of)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables_beside, "_attach", dying)
        try:
            school.follower().once()
        except Killed:
            school.restart()


def observed(school: School) -> set[Any]:
    rows = school.store.tuples(
        f"SELECT {observation_table.FIELDS} FROM observations FINAL WHERE tenant = %(t)s", {"t": school.tenant}
    )
    return {
        (o.statement, o.item, o.skills, o.parents, o.provisional) for o in map(observation_table.observation_of, rows)
    }


def wanted(school: School) -> set[Any]:
    catalogs = Catalogs(school.log)
    catalogs.follow()
    voided = {s["object"]["id"] for _, s in school.sent if s["object"].get("objectType") == "StatementRef"}
    return {
        (o.statement, o.item, o.skills, o.parents, o.provisional)
        for position, s in school.sent
        if s["id"] not in voided
        for o in interpret(s, catalogs.at(school.tenant, position), school.tenant, 0, 0)
    }


def test_earlier_statements_are_read_with_the_catalog_at_the_change_and_later_ones_with_their_own(
    school: School,
) -> None:
    school.change(Activity(id=ITEMS[0], skills=["a"]))
    school.send([ask("ada", "i1")])
    school.change(Activity(id=ITEMS[0], skills=["b"]))
    school.change(Reinterpret())
    school.send([ask("ada", "i1", timestamp="2026-03-02T10:00:00Z")])
    school.change(Activity(id=ITEMS[0], skills=["c"]))  # of nothing that was sent: not asked to be applied
    school.finish()
    school.follower().once()
    assert {key for _, key in school.live()["mastery"]} == {"", "b"}
    assert school.live() == school.expected()


@pytest.mark.parametrize("clock", [None, 1], ids=["right", "behind"])
def test_a_change_before_the_reinterpret_counts_whatever_the_clock_said(school: School, clock: int | None) -> None:
    school.change(Activity(id=ITEMS[0], skills=["a"]), at=clock)
    school.send([ask("ada", "i1")])
    school.finish()
    school.change(Activity(id=ITEMS[0], skills=["b"]), at=clock)
    school.change(Reinterpret(), at=clock)
    school.follower().once()
    assert {key for _, key in school.live()["mastery"]} == {"", "b"}
    assert school.live() == school.expected()


def test_a_provisional_skill_takes_its_evidence_along(school: School) -> None:
    school.send([ask("ada", "i1", right, [UNITS[0]]) for right in (True, False, True)])
    school.finish()
    assert {key for _, key in school.live()["mastery"]} == {"", UNITS[0]}
    school.change(Activity(id=UNITS[0], skills=["fractions"]), Reinterpret())
    school.follower().once()
    assert {key for _, key in school.live()["mastery"]} == {"", "fractions"}
    assert school.live() == school.expected()


def test_nothing_else_is_written(school: School) -> None:
    """What a pattern does not concern keeps its rows, and nothing is written where nothing changes."""
    concerned = [ask("ada", "i1"), ask("bo", "i1")]
    school.send([*concerned, *(ask("cy", "i2") for _ in range(20))])
    school.finish()
    school.change(Pattern(id="items/i1", skills=["a"]), Reinterpret())
    [done] = school.follower().once() or []
    assert (done.found.statements, done.found.observations, len(done.found.learners)) == (2, 2, 2)
    assert {row[0] for row in school.reread()} == {s["id"] for s in concerned}
    school.change(Pattern(id="items/i1", skills=["a"]), Reinterpret())
    [done] = school.follower().once() or []
    assert (done.found.statements, done.found.observations) == (2, 0)
    assert school.follower().once() is None


def test_it_says_that_the_past_is_to_be_read_again(school: School) -> None:
    checkpoints = Checkpoints(school.store, school.store.embedded)
    school.change(Activity(id=ITEMS[0], skills=["a"]))
    assert not is_change_waiting(school.catalogs, checkpoints)
    for change in (Reinterpret(), PartOf(id=ITEMS[0], of=[UNITS[0]])):
        school.change(change)
        assert is_change_waiting(school.catalogs, checkpoints)
        school.follower().once()
        assert not is_change_waiting(school.catalogs, checkpoints)


def test_what_lies_before_the_first_change_is_not_folded_again(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of one who answers meanwhile; of one whose first answer changes, all is."""
    monkeypatch.setattr(snapshots, "WAIT_SECONDS", 0.0)  # else the last ones may not be in their table yet
    times = [f"2026-03-{2 + n // 100:02}T10:{n % 100 // 2:02}:{n % 2 * 30:02}Z" for n in range(400)]
    for name in ("ada", "bo"):
        for start in range(0, len(times), 50):
            some = times[start : start + 50]
            school.send([ask(name, "i2" if time > times[380] else "i1", timestamp=time) for time in some])
            school.finish()
    school.send([ask("bo", "i2", timestamp="2026-03-01T10:00:00Z")])
    school.finish()
    starts: list[tuple[str, int | None]] = []
    read = learner_history.read_histories

    def noted(
        store: Store, learners: Any, people: Any, beside: str | None, since: int | None
    ) -> dict[TenantPerson, Any]:
        starts.extend((person.rpartition("|")[2], since) for _, person in learners)
        return read(store, learners, people, beside, since)

    monkeypatch.setattr(learner_history, "read_histories", noted)
    fold_late, sent = tables_beside.RereadTables.fold_late, len(school.sent)

    def answer_and_fold(*of: Any) -> int:
        if len(school.sent) == sent:
            school.send([ask("ada", "i2", timestamp="2026-03-09T10:00:00Z")])
            school.finish()
        return fold_late(*of)

    monkeypatch.setattr(tables_beside.RereadTables, "fold_late", answer_and_fold)
    school.change(Pattern(id="items/i2", skills=["a"]), Reinterpret())
    school.follower().once()
    school.finish()
    assert {name for name, since in starts if since is None} == {"bo"}
    assert [name for name, since in starts if since is not None] == ["ada"] * 2  # once for all folds, each time
    assert school.live() == school.expected()


def test_what_comes_while_the_past_is_read_again_counts_once(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    school.send([ask("ada", "i1"), ask("bo", "i2")])
    school.finish()
    school.change(Pattern(id=f"{HOME}/items/*", skills=["a"]), Reinterpret())
    fold = tables_beside.RereadTables.fold
    void = voiding(school.sent[1][1]["id"])

    def fold_and_send(self: Any, *of: Any) -> None:
        fold(self, *of)
        if len(school.sent) == 2:
            school.send([ask("ada", "i1", False, timestamp="2026-03-02T08:00:00Z"), void])
            school.finish()

    monkeypatch.setattr(tables_beside.RereadTables, "fold", fold_and_send)
    school.follower().once()
    school.finish()
    assert len(school.sent) == 4
    assert school.live() == school.expected()
    assert observed(school) == wanted(school)


def test_an_older_interpretation_has_everything_read_again(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("processors.stages.admit.INTERPRETATION", 1)
        school.send([ask("ada", "i1")])
        school.finish()
    school.change(Reinterpret())
    [done] = school.follower().once() or []
    assert (done.found.statements, done.found.observations) == (1, 0)
    school.change(Reinterpret())
    [done] = school.follower().once() or []
    assert done.found.statements == 0
    assert school.log.end(CATALOG) == 2
    assert school.log.end(OBSERVATIONS) == 1
