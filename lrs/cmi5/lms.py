"""The LMS's part: launch an AU, hand out its credential, waive, abandon, and tell what is satisfied."""

from __future__ import annotations

import asyncio
import base64
import logging
import secrets
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from lrs.auth.credentials import Credential, Credentials
from lrs.catalog.catalogs import Catalogs
from lrs.cmi5 import statements
from lrs.cmi5.documents import put_launch_data
from lrs.cmi5.guard import session_key
from lrs.cmi5.rules import GRACE, Seat
from lrs.cmi5.satisfaction import Standing, satisfaction
from lrs.cmi5.sessions import Registration, Session, Sessions, Taken
from lrs.documents.store import Documents
from lrs.errors import Conflict, Full, Missing, Refused, Transient
from lrs.log import Log
from lrs.record.reader import MOST, Filter, Finder
from lrs.record.recorder import Recorder, StatementConflict
from lrs.store.client import StoreUnavailable
from schemas.cmi5 import words
from schemas.cmi5.course import Au, Course, LaunchMode, find_au, parts
from schemas.record import STATEMENTS
from schemas.xapi.actor import learner_key

VERSION = "1.0.3"  # of the xAPI that the LMS's statements speak
_KEY = "lms"  # what the authority of the LMS's statements is called
_SECONDS = 5.0  # for a statement to be found
_COUNTING = (words.LAUNCHED, words.COMPLETED, words.PASSED, words.WAIVED)
_LATER = (Transient, Refused, Full)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wish:
    """What to launch: publisher's ids, and the learner as an agent with an account."""

    course: str
    au: str
    learner: dict[str, Any]
    registration: str | None
    mode: LaunchMode
    entitlement: str | None  # the key that LMS and AU agreed on beside the course structure (10.2.7.2)
    return_url: str | None


@dataclass(frozen=True, slots=True)
class Launch:
    """A session that waits for its AU."""

    registration: str
    session: str
    activity: str
    url: str
    method: str


