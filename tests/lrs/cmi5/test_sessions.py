"""Registrations and sessions: what racing requests must agree on."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from lrs.cmi5.sessions import Act, LaunchSession, Registration, RegistrationExists, Sessions, embedded_sessions_url
from lrs.database.connection import DatabaseUnavailable
from schemas.cmi5 import words
from schemas.cmi5.course import LaunchMode
from tests.support.cmi5 import SITE, au_id
from tests.support.statements import learner

ADA = Registration("t", "r1", f"{SITE}/c", learner("ada"))
RACERS = 16


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[Sessions]:
    new_sessions = Sessions(embedded_sessions_url(tmp_path))
    yield new_sessions
    new_sessions.close()


def session(name: str = "s1") -> LaunchSession:
    return LaunchSession(name, "t", "r1", au_id("a"), LaunchMode.NORMAL, 0.5, launched=10, last=10)


def test_a_registration_is_one_learners_and_one_courses(sessions: Sessions) -> None:
    assert sessions.enrol(ADA) is True
    assert sessions.enrol(ADA) is False
    for other in (replace(ADA, learner=learner("bob")), replace(ADA, course=f"{SITE}/d")):
        with pytest.raises(RegistrationExists):
            sessions.enrol(other)
    assert sessions.enrol(replace(ADA, tenant="elsewhere", course=f"{SITE}/d")) is True
    assert sessions.registration("t", "r1") == ADA
    assert sessions.registration("t", "r2") is None


def test_of_racing_fetches_one_is_the_first(sessions: Sessions) -> None:
    sessions.enrol(ADA)
    sessions.open(session(), "token")
    with ThreadPoolExecutor(RACERS) as pool:
        fetched = list(pool.map(lambda _: sessions.fetch("token", 20), range(RACERS)))
    assert all(session_and_first is not None and session_and_first[0].id == "s1" for session_and_first in fetched)
    assert sum(session_and_first is not None and session_and_first[1] for session_and_first in fetched) == 1
    assert sessions.fetch("another", 20) is None


def test_of_racing_launches_one_session_stays_open(sessions: Sessions) -> None:
    sessions.enrol(ADA)
    names = [f"s{number}" for number in range(RACERS)]
    with ThreadPoolExecutor(RACERS) as pool:
        ended = list(pool.map(lambda name: sessions.open(session(name), f"token of {name}"), names))
    abandoned = [other.id for others in ended for other in others]
    assert len(abandoned) == len(set(abandoned)) == RACERS - 1  # each is abandoned once
    standing = [sessions.get(name) for name in names]
    assert [
        standing_session.id
        for standing_session in standing
        if standing_session is not None and standing_session.ended is None
    ] == sorted(set(names) - set(abandoned))
    assert all(
        standing_session is not None and standing_session.abandoned == (standing_session.id in abandoned)
        for standing_session in standing
    )


def test_a_session_ends_once(sessions: Sessions) -> None:
    sessions.enrol(ADA)
    sessions.open(session(), "token")
    assert sessions.abandon("s1", 30) is True
    assert sessions.abandon("s1", 40) is False
    assert sessions.get("s1") == replace(session(), ended=30, abandoned=True)


def test_acts_are_those_of_the_registration_and_the_au(sessions: Sessions) -> None:
    sessions.enrol(ADA)
    first, second = session("s1"), session("s2")
    for launched in (first, second):
        sessions.open(launched, launched.id)
    acts = [Act("x1", "s1", words.FAILED, 11), Act("x2", "s2", words.PASSED, 12)]
    sessions.take(first, acts[:1], 11, None)
    sessions.take(second, acts[1:], 12, ended=13)
    other = replace(second, id="s3", au=au_id("b"))
    sessions.take(other, [Act("x3", "s3", words.PASSED, 12)], 12, None)
    assert sorted(sessions.acts(first), key=lambda act: act.at) == acts
    assert sessions.get("s2") == replace(second, last=12, ended=13)
    sessions.forget(second, ["x2", "x3"], reopen=True)
    assert sessions.acts(second) == acts[:1]
    assert sessions.get("s2") == replace(second, last=12)


def test_a_database_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable):
        Sessions(embedded_sessions_url(tmp_path / "nowhere"))
