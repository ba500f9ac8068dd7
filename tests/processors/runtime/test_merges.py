"""One person, several identities: live rows = fold of the set, whoever turns out to be whom, in whatever order."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.catalog.catalogs import Catalogs
from lrs.processes.modes import Embedded
from lrs.processes.runtime import Runtime
from lrs.store.client import Store
from processors.folds.registry import all_folds, fold_names
from processors.stages.announce_people import AnnouncePeople
from schemas.catalog import Change, Class, Member, School
from schemas.observation import decode_observations
from schemas.policy import Policy
from schemas.reading import ReadingRules
from schemas.record import CATALOG, OBSERVATIONS, PROJECT
from schemas.roster import AccountNaming, Alias, Person, rostered
from schemas.xapi.actor import identity, sha1
from tests.processors.runtime.test_way import Statement, Way
from tests.support.examples import examples
from tests.support.rows import catalog_of, expected, live
from tests.support.statements import HOME, answered, key, learner, voiding

ADA, BO, CY = (identity(key(name)) for name in ("ada", "bo", "cy"))
MAIL, SUM = {"mbox": "mailto:Ada@school.example"}, {"mbox_sha1sum": sha1("mailto:ada@school.example")}
CHANGES: list[Change] = [
    Alias(id=BO, of=ADA),
    Alias(id=ADA, of=CY),
    Alias(id=CY, of=BO),  # in a circle, as two may write who do not know of each other
    *(Alias(id=person, removed=True) for person in (ADA, BO, CY)),
    Alias(id=BO),  # nobody else's, whatever a roster says
    Person(id="1", aliases=[ADA], mailboxes=["ada@school.example"]),
    Person(id="1", names={"username": "CY"}),
    Person(id="1", removed=True),
    Person(id="2", aliases=[BO, ADA]),
    Person(id="2", removed=True),
    AccountNaming(id=f"{HOME}/", template="{username|lower}"),
    AccountNaming(id=f"{HOME}/", removed=True),
    Alias(id=rostered("2"), of=rostered("1")),
    Alias(id=rostered("2"), removed=True),
    School(id="s", zone="Pacific/Auckland"),
    School(id="s"),
    Class(id="c", school="s", learners=[Member(learner=key("bo"))]),
    Class(id="c", removed=True),
    ReadingRules(zone="America/Los_Angeles"),
    Policy(idle_after=1),
]


@pytest.fixture
def way(store: Store, tmp_path: Path) -> Iterator[Way]:
    whole_way = Way(store, tmp_path, f"merges-{uuid.uuid4()}")
    yield whole_way
    whole_way.log.close()


def is_the_fold(way: Way, statements: Sequence[Statement], changes: Sequence[Change] = ()) -> None:
    """Every fold's rows are what they should be."""
    catalog = catalog_of(changes)
    for fold in all_folds():
        assert live(way.store, fold, way.tenant) == expected(fold, way.tenant, statements, whose=catalog)


def answers(names: Sequence[str], minutes: int = 3) -> list[Statement]:
    """Each learner answers some items in turn."""
    return [
        answered(name, f"i{minute}", minute % 2 == 0, timestamp=f"2026-03-02T09:{minute:02}:{second % 60:02}Z")
        for minute in range(minutes)
        for second, name in enumerate(names)
    ]


@st.composite
def histories(draw: st.DrawFn) -> list[Any]:
    """Statements, changes of the catalog, and moves of stages, in any order."""
    random, numbers = draw(st.randoms(use_true_random=False)), count()
    actors = [learner("ada"), learner("bo"), learner("cy"), MAIL, SUM]
    actors.append({"objectType": "Group", "member": [learner("ada"), learner("bo"), MAIL]})
    times = [f"2026-03-{day}T{hour}:00Z" for day in ("01", "02") for hour in ("07:30", "07:31", "10:59", "23:50")]
    sent = [
        answered(
            item=draw(st.sampled_from(["i1", "i2"])),
            right=draw(st.booleans()),
            timestamp=draw(st.sampled_from(times)),
            id_=str(uuid.UUID(int=random.getrandbits(96) << 32 | next(numbers), version=4)),
            actor=draw(st.sampled_from(actors)),
        )
        for _ in range(draw(st.integers(1, 10)))
    ]
    voids = [
        voiding(statement["id"], str(uuid.UUID(int=random.getrandbits(96) << 32 | next(numbers), version=4)))
        for statement in draw(st.lists(st.sampled_from(sent), max_size=2))
    ]
    changes = draw(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=8))
    stages = ["admit", *fold_names(), "people", "restart"]
    moves = draw(st.lists(st.tuples(st.sampled_from(stages), st.integers(1, 3)), max_size=14))
    return draw(st.permutations([*sent, *voids, *changes, *moves]))


