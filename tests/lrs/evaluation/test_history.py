"""A tenant's history as arrays: its own answers, in order, and nothing of anybody else's."""

from __future__ import annotations

import random
import uuid
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lrs.evaluation.history import learners_of, read_history, read_learners
from lrs.evaluation.tenant_fit import fit_own
from lrs.store.client import Store
from processors.folds.mastery import LearnerMastery, Mastery
from processors.mastery.answers import Answers
from processors.mastery.model import sigmoid
from processors.mastery.weights import default_weights
from processors.mastery.worth import worth
from processors.meaning.resolve import resolve
from processors.stages.observation_table import PRESENT, RETRACTED, TYPES_OF_ROWS, observation_row
from schemas.catalog import Catalog
from schemas.evidence import Evidence
from schemas.observation import Kind, Observation
from schemas.roster import Alias

NOBODY = Catalog().people  # nobody of whom anything was said
MINUTE = 60_000_000  # apart, so that one answer is not taken for another told twice


def keep(store: Store, observations: list[Observation], version: tuple[int, int] = PRESENT) -> None:
    columns = [list(column) for column in zip(*(observation_row(o, version) for o in observations), strict=True)]
    store.insert("observations", list(TYPES_OF_ROWS), list(TYPES_OF_ROWS.values()), columns)


def answer(
    tenant: str, learner: str, time: int, item: str = "i", skills: tuple[str, ...] = ("a",), **more: object
) -> Observation:
    values = {"kind": Kind.ATTEMPT, "verb": "answered", "item": item, "skills": skills, "outcome": 1.0} | more
    return Observation(tenant, learner, time, f"{learner}{time}", 0, **values)  # type: ignore[arg-type]


def contents(answers: Answers) -> list[tuple[str, list[str], float, int]]:
    return [
        (
            answers.item_names[answers.items[at]],
            [answers.skill_names[skill] for skill in answers.skills[answers.rows[at] : answers.rows[at + 1]]],
            float(answers.outcomes[at]),
            int(answers.times[at]),
        )
        for at in range(len(answers))
    ]


@pytest.fixture
def tenant() -> str:
    return uuid.uuid4().hex


def test_answers_come_by_learner_and_time(store: Store, tenant: str) -> None:
    keep(
        store,
        [
            answer(tenant, "zoe", 5, "i", ("a", "b", "a")),
            answer(tenant, "ada", 9, "j", ("b",), outcome=0.0),
            answer(tenant, "ada", 3, "k", ("c", "a"), outcome=1.0, share=0.25),
        ],
    )
    found = read_history(store, tenant, NOBODY)
    assert list(found.learners) == [0, 2, 3]
    assert contents(found) == [("k", ["c", "a"], 0.25, 3), ("j", ["b"], 0.0, 9), ("i", ["a", "b"], 1.0, 5)]


def test_only_judged_answers_of_learners_on_skills_count(store: Store, tenant: str) -> None:
    kept, voided = answer(tenant, "ada", 1), answer(tenant, "ada", 2)
    keep(store, [kept, voided])
    keep(store, [voided], RETRACTED)
    others = [
        answer(tenant, "ada", 3, outcome=None),
        answer(tenant, "ada", 4, skills=()),
        answer(tenant, "ada", 6, mode="review"),
    ]
    keep(store, others)
    assert contents(read_history(store, tenant, NOBODY)) == [("i", ["a"], 1.0, 1)]


def test_what_only_the_whole_history_tells_is_resolved(store: Store, tenant: str) -> None:
    minute = MINUTE
    shown: dict[str, Any] = {"kind": Kind.HELP, "verb": "asked", "outcome": None, "skills": ()}
    keep(
        store,
        [
            answer(tenant, "twice", minute, verb="answered"),
            answer(tenant, "twice", minute + 1, kind=Kind.SCORE, verb="scored"),
            answer(tenant, "hinted", minute, assistance="hint", **shown),
            answer(tenant, "hinted", 2 * minute),
            answer(tenant, "hinted", 3 * minute, "j", outcome=0.0),
            answer(tenant, "graded", minute, outcome=0.0, attempt="1"),
            answer(tenant, "graded", 2 * minute, outcome=1.0, attempt="1", by="teacher", verb="graded"),
            answer(tenant, "alone", minute),
        ],
    )
    found = read_history(store, tenant, NOBODY)
    assert sorted(contents(found)) == [
        ("i", ["a"], 1.0, minute),
        ("i", ["a"], 1.0, minute),
        ("i", ["a"], 1.0, minute),
        ("j", ["a"], 0.0, 3 * minute),
    ]
    assert len(found.learners) == 5


