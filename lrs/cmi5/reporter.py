"""Reports what of a course is satisfied: reads it, and records a `satisfied` statement for each part, once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import orjson

from lrs.catalog.catalogs import Catalogs
from lrs.cmi5 import lms_statements
from lrs.cmi5.lookup import course_of
from lrs.cmi5.rules import LearnerSession
from lrs.cmi5.satisfaction import Satisfaction, satisfaction_of
from lrs.cmi5.sessions import Sessions
from lrs.errors import Full, Missing, Refused, Transient
from lrs.log import Log
from lrs.record.appender import StatementConflict
from lrs.record.finder import MOST_PAGE_STATEMENTS, Finder, StatementFilter
from lrs.record.own_statements import OwnStatements
from schemas.cmi5 import words
from schemas.cmi5.course import Au, Course, parts
from schemas.record import STATEMENTS
from schemas.xapi.actor import learner_key

_FIND_SECONDS = 5.0  # for a statement to be found
_COUNTING = (words.LAUNCHED, words.COMPLETED, words.PASSED, words.WAIVED)
_LATER = (Transient, Refused, Full)

logger = logging.getLogger(__name__)


class Reporter:
    """Reports on the registrations of one store. Methods raise Missing, and what the parts they use raise."""

    def __init__(
        self,
        log: Log,
        catalogs: Catalogs,
        sessions: Sessions,
        finder: Finder,
        own: OwnStatements,
        clock: Callable[[], int],
    ) -> None:
        self._log = log
        self._catalogs = catalogs
        self._sessions = sessions
        self._finder = finder
        self._own = own
        self._clock = clock

    async def read(self, tenant: str, course: str, registration: str) -> tuple[Course, Satisfaction]:
        """What of a course is satisfied in a registration, with the evidence."""
        return await asyncio.to_thread(self._read, tenant, course, registration)

    async def report(self, current: LearnerSession) -> None:
        """Record what has become satisfied, once each (9.3.9).

        The statements that satisfied it are recorded already: what cannot be reported now is after the next one.
        """
        session = current.session
        try:
            course, satisfaction = await self.read(session.tenant, current.course, session.registration)
            whole = {part.id: part for part in (course, *parts(course)) if not isinstance(part, Au)}
            for of_part in satisfaction.walk():
                if of_part.satisfied and of_part.id in whole:
                    satisfied = lms_statements.satisfied(course, whole[of_part.id], current, self._clock())
                    await self._once(session.tenant, satisfied)
        except Missing:
            return  # the course was removed
        except _LATER as error:
            logger.warning("what registration %s satisfied is reported later: %s", session.registration, error)

    async def _once(self, tenant: str, statement: dict[str, Any]) -> None:
        if await asyncio.to_thread(self._finder.by_id, tenant, statement["id"]) is not None:
            return
        try:
            await self._own.record(tenant, statement)
        except StatementConflict:
            return  # reported at the same moment, or reported and voided

    def _read(self, tenant: str, course_id: str, registration: str) -> tuple[Course, Satisfaction]:
        course = course_of(self._catalogs, tenant, course_id)
        launched = self._sessions.registration(tenant, registration)
        if launched is not None and launched.course != course_id:
            raise Missing("registration: belongs to another course", "registration")
        counting = self._statements(tenant, registration, learner_key(launched.learner) if launched else "")
        if launched is None and not counting:
            raise Missing("registration: not found", "registration")
        return course, satisfaction_of(course, counting)

    def _statements(self, tenant: str, registration: str, learner: str) -> list[dict[str, Any]]:
        if not self._finder.wait(self._log.end(STATEMENTS), _FIND_SECONDS):
            raise Transient("the tables are behind what was acknowledged")
        counting: list[bytes] = []
        for verb in _COUNTING:
            counting += self._pages(
                tenant, StatementFilter(agent=learner, registration=registration, verb=verb, ascending=True)
            )
        return [orjson.loads(statement) for statement in counting]

    def _pages(self, tenant: str, statement_filter: StatementFilter) -> Sequence[bytes]:
        statements: list[bytes] = []
        while True:
            page = self._finder.page(tenant, replace(statement_filter, limit=MOST_PAGE_STATEMENTS))
            statements += page.statements
            if page.after is None:
                return statements
            statement_filter = replace(statement_filter, after=page.after)
