"""Of several who use a link that works once at the same moment, one is let in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import event, func, select

from lrs.accounts.account_tables import sessions
from lrs.accounts.accounts import Account, Accounts
from lrs.accounts.issuers import SignInIssuers
from lrs.accounts.roles import PersonRole
from lrs.accounts.tickets import Tickets
from lrs.cli.schemas import NOWHERE
from lrs.database.sql_store import SqlStore
from lrs.http.signed_in import COOKIE
from tests.support.api import Client, ask

MANY = 4
PASSWORD = "correct horse battery"
_Got = TypeVar("_Got")


def meet_before_writing(store: SqlStore) -> None:
    """All have read what there is before any of them writes: each writes once they have all come so far."""
    barrier, here = threading.Barrier(MANY), threading.local()

    def meet(_: Any, __: Any, statement: str, *___: Any) -> None:
        if statement.startswith(("DELETE", "UPDATE")) and not hasattr(here, "met"):
            here.met = True
            barrier.wait(30)

    event.listen(store._engine, "before_cursor_execute", meet)


def at_once(use: Callable[[], _Got]) -> list[_Got]:
    """What each of them gets who uses a link at the same moment."""
    with ThreadPoolExecutor(MANY) as threads:
        return [done.result() for done in [threads.submit(use) for _ in range(MANY)]]


def somebody(accounts: Accounts, role: PersonRole = PersonRole.LEADER, person: str = "") -> Account:
    return accounts.add("default", f"{role}@school.example", role, role, person)


def test_of_a_ticket(url: str) -> None:
    with closing(Accounts(url)) as accounts, closing(Tickets(url)) as tickets:
        account = somebody(accounts, PersonRole.LEADER)
        ticket = tickets.give(account, "/board")
        meet_before_writing(tickets)
        got = at_once(lambda: tickets.take(ticket))
    assert got.count(None) == MANY - 1
    assert (account, "/board") in got


def test_of_an_invitation(url: str) -> None:
    with closing(Accounts(url)) as accounts:
        account = somebody(accounts, PersonRole.TEACHER, "t1")
        invitation = accounts.invite(account.login) or ""
        meet_before_writing(accounts)
        got = at_once(lambda: accounts.accept(invitation, PASSWORD))
    assert got.count(None) == MANY - 1


def test_of_what_an_issuer_sends_back(url: str) -> None:
    with closing(SignInIssuers(url)) as issuers:
        state, attempt = issuers.begin("idp", "browser", "/board")
        meet_before_writing(issuers)
        got = at_once(lambda: issuers.finish(state, "browser"))
    assert got.count(None) == MANY - 1
    assert attempt in got


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    found = Client(tmp_path / "data", NOWHERE)
    yield found
    found.close()


def open_sessions(accounts: Accounts) -> int:
    with accounts._reading() as connection:
        return connection.execute(select(func.count()).select_from(sessions)).scalar_one()


def test_of_a_link_that_signs_in_once_one_session_comes(client: Client) -> None:
    accounts, tickets = client.parts.signed_in.accounts, client.parts.tickets
    ticket = tickets.give(somebody(accounts), "/board")
    meet_before_writing(tickets)
    answers = at_once(lambda: ask(client.app, "POST", "/sign-in/open", data={"ticket": ticket}))
    assert sorted(answer.status_code for answer in answers) == [303, *[400] * (MANY - 1)]
    assert sum(COOKIE in answer.headers.get("set-cookie", "") for answer in answers) == open_sessions(accounts) == 1


def test_of_an_invitation_one_session_comes(client: Client) -> None:
    accounts = client.parts.signed_in.accounts
    invitation = accounts.invite(somebody(accounts).login)
    answers = at_once(
        lambda: ask(client.app, "POST", f"/invitations/{invitation}", data={"password": PASSWORD}),
    )
    assert sorted(answer.status_code for answer in answers) == [303, *[404] * (MANY - 1)]
    assert open_sessions(accounts) == 1


def test_a_guardians_link_opens_again_and_ends_with_what_it_opened(client: Client) -> None:
    """It is no link that works once: who uses it at the same moment gets a short session each, of that account."""
    accounts = client.parts.signed_in.accounts
    guardian = somebody(accounts, PersonRole.GUARDIAN, "p-ada")
    link = accounts.invite(guardian.login)
    answers = at_once(lambda: ask(client.app, "POST", f"/invitations/{link}"))
    assert [answer.status_code for answer in answers] == [303] * MANY
    tokens = {answer.headers["set-cookie"].partition(";")[0].partition("=")[2] for answer in answers}
    assert len(tokens) == open_sessions(accounts) == MANY
    assert {found.account.id for token in tokens if (found := accounts.session(token)) and found.account} == {
        guardian.id
    }
    accounts.set_disabled(guardian.login, True)
    assert open_sessions(accounts) == 0
    assert ask(client.app, "POST", f"/invitations/{link}").status_code == 404
