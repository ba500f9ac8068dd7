"""`lrs lti`: learning platforms that launch this store."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import NoReturn

import click

from lrs import exits
from lrs.accounts.accounts import embedded_accounts_url
from lrs.accounts.issuers import BadIssuer, check_address
from lrs.accounts.platform_courses import PlatformCourse, PlatformCourses
from lrs.accounts.platforms import Platform, Platforms
from lrs.accounts.tool_keys import ToolKeys
from lrs.auth.credentials import DEFAULT_TENANT
from lrs.auth.nrps import BadMembers, read_members
from lrs.catalog.change_validation import MOST_REMOVED
from lrs.cli.answering import fail, print_json, warn_of_broken
from lrs.cli.counting import counted
from lrs.cli.databases import database_options, opened_store
from lrs.cli.parts import open_parts
from lrs.cli.tables import print_table
from lrs.errors import Transient
from lrs.people.course_members import course_roster, named_members
from lrs.people.roster import RosterKind
from lrs.people.roster_changes import RosterPlan, plan_roster
from lrs.people.roster_import import write_roster_changes
from lrs.people.roster_preview import catalog_after
from lrs.people.seen import keys_seen_if_there
from lrs.processes.options import json_option, runtime_options
from lrs.processes.runtime import Runtime
from schemas.people import by_identity


@click.group()
def lti() -> None:
    """Let learning platforms (Moodle, Canvas, …) launch boards by LTI 1.3."""


@lti.command()
@click.argument("name")
@click.option("--issuer", required=True, help="The platform's id, letter by letter as in the claim iss.")
@click.option("--client", required=True, help="The client id that it gave to this store.")
@click.option("--deployment", "deployments", multiple=True, required=True, help="A deployment id; may be repeated.")
@click.option("--authorization", required=True, help="Its authentication request URL.")
@click.option("--jwks", required=True, help="Its public keyset URL.")
@click.option("--token", default="", help="Its access token URL, for `lrs lti members`.")
@click.option("--url", required=True, help="Where people see the store.")
@click.option("--label", default="", help="What pages call it.  [default: NAME]")
@click.option("--tenant", default=DEFAULT_TENANT, show_default=True, help="Whose people it launches.")
@database_options
def add(
    name: str,
    issuer: str,
    client: str,
    deployments: tuple[str, ...],
    authorization: str,
    jwks: str,
    token: str,
    url: str,
    label: str,
    tenant: str,
    data: Path,
    database: str | None,
    as_json: bool,
) -> None:
    """Register a platform, and show the addresses that it has to know."""
    with opened_store(Platforms, embedded_accounts_url, data, database, True) as store:
        try:
            platform = Platform(name, label or name, tenant, issuer, client, authorization, jwks, url, deployments)
            if token:
                check_address("token", token)
            store.add(platform)
        except BadIssuer as error:
            fail(str(error), exits.USAGE)
    with opened_store(PlatformCourses, embedded_accounts_url, data, database, True) as courses:
        courses.set_token_address(name, token)
    here = f"{platform.store.rstrip('/')}/lti"
    addresses = {"login": f"{here}/login", "launch": platform.launch, "jwks": f"{here}/jwks"}
    if as_json:
        print_json({"name": name, **addresses})
    else:
        click.echo(f"initiate login URL: {addresses['login']}")
        click.echo(f"redirect, target link and deep linking URI: {addresses['launch']}")
        click.echo(f"public keyset URL: {addresses['jwks']}")


@lti.command("list")
@database_options
def list_(data: Path, database: str | None, as_json: bool) -> None:
    """List the platforms."""
    with opened_store(Platforms, embedded_accounts_url, data, database, False) as store:
        platforms, broken = store.all(), store.broken()
    warn_of_broken(broken, "lti")
    names = ("name", "label", "tenant", "issuer", "client", "deployments")
    if as_json:
        print_json([{name: getattr(platform, name) for name in names} for platform in platforms])
        return
    print_table(
        ("Name", "Label", "Tenant", "Issuer", "Client", "Deployments"),
        [
            (
                platform.name,
                platform.label,
                platform.tenant,
                platform.issuer,
                platform.client,
                ", ".join(platform.deployments),
            )
            for platform in platforms
        ],
    )


@lti.command()
@click.argument("name")
@database_options
def remove(name: str, data: Path, database: str | None, as_json: bool) -> None:
    """A platform launches no more. Sessions go on until they end."""
    with opened_store(Platforms, embedded_accounts_url, data, database, False) as store:
        if not store.remove(name):
            _no_platform(name)
    with opened_store(PlatformCourses, embedded_accounts_url, data, database, False) as courses:
        courses.set_token_address(name, "")
    if as_json:
        print_json({"removed": name})
    else:
        click.echo(f"{name} launches no more")


@lti.command()
@click.argument("name")
@click.argument("class_id", required=False)
@click.option("--apply", "applied", is_flag=True, help="Write what would change.")
@click.option("--yes", is_flag=True, help=f"Remove even more than {MOST_REMOVED:.0%} of who was in the class.")
@runtime_options
@json_option
def members(name: str, class_id: str | None, applied: bool, yes: bool, runtime: Runtime, as_json: bool) -> None:
    """Fill the roster of CLASS_ID with the members of the course that launches it, as the platform NAME lists them.

    Without --apply it shows what would change; without CLASS_ID, which courses teachers' launches have named.
    Who is not on the platform's list any more leaves the class, unless another roster says who is in it. In either case
    the platform's own ids of people become known, so that statements by them are theirs.
    """
    where = (embedded_accounts_url, runtime.data, runtime.database, False)
    with opened_store(Platforms, *where) as platforms:
        platform = platforms.get(name)
    if platform is None:
        _no_platform(name)
    with opened_store(PlatformCourses, *where) as courses:
        courses_known, tokens = courses.all(name), courses.token_address(name)
    if class_id is None:
        _show_courses(courses_known, as_json)
        return
    course = next((platform_course for platform_course in courses_known if platform_course.class_id == class_id), None)
    if course is None:
        fail(
            f"no launch by a teacher has named a course of {class_id}: `lrs lti members {name}` lists them",
            exits.NOT_FOUND,
        )
    if not tokens:
        fail(f"nobody said where {name} gives access: add it again with --token", exits.USAGE)
    with opened_store(ToolKeys, *where) as keys:
        sign = keys.current().sign
    try:
        platform_members = asyncio.run(read_members(course.members, tokens, platform.client, sign))
    except Transient as error:
        fail(f"{error}: try again", exits.UNAVAILABLE)
    except BadMembers as error:
        fail(str(error))
    with open_parts(runtime) as parts:
        catalog = parts.catalogs.latest(platform.tenant)
        statement_keys = keys_seen_if_there(parts.store, platform.tenant)
        roster = course_roster(named_members(platform_members), name, platform.issuer, class_id, course.name, catalog)
        change = plan_roster(
            roster.roster, catalog_after(catalog, [roster.accounts]), roster.source, by_identity(statement_keys)
        )
        if applied and change.needs_removal_confirmation and not yes:
            fail(
                f"this would remove {change.much_removed}: nothing was written; give --yes if it is right",
                exits.UNCONFIRMED,
            )
        if applied:
            write_roster_changes(parts.catalogs, platform.tenant, [roster.accounts, *change.changes], statement_keys)
    _show_members(course, len(platform_members), change, applied, as_json)


def _show_courses(courses: list[PlatformCourse], as_json: bool) -> None:
    if as_json:
        print_json([course._asdict() for course in courses])
        return
    for course in courses:
        click.echo(f"{course.class_id}: {course.name or 'a course without a title'}")
    if not courses:
        click.echo("no course yet: a teacher has to launch the board of a class from it once")


def _show_members(course: PlatformCourse, members: int, change: RosterPlan, written: bool, as_json: bool) -> None:
    persons, enrolled = change.counts[RosterKind.PERSON], change.counts[RosterKind.ENROLLMENT]
    counts = {"new_persons": persons.added, "joined": enrolled.added, "left": enrolled.removed}
    if as_json:
        print_json({"class": course.class_id, "members": members, "written": written, **counts})
        return
    summary = (
        f"{counted(members, 'member')}: {counted(persons.added, 'new person')}, "
        f"{counted(enrolled.added, 'joins', 'join')}, {counted(enrolled.removed, 'leaves', 'leave')}"
    )
    click.echo(f"{course.class_id}: {summary}{'' if written else '; nothing was written, --apply does it'}")


def _no_platform(name: str) -> NoReturn:
    fail(f"there is no platform {name}: `lrs lti list` names them all", exits.NOT_FOUND)
