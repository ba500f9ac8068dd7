"""Launches AUs: begins sessions, hands out their credentials, and abandons them (cmi5 Quartz, 8 to 10)."""

from __future__ import annotations

import asyncio
import base64
import secrets
import uuid
from dataclasses import dataclass, replace
from typing import Any

import orjson

from lrs.auth.credentials import Credentials
from lrs.cmi5 import lms_statements
from lrs.cmi5.guard import session_key
from lrs.cmi5.launch_data import put_launch_data
from lrs.cmi5.lms_parts import LmsParts
from lrs.cmi5.lookup import au_of, registration_of
from lrs.cmi5.rules import GRACE, LearnerSession
from lrs.cmi5.sessions import LaunchSession, Registration
from lrs.documents.store import Documents
from lrs.errors import Conflict, Missing
from schemas.cmi5.course import LaunchMode


@dataclass(frozen=True, slots=True)
class LaunchWish:
    """What to launch: publisher's ids, and the learner as an agent with an account."""

    course: str
    au: str
    learner: dict[str, Any]
    registration: str | None
    mode: LaunchMode
    entitlement: str | None  # the key that LMS and AU agreed on beside the course structure (10.2.7.2)
    return_url: str | None


@dataclass(frozen=True, slots=True)
class LaunchedSession:
    """A session that waits for its AU."""

    registration: str
    session: str
    activity: str
    url: str
    method: str


class Launcher:
    """Launches AUs of one store. Methods raise Missing and Conflict, and what the parts they use raise."""

    def __init__(self, parts: LmsParts, documents: Documents, credentials: Credentials) -> None:
        self._parts = parts
        self._documents = documents
        self._credentials = credentials

    async def launch(self, tenant: str, wish: LaunchWish, endpoint: str, fetch: str) -> LaunchedSession:
        """Begin a session (8 and 10). `fetch` is the address that tokens are appended to."""
        course, au = await asyncio.to_thread(au_of, self._parts.catalogs, tenant, wish.course, wish.au)
        now = self._parts.clock()
        registration = Registration(tenant, wish.registration or str(uuid.uuid4()), course.id, wish.learner)
        enrolled = await asyncio.to_thread(self._parts.sessions.enrol, registration)
        session = LaunchSession(
            str(uuid.uuid4()), tenant, registration.id, au.id, wish.mode, au.mastery_score, launched=now, last=now
        )
        current = LearnerSession(session, course.id, wish.learner)
        token = secrets.token_urlsafe(32)
        data = lms_statements.launch_data(au, session.id, wish.mode, wish.entitlement, wish.return_url)
        await asyncio.to_thread(put_launch_data, self._documents, current, data)
        await self._parts.own.record(tenant, lms_statements.launched(current, au, data, now))
        for abandoned in await asyncio.to_thread(self._parts.sessions.open, session, token):
            await self._record_abandoned(replace(current, session=abandoned))
        if enrolled:  # what needs no statement is satisfied at once (9.6.1)
            await self._parts.reporter.report(current)
        url = lms_statements.launch_url(
            au,
            {
                "endpoint": endpoint,
                "fetch": fetch + token,
                "actor": orjson.dumps(wish.learner).decode(),
                "registration": registration.id,
                "activityId": current.activity,
            },
        )
        return LaunchedSession(registration.id, session.id, current.activity, url, au.launch_method.value)

    async def fetch(self, token: str) -> dict[str, str]:
        """The answer to an AU's fetch: its credential, once (8.2)."""
        now = self._parts.clock()
        session_and_first = await asyncio.to_thread(self._parts.sessions.fetch, token, now)
        if session_and_first is None:
            return {"error-code": "2", "error-text": "Unknown authorization token."}
        session, first = session_and_first
        if not first:
            return {"error-code": "1", "error-text": "The authorization token was already used."}
        if session.ended is not None and (session.abandoned or now > session.ended + GRACE):
            return {"error-code": "1", "error-text": "The session is over."}
        key, secret = session_key(session.id), secrets.token_urlsafe(32)
        await asyncio.to_thread(self._credentials.add, key, secret, session.tenant)
        return {"auth-token": base64.b64encode(f"{key}:{secret}".encode()).decode()}

    async def abandon(self, tenant: str, session_id: str) -> None:
        """End a session whose AU will not say that it terminated (9.3.6)."""
        session = await asyncio.to_thread(self._parts.sessions.get, session_id)
        if session is None or session.tenant != tenant:
            raise Missing("session: not found", "session")
        if not await asyncio.to_thread(self._parts.sessions.abandon, session_id, self._parts.clock()):
            raise Conflict("session: already ended", "session")
        registration = await asyncio.to_thread(registration_of, self._parts.sessions, tenant, session.registration)
        await self._record_abandoned(LearnerSession(session, registration.course, registration.learner))

    async def _record_abandoned(self, current: LearnerSession) -> None:
        session = current.session
        try:
            _, au = await asyncio.to_thread(au_of, self._parts.catalogs, session.tenant, current.course, session.au)
        except Missing:
            return  # the course was replaced, and says no more what the AU was
        await self._parts.own.record(session.tenant, lms_statements.abandoned(current, au, self._parts.clock()))