@examples(25)
@given(histories())
def test_any_order_gives_the_fold_of_the_set(store: Store, happening: list[Any]) -> None:
    folder = Path(tempfile.mkdtemp())
    way = Way(store, folder, f"merges-{uuid.uuid4()}")
    try:
        for happened in happening:
            if isinstance(happened, dict):
                way.append([happened])
            elif not isinstance(happened, tuple):
                way.change(happened)
            elif happened[0] == "restart":
                way.restart()
            else:
                way.move(*happened)
        way.finish()
        statements = [happened for happened in happening if isinstance(happened, dict)]
        is_the_fold(way, statements, [happened for happened in happening if not isinstance(happened, dict | tuple)])
        assert way.log.end("dead_letters") == 0
    finally:
        way.log.close()
        shutil.rmtree(folder)


def test_a_mailbox_and_its_sum_are_one_person_without_any_event(way: Way) -> None:
    sent = [
        answered(item="i1", actor=MAIL, timestamp="2026-03-02T09:00:00Z"),
        answered(item="i2", actor=SUM, timestamp="2026-03-02T09:00:10Z"),
    ]
    way.append(sent)
    way.finish()
    rows = way.store.tuples(
        "SELECT learner, attempts FROM mastery FINAL WHERE tenant = {t:String} AND key != ''", {"t": way.tenant}
    )
    assert rows == [(f"mbox_sha1sum:{SUM['mbox_sha1sum']}", 2)]
    is_the_fold(way, sent)


def test_a_merge_and_a_split_while_both_are_written(way: Way) -> None:
    sent = answers(["ada", "bo"], 12)
    merge, apart = Alias(id=BO, of=ADA), Alias(id=BO, removed=True)
    for change, part in ((None, sent[:8]), (merge, sent[8:16]), (apart, sent[16:])):
        if change:
            way.change(change)
        way.append(part)
        way.move("admit", 1)
        way.move("mastery", 1)  # one fold is ahead of the other, and of the announcement
    way.finish()
    is_the_fold(way, sent)  # the bytes of never merged


def test_a_merged_person_is_one_and_the_other_leaves_nothing(way: Way) -> None:
    sent = answers(["ada", "bo"])
    way.append(sent)
    way.finish()
    way.change(Alias(id=BO, of=ADA))
    way.finish()
    learners = way.store.tuples(
        "SELECT DISTINCT learner FROM mastery FINAL WHERE tenant = {t:String}", {"t": way.tenant}
    )
    assert learners == [(ADA,)]
    is_the_fold(way, sent, [Alias(id=BO, of=ADA)])


def test_chains_and_circles(way: Way) -> None:
    sent = answers(["ada", "bo", "cy"])
    way.append(sent)
    chain: list[Change] = [Alias(id=CY, of=BO), Alias(id=BO, of=ADA)]
    way.change(*chain)
    way.finish()
    is_the_fold(way, sent, chain)
    assert {learner for learner, _ in live(way.store, all_folds()[0], way.tenant)} == {ADA}
    circle: list[Change] = [*chain, Alias(id=ADA, of=CY)]
    way.change(circle[-1])
    way.finish()
    is_the_fold(way, sent, circle)
    assert len({learner for learner, _ in live(way.store, all_folds()[0], way.tenant)}) == 1
    opened: list[Change] = [*circle, Alias(id=BO, removed=True)]  # ada is cy, who is bo
    way.change(opened[-1])
    way.finish()
    assert {learner for learner, _ in live(way.store, all_folds()[0], way.tenant)} == {BO}
    is_the_fold(way, sent, opened)


def test_a_groups_statement_counts_once_for_a_person_whom_it_names_twice(way: Way) -> None:
    group = {"objectType": "Group", "member": [learner("ada"), learner("bo")]}
    sent = [answered(actor=group)]
    way.append(sent)
    way.change(Alias(id=BO, of=ADA))
    way.finish()
    rows = way.store.tuples(
        "SELECT learner, attempts FROM engagement FINAL WHERE tenant = {t:String} AND key = ''", {"t": way.tenant}
    )
    assert rows == [(ADA, 1)]
    is_the_fold(way, sent, [Alias(id=BO, of=ADA)])