@st.composite
def histories(draw: st.DrawFn) -> list[Observation]:
    """What may be told of one learner's work on two items and a quiz of theirs."""
    found, time = [], 0
    for n in range(draw(st.integers(1, 8))):
        time += draw(st.sampled_from([1, 400_000, 3_000_000, 6_000_000, 3600_000_000]))
        kind = draw(st.sampled_from([Kind.ATTEMPT] * 6 + [Kind.SCORE, Kind.COMPLETION, Kind.HELP, Kind.SESSION]))
        item = draw(st.sampled_from(["i", "j", "quiz"]))
        parents = draw(st.sampled_from([(), (), ("quiz",)])) if item != "quiz" else ()
        found.append(
            Observation(
                "",
                "",
                time,
                f"s{n}",
                0,
                kind,
                draw(st.sampled_from(["answered", "passed"])),
                item,
                draw(st.sampled_from([("a",), ("a", "b"), ()])),
                draw(st.sampled_from([1.0, 0.0, None])),
                None,
                draw(st.sampled_from(["", "x"])),
                share=draw(st.sampled_from([None, None, 0.25])),
                attempt=draw(st.sampled_from(["", "", "", "1"])),
                by=draw(st.sampled_from(["", "", "", "teacher"])),
                mode=draw(st.sampled_from(["", "", "", "review"])),
                parents=parents,
                assistance=draw(st.sampled_from(["hint", "solution"])) if kind is Kind.HELP else "",
            )
        )
    return found


@given(st.lists(histories(), min_size=1, max_size=4))
def test_answers_are_the_evidence_that_the_fold_takes(store: Store, drawn: list[list[Observation]]) -> None:
    tenant = uuid.uuid4().hex
    named = [[replace(o, tenant=tenant, learner=f"l{n}") for o in observations] for n, observations in enumerate(drawn)]
    keep(store, [o for observations in named for o in observations])
    wanted = []
    for observations in named:
        fold, state = Spy(), LearnerMastery()
        for evidence in resolve(observations)[0]:
            fold.step(state, evidence)
        wanted += fold.taken
    try:
        found = contents(read_history(store, tenant, NOBODY))
    except ValueError:
        found = []
    assert sorted(found) == sorted(wanted)


