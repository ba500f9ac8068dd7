"""Materials over HTTP: what there is, and files of them, as `lrs materials` imports them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from lrs.api.json_route import JsonRoute
from lrs.api.openapi import error_responses
from lrs.api.sent_files import BODY, read_flags, spooled
from lrs.auth.credentials import Credential
from lrs.catalog.cartridge import NoCartridge
from lrs.catalog.materials_import import preview_materials
from lrs.catalog.openable import is_address
from lrs.clock import system_time
from lrs.csv_files.problem import UnreadableCsv
from lrs.http.api_parts import ApiParts, credential, parts_of
from lrs.http.errors import HttpError
from lrs.pacing.materials import list_materials
from schemas.import_answers import MaterialCounts, RowProblem
from schemas.material_answers import MaterialsState

router = APIRouter(route_class=JsonRoute, tags=["catalog"], responses=error_responses(401, 403, 503))


@router.post(
    "/materials",
    response_model=None,
    responses={200: {"model": MaterialCounts}, **error_responses(400, 413, 507)},
    openapi_extra=BODY,
)
async def import_materials(request: Request, preview: str = "false", base: str = "") -> dict[str, Any]:
    """Import how activities are opened and what they teach: an IMS Common Cartridge (1.1 to 1.3), or a CSV.

    What is wrong is named and left out. `preview` writes nothing. `base`: where the files of a cartridge are served;
    without it they are opened in the learning platform.
    """
    who = await credential(request)
    parts = parts_of(request)
    if base and not is_address(base):
        raise HttpError(400, "base must be an http or https URL", "base")
    [only_preview] = read_flags(preview=preview)
    async with spooled(request) as path:
        return await parts.long.imports.run(
            who.tenant, partial(_import_materials, parts, who, path, base, only_preview)
        )


@router.get("/materials", response_model=None, responses={200: {"model": MaterialsState}, **error_responses(400)})
async def list_all(request: Request, limit: Annotated[int, Query(ge=1, le=10_000)] = 1000) -> dict[str, Any]:
    """What there is to work on: materials, activities known only from statements, with measured minutes, and the
    skills that nothing opens."""
    who = await credential(request)
    parts = parts_of(request)

    def read() -> dict[str, Any]:
        return list_materials(parts.store, parts.catalogs.latest(who.tenant), who.tenant, limit)

    return await parts.long.readings.run(who.tenant, read)


def _import_materials(parts: ApiParts, who: Credential, path: Path, base: str, preview: bool) -> dict[str, Any]:
    try:
        plan = preview_materials(path, parts.catalogs.latest(who.tenant), base)
    except (NoCartridge, UnreadableCsv) as error:
        raise HttpError(400, str(error), "body") from None
    if plan.changes and not preview:
        parts.catalogs.append_all(who.tenant, who.key, plan.changes, system_time())
    problems = [RowProblem(**problem._asdict()).model_dump() for problem in plan.problems]
    return {"written": not preview, **plan.counts, "problems": problems}
