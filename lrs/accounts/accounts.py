"""People who sign in: accounts, invitations to them, and sessions.

An account is made for somebody by name, and cannot be used until its owner has opened an invitation and chosen a
password. The tokens of invitations and sessions are kept as hashes alone.
"""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from lrs.accounts.account_tables import accounts, invitations, logins, metadata, pins, preferences, sessions, tickets
from lrs.accounts.passwords import hash_password, is_right
from lrs.accounts.roles import PersonRole
from lrs.database.sql_store import SqlStore, token_hash
from schemas.typed_text import name_fault, typed

PERSON_SESSION_HOURS = 12.0
CLASS_SESSION_HOURS = 2.0  # by a class's code: devices are shared
GUARDIAN_SESSION_HOURS = 1.0
INVITATION_HOURS = 7 * 24
LONGEST_PERSON = 2048  # characters: a roster's id, or a learner's key
_HOUR = 3600
_KEY_PREFIX = "key:"


class BadAccount(ValueError):
    """An account that cannot be added, changed or invited."""


class AccountExists(BadAccount):
    """An account with this login exists already."""


class AccountDisabled(BadAccount):
    """Nobody opens an invitation to a disabled account."""


@dataclass(frozen=True, slots=True)
class Account:
    """The account of somebody who signs in.

    person: the id that a roster has of them; a learner's or a guardian's may be a learner's key.
    """

    id: str
    tenant: str
    login: str
    name: str
    role: PersonRole
    person: str
    has_password: bool
    disabled: bool = False

    @property
    def active(self) -> bool:
        """Whether it lets its owner in by a password."""
        return self.has_password and not self.disabled


@dataclass(frozen=True, slots=True)
class PersonSession:
    """Whose session it is: an account's, or that of a credential of the named key."""

    account: Account | None
    key: str

    @property
    def chooser(self) -> str:
        """What the language and the zone that its owner chose are kept by."""
        return self.account.id if self.account is not None else f"{_KEY_PREFIX}{token_hash(self.key)[:32]}"