class Lms:
    """The sessions of one store. Methods raise Missing and Conflict, and what the parts they use raise."""

    def __init__(
        self,
        log: Log,
        catalogs: Catalogs,
        sessions: Sessions,
        documents: Documents,
        credentials: Credentials,
        recorder: Recorder,
        finder: Finder,
        clock: Callable[[], int],
        stored: Callable[[int], None],
    ) -> None:
        """`stored` is told the position after each statement that is recorded here."""
        self._log = log
        self._catalogs = catalogs
        self._sessions = sessions
        self._documents = documents
        self._credentials = credentials
        self._recorder = recorder
        self._finder = finder
        self._clock = clock
        self._stored = stored

    async def launch(self, tenant: str, wish: Wish, endpoint: str, fetch: str) -> Launch:
        """Begin a session (8 and 10). `fetch` is the address that tokens are appended to."""
        course, au = await asyncio.to_thread(self._au, tenant, wish.course, wish.au)
        now = self._clock()
        registration = Registration(tenant, wish.registration or str(uuid.uuid4()), course.id, wish.learner)
        try:
            enrolled = await asyncio.to_thread(self._sessions.enrol, registration)
        except Taken:
            raise Conflict("registration: stands for another course or another learner", "registration") from None
        session = Session(
            str(uuid.uuid4()), tenant, registration.id, au.id, wish.mode, au.mastery_score, launched=now, last=now
        )
        seat = Seat(session, course.id, wish.learner)
        token = secrets.token_urlsafe(32)
        data = statements.launch_data(au, session.id, wish.mode, wish.entitlement, wish.return_url)
        await asyncio.to_thread(put_launch_data, self._documents, seat, data)
        await self._record(tenant, statements.launched(seat, au, data, now))
        for left in await asyncio.to_thread(self._sessions.open, session, token):
            await self._told_abandoned(replace(seat, session=left))
        if enrolled:  # what needs no statement is satisfied at once (9.6.1)
            await self.moved(seat)
        url = statements.launch_url(
            au,
            {
                "endpoint": endpoint,
                "fetch": fetch + token,
                "actor": orjson.dumps(wish.learner).decode(),
                "registration": registration.id,
                "activityId": seat.activity,
            },
        )
        return Launch(registration.id, session.id, seat.activity, url, au.launch_method.value)

    async def fetch(self, token: str) -> dict[str, str]:
        """The answer to an AU's fetch: its credential, once (8.2)."""
        now = self._clock()
        found = await asyncio.to_thread(self._sessions.fetch, token, now)
        if found is None:
            return {"error-code": "2", "error-text": "Unknown authorization token."}
        session, first = found
        if not first:
            return {"error-code": "1", "error-text": "The authorization token was already used."}
        if session.ended is not None and (session.abandoned or now > session.ended + GRACE):
            return {"error-code": "1", "error-text": "The session is over."}
        key, secret = session_key(session.id), secrets.token_urlsafe(32)
        await asyncio.to_thread(self._credentials.add, key, secret, session.tenant)
        return {"auth-token": base64.b64encode(f"{key}:{secret}".encode()).decode()}

    async def abandon(self, tenant: str, session_id: str) -> None:
        """End a session whose AU will not say that it terminated (9.3.6)."""
        session = await asyncio.to_thread(self._sessions.get, session_id)
        if session is None or session.tenant != tenant:
            raise Missing("session: no such session", "session")
        if not await asyncio.to_thread(self._sessions.abandon, session_id, self._clock()):
            raise Conflict("session: has ended already", "session")
        registration = await self._registration(tenant, session.registration)
        await self._told_abandoned(Seat(session, registration.course, registration.learner))

    async def waive(self, tenant: str, registration_id: str, au_id: str, reason: str) -> str:
        """Waive an AU (9.3.7); gives the statement's id."""
        registration = await self._registration(tenant, registration_id)
        _, au = await asyncio.to_thread(self._au, tenant, registration.course, au_id)
        now = self._clock()
        # No AU ever sits in this session: what the LMS says outside of a launch has a session of its own.
        session = Session(
            str(uuid.uuid4()), tenant, registration_id, au.id, LaunchMode.NORMAL, au.mastery_score, now, now, now
        )
        seat = Seat(session, registration.course, registration.learner)
        statement = statements.waived(seat, au, reason, now)
        try:
            await self._record(tenant, statement)
        except StatementConflict:
            raise Conflict("au: was waived before in this registration", "au") from None
        await self.moved(seat)
        return str(statement["id"])

    async def standing(self, tenant: str, course_id: str, registration: str) -> tuple[Course, Standing]:
        """What of a course is satisfied in a registration, with the evidence."""
        course = (await asyncio.to_thread(self._catalogs.latest, tenant)).courses.get(course_id)
        if course is None:
            raise Missing("course: no such course", "course")
        found = await asyncio.to_thread(self._sessions.registration, tenant, registration)
        if found is not None and found.course != course_id:
            raise Missing("registration: is one of another course", "registration")
        counting = await self._statements(tenant, registration, learner_key(found.learner) if found else "")
        if found is None and not counting:
            raise Missing("registration: no such registration", "registration")
        return course, satisfaction(course, counting)

    async def moved(self, seat: Seat) -> None:
        """Say what has become satisfied, once each (9.3.9).

        The statements that satisfied it stand already: what cannot be told now is told after the next statement.
        """
        tenant, registration = seat.session.tenant, seat.session.registration
        try:
            course, standing = await self.standing(tenant, seat.course, registration)
            whole = {part.id: part for part in (course, *parts(course)) if not isinstance(part, Au)}
            for one in standing.walk():
                if one.satisfied and one.id in whole:
                    await self._told_satisfied(statements.satisfied(course, whole[one.id], seat, self._clock()), tenant)
        except Missing:
            return  # the course was taken away
        except _LATER as error:
            _log.warning("what registration %s satisfied is told later: %s", registration, error)

    def close(self) -> None:
        """Close the database's connections."""
        self._sessions.close()

    async def _told_satisfied(self, statement: dict[str, Any], tenant: str) -> None:
        if await asyncio.to_thread(self._finder.by_id, tenant, statement["id"]) is not None:
            return
        try:
            await self._record(tenant, statement)
        except StatementConflict:
            return  # told at the same moment, or told and voided

    async def _told_abandoned(self, seat: Seat) -> None:
        tenant, session = seat.session.tenant, seat.session
        try:
            _, au = await asyncio.to_thread(self._au, tenant, seat.course, session.au)
        except Missing:
            return  # a course that was replaced says no more what the AU was
        await self._record(tenant, statements.abandoned(seat, au, self._clock()))

    async def _record(self, tenant: str, statement: dict[str, Any]) -> None:
        _, position = await self._recorder.record([orjson.dumps(statement)], Credential(_KEY, tenant), VERSION)
        self._stored(position)

    async def _registration(self, tenant: str, registration: str) -> Registration:
        found = await asyncio.to_thread(self._sessions.registration, tenant, registration)
        if found is None:
            raise Missing("registration: no such registration was launched here", "registration")
        return found

    async def _statements(self, tenant: str, registration: str, learner: str) -> list[dict[str, Any]]:
        return await asyncio.to_thread(self._read, tenant, registration, learner)

    def _read(self, tenant: str, registration: str, learner: str) -> list[dict[str, Any]]:
        if not self._finder.wait(self._log.end(STATEMENTS), _SECONDS):
            raise StoreUnavailable("the store is catching up")
        found: list[bytes] = []
        for verb in _COUNTING:
            found += self._pages(tenant, Filter(agent=learner, registration=registration, verb=verb, ascending=True))
        return [orjson.loads(statement) for statement in found]

    def _pages(self, tenant: str, wanted: Filter) -> Sequence[bytes]:
        found: list[bytes] = []
        while True:
            page = self._finder.page(tenant, replace(wanted, limit=MOST))
            found += page.statements
            if page.after is None:
                return found
            wanted = replace(wanted, after=page.after)

    def _au(self, tenant: str, course_id: str, au_id: str) -> tuple[Course, Au]:
        course = self._catalogs.latest(tenant).courses.get(course_id)
        if course is None:
            raise Missing("course: no such course", "course")
        au = find_au(course, au_id)
        if au is None:
            raise Missing("au: the course has no such AU", "au")
        return course, au
