"""Webhooks for alerts. Each belongs to an account, and receives only what that account may see."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from lrs.accounts.account_tables import accounts, metadata, webhooks
from lrs.accounts.accounts import Account, account_of_row
from lrs.database.sql_store import SqlStore
from schemas.typed_text import name_fault, typed
from schemas.wording import worded

LONGEST_WEBHOOK = 40  # characters of a webhook's name
NOT_YET = -1  # `sent` before the first look
CLAIM_SECONDS = 120  # a delivery that takes longer is somebody else's


class BadWebhook(ValueError):
    """A webhook that cannot be added."""


class UnknownAccount(BadWebhook):
    """There is no account with this login."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where alerts are sent, and when. Quiet hours and digest are times of day in the zone, "" for none.

    private: addresses of private networks are allowed;
    sent: the number of the last alert that was delivered, or that was not for them; upto: that of the last one in the
    message under way, which is the same however often it is sent; failed: how often in a row sending failed.
    """

    name: str
    account: Account
    url: str
    secret: str
    private: bool
    zone: str
    quiet_from: str
    quiet_until: str
    digest: str
    sent: int
    upto: int
    failed: int
    digested: int  # when the last digest was sent (s)


class Webhooks(SqlStore):
    """The webhooks in one database. Safe to use from many threads and processes. `clock` gives seconds."""

    def __init__(self, url: str, clock: Callable[[], float] = time.time) -> None:
        super().__init__(metadata, url, "accounts'")
        self._clock = clock

    def add(self, name: str, login: str, url: str, when: Mapping[str, str], private: bool = False) -> str:
        """Add one for an account; gives the secret that signs what is sent.

        when: zone, quiet_from, quiet_until and digest. What was raised before the first look is not sent.
        Raises BadWebhook (UnknownAccount where there is no such account).
        """
        if fault := name_fault(name, LONGEST_WEBHOOK) if typed(name) else worded("is missing"):
            raise BadWebhook(f"NAME: {fault}")
        with self._writing() as connection:
            account = connection.execute(select(accounts.c.id).where(accounts.c.login == login.strip().lower())).first()
            if account is None:
                raise UnknownAccount(f"there is no account {login}")
            secret = secrets.token_urlsafe(32)
            values: dict[str, str | bool] = {
                name_: when.get(name_, "") for name_ in ("zone", "quiet_from", "quiet_until", "digest")
            }
            values |= {"name": name, "account": account.id, "url": url, "secret": secret, "private": private}
            numbers = {"sent": NOT_YET, "upto": 0, "failed": 0, "next": 0, "digested": int(self._clock())}
            try:
                connection.execute(insert(webhooks).values(values | numbers))
            except IntegrityError:
                raise BadWebhook(f"webhook {name} already exists") from None
        return secret

    def all(self) -> list[Webhook]:
        """Every webhook of an account that can sign in, by name."""
        webhooks_query = select(webhooks, *accounts.c).join(accounts, accounts.c.id == webhooks.c.account)
        with self._reading() as connection:
            rows = connection.execute(webhooks_query.order_by(webhooks.c.name)).mappings().all()
        return [_webhook(row) for row in rows if not row[accounts.c.disabled]]

    def claim(self, name: str, upto: int) -> bool:
        """Whether whoever asks, and nobody else, delivers up to a number for the next minutes; it has to be due."""
        now = int(self._clock())
        claim = update(webhooks).where(webhooks.c.name == name, webhooks.c.next <= now)
        with self._writing() as connection:
            return connection.execute(claim.values(next=now + CLAIM_SECONDS, upto=upto)).rowcount == 1

    def delivered(self, name: str, sent: int, digested: bool) -> None:
        """Note that all alerts up to a number were sent, or were not for the receiver."""
        values = {"sent": sent, "upto": 0, "failed": 0, "next": 0} | (
            {"digested": int(self._clock())} if digested else {}
        )
        self._update(name, values)

    def not_delivered(self, name: str, failed: int, wait: float) -> None:
        """Sending failed; it is due again after some seconds."""
        self._update(name, {"failed": failed, "next": int(self._clock() + wait)})

    def remove(self, name: str) -> bool:
        """Nothing is sent there any more; False if there is none."""
        with self._writing() as connection:
            return connection.execute(delete(webhooks).where(webhooks.c.name == name)).rowcount == 1

    def _update(self, name: str, values: dict[str, Any]) -> None:
        with self._writing() as connection:
            connection.execute(update(webhooks).where(webhooks.c.name == name).values(values))


def _webhook(row: Mapping[Any, Any]) -> Webhook:
    names = (
        "url",
        "secret",
        "private",
        "zone",
        "quiet_from",
        "quiet_until",
        "digest",
        "sent",
        "upto",
        "failed",
        "digested",
    )
    return Webhook(row[webhooks.c.name], _account(row), **{name: row[webhooks.c[name]] for name in names})


def _account(row: Mapping[Any, Any]) -> Account:
    """The account in a row that has a webhook's columns, too: some names are the same."""
    named: dict[Any, Any] = {column.name: row[column] for column in accounts.c}
    return account_of_row(named | {accounts.c.id: row[accounts.c.id]})
