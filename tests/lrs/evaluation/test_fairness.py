"""A group is named where it is treated otherwise than the others, and only there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from lrs.cli.evaluate import read_groups
from lrs.evaluation.fairness import (
    ATTEMPTS,
    ERRORS,
    FEWEST,
    JudgedAnswer,
    Timed,
    evaluate_fairness,
    figures,
    steps,
    tally,
)
from lrs.evaluation.metrics import scores
from lrs.evaluation.roster_groups import UnknownAttribute, roster_groups
from processors.folds.mastery import Mastery
from processors.mastery.answers import Answer
from processors.mastery.calibrate import HORIZON
from processors.mastery.forgetting import Forgetting
from processors.mastery.weights import default_weights
from schemas.catalog import Catalog, Change
from schemas.decision import Decision
from schemas.policy import Policy
from schemas.roster import Attributes, Person

MINUTE = 60_000_000


def cohort(learners: int, harder: float, seed: int = 0) -> tuple[list[tuple[str, Timed]], dict[str, str]]:
    """Learners of the groups a and b; items of one skill are harder for b than their rate says."""
    rng = np.random.default_rng(seed)
    log: list[tuple[str, Timed]] = []
    groups = {}
    for learner in range(learners):
        group = "ab"[learner % 2]
        groups[str(learner)] = group
        chance = np.clip(rng.beta(4, 2) - harder * (group == "b"), 0.02, 0.98)
        right = rng.random(30) < chance
        log.append((str(learner), [(at * MINUTE, (str(at % 6), ("s",), float(ok))) for at, ok in enumerate(right)]))
    return log, groups


def row(report: dict[str, Any], group: str) -> dict[str, Any]:
    return next(one for one in report["rows"] if one["group"] == group)


def test_a_group_whose_number_is_too_high_is_warned_of() -> None:
    """The number learns from what each learner does, so that it is most too high at first."""
    log, groups = cohort(120, harder=0.35)
    report = evaluate_fairness(log, Mastery(), Policy(), {"entry": groups})
    a, b = row(report, "a"), row(report, "b")
    assert (a["learners"], b["learners"]) == (60, 60)
    assert a["answers"] == b["answers"] == 60 * 30
    assert b["differences"]["bias"]["low"] > 0 > a["differences"]["bias"]["high"]
    assert any(said.startswith("entry b: the number shown lies above") for said in report["warnings"])
    assert b["figures"]["early"]["value"] > a["figures"]["early"]["value"]


def test_groups_that_are_alike_are_not() -> None:
    log, groups = cohort(120, harder=0.0)
    report = evaluate_fairness(log, Mastery(), Policy(), {"entry": groups})
    assert not [said for said in report["warnings"] if said.startswith("entry") and "number shown" in said]
    difference = row(report, "a")["differences"]["bias"]
    assert difference["low"] < 0 < difference["high"]


def test_few_learners_and_those_in_no_group_are_left_out() -> None:
    log, groups = cohort(60, harder=0.0)
    few = {name: "few" if at < FEWEST - 1 else "many" if at < 50 else "" for at, name in enumerate(groups)}
    report = evaluate_fairness(log, Mastery(), Policy(), {"entry": few})
    assert [one for one in report["rows"] if one["attribute"] == "entry"] == []
    assert sum(one["answers"] for one in report["rows"] if one["attribute"] == ATTEMPTS) == report["answers"] == 1800
    assert evaluate_fairness([], Mastery(), Policy(), {"entry": few})["rows"] == []


def test_figures_are_those_of_the_answers() -> None:
    log, _ = cohort(40, harder=0.1)
    its = [steps(Mastery(), Policy(), answers) for _, answers in log]
    sums = np.array([tally(one, Policy()) for one in its]).sum(axis=(0, 1))
    found = figures(sums[None])
    shown, right = (np.array([getattr(step, name) for one in its for step in one]) for name in ("shown", "right"))
    exact = scores(shown, right)
    for name in ("log_loss", "ece"):
        assert found[name][0] == pytest.approx(exact[name], abs=1e-9)
    assert found["auc"][0] == pytest.approx(exact["auc"], abs=0.002)
    assert found["bias"][0] == pytest.approx(float(shown.mean() - right.mean()))


def test_decisions_are_judged_by_the_next_answers() -> None:
    def one(decision: Decision, later: str) -> list[JudgedAnswer]:
        steps = [JudgedAnswer("s", 5, 0.8, True, decision)]
        return steps + [JudgedAnswer("s", 6, 0.8, ok == "1", Decision.UNKNOWN) for ok in later]

    def judged(decision: Decision, later: str) -> dict[str, float]:
        found = figures(tally(one(decision, later), Policy()).sum(axis=0)[None])
        return {name: float(found[name][0]) for name in ("early", "held_back", "needless", "left_unknown")}

    assert judged(Decision.ADVANCE, "11011")["early"] == 0.0
    assert judged(Decision.ADVANCE, "01011")["early"] == 1.0
    assert judged(Decision.PRACTISE, "11111")["held_back"] == 1.0
    assert judged(Decision.PRACTISE, "11110")["held_back"] == 0.0
    assert judged(Decision.HELP, "11110")["needless"] == 1.0
    assert judged(Decision.HELP, "11100")["needless"] == 0.0
    assert judged(Decision.UNKNOWN, "11111")["left_unknown"] == judged(Decision.UNKNOWN, "00000")["left_unknown"] == 1.0
    assert judged(Decision.UNKNOWN, "10000")["left_unknown"] == 0.0
    assert all(np.isnan(value) for value in judged(Decision.ADVANCE, "1" * (HORIZON - 1)).values())  # too few came


@pytest.mark.parametrize(
    ("standing", "name", "wrong", "fine"),
    [
        (Decision.REVIEW, "needless_review", "11011", "11100"),
        (Decision.START, "too_soon", "00000", "00001"),
        (Decision.WAIT, "made_to_wait", "11011", "11100"),
    ],
)
def test_what_stood_when_a_learner_came_back_is_judged_from_that_answer_on(
    standing: Decision, name: str, wrong: str, fine: str
) -> None:
    def judged(coming: str) -> float:
        first, *later = (JudgedAnswer("s", at, 0.8, ok == "1", Decision.HELP) for at, ok in enumerate(coming))
        sums = tally([first._replace(standing=standing), *later], Policy()).sum(axis=0)
        return float(figures(sums[None])[name][0])

    assert (judged(wrong), judged(fine)) == (1.0, 0.0)
    assert np.isnan(judged(wrong[1:]))


def test_every_decision_is_judged() -> None:
    """A skill that was never tried starts or waits by what comes before it; one that was mastered is reviewed later."""
    hours, right = 3_600_000_000, ("x", ("after",), 1.0)
    its: list[tuple[int, Answer]] = [(0, right)]
    its += [(at * MINUTE, (f"i{at}", ("s",), 1.0)) for at in range(1, 19)]
    its += [(40 * 24 * hours, ("j", ("s",), 1.0)), (40 * 24 * hours + MINUTE, ("y", ("later",), 1.0))]
    requires = {"after": ["s"], "later": ["s"]}
    found = steps(Mastery(), Policy(), its, lambda skill: requires.get(skill, ()))
    assert found[0].standing == Decision.WAIT
    assert found[1].standing == Decision.START
    assert found[19].standing == Decision.REVIEW
    assert found[20].standing == Decision.START
    assert set(ERRORS) == set(Decision)


def test_groups_of_a_roster_are_those_of_its_persons() -> None:
    catalog = Catalog()
    changes: list[Change] = [
        Person(id="1", mailboxes=["ada@a.example"]),
        Attributes(id="1", values={"meals": "free", "home": "de"}),
        Attributes(id="2", values={"home": "en"}),
    ]
    for at, change in enumerate(changes, 1):
        catalog.apply(change, at, at)
    ada = catalog.people.person("mbox:mailto:ADA@a.example")
    assert roster_groups(catalog, ["meals", "home"]) == {
        "meals": {ada: "free", "person:2": ""},
        "home": {ada: "de", "person:2": "en"},
    }
    with pytest.raises(UnknownAttribute, match="home, meals"):
        roster_groups(catalog, ["pets"])


def test_what_was_forgotten_is_off_the_number_shown() -> None:
    answers = [(0, ("i", ("s",), 1.0)), (400 * 86_400_000_000, ("j", ("s",), 1.0))]
    laws = (Forgetting(drop=0.5), Forgetting(drop=0.0))
    folds = (Mastery(replace(default_weights(), forgetting=law)) for law in laws)
    forgets, remembers = (steps(fold, Policy(), answers) for fold in folds)
    assert forgets[1].shown < remembers[1].shown
    assert forgets[0].shown == remembers[0].shown


def test_a_file_of_groups_has_a_column_for_each_attribute(tmp_path: Path) -> None:
    path = tmp_path / "groups.csv"
    path.write_text("learner,language,meals\nmbox:mailto:ada@a.example,es,\nmbox:mailto:bob@a.example,en,free\n")
    assert read_groups(path) == {
        "language": {"mbox:mailto:ada@a.example": "es", "mbox:mailto:bob@a.example": "en"},
        "meals": {"mbox:mailto:ada@a.example": "", "mbox:mailto:bob@a.example": "free"},
    }
    path.write_text("who,language\nx,es\n")
    with pytest.raises(ValueError, match="a column learner"):
        read_groups(path)
