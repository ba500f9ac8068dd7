"""`lrs accounts`: people who sign in. Every change counts from the next request on."""

from __future__ import annotations

from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any, NoReturn

import click

from lrs import exits
from lrs.accounts.accounts import (
    INVITATION_HOURS,
    Account,
    AccountDisabled,
    AccountExists,
    Accounts,
    BadAccount,
    embedded_accounts_url,
)
from lrs.accounts.roles import PersonRole
from lrs.auth.credentials import DEFAULT_TENANT
from lrs.catalog.catalogs import Catalogs
from lrs.cli.answering import fail, print_json
from lrs.cli.databases import database_options, opened_store
from lrs.cli.tables import print_table
from lrs.log import Unavailable
from lrs.log.sqlite import SqliteLog

_UNKNOWN = """Careful: no roster or class names a person {person!r} yet, so this {role} will see nothing until one does.
If that is a mistake, `lrs accounts change {login} --person …`."""
_NO_SCHOOL = """Careful: no roster gives the person {person!r} a school yet, so this principal will see nothing until
one does. A leader sees all schools."""
_HERE = "http://127.0.0.1:8080"
_url_option = click.option("--url", default=_HERE, show_default=True, help="Where people see the store.")
_hours_option = click.option(
    "--hours",
    type=click.FloatRange(min=0, min_open=True),
    default=INVITATION_HOURS,
    show_default=True,
    help="For how long the invitation can be opened; a guardian's link, for how long it can be used.",
)


@click.group()
def accounts() -> None:
    """Add, list, invite, change and disable people who sign in, while `lrs serve` runs or not."""


@accounts.command()
@click.argument("login")
@click.option(
    "--role", type=click.Choice([role.value for role in PersonRole]), required=True, help="What they may see and do."
)
@click.option("--name", default="", help="What people call them.  [default: the login]")
@click.option("--person", default="", help="The id in the roster; for a guardian, that of the learner.")
@click.option("--tenant", default=DEFAULT_TENANT, show_default=True, help="Whose data they see.")
@_hours_option
@_url_option
@database_options
def add(
    login: str,
    role: str,
    name: str,
    person: str,
    tenant: str,
    hours: float,
    url: str,
    data: Path,
    database: str | None,
    as_json: bool,
) -> None:
    """Add an account, and show the invitation with which its owner chooses a password."""
    with _opened_accounts(data, database, make=True) as store:
        try:
            account = store.add(tenant, login, PersonRole(role), name, person)
        except AccountExists:
            fail(f"account {login} already exists: `lrs accounts invite {login}` invites its owner again", exits.TAKEN)
        except BadAccount as error:
            fail(str(error), exits.USAGE)
        _warn_if_unknown(account, data, database)
        _show_invitation(account.login, store.invite(account.login, hours), url, as_json)


@accounts.command()
@click.argument("login")
@_hours_option
@_url_option
@database_options
def invite(login: str, hours: float, url: str, data: Path, database: str | None, as_json: bool) -> None:
    """Invite the owner of an account again, who then chooses a new password; earlier invitations end."""
    with _opened_accounts(data, database) as store:
        try:
            token = store.invite(login, hours)
        except AccountDisabled as error:
            fail(f"{error}: `lrs accounts enable {login}` first", exits.USAGE)
        _show_invitation(login, token, url, as_json)


@accounts.command()
@click.argument("login")
@click.option("--role", type=click.Choice([role.value for role in PersonRole]), help="What they may see and do now.")
@click.option("--person", help="The id in the roster; for a guardian, that of the learner.")
@click.option("--name", help="What people call them.")
@database_options
def change(
    login: str,
    role: str | None,
    person: str | None,
    name: str | None,
    data: Path,
    database: str | None,
    as_json: bool,
) -> None:
    """Give an account another role, person or name.

    With another role or person its sessions, invitations, links and card end. Who becomes a guardian, or no longer is
    one, is invited again.
    """
    if role is None and person is None and name is None:
        fail("say what changes: --role, --person or --name", exits.USAGE)
    with _opened_accounts(data, database) as store:
        try:
            account = store.change(login, PersonRole(role) if role else None, person, name)
        except BadAccount as error:
            fail(str(error), exits.USAGE)
    if account is None:
        _no_account(login)
    if role is not None or person is not None:
        _warn_if_unknown(account, data, database)
    if as_json:
        print_json(_account_fields(account))
    else:
        whose = f" of the person {account.person}" if account.person else ""
        click.echo(f"{account.login} is {account.name}, {account.role}{whose}")


