"""`lrs credentials`: who may ask, what, and how often. Every change counts from the next request on."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click

from lrs import exits
from lrs.auth import revocations
from lrs.auth.credentials import (
    DEFAULT_TENANT,
    BadCredential,
    CredentialExists,
    ListedCredential,
)
from lrs.auth.limits import Rate
from lrs.auth.scopes import Scope
from lrs.cli.answering import fail, one_line, print_json
from lrs.cli.databases import database_options, open_credentials
from lrs.cli.tables import print_table
from lrs.cmi5.guard import session_key
from lrs.log import Log
from lrs.log.kafka_address import KafkaAddress
from lrs.processes.options import kafka_option
from lrs.processes.runtime import Runtime

SESSIONS = session_key("")  # what the keys of cmi5 sessions start with

_scope_option = click.option(
    "--scope",
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What it may do; may be repeated.",
)
_rate_option = click.option("--rate", type=click.FloatRange(min=0), help="Requests a second; 0: any number.")
_burst_option = click.option(
    "--burst", type=click.IntRange(min=1), help="Requests at once, with --rate.  [default: twice the rate]"
)
_name_option = click.option("--name", callback=one_line, help="What people call it.")
_secret_option = click.option(
    "--secret", help="The secret, or - to read it from the standard input; generated unless it is given."
)


@click.group()
def credentials() -> None:
    """Add, list, change, revoke and rotate credentials, while `lrs serve` runs or not."""


@credentials.command()
@click.option("--key", help="The key; generated unless it is given.")
@_secret_option
@click.option("--tenant", default=DEFAULT_TENANT, show_default=True, help="Whose data it sees.")
@_scope_option
@_name_option
@_rate_option
@_burst_option
@database_options
def add(
    key: str | None,
    secret: str | None,
    tenant: str,
    scope: tuple[str, ...],
    name: str | None,
    rate: float | None,
    burst: int | None,
    data: Path,
    database: str | None,
    as_json: bool,
) -> None:
    """Add a credential, and show its secret, which nobody can read again. Without --scope it may do all."""
    key = key or secrets.token_hex(8)
    secret = _secret_or_prompt(secret)
    if key.startswith(SESSIONS):
        fail(f"keys that start with {SESSIONS} are those of cmi5 sessions: choose another --key", exits.USAGE)
    with open_credentials(data, database, make=True) as store:
        try:
            store.add(
                key,
                secret,
                tenant,
                [Scope(s) for s in scope] or [Scope.ALL],
                _rate_of_options(rate, burst),
                name,
                new=True,
            )
        except CredentialExists:
            fail(f"credential {key} already exists: choose another key, or `lrs credentials rotate {key}`", exits.TAKEN)
        except BadCredential as error:
            fail(str(error), exits.USAGE)
        _show_secret(store.get(key), secret, as_json)


@credentials.command("list")
@click.option("--tenant", default=None, help="Only those of this tenant.")
@click.option("--sessions", is_flag=True, help="Those of cmi5 sessions, too.")
@database_options
def list_(tenant: str | None, sessions: bool, data: Path, database: str | None, as_json: bool) -> None:
    """List the credentials; secrets are not kept, so that none can be shown."""
    with open_credentials(data, database) as store:
        listed_credentials = [
            listed
            for listed in store.listed()
            if tenant in (None, listed.credential.tenant)
            and (sessions or not listed.credential.key.startswith(SESSIONS))
        ]
    if as_json:
        print_json([_credential_fields(listed) for listed in listed_credentials])
    else:
        print_table(
            ("key", "tenant", "scopes", "name", "rate", "state"), [_table_row(listed) for listed in listed_credentials]
        )


@credentials.command()
@click.argument("key")
@_scope_option
@_name_option
@_rate_option
@_burst_option
@click.option("--lenient/--strict", default=None, help="Repair known faults of its statements, or refuse them.")
@click.option("--home-page", help="With --lenient: the home page of accounts that lack one.")
@database_options
def change(
    key: str,
    scope: tuple[str, ...],
    name: str | None,
    rate: float | None,
    burst: int | None,
    lenient: bool | None,
    home_page: str | None,
    data: Path,
    database: str | None,
    as_json: bool,
) -> None:
    """Change the scopes, the name, the rate or the leniency of the credential KEY; what is not given stays."""
    if home_page is not None and not lenient:
        fail("--home-page needs --lenient", exits.USAGE)
    with open_credentials(data, database) as store:
        chosen = [Scope(scope_name) for scope_name in scope] or None
        try:
            mended = (home_page or "") if lenient else None
            strict = lenient is False
            if not store.change(key, chosen, _rate_of_options(rate, burst), name, rate == 0, mended, strict):
                _unknown(key)
        except BadCredential:
            fail("give --scope, --name, --rate, --lenient or --strict: what is to change", exits.USAGE)
        _print_credential(store.get(key), f"{key} is changed", as_json)


@credentials.command()
@click.argument("key")
@kafka_option
@database_options
def revoke(key: str, kafka: KafkaAddress | None, data: Path, database: str | None, as_json: bool) -> None:
    """Refuse the credential KEY from the next request on, also after its database was restored from a backup."""
    with open_credentials(data, database) as store, _opened_log(data, kafka) as log:
        if not revocations.revoke(log, store, key):
            _unknown(key)
        _print_credential(store.get(key), f"{key} is revoked", as_json)


@credentials.command()
@click.argument("key")
@_secret_option
@kafka_option
@database_options
def rotate(
    key: str, secret: str | None, kafka: KafkaAddress | None, data: Path, database: str | None, as_json: bool
) -> None:
    """Give the credential KEY another secret; the old one is refused at once. A revoked one can be used again."""
    secret = _secret_or_prompt(secret)
    with open_credentials(data, database) as store, _opened_log(data, kafka) as log:
        if not (revocations.refuse_present_secret(log, store, key) and store.rotate(key, secret)):
            _unknown(key)
        _show_secret(store.get(key), secret, as_json)


@contextmanager
def _opened_log(data: Path, kafka: KafkaAddress | None) -> Iterator[Log]:
    """The log, which keeps revocations."""
    log = Runtime(data, kafka).log()
    try:
        yield log
    finally:
        log.close()


def _secret_or_prompt(secret_option: str | None) -> str:
    if secret_option is None:
        return secrets.token_urlsafe(32)
    secret = sys.stdin.readline().rstrip("\r\n") if secret_option == "-" else secret_option
    if not secret:
        fail("the secret is empty: leave --secret out to have one made", exits.USAGE)
    return secret


def _rate_of_options(rate: float | None, burst: int | None) -> Rate | None:
    if not rate:
        if burst is not None:
            fail("--burst needs a --rate", exits.USAGE)
        return None
    try:
        return Rate(rate, burst or max(1, round(2 * rate)))
    except (ValueError, OverflowError):  # infinite, or not a number
        fail("--rate is not a number of requests a second", exits.USAGE)


def _unknown(key: str) -> NoReturn:
    fail(f"there is no credential {key}: `lrs credentials list` names them", exits.NOT_FOUND)


def _credential_fields(credential_row: ListedCredential) -> dict[str, Any]:
    credential = credential_row.credential
    rate = credential.rate
    return {
        "key": credential.key,
        "tenant": credential.tenant,
        "scopes": sorted(credential.scopes),
        "name": credential_row.name,
        "rate": rate.per_second if rate else None,
        "burst": rate.burst if rate else None,
        "lenient": credential.lenient is not None,
        "home_page": credential.lenient or None,
        "revoked": credential_row.revoked,
    }


def _print_credential(credential_row: ListedCredential | None, done: str, as_json: bool) -> None:
    if as_json and credential_row is not None:
        print_json(_credential_fields(credential_row))
    else:
        click.echo(done)


def _show_secret(credential_row: ListedCredential | None, secret: str, as_json: bool) -> None:
    assert credential_row is not None
    if as_json:
        print_json(_credential_fields(credential_row) | {"secret": secret})
        return
    click.echo(f"key     {credential_row.credential.key}\nsecret  {secret}\ntenant  {credential_row.credential.tenant}")
    click.echo(f"scopes  {', '.join(sorted(credential_row.credential.scopes))}")
    click.echo("The secret is shown this once; `lrs credentials rotate` gives another.", err=True)


def _table_row(credential_row: ListedCredential) -> tuple[str, ...]:
    rate = credential_row.credential.rate
    return (
        credential_row.credential.key,
        credential_row.credential.tenant,
        ", ".join(sorted(credential_row.credential.scopes)),
        credential_row.name,
        f"{rate.per_second:g}/s, {rate.burst} at once" if rate else "any",
        "revoked" if credential_row.revoked else "valid",
    )
