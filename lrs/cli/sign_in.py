"""`lrs sign-in`: the OpenID Connect issuers with whom people sign in, and whose their logins are."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from lrs import exits
from lrs.accounts.accounts import Accounts, embedded_accounts_url
from lrs.accounts.issuers import BadIssuer, SignInIssuer, SignInIssuers
from lrs.accounts.logins import Logins
from lrs.accounts.platforms import Platforms
from lrs.auth.credentials import DEFAULT_TENANT
from lrs.auth.keys import OtherIssuer, discovered_issuer
from lrs.cli.answering import fail, print_json, warn_of_broken
from lrs.cli.databases import database_options, opened_store
from lrs.cli.tables import print_table

_NOT_ASKED = """Careful: {issuer} could not be asked for its discovery document ({why}). Nobody signs in with it until
the document can be read and names this issuer letter by letter."""


@click.group("sign-in")
def sign_in() -> None:
    """Say with which OpenID Connect issuers people sign in, and whose a login is."""


@sign_in.command()
@click.argument("name")
@click.option("--issuer", required=True, help="Its URL, letter by letter as in the claim iss.")
@click.option("--client", required=True, help="The client id that it gave to this store.")
@click.option("--secret", required=True, help="The client secret, or - to read it from the standard input.")
@click.option("--url", required=True, help="Where people see the store: its redirect URI is below.")
@click.option("--label", default="", help="What the page to sign in calls it.  [default: NAME]")
@click.option("--tenant", default=DEFAULT_TENANT, show_default=True, help="Whose people sign in with it.")
@click.option("--roster-claim", default="", help="The claim that holds the roster's id of a person.")
@click.option("--addresses", is_flag=True, help="Its verified addresses name persons of the roster.")
@click.option("--domain", default="", help="The claim hd has to be this (Google Workspace).")
@database_options
def add(
    name: str,
    issuer: str,
    client: str,
    secret: str,
    url: str,
    label: str,
    tenant: str,
    roster_claim: str,
    addresses: bool,
    domain: str,
    data: Path,
    database: str | None,
    as_json: bool,
) -> None:
    """Let people sign in with an issuer.

    A login is bound to a person by --roster-claim, else by --addresses, else by `lrs sign-in bind`.
    """
    with opened_store(SignInIssuers, embedded_accounts_url, data, database, True) as store:
        try:
            sign_in_issuer = SignInIssuer(
                *(name, label or name, tenant, issuer, client, _issuer_secret(secret), url),
                roster_claim=roster_claim,
                addresses=addresses,
                domain=domain,
            )
            why_unknown = asyncio.run(discovered_issuer(issuer))
            store.add(sign_in_issuer)
        except (BadIssuer, OtherIssuer) as error:
            fail(str(error), exits.USAGE)
    if why_unknown:
        click.echo(_NOT_ASKED.format(issuer=issuer, why=why_unknown), err=True)
    if as_json:
        print_json({"name": name, "redirect_uri": sign_in_issuer.callback})
    else:
        click.echo(
            f"people sign in with {sign_in_issuer.label}; its redirect URI for this store is\n{sign_in_issuer.callback}"
        )


@sign_in.command("list")
@database_options
def list_(data: Path, database: str | None, as_json: bool) -> None:
    """List the issuers, without their secrets."""
    with opened_store(SignInIssuers, embedded_accounts_url, data, database, False) as store:
        issuers, broken = store.all(), store.broken()
    warn_of_broken(broken, "sign-in")
    names = ("name", "label", "tenant", "url", "client", "roster_claim", "addresses", "domain")
    if as_json:
        print_json([{name: getattr(issuer, name) for name in names} for issuer in issuers])
        return
    print_table(
        ("Name", "Label", "Tenant", "Issuer", "Binds by"),
        [
            (
                issuer.name,
                issuer.label,
                issuer.tenant,
                issuer.url,
                issuer.roster_claim or ("verified addresses" if issuer.addresses else "an operator"),
            )
            for issuer in issuers
        ],
    )


@sign_in.command()
@click.argument("name")
@database_options
def remove(name: str, data: Path, database: str | None, as_json: bool) -> None:
    """Nobody signs in with an issuer any longer. Sessions go on until they end."""
    with opened_store(SignInIssuers, embedded_accounts_url, data, database, False) as store:
        if not store.remove(name):
            fail(f"there is no issuer {name}: `lrs sign-in list` names them all", exits.NOT_FOUND)
    _print_done(as_json, f"nobody signs in with {name} any longer", removed=name)


@sign_in.command()
@click.argument("login")
@click.argument("issuer")
@click.argument("subject")
@database_options
def bind(login: str, issuer: str, subject: str, data: Path, database: str | None, as_json: bool) -> None:
    """Bind the login SUBJECT of ISSUER (its name, or a platform's of LTI) to the account LOGIN."""
    with opened_store(Accounts, embedded_accounts_url, data, database, False) as accounts:
        account = next((listed for listed in accounts.list_accounts() if listed.login == login.strip().lower()), None)
        if account is None:
            fail(f"there is no account {login}: `lrs accounts list` names them all", exits.NOT_FOUND)
        url = _issuer(issuer, account.tenant, data, database)
        with opened_store(
            lambda where: Logins(where, accounts), embedded_accounts_url, data, database, False
        ) as logins:
            logins.bind(url, subject, account, "operator")
    _print_done(
        as_json, f"{subject} of {issuer} is {account.login}", login=account.login, issuer=issuer, subject=subject
    )


@sign_in.command()
@click.argument("issuer")
@click.argument("subject")
@database_options
def unbind(issuer: str, subject: str, data: Path, database: str | None, as_json: bool) -> None:
    """The login SUBJECT of ISSUER is nobody's any longer; it may be bound again at the next sign-in."""
    with opened_store(Accounts, embedded_accounts_url, data, database, False) as accounts:
        url = _issuer(issuer, None, data, database)
        with opened_store(
            lambda where: Logins(where, accounts), embedded_accounts_url, data, database, False
        ) as logins:
            if not logins.unbind(url, subject):
                fail(f"{subject} of {issuer} is bound to no account", exits.NOT_FOUND)
    _print_done(as_json, f"{subject} of {issuer} is nobody's", issuer=issuer, subject=subject)


@sign_in.command()
@click.option("--tenant", default=None, help="Only those of this tenant.")
@database_options
def bindings(tenant: str | None, data: Path, database: str | None, as_json: bool) -> None:
    """List whose login of an issuer, or of a platform of LTI, is bound to which account, and by what.

    By: roster (the roster's id), address (a verified one) or operator.
    """
    names = _names_of_issuers(data, database)
    with (
        opened_store(Accounts, embedded_accounts_url, data, database, False) as accounts,
        opened_store(lambda where: Logins(where, accounts), embedded_accounts_url, data, database, False) as logins,
    ):
        bound_logins = logins.all(tenant)
    fields = ("login", "person", "issuer", "subject", "by", "tenant")
    rows = [
        (account.login, account.person, names.get(issuer, issuer), subject, how, account.tenant)
        for issuer, subject, account, how in bound_logins
    ]
    if as_json:
        print_json([dict(zip(fields, row, strict=True)) for row in rows])
    else:
        print_table([field.capitalize() for field in fields], rows)


def _names_of_issuers(data: Path, database: str | None) -> dict[str, str]:
    """By what tells their logins apart; an issuer that was removed has no name."""
    with opened_store(SignInIssuers, embedded_accounts_url, data, database, False) as issuers:
        names = {issuer.url: issuer.name for issuer in issuers.all()}
    with opened_store(Platforms, embedded_accounts_url, data, database, False) as platforms:
        return names | {platform.logins: platform.name for platform in platforms.all()}


def _issuer_secret(secret_option: str) -> str:
    return click.get_text_stream("stdin").readline().rstrip("\n") if secret_option == "-" else secret_option


def _issuer(name: str, tenant: str | None, data: Path, database: str | None) -> str:
    """What tells the logins of an issuer, or of a platform of LTI, apart; of the tenant, where it is given."""
    with opened_store(SignInIssuers, embedded_accounts_url, data, database, False) as issuers:
        issuer = issuers.get(name)
    with opened_store(Platforms, embedded_accounts_url, data, database, False) as platforms:
        platform = platforms.get(name)
    if issuer is not None and platform is not None:
        fail(f"{name} is an issuer and a platform: remove one, and add it by another name", exits.USAGE)
    issuer_or_platform = issuer or platform
    if issuer_or_platform is None or tenant not in (None, issuer_or_platform.tenant):
        whose = "" if tenant is None else f" of the tenant {tenant}"
        fail(f"there is no issuer {name}{whose}: `lrs sign-in list` and `lrs lti list` name them all", exits.NOT_FOUND)
    return issuer_or_platform.url if isinstance(issuer_or_platform, SignInIssuer) else issuer_or_platform.logins


def _print_done(as_json: bool, text: str, **fields: str) -> None:
    if as_json:
        print_json(fields)
    else:
        click.echo(text)
