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
    found = Sessions(embedded_sessions_url(tmp_path))
    yield found
    found.close()


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
        found = list(pool.map(lambda _: sessions.fetch("token", 20), range(RACERS)))
    assert all(one is not None and one[0].id == "s1" for one in found)
    assert sum(one is not None and one[1] for one in found) == 1
    assert sessions.fetch("another", 20) is None


def test_of_racing_launches_one_session_stays_open(sessions: Sessions) -> None:
    sessions.enrol(ADA)
    names = [f"s{number}" for number in range(RACERS)]
    with ThreadPoolExecutor(RACERS) as pool:
        ended = list(pool.map(lambda name: sessions.open(session(name), f"token of {name}"), names))
    left = [one.id for others in ended for one in others]
    assert len(left) == len(set(left)) == RACERS - 1  # each is abandoned once
    standing = [sessions.get(name) for name in names]
    assert [one.id for one in standing if one is not None and one.ended is None] == sorted(set(names) - set(left))
    assert all(one is not None and one.abandoned == (one.id in left) for one in standing)


def test_a_session_ends_once(sessions: Sessions) -> None:
    sessions.enrol(ADA)
    sessions.open(session(), "token")
    assert sessions.abandon("s1", 30) is True
    assert sessions.abandon("s1", 40) is False
    assert sessions.get("s1") == replace(session(), ended=30, abandoned=True)


def test_acts_are_those_of_the_registration_and_the_au(sessions: Sessions) -> None:
    sessions.enrol(ADA)
    first, second = session("s1"), session("s2")
    for one in (first, second):
        sessions.open(one, one.id)
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
