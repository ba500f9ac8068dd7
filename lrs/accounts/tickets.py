"""Tickets with which a launch of a learning platform goes on in a new tab: each opens one session, once."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from sqlalchemy import delete, insert, select

from lrs.accounts.account_tables import accounts, metadata, tickets
from lrs.accounts.accounts import Account, account_of_row
from lrs.database.sql_store import SqlStore, token_hash

TICKET_SECONDS = 60


class Tickets(SqlStore):
    """The tickets in one database. Safe to use from many threads and processes. `clock` gives seconds."""

    def __init__(self, url: str, clock: Callable[[], float] = time.time) -> None:
        super().__init__(metadata, url, "accounts'")
        self._clock = clock

    def give(self, account: Account, destination: str, seconds: int = TICKET_SECONDS) -> str:
        """A ticket that opens one session of an account, within so many seconds."""
        token, now = secrets.token_urlsafe(32), int(self._clock())
        values = {"account": account.id, "destination": destination, "until": now + seconds}
        with self._writing() as connection:
            connection.execute(delete(tickets).where(tickets.c.until <= now))
            connection.execute(insert(tickets).values(token=token_hash(token), **values))
        return token

    def take(self, token: str) -> tuple[Account, str] | None:
        """Whose ticket it is, and where it leads, once; None where it is unknown, used, over, or of who may not."""
        ticket_query = select(tickets.c.destination, tickets.c.until, *accounts.c)
        ticket_query = ticket_query.join(accounts, accounts.c.id == tickets.c.account).where(
            tickets.c.token == token_hash(token)
        )
        with self._writing() as connection:
            row = connection.execute(ticket_query).mappings().first()
            used = connection.execute(delete(tickets).where(tickets.c.token == token_hash(token)))
        if row is None or used.rowcount != 1 or row["until"] <= self._clock() or row["disabled"]:
            return None
        return account_of_row(row), row["destination"]