def test_what_is_merged_and_split_before_anybody_announces_it(way: Way) -> None:
    """A fold has seen them as one meanwhile, and was told of nothing."""
    sent = answers(["ada", "bo"], 2)
    way.append(sent[:2])
    way.move("admit", 1)
    way.change(Alias(id=BO, of=CY))
    way.restart()  # knows the change at once
    way.move("mastery", 1)
    way.change(Alias(id=BO, removed=True))
    way.append(sent[2:])
    way.finish()
    is_the_fold(way, sent)


def test_a_roster_of_ten_thousand_is_one_append_and_a_few_announcements(way: Way) -> None:
    persons = [Person(id=f"p{n}", aliases=[key(f"n{n}")], mailboxes=[f"n{n}@school.example"]) for n in range(10_000)]
    sent = answers([f"n{n}" for n in range(0, 10_000, 1_000)], 1)
    way.append(sent)
    way.finish()
    way.change(*persons)
    assert way.log.end(CATALOG) == 1
    before = way.log.end(OBSERVATIONS)
    way.move("people", 10)
    announced = [decode_observations(record.value) for record in way.log.read(OBSERVATIONS, before, 100_000)]
    # Only those whom statements name, and the persons whom they are now.
    assert sum(len(bundle.refold) for bundle in announced) == 2 * 10
    assert {bundle.known for bundle in announced} == {1}
    way.finish()
    is_the_fold(way, sent, persons)


def test_ten_thousand_merges_of_whom_statements_name(way: Way) -> None:
    sent = answers([f"m{n}" for n in range(2_000)], 1)
    for start in range(0, len(sent), 500):
        way.append(sent[start : start + 500])
    way.finish()
    others = [*(f"m{n}" for n in range(200, 2_000)), *(f"x{n}" for n in range(8_200))]
    merges = [Alias(id=key(name), of=key(f"m{n % 200}")) for n, name in enumerate(others)]
    way.change(*merges)
    way.finish()
    is_the_fold(way, sent, merges)


def test_a_changed_zone_or_idle_limit_has_everybody_folded_again(way: Way) -> None:
    sent = answers(["ada", "bo"], 4)
    way.append(sent)
    way.finish()
    changes: list[Change] = [ReadingRules(zone="Pacific/Kiritimati"), Policy(idle_after=0.5)]
    for n, change in enumerate(changes, 1):
        way.change(change)
        way.finish()
        is_the_fold(way, sent, changes[:n])


def test_a_class_that_comes_to_a_school_of_another_zone_has_its_members_folded_again(way: Way) -> None:
    sent = answers(["ada", "bo"], 2)
    way.append(sent)
    changes: list[Change] = [
        School(id="s", zone="Pacific/Auckland"),
        Class(id="c", school="s", learners=[Member(learner=key("ada"))]),
    ]
    way.finish()
    way.change(*changes)
    before = way.log.end(OBSERVATIONS)
    way.move("people", 10)
    announced = [decode_observations(record.value) for record in way.log.read(OBSERVATIONS, before, 10)]
    assert [bundle.refold for bundle in announced] == [[], [(way.tenant, ADA)]]
    way.finish()
    is_the_fold(way, sent, changes)


def test_what_concerns_nobody_announces_nothing(way: Way) -> None:
    way.change(Policy(advance_at=0.9), Class(id="c", learners=[Member(learner=key("ada"))]))
    assert way.move("people", 10)
    assert way.log.end(OBSERVATIONS) == 0


def test_a_replay_while_people_are_merged(way: Way, tmp_path: Path) -> None:
    sent = answers(["ada", "bo"])
    way.append(sent)
    way.change(Alias(id=BO, of=ADA))
    way.finish()
    mode = Embedded(way.log, way.store, Runtime(tmp_path))
    way.log.commit(PROJECT, OBSERVATIONS, way.log.end(OBSERVATIONS))
    for fold in all_folds():
        assert mode.replay(fold, verify=False, progress=lambda done, of: None).swapped
    is_the_fold(way, sent, [Alias(id=BO, of=ADA)])


def test_people_goes_on_after_it_was_stopped(way: Way) -> None:
    way.append(answers(["ada", "bo"], 1))
    way.finish()
    way.change(Alias(id=CY, of=ADA))
    way.move("people", 1)
    way.change(Alias(id=BO, of=CY))
    again = AnnouncePeople(way.log, way.store)  # has to learn what came before its position
    before = way.log.end(OBSERVATIONS)
    again.handle(way.log.read(CATALOG, 1, 10))
    announced = [decode_observations(record.value) for record in way.log.read(OBSERVATIONS, before, 10)]
    assert sorted(announced[1].refold) == sorted((way.tenant, person) for person in (ADA, BO, CY))
    assert Catalogs(way.log).latest(way.tenant).people.person(key("bo")) == ADA