class Spy(Mastery):
    """Notes what its model is given."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[tuple[str, list[str], float, int]] = []

    def step(self, state: LearnerMastery, observation: Evidence) -> None:
        before = state.learner.attempts
        super().step(state, observation)
        if state.learner.attempts > before:
            skills = list(dict.fromkeys(observation.skills))
            self.taken.append((observation.item, skills, worth(observation) or 0.0, observation.time))


def test_nothing_of_another_tenant_reaches_the_weights(store: Store, tenant: str) -> None:
    chance = random.Random(1)

    def school(name: str, easy: float) -> list[Observation]:
        return [
            answer(name, f"l{n}", time, f"i{chance.randrange(9)}", ("s",), outcome=float(chance.random() < easy))
            for n in range(30)
            for time in range(MINUTE, 21 * MINUTE, MINUTE)
        ]

    ours = school(tenant, 0.7)
    keep(store, ours)
    alone = fit_own(read_history(store, tenant, NOBODY), default_weights(), "own")
    other = uuid.uuid4().hex
    keep(store, school(other, 0.1))
    keep(store, [answer(other, "l1", 50, "only-theirs", ("their-skill",))])
    again = fit_own(read_history(store, tenant, NOBODY), default_weights(), "own")
    assert again.weights == alone.weights
    assert again.report == alone.report
    assert set(again.weights.skill_rates) == {"s"}
    assert "only-theirs" not in again.weights.item_rates
    theirs = fit_own(read_history(store, other, NOBODY), default_weights(), "own").weights
    assert theirs.rate < again.weights.rate - 0.05


def test_learners_are_read_by_name_as_all_of_them_are(store: Store, tenant: str) -> None:
    keep(store, [answer(tenant, "zoe", 5, "i"), answer(tenant, "ada", 9, "j"), answer(tenant, "ada", 3, "k")])
    keep(store, [answer(uuid.uuid4().hex, "other", 4, "i")])
    assert sorted(learners_of(store, tenant, NOBODY, 9)) == ["ada", "zoe"]
    assert len(learners_of(store, tenant, NOBODY, 1)) == 1
    found = dict(read_learners(store, tenant, NOBODY, ["ada", "zoe", "nobody"]))
    assert {name: [(time, item) for time, (item, _, _) in its] for name, its in found.items()} == {
        "ada": [(3, "k"), (9, "j")],
        "zoe": [(5, "i")],
    }
    assert sum(map(len, found.values())) == len(read_history(store, tenant, NOBODY))


def test_whoever_has_several_identities_is_one_learner(store: Store, tenant: str) -> None:
    """Read as several, a learner begins anew with each key, and held-out learners are those that weights know."""
    catalog = Catalog()
    for at, id_ in enumerate(("work", "old"), 1):
        catalog.apply(Alias(id=id_, of="ada"), at, at)
    keep(store, [answer(tenant, "work", 7 * MINUTE, "j"), answer(tenant, "ada", 3 * MINUTE, "i", outcome=0.0)])
    keep(store, [answer(tenant, "old", MINUTE, "k"), answer(tenant, "zoe", 5 * MINUTE, "i", ("b",))])
    keep(
        store, [answer(tenant, "work", 3 * MINUTE + 1, "i", outcome=0.0, kind=Kind.SCORE, verb="scored")]
    )  # told twice
    found = read_history(store, tenant, catalog.people)
    assert np.diff(found.learners).tolist() == [1, 3]
    ada = [("k", ["a"], 1.0, MINUTE), ("i", ["a"], 0.0, 3 * MINUTE), ("j", ["a"], 1.0, 7 * MINUTE)]
    assert contents(found) == [("i", ["b"], 1.0, 5 * MINUTE), *ada]
    assert sorted(learners_of(store, tenant, catalog.people, 9)) == ["ada", "zoe"]
    ((name, its),) = read_learners(store, tenant, catalog.people, ["ada", "work"])
    assert (name, [time for time, _ in its]) == ("ada", [MINUTE, 3 * MINUTE, 7 * MINUTE])


def test_a_tenant_without_answers_is_an_error(store: Store, tenant: str) -> None:
    with pytest.raises(ValueError, match="no judged answers"):
        read_history(store, tenant, NOBODY)


def test_the_report_has_both_versions_by_slice_and_skill(store: Store, tenant: str) -> None:
    chance = random.Random(2)
    observations = []
    for n in range(120):
        ability = chance.gauss(-0.5, 1.0)
        for time in range(MINUTE, 26 * MINUTE, MINUTE):
            skill = ("hard", "easy")[time // MINUTE % 2]
            right = chance.random() < sigmoid(ability + (2.0 if skill == "easy" else -1.0))
            observations.append(
                answer(tenant, f"l{n}", time, f"{skill}{chance.randrange(5)}", (skill,), outcome=float(right))
            )
    keep(store, observations)
    own = fit_own(read_history(store, tenant, NOBODY), default_weights(), "own")
    rows = {row["slice"]: row for row in own.report["rows"]}
    running = default_weights().version
    assert {"all", "first attempts", "cold starts", "hard", "easy", "next item"} <= set(rows)
    assert "returns" not in rows
    assert all(row["own"]["n"] == row[running]["n"] for row in rows.values())
    assert rows["all"]["own"]["log_loss"] < rows["all"][running]["log_loss"] - 0.005
    assert rows["hard"]["own"]["ece"] < rows["hard"][running]["ece"]
