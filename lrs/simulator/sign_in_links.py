"""Accounts of a simulated school, one of each kind of person, and links that sign in as them, once each."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from lrs.accounts.accounts import Account, AccountExists, Accounts, embedded_accounts_url
from lrs.accounts.roles import PersonRole
from lrs.accounts.tickets import Tickets
from lrs.auth.credentials import DEFAULT_TENANT
from lrs.http.signed_in import COOKIE
from lrs.simulator import school as make
from lrs.simulator.school import Pupil, SimulatedSchool

SECONDS = 24 * 3600  # for which a link can be opened


class SignInLink(NamedTuple):
    """A link that signs in as one person of the simulated school, and what they see."""

    role: PersonRole
    name: str
    sees: str
    link: str


def sign_in_links(folder: Path, school: SimulatedSchool, base: str) -> list[SignInLink]:
    """Add the accounts to the data folder of a store that people see at `base`; those that are there already stay."""
    first, learner = next(iter(school.classes)), school.shown()
    led = f"the classes of the {make.school_name(make.school_of(first))}"
    sign_ins = (
        ("teacher", PersonRole.TEACHER, make.teacher_name(first), make.teacher_of(first), f"Class {first}"),
        ("principal", PersonRole.PRINCIPAL, make.PRINCIPAL.name, make.PRINCIPAL.id, led),
        ("leader", PersonRole.LEADER, "Dr Lindqvist", "", "all schools"),
        ("operator", PersonRole.OPERATOR, "Mx Tanaka", "", "rosters, statements and versions of the model"),
        ("learner", PersonRole.LEARNER, learner.name, learner.key, "what comes next, and what goes well"),
        ("guardian", PersonRole.GUARDIAN, f"A parent of {learner.name}", learner.key, f"how {learner.name} gets on"),
    )
    at = embedded_accounts_url(folder)
    accounts, tickets = Accounts(at), Tickets(at)
    try:
        links = []
        for login, role, name, person, sees in sign_ins:
            account = _account_for(accounts, f"demo-{login}", role, name, person)
            ticket = tickets.give(account, "", SECONDS)
            links.append(SignInLink(role, name, sees, f"{base}/sign-in/once/{ticket}"))
        return links
    finally:
        tickets.close()
        accounts.close()


def session_of(folder: Path, pupil: Pupil) -> str:
    """A cookie with which a learner of the school is signed in at a store with this data folder."""
    accounts = Accounts(embedded_accounts_url(folder))
    try:
        account = _account_for(accounts, f"demo-{pupil.account}", PersonRole.LEARNER, pupil.name, pupil.key)
        return f"{COOKIE}={accounts.open_session(account)}"
    finally:
        accounts.close()


def _account_for(accounts: Accounts, login: str, role: PersonRole, name: str, person: str) -> Account:
    try:
        return accounts.add(DEFAULT_TENANT, login, role, name, person)
    except AccountExists:
        return next(account for account in accounts.list_accounts(DEFAULT_TENANT) if account.login == login)
