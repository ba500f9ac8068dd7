"""Logins of issuers, and the accounts that they are bound to."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select

from lrs.accounts.account_tables import accounts, logins, metadata
from lrs.accounts.accounts import Account, AccountExists, Accounts, account_of_row
from lrs.accounts.binding import LoginMatch, role_of
from lrs.accounts.roles import PersonRole
from lrs.database.sql_store import SqlStore
from schemas.catalog import Catalog
from schemas.typed_text import as_name


class BoundLogin(NamedTuple):
    """A login of an issuer, whose it is, and how that was found: by roster, address or operator."""

    issuer: str
    subject: str
    account: Account
    how: str


class LoginSource(NamedTuple):
    """Whose logins they are: `issuer` tells them apart from all others, and they open accounts of the tenant alone."""

    name: str
    issuer: str
    tenant: str


class Logins(SqlStore):
    """The logins in one database. Safe to use from many threads and processes. `clock` gives seconds."""

    def __init__(self, url: str, people_accounts: Accounts, clock: Callable[[], float] = time.time) -> None:
        super().__init__(metadata, url, "accounts'")
        self._accounts = people_accounts
        self._clock = clock

    def account(
        self, source: LoginSource, subject: str, login_match: LoginMatch | None, catalog: Catalog
    ) -> Account | None:
        """Who signs in: the account that the login is bound to, else the matched person's, to which it is then bound.

        None: nobody, or who may not.
        """
        if (row := self._bound(source.issuer, subject)) is not None:
            return None if row["disabled"] or row["tenant"] != source.tenant else account_of_row(row)
        account = self._of_person(source, subject, login_match, catalog) if login_match is not None else None
        if account is None or login_match is None:
            return None
        self.bind(source.issuer, subject, account, login_match.how)
        return account

    def bind(self, issuer: str, subject: str, account: Account, how: str) -> None:
        """The login is the account's, whosever it was."""
        values = {"account": account.id, "how": how, "bound": int(self._clock())}
        where = (logins.c.issuer == issuer, logins.c.subject == subject)
        with self._writing() as connection:
            connection.execute(delete(logins).where(*where))
            connection.execute(insert(logins).values(issuer=issuer, subject=subject, **values))

    def unbind(self, issuer: str, subject: str) -> bool:
        """The login is nobody's; False where it was."""
        where = (logins.c.issuer == issuer, logins.c.subject == subject)
        with self._writing() as connection:
            return connection.execute(delete(logins).where(*where)).rowcount == 1

    def all(self, tenant: str | None = None) -> list[BoundLogin]:
        """Every bound login, by account; of one tenant where it is named."""
        logins_query = select(logins, *accounts.c).join(accounts, accounts.c.id == logins.c.account)
        if tenant is not None:
            logins_query = logins_query.where(accounts.c.tenant == tenant)
        with self._reading() as connection:
            rows = connection.execute(logins_query.order_by(accounts.c.login, logins.c.issuer)).mappings().all()
        return [BoundLogin(row["issuer"], row["subject"], account_of_row(row), row["how"]) for row in rows]

    def _bound(self, issuer: str, subject: str) -> Mapping[Any, Any] | None:
        bound_query = select(*accounts.c).join(logins, accounts.c.id == logins.c.account)
        bound_query = bound_query.where(logins.c.issuer == issuer, logins.c.subject == subject)
        with self._reading() as connection:
            return connection.execute(bound_query).mappings().first()

    def _of_person(
        self, source: LoginSource, subject: str, login_match: LoginMatch, catalog: Catalog
    ) -> Account | None:
        """The one account of a person, or a new one. A guardian's account names a learner, and is not the learner's."""
        of_person = (accounts.c.tenant == source.tenant, accounts.c.person == login_match.person)
        person_query = select(accounts).where(*of_person, accounts.c.role != PersonRole.GUARDIAN)
        with self._reading() as connection:
            rows = connection.execute(person_query).mappings().all()
        if rows:
            return account_of_row(rows[0]) if len(rows) == 1 and not rows[0]["disabled"] else None
        role = role_of(login_match.person, catalog)
        if role is None:
            return None
        login = f"{source.name}:{hashlib.sha256(subject.encode()).hexdigest()[:24]}"
        try:
            return self._accounts.add(
                source.tenant, login, role, as_name(catalog.persons[login_match.person].name), login_match.person
            )
        except AccountExists:  # two tabs, the first time
            return next(
                (account for account in self._accounts.list_accounts(source.tenant) if account.login == login), None
            )
