"""OpenID Connect issuers with whom people sign in, and the sign-ins that are under way."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

from sqlalchemy import RowMapping, delete, insert, select
from sqlalchemy.exc import IntegrityError

from lrs.accounts.account_tables import attempts, issuers, metadata
from lrs.database.sql_store import SqlStore, token_hash
from lrs.outgoing.addresses import check_issuer_url, is_this_machine
from schemas.typed_text import name_fault

ATTEMPT_SECONDS = 600
MOST_ATTEMPTS = 20_000  # that are kept: whoever asks for more of them, before anybody signed in, loses the oldest
LONGEST_DESTINATION = 2048  # characters
_ISSUER_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
LONGEST_ISSUER = 255  # characters: what a login's row holds of it


class BadIssuer(ValueError):
    """An issuer that cannot be added."""


def check_name(name: str) -> None:
    """Check the name of an issuer or platform. Raises BadIssuer."""
    if not _ISSUER_NAME.fullmatch(name):
        raise BadIssuer("a name has 1 to 40 lower-case letters, digits and hyphens")


def check_address(address_of: str, url: str) -> None:
    """Check an issuer's address: it must be one that nobody else can listen at. Raises BadIssuer."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise BadIssuer(f"the address of the {address_of} cannot be read") from None
    if parts.scheme != "https" and not (parts.scheme == "http" and is_this_machine(parts.hostname)):
        raise BadIssuer(f"the address of the {address_of} must begin with https://")
    if not parts.hostname or not url.isprintable() or " " in url:
        raise BadIssuer(f"the address of the {address_of} needs a host, and has no blanks or control characters")


def check_issuer(url: str) -> None:
    """Check the URL that names an issuer, as its tokens have it. Raises BadIssuer."""
    try:
        check_issuer_url(url)
    except ValueError as error:
        raise BadIssuer(f"--issuer: {error}") from None
    if len(url) > LONGEST_ISSUER:
        raise BadIssuer(f"--issuer: has more than {LONGEST_ISSUER} characters")


def check_texts(**texts: str) -> None:
    """Check what an operator writes, by its option: each is one line. Raises BadIssuer."""
    for option, text in texts.items():
        if fault := name_fault(text):
            raise BadIssuer(f"--{option.replace('_', '-')}: {fault}")


class BrokenIssuer(NamedTuple):
    """An issuer or platform as it is stored, with which nobody can sign in, and why."""

    name: str
    why: str


_Read = TypeVar("_Read")


def sorted_out(
    rows: Iterable[RowMapping], read: Callable[[RowMapping], _Read]
) -> tuple[list[_Read], list[BrokenIssuer]]:
    """What stored rows say, and those of which nothing can be made: one of them keeps nobody else from signing in."""
    usable: list[_Read] = []
    broken: list[BrokenIssuer] = []
    for row in rows:
        try:
            usable.append(read(row))
        except BadIssuer as error:
            broken.append(BrokenIssuer(row["name"], str(error)))
    return usable, broken


@dataclass(frozen=True, slots=True)
class SignInIssuer:
    """An issuer, and what its word is worth. Without `roster_claim` and `addresses`, an operator binds its logins."""

    name: str
    label: str
    tenant: str
    url: str
    client: str
    secret: str
    store: str
    roster_claim: str = ""
    addresses: bool = False
    domain: str = ""

    def __post_init__(self) -> None:
        check_name(self.name)
        if not self.client:
            raise BadIssuer("an issuer needs the client id that it gave to this store")
        check_texts(
            label=self.label,
            client=self.client,
            tenant=self.tenant,
            roster_claim=self.roster_claim,
            domain=self.domain,
        )
        check_issuer(self.url)
        check_address("store", self.store)

    @property
    def callback(self) -> str:
        """Where the issuer sends browsers back: it has to know this address, letter by letter."""
        return f"{self.store.rstrip('/')}/sign-in/callback"


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """A sign-in that is under way in one browser. `verifier` proves to the issuer who asked (PKCE)."""

    issuer: str
    nonce: str
    verifier: str
    destination: str


class SignInIssuers(SqlStore):
    """The issuers in one database. Safe to use from many threads and processes. `clock` gives seconds."""

    def __init__(self, url: str, clock: Callable[[], float] = time.time) -> None:
        super().__init__(metadata, url, "accounts'")
        self._clock = clock

    def add(self, issuer: SignInIssuer) -> None:
        """Register an issuer. Raises BadIssuer where the name is taken."""
        try:
            with self._writing() as connection:
                connection.execute(insert(issuers).values(asdict(issuer)))
        except IntegrityError:
            raise BadIssuer(f"there is an issuer {issuer.name} already") from None

    def remove(self, name: str) -> bool:
        """False where there is none. Nobody signs in with it any longer; sessions go on."""
        with self._writing() as connection:
            return connection.execute(delete(issuers).where(issuers.c.name == name)).rowcount == 1

    def get(self, name: str) -> SignInIssuer | None:
        """The issuer of a name, where people can sign in with it."""
        return next((issuer for issuer in self.all() if issuer.name == name), None)

    def all(self) -> list[SignInIssuer]:
        """Every issuer with which people can sign in, by name."""
        return self._sorted_out()[0]

    def broken(self) -> list[BrokenIssuer]:
        """Those with which nobody can, by name: an operator removes them, and adds them again."""
        return self._sorted_out()[1]

    def _sorted_out(self) -> tuple[list[SignInIssuer], list[BrokenIssuer]]:
        with self._reading() as connection:
            rows = connection.execute(select(issuers).order_by(issuers.c.name)).mappings().all()
        return sorted_out(rows, lambda row: SignInIssuer(**row))

    def begin(self, issuer: str, browser: str, destination: str) -> tuple[str, SignInAttempt]:
        """Begin a sign-in in a browser, known by its cookie; gives the state. A longer destination is not kept."""
        destination = destination if len(destination) <= LONGEST_DESTINATION else ""
        state, now = secrets.token_urlsafe(32), int(self._clock())
        attempt = SignInAttempt(issuer, secrets.token_urlsafe(32), secrets.token_urlsafe(48), destination)
        values = asdict(attempt) | {
            "state": token_hash(state),
            "browser": token_hash(browser),
            "until": now + ATTEMPT_SECONDS,
        }
        with self._writing() as connection:
            oldest_attempt = (
                select(attempts.c.until).order_by(attempts.c.until.desc()).offset(MOST_ATTEMPTS - 1).limit(1)
            )
            connection.execute(delete(attempts).where(attempts.c.until <= now))
            connection.execute(delete(attempts).where(attempts.c.until < oldest_attempt.scalar_subquery()))
            connection.execute(insert(attempts).values(values))
        return state, attempt

    def finish(self, state: str, browser: str) -> SignInAttempt | None:
        """The attempt of a state, once; None where it is unknown, over, used, or another browser's."""
        where = (attempts.c.state == token_hash(state), attempts.c.browser == token_hash(browser))
        with self._writing() as connection:
            row = connection.execute(select(attempts).where(*where)).mappings().first()
            used = connection.execute(delete(attempts).where(*where))
        if row is None or used.rowcount != 1 or row["until"] <= self._clock():
            return None
        return SignInAttempt(row["issuer"], row["nonce"], row["verifier"], row["destination"])
