"""Registrations and sessions in a transactional database: SQLite embedded, PostgreSQL distributed.

They hold what the log may not (one-time tokens) and what two racing requests must agree on. What a learner did,
and what it is worth, is in the log's statements alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    MetaData,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import IntegrityError

from lrs.database.connection import database_errors
from lrs.database.sql_store import SqlStore, token_hash
from lrs.errors import Conflict
from schemas.cmi5.course import LaunchMode

_session_metadata = MetaData()
_registrations = Table(
    "cmi5_registrations",
    _session_metadata,
    Column("tenant", String(255), primary_key=True),
    Column("registration", String(36), primary_key=True),
    Column("course", Text, nullable=False),
    Column("learner", Text, nullable=False),  # the agent, as JSON
    Column("launches", BigInteger, nullable=False),
)
_sessions = Table(
    "cmi5_sessions",
    _session_metadata,
    Column("session", String(36), primary_key=True),
    Column("tenant", String(255), nullable=False),
    Column("registration", String(36), nullable=False, index=True),
    Column("au", Text, nullable=False),
    Column("mode", String(10), nullable=False),
    Column("mastery_score", Float),
    Column("token", String(64), nullable=False, unique=True),  # its SHA-256
    Column("launched", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("fetched", BigInteger),
    Column("ended", BigInteger),
    Column("abandoned", BigInteger),
)
_acts = Table(
    "cmi5_acts",
    _session_metadata,
    Column("tenant", String(255), primary_key=True),
    Column("registration", String(36), primary_key=True),
    Column("statement", String(36), primary_key=True),
    Column("session", String(36), nullable=False),
    Column("au", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
_s = _sessions.c
_SESSIONS_OWNER = "sessions'"


@dataclass(frozen=True, slots=True)
class Registration:
    """A learner (an agent with an account) who is enrolled in a course."""

    tenant: str
    id: str
    course: str
    learner: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LaunchSession:
    """One launch of an AU. Times in µs since the epoch: launched, the latest statement's, when it ended.

    It ended when `terminated` was received, or when it was abandoned.
    """

    id: str
    tenant: str
    registration: str
    au: str
    mode: LaunchMode
    mastery_score: float | None
    launched: int
    last: int
    ended: int | None = None
    abandoned: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """A cmi5 defined statement that a session took in; `at` is its timestamp in µs since the epoch."""

    statement: str
    session: str
    verb: str
    at: int


class RegistrationExists(Conflict):
    """The registration exists already, for another course or another learner."""


class Sessions(SqlStore):
    """The sessions in one database. Safe to use from many threads and processes."""

    def __init__(self, url: str) -> None:
        super().__init__(_session_metadata, url, _SESSIONS_OWNER, pool_pre_ping=True)

    def enrol(self, registration: Registration) -> bool:
        """Add a registration; False if it exists already. Raises RegistrationExists."""
        values = {"tenant": registration.tenant, "registration": registration.id, "course": registration.course}
        learner = orjson.dumps(registration.learner, option=orjson.OPT_SORT_KEYS).decode()
        with database_errors(_SESSIONS_OWNER):
            try:
                with self._engine.begin() as connection:
                    connection.execute(insert(_registrations).values(**values, learner=learner, launches=0))
            except IntegrityError:
                existing = self.registration(registration.tenant, registration.id)
                if existing is None or (existing.course, existing.learner["account"]) != (
                    registration.course,
                    registration.learner["account"],
                ):
                    raise RegistrationExists(
                        "registration: belongs to another course or another learner", "registration"
                    ) from None
                return False
        return True

    def registration(self, tenant: str, registration: str) -> Registration | None:
        """A registration that was launched here."""
        r = _registrations.c
        query = select(_registrations).where(r.tenant == tenant, r.registration == registration)
        with self._reading() as connection:
            row = connection.execute(query).mappings().first()
        return Registration(tenant, registration, row["course"], orjson.loads(row["learner"])) if row else None

    def open(self, session: LaunchSession, token: str) -> list[LaunchSession]:
        """Begin a session; ends the registration's others, which are given (9.3.6: they are to be abandoned)."""
        r = _registrations.c
        mine = (r.tenant == session.tenant, r.registration == session.registration)
        others = (_s.tenant == session.tenant, _s.registration == session.registration, _s.ended.is_(None))
        with self._writing() as connection:
            # Racing launches of one registration wait for each other at its row.
            connection.execute(update(_registrations).where(*mine).values(launches=r.launches + 1))
            active = [_session_of_row(row) for row in connection.execute(select(_sessions).where(*others)).mappings()]
            now = session.launched
            connection.execute(update(_sessions).where(*others).values(ended=now, abandoned=now))
            connection.execute(
                insert(_sessions).values(
                    session=session.id,
                    tenant=session.tenant,
                    registration=session.registration,
                    au=session.au,
                    mode=session.mode.value,
                    mastery_score=session.mastery_score,
                    token=token_hash(token),
                    launched=session.launched,
                    last=session.last,
                )
            )
        return active

    def get(self, session: str) -> LaunchSession | None:
        """A session by its id."""
        with self._reading() as connection:
            row = connection.execute(select(_sessions).where(_s.session == session)).mappings().first()
        return _session_of_row(row) if row else None

    def fetch(self, token: str, now: int) -> tuple[LaunchSession, bool] | None:
        """The session of a token, and whether this was the token's first use; None if there is no such token."""
        key = _s.token == token_hash(token)
        with self._writing() as connection:
            used = update(_sessions).where(key, _s.fetched.is_(None)).values(fetched=now)
            first = connection.execute(used).rowcount == 1
            row = connection.execute(select(_sessions).where(key)).mappings().first()
        return (_session_of_row(row), first) if row else None

    def abandon(self, session: str, now: int) -> bool:
        """End a session; False if it had ended."""
        ended = update(_sessions).where(_s.session == session, _s.ended.is_(None)).values(ended=now, abandoned=now)
        with self._writing() as connection:
            return connection.execute(ended).rowcount == 1

    def acts(self, session: LaunchSession) -> list[Act]:
        """What the AU did in the session's registration, in this and in other sessions."""
        a = _acts.c
        query = select(a.statement, a.session, a.verb, a.at).where(
            a.tenant == session.tenant, a.registration == session.registration, a.au == session.au
        )
        with self._reading() as connection:
            return [Act(*row) for row in connection.execute(query)]

    def take(self, session: LaunchSession, acts: Sequence[Act], last: int, ended: int | None) -> None:
        """Remember what a session is about to take in."""
        values: dict[str, Any] = {"last": max(last, session.last)}
        if ended is not None:
            values["ended"] = ended
        rows = [
            {
                "tenant": session.tenant,
                "statement": act.statement,
                "registration": session.registration,
                "session": act.session,
                "au": session.au,
                "verb": act.verb,
                "at": act.at,
            }
            for act in acts
        ]
        with self._writing() as connection:
            connection.execute(update(_sessions).where(_s.session == session.id).values(**values))
            if rows:
                connection.execute(insert(_acts), rows)

    def forget(self, session: LaunchSession, statements: Collection[str], reopen: bool) -> None:
        """Forget what was not taken in after all, or has been voided since."""
        a = _acts.c
        with self._writing() as connection:
            connection.execute(
                delete(_acts).where(
                    a.tenant == session.tenant,
                    a.registration == session.registration,
                    a.statement.in_(statements),
                )
            )
            if reopen:
                connection.execute(update(_sessions).where(_s.session == session.id).values(ended=None))


def embedded_sessions_url(data: Path) -> str:
    """Where the embedded runtime keeps sessions."""
    return f"sqlite:///{data / 'sessions.db'}"


def _session_of_row(row: RowMapping) -> LaunchSession:
    return LaunchSession(
        row["session"],
        row["tenant"],
        row["registration"],
        row["au"],
        LaunchMode(row["mode"]),
        row["mastery_score"],
        row["launched"],
        row["last"],
        row["ended"],
        row["abandoned"] is not None,
    )
