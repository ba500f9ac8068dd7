"""How learners without mail sign in: the code of their class, their name, and a PIN or three pictures of their own.

A code says which class; it is no secret, and shows the names in it. The PIN or the pictures are kept as hashes alone.
They are drawn from a seed that only whoever makes them has: with it, cards can be shown again for as long as they are
in force, and making them twice makes the same ones. After so many wrong tries in a row a card is locked until a teacher
makes another: four digits are few.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, update

from lrs.accounts.account_tables import accounts, class_codes, metadata, pins, sessions
from lrs.accounts.accounts import Account, AccountExists, Accounts, account_of_row
from lrs.accounts.passwords import hash_secret, is_right
from lrs.accounts.roles import PersonRole
from lrs.database.sql_store import SqlStore
from schemas.typed_text import as_name

MOST_WRONG = 10  # in a row
PIN_DIGITS, CARD_PICTURES = 4, 3
PICTURES = {
    "apple": "🍎", "ball": "⚽", "bird": "🐦", "boat": "⛵", "car": "🚗", "cat": "🐱", "dog": "🐶", "fish": "🐟",
    "flower": "🌼", "hat": "🎩", "house": "🏠", "key": "🔑", "moon": "🌙", "star": "⭐", "sun": "☀️", "tree": "🌳",
}  # fmt: skip
_LETTERS, _LENGTH = "ABCDEFGHJKMNPQRSTUVWXYZ23456789", 6  # none that is taken for another


class CardKind(StrEnum):
    """What a learner has to know."""

    PIN = "pin"
    PICTURES = "pictures"


class CardState(NamedTuple):
    """The state of a learner's sign-in card. locked: too many wrong tries in a row."""

    kind: CardKind
    locked: bool


