"""`lrs roster`: who is at a school, from OneRoster or plain CSV, and how systems name them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from lrs import exits
from lrs.catalog.change_validation import MOST_REMOVED
from lrs.cli.answering import fail, print_json
from lrs.cli.counting import counted
from lrs.cli.imported_files import appending_imported, print_problems
from lrs.cli.parts import Parts, open_parts
from lrs.csv_files.problem import Problems, UnreadableCsv
from lrs.people import account_names
from lrs.people.roster_changes import RosterPlan
from lrs.people.roster_import import preview_roster, write_roster_changes
from lrs.people.seen import keys_seen_if_there, unmatched_by_home_page
from lrs.processes.options import json_option, runtime_options, tenant_option
from lrs.processes.runtime import Runtime
from schemas.account_templates import BadTemplate, check_template
from schemas.invalid import Invalid
from schemas.roster import AccountNaming

_path = click.argument("path", type=click.Path(exists=True, path_type=Path))
_source_option = click.option(
    "--source", default="roster", show_default=True, help="The roster's name: what another one says stays untouched."
)


def _runtime(command: Callable[..., Any]) -> Callable[..., Any]:
    return runtime_options(tenant_option(json_option(command)))


@click.group()
def roster() -> None:
    """Import who is in which class, while `lrs serve` runs or not."""


@roster.command()
@_path
@_source_option
@_runtime
def preview(path: Path, source: str, runtime: Runtime, tenant: str, as_json: bool) -> None:
    """Show what importing PATH would change, row by row what is wrong with it, and write nothing.

    Ends with exit code 1 where rows would be left out, as the import does.
    """
    with _catalog_parts(runtime) as parts:
        plan = preview_roster(parts.catalogs, parts.store, tenant, path, source).plan
    _print_plan(plan, as_json, written=False)
    if not _is_right(plan):
        raise SystemExit(exits.WRONG)


@roster.command("import")
@_path
@_source_option
@click.option("--yes", is_flag=True, help=f"Remove even more than {MOST_REMOVED:.0%} of what exists.")
@click.option("--watch", is_flag=True, help="Go on, and import PATH again whenever it changes.")
@click.option("--every", type=click.FloatRange(min=0.1), default=30.0, show_default=True, help="Seconds, with --watch.")
@_runtime
def import_(
    path: Path, source: str, yes: bool, watch: bool, every: float, runtime: Runtime, tenant: str, as_json: bool
) -> None:
    """Import PATH: OneRoster 1.1 or 1.2 (a zip or a folder), or one CSV with a row for each person in a class.

    Rows that are wrong are named and left out; the others count. An import that would remove more than a tenth of what
    the source said before stops and asks.
    """
    with _catalog_parts(runtime) as parts:
        before = _roster_modified(path)
        right = _import_once(parts, path, source, tenant, yes, as_json, asking=not watch)
        while watch:
            time.sleep(every)
            now = _roster_modified(path)
            if now not in (None, before) and now == _modified_after(path, every):  # whoever writes it is done
                before = now
                _import_once(parts, path, source, tenant, yes, as_json, asking=False)
    if not right:
        raise SystemExit(exits.WRONG)


@roster.command()
@click.argument("home_page")
@click.option("--template", help="The account's name by what a roster says: {username}, {identifier|lower}, …")
@click.option(
    "--names", type=click.Path(exists=True, path_type=Path), help="A CSV with the columns sourcedId, account."
)
@click.option("--remove", is_flag=True, help="Forget how HOME_PAGE names persons.")
@_runtime
def accounts(
    home_page: str, template: str | None, names: Path | None, remove: bool, runtime: Runtime, tenant: str, as_json: bool
) -> None:
    """Say how the system at HOME_PAGE (as its statements write it) names persons.

    A template is filled for each person: {sourcedId}, {username}, {identifier}, {email}, {userMasterIdentifier},
    {userIds[TYPE]}, {userProfiles[VENDOR]}, each also as {…|lower}. Names from a CSV outrank it.
    """
    if not (template or names or remove):
        fail("give --template, --names or --remove", exits.USAGE)
    if not account_names.is_home_page(home_page):
        fail("HOME_PAGE is the address of a system, as its statements write it", exits.USAGE)
    try:
        check_template(template or "")
    except BadTemplate as error:
        fail(str(error), exits.USAGE)
    problems = Problems()
    with _catalog_parts(runtime) as parts:
        catalog = parts.catalogs.latest(tenant)
        change = catalog.accounts.get(home_page) or AccountNaming(id=home_page)
        if names:
            account_list = account_names.read_account_names(names, home_page)
            [change] = account_names.plan_names(account_list, catalog).changes or [change]  # all are of this home page
            problems = account_list.problems
        template = template if template is not None else change.template
        change = change.model_copy(update={"template": template, "removed": remove})
        position = write_roster_changes(parts.catalogs, tenant, [change], keys_seen_if_there(parts.store, tenant))
    if as_json:
        print_json(
            {"position": position, "names": len(change.names), "problems": [str(problem) for problem in problems]}
        )
    else:
        click.echo(
            f"{home_page}: {f'template {template}, ' if template else ''}{counted(len(change.names), 'name')} by person"
        )
        print_problems(problems)
    if any(problem.error for problem in problems):
        raise SystemExit(exits.WRONG)


@roster.command()
@_runtime
def show(runtime: Runtime, tenant: str, as_json: bool) -> None:
    """Show what is known of a tenant's people, and which keys in its statements match no person."""
    with _catalog_parts(runtime) as parts:
        catalog = parts.catalogs.latest(tenant)
        keys = keys_seen_if_there(parts.store, tenant)
    unmatched = unmatched_by_home_page(keys, catalog)
    classes = [
        {
            "id": class_.id,
            "name": class_.name,
            "school": class_.school,
            "learners": len(class_.learners),
            "teachers": [catalog.persons[t].name or t if t in catalog.persons else t for t in class_.teachers],
            "source": class_.source,
        }
        for class_ in catalog.classes.values()
    ]
    if as_json:
        accounts = [
            {"home_page": a.id, "template": a.template, "names": len(a.names)} for a in catalog.accounts.values()
        ]
        roster_answer = {"persons": len(catalog.persons), "classes": classes, "accounts": accounts}
        print_json(roster_answer | {"unmatched": [learner._asdict() for learner in unmatched]})
        return
    click.echo(
        f"{counted(len(catalog.persons), 'person')}, {counted(len(catalog.schools), 'school')}, "
        f"{counted(len(classes), 'class', 'classes')}"
    )
    for class_ in classes:
        taught = f", taught by {', '.join(class_['teachers'])}" if class_["teachers"] else ""  # type: ignore[arg-type]
        many = counted(class_["learners"], "learner")  # type: ignore[arg-type]
        click.echo(f"  {class_['name'] or class_['id']}: {many}{taught}")
    for accounts_ in catalog.accounts.values():
        click.echo(
            f"{accounts_.id} names persons by {accounts_.template or 'a list'} "
            f"({counted(len(accounts_.names), 'name')})"
        )
    for page in unmatched:
        browsers = f", {page.browsers} of them perhaps browsers nobody signed in with" if page.browsers else ""
        like = f"; did you mean {page.like}?" if page.like else ""
        click.echo(f"matches nobody: {page.keys:,} of {page.home_page}{browsers}{like}")


