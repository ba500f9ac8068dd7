"""Which statements a session takes (cmi5 Quartz, 7.1, 9 and 10.2)."""

from __future__ import annotations

from typing import Any

import pytest

from lrs.cmi5.rules import GRACE, BrokenSessionRule, LearnerSession, check_session
from lrs.cmi5.satisfaction import statement_time
from lrs.cmi5.sessions import Act, LaunchSession
from schemas.cmi5 import words
from schemas.cmi5.course import LaunchMode
from schemas.xapi.verbs import VOIDED
from tests.support.cmi5 import SITE, au_id, says
from tests.support.statements import learner

SESSION = "0f0f0f0f-0000-4000-8000-000000000009"
REGISTRATION = "6f1b1c5e-0000-4000-8000-000000000001"
EXPERIENCED = "http://adlnet.gov/expapi/verbs/experienced"
NOW = statement_time({"timestamp": "2026-03-02T10:00:00Z"})
Statement = dict[str, Any]


def current(**more: Any) -> LearnerSession:
    fields: dict[str, Any] = {"mode": LaunchMode.NORMAL, "mastery_score": 0.8} | more
    session = LaunchSession(SESSION, "t", REGISTRATION, au_id("a"), launched=0, last=0, **fields)
    return LearnerSession(session, f"{SITE}/c", learner("ada"))


def says_now(verb: str, minute: int = 0, **more: Any) -> Statement:
    return says(verb, au_id("a"), f"2026-03-02T09:{minute:02}:00Z", session=SESSION, **more)


BEGUN = says_now(words.INITIALIZED)


def act(statement: Statement, session: str = SESSION) -> Act:
    return Act(statement["id"], session, statement["verb"]["id"], statement_time(statement))


def refused(
    field: str, section: str, *statements: Statement, known: Any = None, of: LearnerSession | None = None
) -> None:
    with pytest.raises(BrokenSessionRule) as caught:
        check_session(of or current(), [act(BEGUN)] if known is None else known, statements, NOW)
    assert (caught.value.field, caught.value.reason.rpartition(" (cmi5 ")[2]) == (field, f"{section})")


def changed(statement: Statement, path: str, value: Any = None) -> Statement:
    """A statement with something else (None: nothing) at a path."""
    *steps, last = path.split("/")
    whole = dict(statement)
    inner = whole
    for step in steps:
        inner[step] = dict(inner[step])
        inner = inner[step]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return whole


def test_a_session_as_it_should_be() -> None:
    passed = says_now(words.PASSED, 2)
    passed["result"] = passed["result"] | {"score": {"scaled": 0.8, "raw": 8, "min": 0, "max": 10}}
    whole = [
        BEGUN,
        says_now(EXPERIENCED, 1, defined=False),
        passed,
        says_now(words.COMPLETED, 3),
        says_now(words.TERMINATED, 4),
    ]
    acts = check_session(current(), [], whole, NOW)
    assert [act_checked.verb for act_checked in acts] == [
        words.INITIALIZED,
        words.PASSED,
        words.COMPLETED,
        words.TERMINATED,
    ]
    assert check_session(current(), [], whole[::-1], NOW) == acts  # the timestamps order them
    assert check_session(current(ended=NOW - GRACE - 1), acts, whole[2:3], NOW) == []  # a repeat is no news


COMPLETED, PASSED, FAILED = (says_now(verb, 1) for verb in (words.COMPLETED, words.PASSED, words.FAILED))
CONTEXT = "context/contextActivities"