class ClassCards(SqlStore):
    """The cards in one database. Safe to use from many threads and processes. `clock` gives seconds.

    A person is a roster's id, or the key of a learner whom no roster knows. Every method raises DatabaseUnavailable
    when the database does not answer, and Full when it has no room.
    """

    def __init__(self, url: str, people_accounts: Accounts, clock: Callable[[], float] = time.time) -> None:
        super().__init__(metadata, url, "accounts'")
        self._accounts = people_accounts
        self._clock = clock

    def code(self, tenant: str, class_id: str) -> str:
        """The code of a class; "" where it has none. Of two given at the same time it is the first in order."""
        code_query = select(class_codes.c.code).where(
            class_codes.c.tenant == tenant, class_codes.c.class_id == class_id
        )
        code_query = code_query.order_by(class_codes.c.code).limit(1)
        with self._reading() as connection:
            return connection.execute(code_query).scalar() or ""

    def set_code(self, tenant: str, class_id: str) -> str:
        """Give a class a new code; that of before ends."""
        code = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        where = (class_codes.c.tenant == tenant, class_codes.c.class_id == class_id)
        with self._writing() as connection:
            connection.execute(delete(class_codes).where(*where))
            connection.execute(insert(class_codes).values(code=code, tenant=tenant, class_id=class_id))
        return self.code(tenant, class_id)

    def end_code(self, tenant: str, class_id: str) -> None:
        """Nobody signs in by the code any longer; sessions go on."""
        with self._writing() as connection:
            where = (class_codes.c.tenant == tenant, class_codes.c.class_id == class_id)
            connection.execute(delete(class_codes).where(*where))

    def class_of(self, code: str) -> tuple[str, str] | None:
        """The tenant and the class of a code, however it is written; None: there is none."""
        plain = "".join(code.upper().split())
        class_query = select(class_codes.c.tenant, class_codes.c.class_id).where(class_codes.c.code == plain)
        with self._reading() as connection:
            row = connection.execute(class_query).first()
        # Of two that were given at the same time one is the class's: the other one could not be seen, nor ended.
        return (row.tenant, row.class_id) if row is not None and self.code(row.tenant, row.class_id) == plain else None

    def make(self, tenant: str, persons: Mapping[str, str], kind: CardKind, seed: str) -> dict[str, str]:
        """New cards for persons, given with their names; what is on each, by person. Cards of before end, and whoever
        signed in by them is signed out. Who may not sign in gets none.

        Cards that were made from the seed before, and are not locked, stay as they are. A seed is secret, and has to be
        hard to guess.
        """
        cards = self.cards_in_force(tenant, persons, kind, seed)
        for person, name in persons.items():
            account = self._account(tenant, person, name)
            if account is None or person in cards:
                continue
            card = cards[person] = _drawn_code(kind, seed, tenant, person)
            values = {"secret": hash_secret(card), "kind": str(kind), "wrong": 0}
            with self._writing() as connection:
                connection.execute(delete(pins).where(pins.c.account == account.id))
                connection.execute(insert(pins).values(account=account.id, **values))
                connection.execute(delete(sessions).where(sessions.c.account == account.id))
        return cards

    def cards_in_force(self, tenant: str, persons: Iterable[str], kind: CardKind, seed: str) -> dict[str, str]:
        """What is on the cards that were made from a seed and are still in force, by person. Takes ~40 ms for each."""
        secrets_query = select(accounts.c.person, pins.c.secret).join(pins, pins.c.account == accounts.c.id)
        secrets_query = secrets_query.where(
            accounts.c.tenant == tenant, accounts.c.role == PersonRole.LEARNER, pins.c.kind == kind
        )
        with self._reading() as connection:
            rows = connection.execute(
                secrets_query.where(accounts.c.disabled.is_(False), pins.c.wrong < MOST_WRONG)
            ).all()
        hashes: dict[str, str] = {person: secret for person, secret in rows}  # noqa: C416 (rows are no tuples to mypy)
        drawn_cards = {person: _drawn_code(kind, seed, tenant, person) for person in persons if person in hashes}
        return {person: card for person, card in drawn_cards.items() if is_right(hashes[person], card)}

    def revoke(self, tenant: str, persons: Iterable[str]) -> None:
        """End cards, and the sessions of those whose they are."""
        with self._writing() as connection:
            for person in persons:
                ids = select(accounts.c.id).where(*_learner_of_card(tenant, person))
                card_accounts = (
                    connection.execute(select(pins.c.account).where(pins.c.account.in_(ids))).scalars().all()
                )
                connection.execute(delete(pins).where(pins.c.account.in_(card_accounts)))
                connection.execute(delete(sessions).where(sessions.c.account.in_(card_accounts)))

    def states(self, tenant: str) -> dict[str, CardState]:
        """By person: the cards of a tenant."""
        cards_query = select(accounts.c.person, pins.c.kind, pins.c.wrong).join(pins, pins.c.account == accounts.c.id)
        with self._reading() as connection:
            rows = connection.execute(cards_query.where(accounts.c.tenant == tenant)).all()
        return {person: CardState(CardKind(kind), wrong >= MOST_WRONG) for person, kind, wrong in rows}

    def verify(self, tenant: str, person: str, card_typed: str) -> Account | None:
        """The account of who has this sign-in card; None: it is wrong, locked or nobody's, or they may not sign in.

        Takes ~40 ms of a core.
        """
        row = self._charged(tenant, person)
        right = is_right(row["secret"] if row else None, card_typed)
        if row is None or not right:
            return None
        with self._writing() as connection:
            connection.execute(update(pins).where(pins.c.account == row["account"]).values(wrong=0))
        return account_of_row(row)

    def _charged(self, tenant: str, person: str) -> Mapping[Any, Any] | None:
        """The card of a person. The try is counted before it is looked at: those at the same time count, too."""
        card_query = select(pins.c.account, pins.c.secret, *accounts.c).join(accounts, accounts.c.id == pins.c.account)
        with self._writing() as connection:
            row = connection.execute(card_query.where(*_learner_of_card(tenant, person))).mappings().first()
            if row is None:
                return None
            counted = update(pins).where(pins.c.account == row["account"], pins.c.wrong < MOST_WRONG)
            return row if connection.execute(counted.values(wrong=pins.c.wrong + 1)).rowcount == 1 else None

    def _account(self, tenant: str, person: str, name: str) -> Account | None:
        """The account of a learner, or a new one; None where it is disabled."""
        learner_query = select(accounts).where(accounts.c.tenant == tenant, accounts.c.person == person)
        learner_query = learner_query.where(accounts.c.role == PersonRole.LEARNER).order_by(accounts.c.login)
        with self._reading() as connection:
            rows = connection.execute(learner_query).mappings().all()
        if rows:
            return None if rows[0]["disabled"] else account_of_row(rows[0])
        login = f"class:{hashlib.sha256(f'{tenant}|{person}'.encode()).hexdigest()[:24]}"
        try:
            return self._accounts.add(tenant, login, PersonRole.LEARNER, as_name(name), person)
        except AccountExists:  # two teachers at once
            return next((account for account in self._accounts.list_accounts(tenant) if account.login == login), None)


def said_by(fields: Mapping[str, str]) -> str:
    """What a learner says with a form: the digits, or the pictures in their order."""
    digits = "".join(fields.get("pin", "").split())
    return digits or " ".join(fields.get(f"picture{number}", "") for number in range(1, CARD_PICTURES + 1))


def _drawn_code(kind: CardKind, seed: str, tenant: str, person: str) -> str:
    """What is on a card: for whoever does not have the seed as good as drawn by lot."""
    drawn = int.from_bytes(hmac.digest(seed.encode(), f"{kind}\n{tenant}\n{person}".encode(), "sha256"))
    if kind is CardKind.PIN:
        return f"{drawn % 10**PIN_DIGITS:0{PIN_DIGITS}}"
    names = list(PICTURES)
    return " ".join(names[drawn // len(names) ** place % len(names)] for place in range(CARD_PICTURES))


def _learner_of_card(tenant: str, person: str) -> tuple[Any, ...]:
    """The account of a learner that may sign in."""
    of = (accounts.c.tenant == tenant, accounts.c.person == person, accounts.c.role == PersonRole.LEARNER)
    return (*of, accounts.c.disabled.is_(False))
