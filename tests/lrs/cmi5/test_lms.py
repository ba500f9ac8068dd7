"""What the LMS does while the store is behind, and what a credential is worth without its session."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from lrs.auth.credentials import Credential, Credentials, embedded_credentials_url
from lrs.catalog.catalogs import Catalogs
from lrs.cmi5.guard import SCOPES, SessionGuard, XapiRequest, session_key
from lrs.cmi5.launcher import LaunchWish
from lrs.cmi5.lms import Lms, make_lms
from lrs.cmi5.rules import GRACE
from lrs.cmi5.sessions import Sessions, embedded_sessions_url
from lrs.documents.store import Documents, embedded_documents_url
from lrs.errors import Forbidden, Missing
from lrs.log import UniqueId
from lrs.log.sqlite import SqliteLog
from lrs.record.acknowledged import Acknowledged
from lrs.record.appender import IndexedAppender
from lrs.record.embedded_finder import EmbeddedFinder
from lrs.record.recorder import Preparation, Recorder
from lrs.store.client import Store, StoreUnavailable
from schemas.cmi5 import words
from schemas.cmi5.course import LaunchMode, MoveOn, activity_id
from schemas.record import STATEMENTS
from tests.support.cmi5 import au, au_id, course, says
from tests.support.statements import learner

COURSE = course("c", au("a", MoveOn.COMPLETED))
STATEMENT = XapiRequest("POST", "/xAPI/statements", {})
STATE = {"agent": orjson.dumps(learner("ada")).decode(), "activityId": activity_id(COURSE.id, au_id("a"))}


class Behind(EmbeddedFinder):
    """A finder that never catches up, and reports it without waiting."""

    def wait(self, position: int | None, seconds: float) -> bool:
        return False


@dataclass
class World:
    """An LMS whose store never catches up, and whose clock stands until it is set."""

    log: SqliteLog
    lms: Lms
    guard: SessionGuard
    recorder: Recorder
    credentials: Credentials
    now: int

    def launch(self) -> tuple[str, str]:
        """Launches; gives the session and the fetch token."""
        wish = LaunchWish(COURSE.id, au_id("a"), learner("ada"), None, LaunchMode.NORMAL, None, None)
        begun = asyncio.run(self.lms.launcher.launch("t", wish, "https://lrs.example/xAPI/", "https://lrs.example/f/"))
        fetch = parse_qs(urlsplit(begun.url).query)["fetch"][0]
        self.registration = begun.registration
        return begun.session, fetch.rpartition("/")[2]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    def nowhere() -> str:
        raise StoreUnavailable("no engine")

    log = SqliteLog(tmp_path / "log")
    catalogs = Catalogs(log)
    catalogs.append("t", "k", COURSE, 1)
    worlds: list[World] = []

    def clock() -> int:
        return worlds[0].now

    finder = Behind(log, Store(nowhere))
    sessions, documents = Sessions(embedded_sessions_url(tmp_path)), Documents(embedded_documents_url(tmp_path))
    credentials = Credentials(embedded_credentials_url(tmp_path))
    storing, preparation = IndexedAppender(log), Preparation(catalogs)
    recorder, acknowledged = Recorder(storing, preparation), Acknowledged(finder, 0)
    lms = make_lms(log, catalogs, sessions, documents, credentials, recorder, finder, acknowledged, clock)
    guarded = Recorder(storing, preparation, guard=lms.guard)
    worlds.append(World(log, lms, lms.guard, guarded, credentials, time.time_ns() // 1000))
    yield worlds[0]
    for part in (log, sessions, documents, credentials):
        part.close()


def test_a_statement_stands_though_what_it_satisfies_cannot_be_told(world: World) -> None:
    session, _ = world.launch()
    who = Credential(session_key(session), "t", SCOPES)
    for number, verb in enumerate((words.INITIALIZED, words.COMPLETED)):
        au_statement = says(
            verb, au_id("a"), f"2026-03-02T09:00:0{number}Z", session=session, registration=world.registration
        )
        ids, _ = asyncio.run(world.recorder.record([orjson.dumps(au_statement)], who, "1.0.3"))
        assert world.log.find(STATEMENTS, UniqueId("t", ids[0])) is not None


def test_a_token_is_worth_nothing_once_its_session_is_over(world: World) -> None:
    session, token = world.launch()
    asyncio.run(world.lms.launcher.abandon("t", session))
    assert asyncio.run(world.lms.launcher.fetch(token))["error-code"] == "1"
    with pytest.raises(Missing):
        asyncio.run(world.lms.launcher.abandon("elsewhere", session))


def test_the_credential_ends_with_its_session(world: World) -> None:
    session, token = world.launch()
    answer = asyncio.run(world.lms.launcher.fetch(token))
    key, _, _ = base64.b64decode(answer["auth-token"]).decode().partition(":")
    credential = world.credentials.verify(f"Basic {answer['auth-token']}")
    assert credential is not None
    assert (credential.key, credential.tenant) == (key, "t") == (session_key(session), "t")

    def allowed(request: XapiRequest) -> bool:
        try:
            return asyncio.run(world.guard.limit(credential, request)).scopes == SCOPES
        except Forbidden:
            return False

    state = XapiRequest("GET", "/xAPI/activities/state", STATE)
    assert allowed(state)
    au_statements = [
        says(verb, au_id("a"), f"2026-03-02T09:00:0{number}Z", session=session, registration=world.registration)
        for number, verb in enumerate((words.INITIALIZED, words.TERMINATED))
    ]
    asyncio.run(
        world.recorder.record([orjson.dumps(au_statement) for au_statement in au_statements], credential, "1.0.3")
    )
    world.now += GRACE
    assert allowed(state)
    world.now += 1
    assert not allowed(state)
    assert not allowed(XapiRequest("GET", "/xAPI/statements", {}))
    assert allowed(STATEMENT)  # the rules know whether it is a repeat


def test_a_key_of_no_session_may_do_nothing(world: World) -> None:
    stranger = Credential(session_key("none"), "t")
    assert asyncio.run(world.guard.limit(stranger, STATEMENT)).scopes == frozenset()
    session, _ = world.launch()
    elsewhere = Credential(session_key(session), "elsewhere")
    assert asyncio.run(world.guard.limit(elsewhere, STATEMENT)).scopes == frozenset()
    plain = Credential("tool", "t")
    assert asyncio.run(world.guard.limit(plain, STATEMENT)) is plain
