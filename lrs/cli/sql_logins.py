"""`lrs sql-logins`: who may read the tables with SQL, and of which tenant."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click

from lrs import exits
from lrs.auth.credentials import DEFAULT_TENANT
from lrs.cli.answering import fail, print_json
from lrs.cli.databases import open_credentials
from lrs.cli.tables import print_table
from lrs.engine.sql_logins import BadSqlLogin, FolderSqlLogins, SqlLogin, SqlLoginExists
from lrs.processes.denied import require_access
from lrs.processes.options import clickhouse_option, data_option, json_option
from lrs.processes.runtime import WORK_SECONDS
from lrs.store.client import Store, StoreRefused, StoreUnavailable
from lrs.store.dsn import dsn
from lrs.store.sql_logins import OthersSeeNothing, ServerSqlLogins

_SHUTS_OUT = """this ClickHouse shows users without a row policy nothing once others have one, Pacer's too. Nothing was
changed: set access_control_improvements/users_without_row_policies_can_read_rows to true, as
infra/clickhouse/config.xml does"""


@click.group("sql-logins")
def sql_logins() -> None:
    """Add, list and revoke logins for SQL, for operators and leaders: each reads all rows of one tenant."""


@sql_logins.command()
@click.argument("name")
@click.option("--tenant", default=DEFAULT_TENANT, show_default=True, help="Whose rows it sees.")
@click.option(
    "--password-file",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="A file with the password, or - to read it from the standard input; generated unless it is given.",
)
@click.option("--replace", is_flag=True, help="Where there is one of this name, give it this tenant and password.")
@click.option("--yes", is_flag=True, help="Add it even for a tenant of which nothing is known yet.")
@data_option
@clickhouse_option
@json_option
def add(
    name: str,
    tenant: str,
    password_file: Path | None,
    replace: bool,
    yes: bool,
    data: Path,
    clickhouse: str | None,
    as_json: bool,
) -> None:
    """Add a login that reads the rows of one tenant, of all its learners, and show its password this once."""
    password = _password(password_file) if password_file else secrets.token_hex(24)
    with _opened_logins(data, clickhouse) as logins:
        if not yes and tenant not in (known := _known_tenants(data, clickhouse)):
            fail(
                f"nothing is known of the tenant {tenant}: there are {', '.join(sorted(known))}. "
                "Give --yes if it is right",
                exits.UNCONFIRMED,
            )
        try:
            logins.add(name, tenant, password, replace)
        except BadSqlLogin as error:
            fail(str(error), exits.USAGE)
        except SqlLoginExists:
            fail(f"{name} already exists: choose another name, or --replace it if it is a login for SQL", exits.TAKEN)
        except OthersSeeNothing:
            fail(_SHUTS_OUT, exits.USAGE)
    shown = {} if password_file else {"password": password}
    if as_json:
        print_json(_fields(SqlLogin(name, tenant)) | shown)
        return
    click.echo(f"login     {name}\ntenant    {tenant}")
    for word, secret in shown.items():
        click.echo(f"{word}  {secret}")
        click.echo("The password is shown this once; --replace gives another.", err=True)


@sql_logins.command("list")
@data_option
@clickhouse_option
@json_option
def list_(data: Path, clickhouse: str | None, as_json: bool) -> None:
    """List the logins for SQL, and whose rows they see."""
    with _opened_logins(data, clickhouse) as logins:
        listed = logins.listed()
    if as_json:
        print_json([_fields(login) for login in listed])
    else:
        print_table(("login", "tenant"), [(login.name, login.tenant) for login in listed])


@sql_logins.command()
@click.argument("name")
@data_option
@clickhouse_option
@json_option
def revoke(name: str, data: Path, clickhouse: str | None, as_json: bool) -> None:
    """Refuse the login NAME from the next query on."""
    with _opened_logins(data, clickhouse) as logins:
        if not logins.revoke(name):
            _no_sql_login(name)
    if as_json:
        print_json({"login": name, "revoked": True})
    else:
        click.echo(f"{name} is revoked")


@contextmanager
def _opened_logins(data: Path, clickhouse: str | None) -> Iterator[FolderSqlLogins | ServerSqlLogins]:
    """The logins of a server, or else those of the folder's engine."""
    if clickhouse is None:
        require_access(data)
        if not data.is_dir():
            fail(
                f"there is no folder {data}: give the --data that `lrs serve` works on, or --clickhouse",
                exits.NOT_FOUND,
            )
        yield FolderSqlLogins(data)
        return
    store = Store(lambda: clickhouse, busy_seconds=WORK_SECONDS)
    try:
        yield ServerSqlLogins(store)
    except StoreUnavailable as error:
        fail(f"{error}: is --clickhouse right, and does it run?", exits.UNAVAILABLE)
    except StoreRefused as error:
        fail(f"ClickHouse refused: {error}. The user of --clickhouse needs access_management", exits.USAGE)
    finally:
        store.close()


def _known_tenants(data: Path, clickhouse: str | None) -> set[str]:
    """The tenants that have rows or, in a folder, a credential. Raises StoreUnavailable where a server is asked."""
    known = {DEFAULT_TENANT}
    if clickhouse is None and (data / "credentials.db").exists():
        with open_credentials(data, None) as credentials:
            known |= {listed.credential.tenant for listed in credentials.listed()}
    store = Store(dsn(data, clickhouse), busy_seconds=WORK_SECONDS)
    try:
        known |= {tenant for (tenant,) in store.tuples("SELECT DISTINCT tenant FROM statements", {})}
    except StoreRefused:  # it has no tables yet
        pass
    except StoreUnavailable:  # the folder's engine runs with `lrs serve` alone
        if clickhouse is not None:
            raise
    finally:
        store.close()
    return known


def _password(file: Path) -> str:
    try:
        with click.open_file(str(file), encoding="utf-8") as opened:
            return str(opened.readline()).rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        fail(f"{file} cannot be read: give --password-file a file of one line, the password", exits.UNREADABLE)


def _no_sql_login(name: str) -> NoReturn:
    fail(f"there is no login {name} for SQL: `lrs sql-logins list` names them", exits.NOT_FOUND)


def _fields(login: SqlLogin) -> dict[str, str]:
    return {"login": login.name, "tenant": login.tenant}
