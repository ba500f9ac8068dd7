"""The catalog over HTTP: read it, and send changes, which become events in the log."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from lrs.api.openapi import changes as change_schema
from lrs.api.openapi import problems, takes
from lrs.http import body
from lrs.http.errors import HttpError
from lrs.http.state import credential, now, state
from schemas.catalog import CHANGES
from schemas.pacing import Applied, Standing

router = APIRouter(tags=["catalog"], responses=problems(401, 403, 503))


@router.post(
    "/catalog",
    response_model=None,
    responses={200: {"model": Applied}, **problems(400, 413, 507)},
    openapi_extra=takes(change_schema()),
)
async def change(request: Request) -> dict[str, Any]:
    """Apply a JSON array of changes (skill, activity, class, policy, overrule), in order; none if one is wrong."""
    who = await credential(request)
    parts = state(request)
    try:
        changes = CHANGES.validate_json(await body.read_json(request))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "body"
        raise HttpError(400, f"{field}: {first['msg']}", field) from None

    def append() -> int:
        position = 0
        for one in changes:
            position = parts.catalogs.append(who.tenant, who.key, one, now())
        return position

    position = await run_in_threadpool(append) if changes else 0
    return {"changes": len(changes), "position": position}


@router.get("/catalog", response_model=None, responses={200: {"model": Standing}})
async def read(request: Request) -> dict[str, Any]:
    """The tenant's catalog as it stands."""
    who = await credential(request)
    catalog = await run_in_threadpool(state(request).catalogs.latest, who.tenant)
    return {
        "position": catalog.position,
        "skills": [s.model_dump() for s in catalog.skills.values()],
        "activities": [a.model_dump() for a in catalog.activities.values()],
        "classes": [c.model_dump() for c in catalog.classes.values()],
        "policy": catalog.policy.model_dump(),
        "policy_version": catalog.policy_version,
        "overrulings": [o.change.model_dump() for o in catalog.overrulings.values()],
    }
