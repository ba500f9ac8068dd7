"""`lrs webhooks`: addresses that alerts are sent to."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from lrs import exits
from lrs.accounts.accounts import embedded_accounts_url
from lrs.accounts.webhooks import BadWebhook, UnknownAccount, Webhooks
from lrs.cli.answering import fail, print_json
from lrs.cli.databases import database_options, opened_store
from lrs.cli.tables import print_table
from lrs.outgoing.addresses import check_url


@click.group()
def webhooks() -> None:
    """Have alerts sent to addresses, signed, each with what an account may see."""


@webhooks.command()
@click.argument("name")
@click.option("--account", required=True, help="Login of the account: what it may see is sent.")
@click.option("--url", required=True, help="Where to, an https address.")
@click.option("--private", is_flag=True, help="It may be an address of a private network, and http.")
@click.option("--zone", default="UTC", show_default=True, help="Time zone of the times of day.")
@click.option("--quiet", default="", metavar="HH:MM-HH:MM", help="Hours in which nothing is sent; it is afterwards.")
@click.option("--digest", default="", metavar="HH:MM", help="Send once a day, at this time, instead of at once.")
@database_options
def add(
    name: str,
    account: str,
    url: str,
    private: bool,
    zone: str,
    quiet: str,
    digest: str,
    data: Path,
    database: str | None,
    as_json: bool,
) -> None:
    """Send the alerts from now on to an address, and show the secret that signs them, once."""
    try:
        check_url(url, private)
        ZoneInfo(zone)
        begin, _, end = quiet.partition("-")
        when = {"zone": zone, "quiet_from": begin, "quiet_until": end, "digest": digest}
        for part in (begin, end) if quiet else ():
            _check_time(part)
        if digest:
            _check_time(digest)
    except (ValueError, OSError) as error:  # of an unknown zone, too
        fail(str(error) if isinstance(error, ValueError) else f"there is no time zone {zone}", exits.USAGE)
    except KeyError:
        fail(f"there is no time zone {zone}", exits.USAGE)
    with opened_store(Webhooks, embedded_accounts_url, data, database, False) as store:
        try:
            secret = store.add(name, account, url, when, private)
        except BadWebhook as error:
            fail(str(error), exits.NOT_FOUND if isinstance(error, UnknownAccount) else exits.USAGE)
    if as_json:
        print_json({"name": name, "secret": secret})
    else:
        click.echo(f"secret (shown once): {secret}")


@webhooks.command("list")
@database_options
def list_(data: Path, database: str | None, as_json: bool) -> None:
    """List the webhooks."""
    with opened_store(Webhooks, embedded_accounts_url, data, database, False) as store:
        all_webhooks = store.all()
    webhook_rows = [
        {
            "name": webhook.name,
            "account": webhook.account.login,
            "role": str(webhook.account.role),
            "url": webhook.url,
            "quiet": f"{webhook.quiet_from}-{webhook.quiet_until}" if webhook.quiet_from else "",
            "digest": webhook.digest,
            "zone": webhook.zone,
            "failed": webhook.failed,
        }
        for webhook in all_webhooks
    ]
    if as_json:
        print_json(webhook_rows)
        return
    columns = ("Name", "Account", "Role", "URL", "Quiet", "Digest", "Zone", "Failed")
    print_table(columns, [tuple(map(str, row.values())) for row in webhook_rows])


@webhooks.command()
@click.argument("name")
@database_options
def remove(name: str, data: Path, database: str | None, as_json: bool) -> None:
    """Nothing is sent there any more."""
    with opened_store(Webhooks, embedded_accounts_url, data, database, False) as store:
        if not store.remove(name):
            fail(f"there is no webhook {name}", exits.NOT_FOUND)
    if as_json:
        print_json({"removed": name})
    else:
        click.echo(f"removed {name}")


def _check_time(text: str) -> None:
    if len(text) != 5:
        raise ValueError(f"{text!r} is not a time of day: write it as 07:30")
    try:
        time.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a time of day: write it as 07:30") from None
