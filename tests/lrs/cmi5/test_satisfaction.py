"""What of a course is satisfied (cmi5 Quartz, 9.3 and 13.1.4)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.cmi5.satisfaction import Satisfaction, satisfaction_of, statement_time
from schemas.cmi5 import words
from schemas.cmi5.course import Au, Course, MoveOn
from schemas.xapi.verbs import VOIDED
from tests.support.cmi5 import SITE, au, au_id, block, course, says
from tests.support.statements import voiding

EARLY, LATE, LATER = "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z"
Statement = dict[str, Any]


def one(move_on: MoveOn) -> Course:
    return course("c", au("a", move_on))


def stands(whole: Course, *statements: Statement) -> Satisfaction:
    """The state of the first AU, which is the course's too."""
    of_course = satisfaction_of(whole, statements)
    child = of_course.children[0]
    assert (child.satisfied, child.at, child.by) == (of_course.satisfied, of_course.at, of_course.by)
    return child


def completed(timestamp: str = EARLY, **more: Any) -> Statement:
    return says(words.COMPLETED, au_id("a"), timestamp, **more)


def passed(timestamp: str = EARLY, **more: Any) -> Statement:
    return says(words.PASSED, au_id("a"), timestamp, **more)


def failed(timestamp: str = EARLY) -> Statement:
    return says(words.FAILED, au_id("a"), timestamp)


@pytest.mark.parametrize(
    ("move_on", "by_completed", "by_passed"),
    [
        (MoveOn.COMPLETED, True, False),
        (MoveOn.PASSED, False, True),
        (MoveOn.COMPLETED_OR_PASSED, True, True),
        (MoveOn.COMPLETED_AND_PASSED, False, False),
    ],
)
def test_one_statement(move_on: MoveOn, by_completed: bool, by_passed: bool) -> None:
    assert stands(one(move_on)) == Satisfaction("au", au_id("a"), False)
    assert stands(one(move_on), failed()).satisfied is False
    for statement, satisfied in ((completed(), by_completed), (passed(), by_passed)):
        of_au = stands(one(move_on), statement)
        assert of_au.satisfied is satisfied
        assert of_au.by == ((statement["id"],) if satisfied else ())
        assert of_au.at == (statement_time(statement) if satisfied else None)


def test_both_are_needed_and_the_later_decides_when() -> None:
    first, second = passed(EARLY), completed(LATE)
    of_au = stands(one(MoveOn.COMPLETED_AND_PASSED), second, first)
    assert (of_au.satisfied, of_au.at, of_au.by) == (True, statement_time(second), (first["id"], second["id"]))


def test_either_will_do_and_the_earlier_counts() -> None:
    first, second = completed(EARLY), passed(LATE)
    of_au = stands(one(MoveOn.COMPLETED_OR_PASSED), second, first)
    assert (of_au.at, of_au.by) == (statement_time(first), (first["id"],))


def test_the_timestamp_orders_not_the_text() -> None:
    first, second = passed("2026-03-02T12:00:00+05:00"), passed("2026-03-02T08:30:00Z")
    assert stands(one(MoveOn.PASSED), second, first).by == (first["id"],)


def test_failing_afterwards_takes_nothing_away() -> None:
    assert stands(one(MoveOn.PASSED), passed(EARLY), failed(LATE)).satisfied


def test_what_needs_nothing_is_satisfied_without_a_statement() -> None:
    assert stands(one(MoveOn.NOT_APPLICABLE)) == Satisfaction("au", au_id("a"), True)
    assert stands(one(MoveOn.NOT_APPLICABLE), completed()).by == ()


@pytest.mark.parametrize("move_on", [m for m in MoveOn if m is not MoveOn.NOT_APPLICABLE])
def test_a_waiver_satisfies_whatever_is_needed(move_on: MoveOn) -> None:
    waived = says(words.WAIVED, au_id("a"), LATE)
    assert stands(one(move_on), waived).by == (waived["id"],)
    enough = [passed(EARLY), completed(EARLY)]
    assert waived["id"] not in stands(one(move_on), waived, *enough).by


def test_allowed_statements_move_nothing() -> None:
    for verb in (words.COMPLETED, words.PASSED, words.WAIVED):
        statement = says(verb, au_id("a"), defined=False)
        assert not stands(one(MoveOn.COMPLETED_OR_PASSED), statement).satisfied
        statement["context"]["contextActivities"]["category"] = [{"id": words.MOVE_ON}]
        assert not stands(one(MoveOn.COMPLETED_OR_PASSED), statement).satisfied
        statement["context"]["contextActivities"]["category"] = {"id": words.CMI5}
        assert not stands(one(MoveOn.COMPLETED_OR_PASSED), statement).satisfied


def test_voided_statements_do_not_count() -> None:
    first, second = passed(EARLY), passed(LATE)
    void = voiding(first["id"].upper())
    assert stands(one(MoveOn.PASSED), first, void).satisfied is False
    assert stands(one(MoveOn.PASSED), void, first, second).by == (second["id"],)


@pytest.mark.parametrize(("mode", "counts"), [("Normal", True), ("Browse", False), ("Review", False)])
def test_only_a_normal_session_counts(mode: str, counts: bool) -> None:
    launched = says(words.LAUNCHED, au_id("a"), EARLY)
    launched["context"]["extensions"][words.LAUNCH_MODE] = mode
    of_au = stands(one(MoveOn.PASSED), passed(LATE), launched)
    assert of_au.satisfied is counts
    assert stands(one(MoveOn.PASSED), launched, passed(LATE, session="s2")).satisfied