class Accounts(SqlStore):
    """The accounts in one database. Safe to use from many threads and processes. `clock` gives seconds."""

    def __init__(self, url: str, clock: Callable[[], float] = time.time) -> None:
        super().__init__(metadata, url, "accounts'")
        self._clock = clock

    def add(self, tenant: str, login: str, role: PersonRole, name: str = "", person: str = "") -> Account:
        """Add an account without a password. Raises BadAccount (AccountExists if the login is taken)."""
        login = login.strip().lower()
        if not 0 < len(login) <= 255 or not login.isprintable():
            raise BadAccount("a login must have 1 to 255 printable characters")
        _check_account(role, person, name)
        account = Account(uuid.uuid4().hex, tenant, login, typed(name) or login, role, person, False)
        values = {
            **{name: getattr(account, name) for name in ("id", "tenant", "login", "name", "role", "person")},
            "password": None,
            "disabled": False,
            "created": int(self._clock()),
        }
        try:
            with self._writing() as connection:
                connection.execute(insert(accounts).values(values))
        except IntegrityError:
            raise AccountExists(f"account {login} already exists") from None
        return account

    def list_accounts(self, tenant: str | None = None) -> list[Account]:
        """Every account, by login; of one tenant where it is named."""
        accounts_query = select(accounts).order_by(accounts.c.login)
        if tenant is not None:
            accounts_query = accounts_query.where(accounts.c.tenant == tenant)
        with self._reading() as connection:
            return [account_of_row(row) for row in connection.execute(accounts_query).mappings()]

    def invite(self, login: str, hours: float = INVITATION_HOURS) -> str | None:
        """A token to open the account with, once; earlier ones end. None without such an account.

        Raises AccountDisabled.
        """
        account = self._found(accounts.c.login == login.strip().lower())
        if account is None:
            return None
        if account["disabled"]:
            raise AccountDisabled(f"account {account['login']} is disabled, so no invitation to it would open")
        token = secrets.token_urlsafe(32)
        values = {"token": token_hash(token), "account": account["id"], "until": int(self._clock() + hours * _HOUR)}
        with self._writing() as connection:
            connection.execute(delete(invitations).where(invitations.c.account == account["id"]))
            connection.execute(insert(invitations).values(values))
        return token

    def invited(self, token: str) -> Account | None:
        """Whom an invitation is for; None where it is unknown, used or expired."""
        with self._reading() as connection:
            invitation_query = select(accounts).join(invitations, invitations.c.account == accounts.c.id)
            invitation_query = invitation_query.where(
                invitations.c.token == token_hash(token), invitations.c.until > int(self._clock())
            )
            row = connection.execute(invitation_query).mappings().first()
        return account_of_row(row) if row and not row["disabled"] else None

    def accept(self, token: str, password: str) -> Account | None:
        """Set the password of whoever was invited; their sessions end. None where `invited` gives None.

        Raises BadPassword.
        """
        hashed = hash_password(password)
        account = self.invited(token)
        if account is None:
            return None
        with self._writing() as connection:
            used = connection.execute(delete(invitations).where(invitations.c.token == token_hash(token)))
            if used.rowcount != 1:  # somebody else used it a moment ago
                return None
            connection.execute(update(accounts).where(accounts.c.id == account.id).values(password=hashed))
            connection.execute(delete(sessions).where(sessions.c.account == account.id))
        return replace(account, has_password=True)

    def set_disabled(self, login: str, disabled: bool) -> bool:
        """Disable or re-enable an account, effective from the next request; False if there is none."""
        account = self._found(accounts.c.login == login.strip().lower())
        if account is None:
            return False
        with self._writing() as connection:
            connection.execute(update(accounts).where(accounts.c.id == account["id"]).values(disabled=disabled))
            for lets_in in (sessions, invitations, tickets):
                connection.execute(delete(lets_in).where(lets_in.c.account == account["id"]))
        return True

    def change(
        self, login: str, role: PersonRole | None = None, person: str | None = None, name: str | None = None
    ) -> Account | None:
        """Give an account another role, person or name; what is None stays. None without such an account.

        With another role or person everything ends that lets somebody in as of before: sessions, invitations, tickets,
        the card, and with another person logins of issuers that the person's roster id or address led to (those that an
        operator bound stay). So does the password where the account becomes a guardian's, or no longer is one.
        Raises BadAccount.
        """
        row = self._found(accounts.c.login == login.strip().lower())
        if row is None:
            return None
        before = account_of_row(row)
        after = replace(
            before,
            role=role or before.role,
            person=before.person if person is None else person,
            name=typed(name or "") or before.name,
        )
        _check_account(after.role, after.person, after.name)
        values: dict[str, Any] = {"role": after.role, "person": after.person, "name": after.name}
        if (before.role is PersonRole.GUARDIAN) != (after.role is PersonRole.GUARDIAN):
            values["password"], after = None, replace(after, has_password=False)
        with self._writing() as connection:
            connection.execute(update(accounts).where(accounts.c.id == before.id).values(values))
            if (before.role, before.person) != (after.role, after.person):
                for lets_in in (sessions, invitations, tickets, pins):
                    connection.execute(delete(lets_in).where(lets_in.c.account == before.id))
            if before.person != after.person:
                by_person = (logins.c.account == before.id, logins.c.how != "operator")
                connection.execute(delete(logins).where(*by_person))
        return after

    def verify(self, login: str, password: str) -> Account | None:
        """Whose login and password these are; None if nobody's. Takes ~40 ms of a core."""
        row = self._found(accounts.c.login == login.strip().lower())
        right = is_right(row["password"] if row else None, password)
        return account_of_row(row) if row and right and not row["disabled"] else None

    def open_session(self, account: Account | None, key: str = "", hours: float = PERSON_SESSION_HOURS) -> str:
        """A token that identifies an account, or a credential of this key, for so long."""
        token, now = secrets.token_urlsafe(32), int(self._clock())
        whose = account.id if account is not None else _KEY_PREFIX + key
        with self._writing() as connection:
            connection.execute(delete(sessions).where(sessions.c.until <= now))
            values = {"token": token_hash(token), "account": whose, "until": now + int(hours * _HOUR)}
            connection.execute(insert(sessions).values(values))
        return token

    def session(self, token: str) -> PersonSession | None:
        """Whose session a token is; None where it is unknown, closed or expired."""
        with self._reading() as connection:
            session_query = select(sessions.c.account, *accounts.c)
            session_query = session_query.join_from(
                sessions, accounts, accounts.c.id == sessions.c.account, isouter=True
            )
            session_query = session_query.where(
                sessions.c.token == token_hash(token), sessions.c.until > int(self._clock())
            )
            row = connection.execute(session_query).mappings().first()
        if row is None:
            return None
        whose: str = row[sessions.c.account]
        if whose.startswith(_KEY_PREFIX):
            return PersonSession(None, whose.removeprefix(_KEY_PREFIX))
        return None if row["id"] is None or row["disabled"] else PersonSession(account_of_row(row), "")

    def preferences(self, chooser: str) -> tuple[str, str] | None:
        """Language and zone in which pages are shown to whoever signed in; None where they did not choose."""
        preferences_query = select(preferences.c.language, preferences.c.zone).where(preferences.c.account == chooser)
        with self._reading() as connection:
            row = connection.execute(preferences_query).first()
        return None if row is None else (row.language, row.zone)

    def prefer(self, chooser: str, language: str, zone: str) -> None:
        """Show pages to whoever signed in in this language and zone from now on."""
        with self._writing() as connection:
            connection.execute(delete(preferences).where(preferences.c.account == chooser))
            values = {"account": chooser, "language": language, "zone": zone}
            connection.execute(insert(preferences).values(values))

    def close_session(self, token: str) -> None:
        """The token is worth nothing from now on."""
        with self._writing() as connection:
            connection.execute(delete(sessions).where(sessions.c.token == token_hash(token)))

    def _found(self, where: ColumnElement[bool]) -> Mapping[Any, Any] | None:
        with self._reading() as connection:
            return connection.execute(select(accounts).where(where)).mappings().first()


def _check_account(role: PersonRole, person: str, name: str) -> None:
    """Raises BadAccount where whoever has the role would see nobody, and where a name is none."""
    for field, fault in (("name", name_fault(name.strip())), ("person", name_fault(person, LONGEST_PERSON))):
        if fault:
            raise BadAccount(f"--{field}: {fault}")
    if role not in (PersonRole.OPERATOR, PersonRole.LEADER) and not person:
        raise BadAccount(f"a {role} needs a person: the id in the roster{_OR_KEY.get(role, '')}")


_OR_KEY = {PersonRole.LEARNER: ", or a learner's key", PersonRole.GUARDIAN: " of the learner, or the learner's key"}


def embedded_accounts_url(data: Path) -> str:
    """Where the embedded runtime keeps accounts."""
    return f"sqlite:///{data / 'accounts.db'}"


def account_of_row(row: Mapping[Any, Any]) -> Account:
    """The account in a row of its table."""
    of = {name: row[name] for name in ("tenant", "login", "name", "person")}
    has_password, disabled = row["password"] is not None, bool(row["disabled"])
    return Account(row[accounts.c.id], **of, role=PersonRole(row["role"]), has_password=has_password, disabled=disabled)
