"""What a session's credential may do, and what happens around each storing of its statements."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

import orjson

from lrs.auth.credentials import Credential
from lrs.auth.scopes import Scope
from lrs.cmi5.rules import GRACE, BrokenSessionRule, LearnerSession, check_session
from lrs.cmi5.satisfaction import listed, session_of, statement_time
from lrs.cmi5.sessions import Act, LaunchSession, Sessions
from lrs.errors import Forbidden
from lrs.record.finder import Finder
from schemas.cmi5 import words
from schemas.xapi.actor import learner_key

SCOPES = frozenset({Scope.STATEMENTS_WRITE, Scope.STATEMENTS_READ_MINE, Scope.STATE, Scope.PROFILE})
_SESSION_PREFIX = "cmi5-"
_OF_THE_LEARNER = ("/xAPI/activities/state", "/xAPI/agents")
_STATEMENTS = "/xAPI/statements"
_RESULT_ASKED = ("success", "completion", "duration", "score")
_FIND_SECONDS = 5.0  # for what was acknowledged to be found


class XapiRequest(NamedTuple):
    """A request of the xAPI: its method, path and parameters."""

    method: str
    path: str
    parameters: Mapping[str, str]


def session_key(session: str) -> str:
    """The key of a session's credential."""
    return _SESSION_PREFIX + session


class SessionGuard:
    """Guards the sessions of one store. `report` is called for one whose statements may satisfy something."""

    def __init__(
        self,
        sessions: Sessions,
        finder: Finder,
        clock: Callable[[], int],
        report: Callable[[LearnerSession], Awaitable[None]],
    ) -> None:
        self._sessions = sessions
        self._finder = finder
        self._clock = clock
        self._report = report
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def limit(self, credential: Credential, request: XapiRequest) -> Credential:
        """The credential as it counts for a request: a session's is bound to its learner. Raises Forbidden."""
        if not credential.key.startswith(_SESSION_PREFIX):
            return credential
        current = await self._find_session(credential)
        if current is None:  # of a session that is gone: what it was bound to is not known
            return replace(credential, scopes=frozenset())
        # A statement that comes too late is refused by the rules, which know whether it is only a repeat.
        if not (request.path == _STATEMENTS and request.method in ("POST", "PUT")) and self._over(current.session):
            raise Forbidden("the cmi5 session of this credential is over", "session")
        if request.path.startswith(_OF_THE_LEARNER):
            _check_own_learner(current, request)
        return replace(credential, scopes=SCOPES)

    @asynccontextmanager
    async def __call__(
        self, statements: Sequence[bytes], made: frozenset[str], credential: Credential
    ) -> AsyncIterator[None]:
        """Around the storing of statements; `made`: the ids of those that came without. Raises BrokenSessionRule."""
        current = await self._find_session(credential)
        if current is None:
            yield
            return
        async with self._locks.setdefault(current.session.id, asyncio.Lock()):
            acts = await asyncio.to_thread(self._take, current, statements, made)
            try:
                yield
            except Exception:  # nothing was acknowledged: a retry must not be refused for it; it is raised again
                await asyncio.to_thread(self._forget, current.session, acts)
                raise
        if any(act.verb in (words.PASSED, words.COMPLETED, words.TERMINATED) for act in acts):
            await self._report(current)

    async def _find_session(self, credential: Credential) -> LearnerSession | None:
        if not credential.key.startswith(_SESSION_PREFIX):
            return None
        return await asyncio.to_thread(self._find, credential)

    def _find(self, credential: Credential) -> LearnerSession | None:
        session = self._sessions.get(credential.key.removeprefix(_SESSION_PREFIX))
        if session is None or session.tenant != credential.tenant:
            return None
        registration = self._sessions.registration(session.tenant, session.registration)
        return LearnerSession(session, registration.course, registration.learner) if registration else None

    def _over(self, session: LaunchSession) -> bool:
        if session.ended is None:
            return False
        return session.abandoned or self._clock() > session.ended + GRACE

    def _take(self, current: LearnerSession, raw: Sequence[bytes], made: frozenset[str]) -> list[Act]:
        # What another request changed while this one waited.
        session = self._sessions.get(current.session.id) or current.session
        current = replace(current, session=session)
        statements = [_what_rules_ask(statement, made) for statement in raw]
        now = self._clock()
        known_acts = self._sessions.acts(session)
        sent = {str(statement.get("id", "")).lower() for statement in statements}
        known_acts = self._still_recorded(session, known_acts, [act for act in known_acts if act.statement in sent])
        try:
            acts = check_session(current, known_acts, statements, now)
        except BrokenSessionRule:
            recorded = self._still_recorded(session, known_acts, known_acts)
            if len(recorded) == len(known_acts):
                raise
            acts = check_session(current, recorded, statements, now)
        ended = now if any(act.verb == words.TERMINATED for act in acts) else None
        last = max((statement_time(s) for s in statements if "timestamp" in s), default=0)
        self._sessions.take(session, acts, last, ended)
        return acts

    def _still_recorded(self, session: LaunchSession, known_acts: Sequence[Act], doubtful: Sequence[Act]) -> list[Act]:
        """What is known, without what was voided or never reached the log: those never cause a refusal."""
        gone = {
            a.statement for a in doubtful if self._finder.surely(session.tenant, a.statement, _FIND_SECONDS) is None
        }
        if gone:
            self._sessions.forget(session, gone, reopen=False)
        return [act for act in known_acts if act.statement not in gone]

    def _forget(self, session: LaunchSession, acts: Sequence[Act]) -> None:
        ended = any(act.verb == words.TERMINATED for act in acts)
        self._sessions.forget(session, [act.statement for act in acts], reopen=ended)