def test_a_statement_of_another_lms_is_told_by_the_publishers_id() -> None:
    statement = passed() | {"object": {"id": "https://lms.example/some/au"}}
    assert stands(one(MoveOn.PASSED), statement).satisfied
    statement["context"]["contextActivities"]["grouping"] = {"id": au_id("a")}  # xAPI 1.0 lets one go without brackets
    assert stands(one(MoveOn.PASSED), statement).satisfied
    statement["context"]["contextActivities"]["grouping"] = [{"id": au_id("other")}]
    assert not stands(one(MoveOn.PASSED), statement).satisfied


def test_an_au_speaks_for_itself_alone() -> None:
    whole = course("c", au("a", MoveOn.PASSED), au("b", MoveOn.PASSED))
    statement = passed()
    statement["context"]["contextActivities"]["grouping"].append({"id": au_id("b")})
    assert [child.satisfied for child in satisfaction_of(whole, [statement]).children] == [True, False]


def test_blocks_and_the_course_wait_for_all_their_children() -> None:
    inner = block("inner", au("a", MoveOn.PASSED), au("n", MoveOn.NOT_APPLICABLE))
    whole = course("c", block("outer", inner, au("b")), au("z"))
    first = passed(EARLY)
    second = says(words.COMPLETED, au_id("b"), LATE)
    third = says(words.COMPLETED, au_id("z"), LATER)
    ids = {name: f"{SITE}/blocks/{name}" for name in ("inner", "outer")}

    def satisfied(*statements: Statement) -> dict[str, tuple[str, ...]]:
        return {s.id: s.by for s in satisfaction_of(whole, statements).walk() if s.satisfied and s.kind != "au"}

    assert satisfied() == {}
    assert satisfied(first) == {ids["inner"]: (first["id"],)}
    assert satisfied(second, third) == {}
    both = (first["id"], second["id"])
    assert satisfied(first, second) == {ids["inner"]: both[:1], ids["outer"]: both}
    assert satisfied(third, second, first)[whole.id] == (*both, third["id"])
    order = [s.id for s in satisfaction_of(whole, []).walk()]
    assert order.index(ids["inner"]) < order.index(ids["outer"]) < order.index(whole.id) == len(order) - 1


_AUS = ("a", "b", "d")
_VERBS = (words.COMPLETED, words.PASSED, words.FAILED, words.WAIVED, words.INITIALIZED)


@st.composite
def registrations(draw: st.DrawFn) -> tuple[Course, list[Statement]]:
    aus = [au(name, draw(st.sampled_from(MoveOn))) for name in _AUS]
    whole = course("c", block("x", aus[0], block("y", aus[1])), aus[2])
    statements = []
    for number in range(draw(st.integers(0, 12))):
        verb, about = draw(st.sampled_from(_VERBS)), au_id(draw(st.sampled_from(_AUS)))
        minute = draw(st.integers(0, 3))  # ties are likely
        statement = says(verb, about, f"2026-03-02T09:0{minute}:00Z", defined=draw(st.booleans()))
        statements.append(statement | {"id": str(uuid.UUID(int=number + 1))})
        if draw(st.integers(0, 4)) == 0:
            statements.append(voiding(statement["id"], str(uuid.UUID(int=number + 100))))
    return whole, statements


@given(registrations(), st.randoms(use_true_random=False))
def test_neither_order_nor_repeats_change_the_answer(
    course_and_statements: tuple[Course, list[Statement]], random: Any
) -> None:
    whole, statements = course_and_statements
    again = statements * 2
    random.shuffle(again)
    assert satisfaction_of(whole, again) == satisfaction_of(whole, statements)


@given(registrations())
def test_the_answer_is_that_of_the_plain_words(course_and_statements: tuple[Course, list[Statement]]) -> None:
    whole, statements = course_and_statements
    voided = {s["object"]["id"] for s in statements if s["verb"]["id"] == VOIDED}
    counting = [s for s in statements if s["id"] not in voided and s["verb"]["id"] != VOIDED]
    counting = [s for s in counting if s["context"]["contextActivities"]["category"]]
    aus = {part.id: part for part in (*whole.children, *_inside(whole)) if isinstance(part, Au)}
    for standing in satisfaction_of(whole, statements).walk():
        if standing.kind != "au":
            assert standing.satisfied == all(child.satisfied for child in standing.children)
            continue
        verbs = {
            s["verb"]["id"] for s in counting if s["context"]["contextActivities"]["grouping"][0]["id"] == standing.id
        }
        c, p = words.COMPLETED in verbs, words.PASSED in verbs
        needed = {
            MoveOn.COMPLETED: c,
            MoveOn.PASSED: p,
            MoveOn.COMPLETED_OR_PASSED: c or p,
            MoveOn.COMPLETED_AND_PASSED: c and p,
            MoveOn.NOT_APPLICABLE: True,
        }
        assert standing.satisfied == (needed[aus[standing.id].move_on] or words.WAIVED in verbs)


def _inside(whole: Any) -> list[Any]:
    return [inner for child in whole.children if child.kind == "block" for inner in (*child.children, *_inside(child))]