@pytest.mark.parametrize(
    ("field", "section", "statement"),
    [
        ("id", "9.1", changed(COMPLETED, "id")),
        ("timestamp", "9.7", changed(COMPLETED, "timestamp")),
        ("verb.id", "6.3", changed(says_now(EXPERIENCED, 1, defined=False), "verb/id", VOIDED)),
        (f"context.extensions.{words.SESSION_ID}", "9.6.3.1", changed(COMPLETED, "context/extensions", {})),
        ("context.registration", "9.6.1", changed(COMPLETED, "context/registration", SESSION)),
        ("context.contextActivities.grouping", "9.6.2.3", changed(COMPLETED, f"{CONTEXT}/grouping")),
        ("actor", "9.2", changed(COMPLETED, "actor", learner("bob"))),
        ("actor", "9.2", changed(COMPLETED, "actor", {"mbox": "mailto:ada@school.example"})),
        ("actor", "9.2", changed(COMPLETED, "actor", {**learner("ada"), "objectType": "Group"})),
        ("verb.id", "9.3", changed(COMPLETED, "verb/id", words.SATISFIED)),
        ("verb.id", "7.1.3", changed(COMPLETED, "verb/id", EXPERIENCED)),
        ("object.id", "9.4", changed(COMPLETED, "object/id", au_id("a"))),
        ("result.completion", "9.5.3", changed(COMPLETED, "result/completion", False)),
        ("result.completion", "9.5.3", changed(COMPLETED, "result/completion")),
        ("result.success", "9.5.2", changed(COMPLETED, "result/success", True)),
        ("result.success", "9.5.2", changed(FAILED, "result/success", True)),
        ("result.success", "9.5.2", changed(PASSED, "result")),
        ("result.duration", "9.5.4.1", changed(PASSED, "result/duration")),
        ("result.duration", "9.5.4.1", changed(says_now(words.TERMINATED, 1), "result")),
        ("context.contextActivities.category", "9.6.2.2", changed(PASSED, f"{CONTEXT}/category", {"id": words.CMI5})),
        ("result.score", "9.5.1", changed(COMPLETED, "result/score", {"scaled": 1})),
        ("result.score.raw", "9.5.1", changed(PASSED, "result/score", {"raw": 1, "min": 0})),
        ("result.score.scaled", "9.5.1", changed(FAILED, "result/score", {"scaled": -0.1})),
        ("result.score.scaled", "9.3.4", changed(PASSED, "result/score", {"scaled": 0.79})),
        ("result.score.scaled", "9.3.5", changed(FAILED, "result/score", {"scaled": 0.8})),
    ],
)
def test_a_statement_that_is_wrong_by_itself(field: str, section: str, statement: Statement) -> None:
    refused(field, section, statement)
    early = says_now(EXPERIENCED, 0, defined=False)
    if "timestamp" in statement:
        refused(f"0.{field}", section, statement, early)


def test_without_a_mastery_score_any_score_will_do() -> None:
    known_acts = [act(BEGUN)]
    for statement in (
        changed(PASSED, "result/score", {"scaled": 0.1}),
        changed(FAILED, "result/score", {"scaled": 0.9}),
    ):
        assert len(check_session(current(mastery_score=None), known_acts, [statement], NOW)) == 1


def test_initialized_comes_first_and_once() -> None:
    refused("verb.id", "9.3.2", COMPLETED, known=())
    refused("verb.id", "9.3.2", says_now(EXPERIENCED, 1, defined=False), known=())
    refused("verb.id", "9.3.2", says_now(words.INITIALIZED, 1))
    refused("verb.id", "9.3.2", COMPLETED, known=[act(BEGUN, "another session")])
    before = says_now(EXPERIENCED, 0, defined=False) | {"timestamp": "2026-03-02T08:59:59Z"}
    refused("timestamp", "9.3", before)


def test_terminated_comes_last_and_once() -> None:
    over = says_now(words.TERMINATED, 5)
    known_acts, ended = [act(BEGUN), act(over)], current(ended=NOW - GRACE)
    refused("verb.id", "9.3.8", says_now(words.TERMINATED, 5), known=known_acts, of=ended)
    refused("timestamp", "9.3.8", says_now(words.COMPLETED, 6), known=known_acts, of=ended)
    refused("timestamp", "9.3.8", says_now(EXPERIENCED, 6, defined=False), known=known_acts, of=ended)
    assert len(check_session(ended, known_acts, [COMPLETED], NOW)) == 1  # it was under way
    refused("context.extensions", "9.3.8", COMPLETED, known=known_acts, of=current(ended=NOW - GRACE - 1))
    refused("context.extensions", "9.3.6", COMPLETED, of=current(ended=NOW, abandoned=True))


def test_how_often_a_verb_may_be_said() -> None:
    other = "another session"
    for first, second in ((PASSED, FAILED), (FAILED, PASSED), (PASSED, says_now(words.PASSED, 2)), (FAILED, FAILED)):
        again = says_now(second["verb"]["id"], 3)
        refused("verb.id", "9.3", again, known=[act(BEGUN), act(first)])
    refused("verb.id", "9.3", says_now(words.COMPLETED, 3), known=[act(BEGUN), act(COMPLETED)])
    for first, second in ((PASSED, PASSED), (COMPLETED, COMPLETED), (PASSED, FAILED)):
        refused("verb.id", "9.3", says_now(second["verb"]["id"], 3), known=[act(BEGUN), act(first, other)])
    for second in (PASSED, says_now(words.FAILED, 3)):  # a learner may fail in one session and try again in the next
        assert len(check_session(current(), [act(BEGUN), act(FAILED, other)], [second], NOW)) == 1


@pytest.mark.parametrize("mode", [LaunchMode.BROWSE, LaunchMode.REVIEW])
def test_looking_around_is_not_judged(mode: LaunchMode) -> None:
    refused("verb.id", "10.2.2", COMPLETED, of=current(mode=mode))
    allowed = says_now(EXPERIENCED, 1, defined=False)
    acts = check_session(current(mode=mode), [act(BEGUN)], [allowed, says_now(words.TERMINATED, 2)], NOW)
    assert [act_checked.verb for act_checked in acts] == [words.TERMINATED]