def _what_rules_ask(raw: bytes, made: frozenset[str]) -> dict[str, Any]:
    """What the rules ask of a statement, as the objects of all of a large request are many times its size.

    It has no id where that is one that the store `made`.
    """
    statement: dict[str, Any] = orjson.loads(raw)
    context, actor = statement.get("context", {}), statement["actor"]
    asked: dict[str, Any] = {
        "actor": {name: actor[name] for name in actor if name not in ("name", "member")},
        "verb": {"id": statement["verb"]["id"]},
        "object": {name: statement["object"][name] for name in ("id",) if name in statement["object"]},
        "context": {
            "registration": context.get("registration", ""),
            "contextActivities": {
                kind: [{"id": activity} for activity in listed(statement, kind)]
                for kind in context.get("contextActivities", {})
            },
            "extensions": {words.SESSION_ID: session_of(statement)},
        },
        "result": {name: told for name, told in statement.get("result", {}).items() if name in _RESULT_ASKED},
    }
    if "timestamp" in statement:
        asked["timestamp"] = statement["timestamp"]
    if statement["id"].lower() not in made:
        asked["id"] = statement["id"]
    return asked


def _check_own_learner(current: LearnerSession, request: XapiRequest) -> None:
    """States and profiles of the session's learner alone; the launch data is the LMS's (10.2.1)."""
    try:
        mine = learner_key(orjson.loads(request.parameters["agent"])) == learner_key(current.learner)
    except (KeyError, ValueError, TypeError, AttributeError):
        mine = False
    if not mine:
        raise Forbidden("a cmi5 session reaches the documents of its own learner alone", "agent")
    if request.parameters.get("registration", current.session.registration).lower() != current.session.registration:
        raise Forbidden("a cmi5 session reaches the documents of its own registration alone", "registration")
    writes = request.method in ("PUT", "POST", "DELETE") and request.path.endswith("/state")
    if writes and request.parameters.get("stateId", words.LAUNCH_DATA) == words.LAUNCH_DATA:
        raise Forbidden(f"an AU does not change {words.LAUNCH_DATA}", "stateId")
