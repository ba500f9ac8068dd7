"""Rosters and frameworks of skills over HTTP: as `lrs roster` and `lrs skills` import them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from lrs.api.json_route import JsonRoute
from lrs.api.openapi import error_responses
from lrs.api.sent_files import BODY, read_flags, spooled
from lrs.auth.credentials import Credential
from lrs.catalog import skills_import
from lrs.catalog.case import NoFramework
from lrs.clock import system_time
from lrs.csv_files.problem import UnreadableCsv
from lrs.http.api_parts import ApiParts, credential, parts_of
from lrs.http.errors import HttpError
from lrs.people import roster_import
from lrs.people.roster_changes import RosterPlan
from lrs.people.seen import keys_seen, unmatched_by_home_page
from schemas.import_answers import Counted, FrameworkCounts, RosterCounts, RosterState, RowProblem

router = APIRouter(route_class=JsonRoute, tags=["people"], responses=error_responses(401, 403, 503))


@router.post(
    "/roster",
    response_model=None,
    responses={200: {"model": RosterCounts}, **error_responses(400, 409, 413, 507)},
    openapi_extra=BODY,
)
async def import_roster(
    request: Request, source: str = "roster", preview: str = "false", confirm: str = "false"
) -> dict[str, Any]:
    """Import a roster: OneRoster 1.1 or 1.2 as a zip, or one plain CSV.

    Rows that are wrong are named and left out. `preview` writes nothing. What would remove more than a tenth of what
    the source said before is a 409, unless `confirm`.
    """
    who = await credential(request)
    parts = parts_of(request)
    async with spooled(request) as path:
        import_ = partial(_import_roster, parts, who, path, source, *read_flags(preview=preview, confirm=confirm))
        return await parts.long.imports.run(who.tenant, import_)


@router.get("/roster", response_model=None, responses={200: {"model": RosterState}})
async def show_roster(request: Request) -> dict[str, Any]:
    """How many persons and classes are known, and whose statements name nobody, by home page."""
    who = await credential(request)
    parts = parts_of(request)

    def read() -> dict[str, Any]:
        catalog = parts.catalogs.latest(who.tenant)
        unmatched = unmatched_by_home_page(keys_seen(parts.store, who.tenant), catalog)
        counts = {"persons": len(catalog.persons), "classes": len(catalog.classes), "schools": len(catalog.schools)}
        return {**counts, "unmatched": [home_page._asdict() for home_page in unmatched]}

    return await run_in_threadpool(read)


@router.post(
    "/skills",
    response_model=None,
    responses={200: {"model": FrameworkCounts}, **error_responses(400, 409, 413, 507)},
    openapi_extra=BODY,
)
async def import_skills(request: Request, preview: str = "false", confirm: str = "false") -> dict[str, Any]:
    """Import a framework of skills as a CASE 1.0 or 1.1 package (JSON), or prerequisites as a CSV (skill, requires)."""
    who = await credential(request)
    parts = parts_of(request)
    async with spooled(request) as path:
        import_ = partial(_import_skills, parts, who, path, *read_flags(preview=preview, confirm=confirm))
        return await parts.long.imports.run(who.tenant, import_)


def _import_roster(
    parts: ApiParts, who: Credential, path: Path, source: str, preview: bool, confirm: bool
) -> dict[str, Any]:
    try:
        plan, _, keys = roster_import.preview_roster(parts.catalogs, parts.store, who.tenant, path, source)
    except UnreadableCsv as error:
        raise HttpError(400, str(error), "body") from None
    if plan.needs_removal_confirmation and not (preview or confirm):
        raise HttpError(409, f"this would remove {plan.much_removed}: send confirm=true if it is right", "confirm")
    if plan.changes and not preview:
        roster_import.write_roster_changes(parts.catalogs, who.tenant, plan.changes, keys, who.key)
    return _import_answer(plan, written=not preview)


def _import_answer(plan: RosterPlan, written: bool) -> dict[str, Any]:
    counts = {
        str(kind): Counted(before=c.before, added=c.added, changed=c.changed, removed=c.removed).model_dump()
        for kind, c in plan.counts.items()
    }
    problems = [RowProblem(**problem._asdict()).model_dump() for problem in plan.problems]
    return {"written": written, "counts": counts, "without_a_name": plan.nameless, "problems": problems}


def _import_skills(parts: ApiParts, who: Credential, path: Path, preview: bool, confirm: bool) -> dict[str, Any]:
    try:
        plan = skills_import.preview_skills(path, parts.catalogs.latest(who.tenant))
    except (NoFramework, UnreadableCsv) as error:
        raise HttpError(400, str(error), "body") from None
    if plan.needs_removal_confirmation and not (preview or confirm):
        raise HttpError(409, f"this would remove {plan.much_removed}: send confirm=true if it is right", "confirm")
    if plan.changes and not preview:
        parts.catalogs.append_all(who.tenant, who.key, plan.changes, system_time())
    return {"written": not preview, **plan.counts, "problems": plan.problems}