@contextmanager
def _catalog_parts(runtime: Runtime) -> Iterator[Parts]:
    with open_parts(runtime) as parts, appending_imported():
        try:
            yield parts
        except (UnreadableCsv, Invalid) as error:
            fail(str(error))


def _import_once(parts: Parts, path: Path, source: str, tenant: str, yes: bool, as_json: bool, asking: bool) -> bool:
    """Import once; gives whether every row was right."""
    try:
        plan, _, keys = preview_roster(parts.catalogs, parts.store, tenant, path, source)
    except (UnreadableCsv, OSError) as error:
        if asking:
            raise
        click.echo(f"lrs: {error}", err=True)  # the next file may be readable
        return False
    if plan.needs_removal_confirmation and not yes:
        removed = plan.much_removed
        if not (asking and not as_json and click.get_text_stream("stdin").isatty()):
            _print_plan(plan, as_json, written=False)
            message = f"this would remove {removed}: nothing was written; give --yes if it is right"
            if asking:
                fail(message, exits.UNCONFIRMED)
            click.echo(f"lrs: {message}", err=True)
            return False
        click.confirm(f"This would remove {removed}. Go on?", abort=True)
    if plan.changes:
        write_roster_changes(parts.catalogs, tenant, plan.changes, keys)
    _print_plan(plan, as_json, written=True)
    return _is_right(plan)


def _is_right(plan: RosterPlan) -> bool:
    return not any(problem.error for problem in plan.problems)


def _print_plan(plan: RosterPlan, as_json: bool, written: bool) -> None:
    if as_json:
        counts = {
            str(kind.several): {"before": c.before, "added": c.added, "changed": c.changed, "removed": c.removed}
            for kind, c in plan.counts.items()
        }
        problems = [problem._asdict() for problem in plan.problems]
        print_json({"written": written, **counts, "without_a_name": plan.nameless, "problems": problems})
        return
    for kind, count in plan.counts.items():
        added = f"{count.added:,} {'new' if written else 'to add'}"
        click.echo(
            f"{kind.several}: {count.before:,} before, {added}, {count.changed:,} changed, {count.removed:,} removed"
        )
    if plan.nameless:
        click.echo(
            f"{counted(plan.nameless, 'member')} cannot be named by any statement: see `lrs roster accounts --help`"
        )
    print_problems(plan.problems)


def _roster_modified(path: Path) -> Any:
    """What changes when a file, or one in a folder, is written."""
    try:
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        return [(file.name, (stat := os.stat(file)).st_mtime_ns, stat.st_size) for file in inside]
    except OSError:
        return None


def _modified_after(path: Path, every: float) -> Any:
    time.sleep(min(every, 2.0))
    return _roster_modified(path)
