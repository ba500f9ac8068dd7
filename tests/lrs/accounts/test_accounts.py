"""Accounts, invitations and sessions over both databases."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lrs.accounts.accounts import PERSON_SESSION_HOURS, AccountDisabled, AccountExists, Accounts, BadAccount
from lrs.accounts.class_cards import CardKind, ClassCards
from lrs.accounts.logins import Logins
from lrs.accounts.passwords import BadPassword
from lrs.accounts.roles import PersonRole
from lrs.accounts.tickets import Tickets
from tests.support.clock import Clock

PASSWORD = "correct horse battery"
HOUR = 3600.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(url: str, clock: Clock) -> Iterator[Accounts]:
    found = Accounts(url, clock)
    yield found
    found.close()


def made(accounts: Accounts, role: PersonRole = PersonRole.LEADER, person: str = "") -> str:
    """The login of an account whose owner has the password."""
    login = f"{uuid.uuid4().hex}@school.example"
    accounts.add("school", login, role, person=person)
    token = accounts.invite(login)
    assert token is not None
    assert accounts.accept(token, PASSWORD) is not None
    return login


def test_the_owner_chooses_the_password(accounts: Accounts) -> None:
    login = f"Ms.K-{uuid.uuid4().hex}"
    account = accounts.add("school", login, PersonRole.TEACHER, "Ms K", "t1")
    assert accounts.verify(login, PASSWORD) is None
    token = accounts.invite(login)
    assert token is not None
    assert accounts.invited(token) == account
    with pytest.raises(BadPassword, match="10 to 200"):
        accounts.accept(token, "short")
    assert accounts.accept(token, PASSWORD) is not None
    found = accounts.verify(login.upper(), PASSWORD)
    assert found is not None
    assert (found.name, found.role, found.person, found.active) == ("Ms K", PersonRole.TEACHER, "t1", True)
    assert accounts.verify(login, PASSWORD + " ") is None


def test_an_invitation_opens_once_and_expires(accounts: Accounts, clock: Clock) -> None:
    login = made(accounts)
    first, second = accounts.invite(login), accounts.invite(login, 1.0)
    assert first is not None
    assert second is not None
    assert accounts.accept(first, PASSWORD) is None  # replaced
    clock.now += HOUR - 1
    assert accounts.invited(second) is not None
    clock.now += 1
    assert accounts.accept(second, PASSWORD) is None
    third = accounts.invite(login)
    assert third is not None
    assert accounts.accept(third, PASSWORD) is not None
    assert accounts.accept(third, PASSWORD) is None
    assert accounts.invite("nobody") is None


def test_sessions_end(accounts: Accounts, clock: Clock) -> None:
    login = made(accounts)
    account = accounts.verify(login, PASSWORD)
    first, second = accounts.open_session(account), accounts.open_session(account)
    found = accounts.session(first)
    assert found is not None
    assert found.account == account
    accounts.close_session(first)
    assert accounts.session(first) is None
    assert accounts.session(second) is not None
    clock.now += PERSON_SESSION_HOURS * HOUR
    assert accounts.session(second) is None
    assert accounts.session("guess") is None


def test_a_disabled_account_is_out_at_once(accounts: Accounts) -> None:
    login = made(accounts)
    session = accounts.open_session(accounts.verify(login, PASSWORD))
    invitation = accounts.invite(login)
    assert invitation is not None
    assert accounts.set_disabled(login, True)
    assert accounts.session(session) is None
    assert accounts.verify(login, PASSWORD) is None
    assert accounts.accept(invitation, PASSWORD) is None
    assert accounts.set_disabled(login, False)
    assert accounts.session(session) is None
    assert accounts.verify(login, PASSWORD) is not None
    assert not accounts.set_disabled("nobody", True)


def test_nobody_is_invited_to_a_disabled_account(accounts: Accounts) -> None:
    login = made(accounts)
    assert accounts.set_disabled(login, True)
    with pytest.raises(AccountDisabled, match="is disabled"):
        accounts.invite(login)
    assert accounts.set_disabled(login, False)
    assert accounts.invite(login) is not None


def test_an_account_that_was_disabled_opens_by_nothing_of_before(accounts: Accounts, url: str, clock: Clock) -> None:
    login = made(accounts)
    account = accounts.verify(login, PASSWORD)
    assert account is not None
    tickets = Tickets(url, clock)
    session, invitation, ticket = (
        accounts.open_session(account),
        accounts.invite(login),
        tickets.give(account, "/board"),
    )
    assert accounts.set_disabled(login, True)
    assert accounts.set_disabled(login, False)
    assert accounts.session(session) is None
    assert accounts.invited(invitation or "") is None
    assert tickets.take(ticket) is None
    tickets.close()


def test_another_role_or_person_ends_what_lets_somebody_in(accounts: Accounts, url: str, clock: Clock) -> None:
    login = made(accounts, PersonRole.LEARNER, "p1")
    tickets, cards = Tickets(url, clock), ClassCards(url, accounts, clock)

    def ways() -> list[bool]:
        """Session, invitation, ticket, card; whether each still lets in who had it before the change."""
        account = accounts.verify(login, PASSWORD)
        assert account is not None
        card = cards.make("school", {account.person: "Ada"}, CardKind.PIN, uuid.uuid4().hex)[account.person]
        session, invitation = accounts.open_session(account), accounts.invite(login) or ""
        ticket = tickets.give(account, "/board")
        assert accounts.change(login, **change) is not None
        return [
            accounts.session(session) is not None,
            accounts.invited(invitation) is not None,
            tickets.take(ticket) is not None,
            cards.verify("school", person, card) is not None,
        ]

    change: dict[str, Any] = {"name": "Ada L"}
    person = "p1"
    assert ways() == [True] * 4
    change, person = {"person": "p2"}, "p2"
    assert ways() == [False] * 4
    change = {"role": PersonRole.TEACHER}
    assert ways() == [False] * 4
    found = accounts.verify(login, PASSWORD)
    assert found is not None
    assert (found.role, found.person, found.name) == (PersonRole.TEACHER, "p2", "Ada L")
    tickets.close()
    cards.close()


def test_another_person_ends_what_led_to_the_one_before(accounts: Accounts, url: str, clock: Clock) -> None:
    login = made(accounts, PersonRole.LEARNER, "p1")
    account = accounts.verify(login, PASSWORD)
    assert account is not None
    logins = Logins(url, accounts, clock)
    for subject in ("roster", "address", "operator"):
        logins.bind("https://issuer.example", subject, account, subject)

    def bound() -> list[str]:
        return sorted(login.how for login in logins.all() if login.account.id == account.id)

    accounts.change(login, name="Ada L")
    assert bound() == ["address", "operator", "roster"]
    accounts.change(login, person="p2")
    assert bound() == ["operator"]
    logins.close()


def test_a_guardian_has_a_link_and_no_password(accounts: Accounts) -> None:
    login = made(accounts, PersonRole.TEACHER, "p1")
    changed = accounts.change(login, PersonRole.GUARDIAN)
    assert changed is not None
    assert not changed.active
    assert accounts.verify(login, PASSWORD) is None


def test_what_an_account_cannot_be_changed_to(accounts: Accounts) -> None:
    login = made(accounts)
    with pytest.raises(BadAccount, match="needs a person"):
        accounts.change(login, PersonRole.TEACHER)
    assert accounts.change("nobody", PersonRole.LEADER) is None
    found = accounts.verify(login, PASSWORD)
    assert found is not None
    assert found.role is PersonRole.LEADER


def test_a_new_password_ends_the_sessions(accounts: Accounts) -> None:
    login = made(accounts)
    session = accounts.open_session(accounts.verify(login, PASSWORD))
    token = accounts.invite(login)
    assert token is not None
    assert accounts.accept(token, "another password") is not None
    assert accounts.session(session) is None
    assert accounts.verify(login, PASSWORD) is None


def test_a_session_of_a_credential(accounts: Accounts) -> None:
    found = accounts.session(accounts.open_session(None, "demo"))
    assert found is not None
    assert (found.account, found.key) == (None, "demo")


def test_the_longest_key_signs_in_and_chooses_a_language(accounts: Accounts) -> None:
    key = "ü" * 255
    found = accounts.session(accounts.open_session(None, key))
    assert found is not None
    assert found.key == key
    accounts.prefer(found.chooser, "de", "Europe/Berlin")
    assert accounts.preferences(found.chooser) == ("de", "Europe/Berlin")


def test_what_cannot_be_added(accounts: Accounts) -> None:
    login = made(accounts)
    with pytest.raises(AccountExists):
        accounts.add("other", login.upper(), PersonRole.OPERATOR)
    for bad in ("", " ", "a\nb", "x" * 256):
        with pytest.raises(BadAccount):
            accounts.add("school", bad, PersonRole.OPERATOR)
    for role in (PersonRole.PRINCIPAL, PersonRole.TEACHER, PersonRole.LEARNER, PersonRole.GUARDIAN):
        with pytest.raises(BadAccount, match="needs a person"):
            accounts.add("school", uuid.uuid4().hex, role)
    assert login in {account.login for account in accounts.list_accounts("school")}
    assert login not in {account.login for account in accounts.list_accounts("elsewhere")}


def test_tokens_and_passwords_are_not_kept(accounts: Accounts, url: str, tmp_path: Path) -> None:
    login = made(accounts)
    token = accounts.invite(login)
    session = accounts.open_session(accounts.verify(login, PASSWORD))
    if url.startswith("sqlite"):
        kept = b"".join(path.read_bytes() for path in tmp_path.glob("accounts.db*"))
        assert login.encode() in kept
        for secret in (token, session, PASSWORD):
            assert secret is not None
            assert secret.encode() not in kept