@accounts.command("list")
@click.option("--tenant", default=None, help="Only those of this tenant.")
@database_options
def list_(tenant: str | None, data: Path, database: str | None, as_json: bool) -> None:
    """List the accounts."""
    with _opened_accounts(data, database) as store:
        listed = store.list_accounts(tenant)
    if as_json:
        print_json([_account_fields(account) for account in listed])
        return
    print_table(
        ("Login", "Name", "Role", "Person", "Tenant", "State"),
        [
            (
                account.login,
                account.name,
                account.role,
                account.person,
                account.tenant,
                _state(account),
            )
            for account in listed
        ],
    )


@accounts.command()
@click.argument("login")
@database_options
def disable(login: str, data: Path, database: str | None, as_json: bool) -> None:
    """Refuse an account from the next request on: its sessions, invitations and links end."""
    _set(login, True, data, database, as_json)


@accounts.command()
@click.argument("login")
@database_options
def enable(login: str, data: Path, database: str | None, as_json: bool) -> None:
    """Let a disabled account sign in again."""
    _set(login, False, data, database, as_json)


def _warn_if_unknown(account: Account, data: Path, database: str | None) -> None:
    """Say that somebody will see nothing, where that can be known."""
    sees_all = account.role in (PersonRole.OPERATOR, PersonRole.LEADER)
    if account.person and not sees_all and database is None and not _is_known_person(data, account):
        warning = _NO_SCHOOL if account.role is PersonRole.PRINCIPAL else _UNKNOWN
        click.echo(warning.format(person=account.person, role=account.role, login=account.login), err=True)


def _is_known_person(data: Path, account: Account) -> bool:
    """Whether the catalog in the folder's log knows whom an account is of: a person, or a learner's key in a class."""
    if not (data / "log").is_dir():
        return False
    try:
        with closing(SqliteLog(data / "log")) as log:
            catalog = Catalogs(log).latest(account.tenant)
    except Unavailable:
        return True  # nobody can say
    classes = catalog.classes.values()
    if account.role is PersonRole.PRINCIPAL:
        return account.person in catalog.persons and bool(catalog.persons[account.person].schools)
    if account.role is PersonRole.TEACHER:
        return account.person in catalog.persons or any(account.person in class_.teachers for class_ in classes)
    people = catalog.people
    person = people.person(account.person)
    members = (member for class_ in classes for member in class_.learners)
    return account.person in catalog.persons or any(
        account.person in (member.person, member.learner) or person == people.member(member) for member in members
    )


def _set(login: str, disabled: bool, data: Path, database: str | None, as_json: bool) -> None:
    with _opened_accounts(data, database) as store:
        if not store.set_disabled(login, disabled):
            _no_account(login)
    if as_json:
        print_json({"login": login, "disabled": disabled})
    else:
        click.echo(f"{login} is {'disabled' if disabled else 'enabled'}")


def _show_invitation(login: str, token: str | None, url: str, as_json: bool) -> None:
    if token is None:
        _no_account(login)
    link = f"{url.rstrip('/')}/invitations/{token}"
    if as_json:
        print_json({"login": login, "invitation": link})
    else:
        click.echo(f"Give {login} this link; whoever opens it first owns the account:\n{link}")


def _no_account(login: str) -> NoReturn:
    fail(f"there is no account {login}: `lrs accounts list` names them all", exits.NOT_FOUND)


def _state(account: Account) -> str:
    if account.disabled:
        return "disabled"
    return "active" if account.has_password else "no password"


def _account_fields(account: Account) -> dict[str, Any]:
    names = ("login", "name", "role", "person", "tenant", "active", "disabled", "has_password")
    return {name: getattr(account, name) for name in names}


def _opened_accounts(data: Path, database: str | None, make: bool = False) -> AbstractContextManager[Accounts]:
    return opened_store(Accounts, embedded_accounts_url, data, database, make)
