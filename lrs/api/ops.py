"""For operators: is it alive, and can it do its work?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response

from lrs.api.json_route import JsonRoute
from lrs.auth.credentials import Credential
from lrs.errors import Failure
from lrs.http.api_parts import credential, parts_of
from lrs.http.errors import HttpError
from lrs.http.health import HealthReport
from schemas.pacing_answers import Live, Ready

ANONYMOUS_SECONDS = 1.0  # how old a look may be that anybody gets: many of them cost as much as one
router = APIRouter(route_class=JsonRoute, tags=["operations"])


@router.get("/live", response_model=None, responses={200: {"model": Live}})
async def live() -> dict[str, bool]:
    """The API answers."""
    return {"live": True}


@router.get("/ready", response_model=None, responses={200: {"model": Ready}, 503: {"model": Ready}})
async def ready(request: Request, response: Response) -> dict[str, Any]:
    """The log, ClickHouse and the processors do their work; 503 where one does not.

    The reasons, and how fresh the projections are, are for credentials that may read everything; what concerns their
    tenant alone is said to them alone.
    """
    return await _health_answer(request, response, lambda health: [*health.write, *health.read])


@router.get("/ready/write", response_model=None, responses={200: {"model": Ready}, 503: {"model": Ready}})
async def ready_to_write(request: Request, response: Response) -> dict[str, Any]:
    """Statements are accepted, and there is room; 503 if not. A proxy lets them through while nothing can be read."""
    return await _health_answer(request, response, lambda health: health.write)


@router.get("/ready/read", response_model=None, responses={200: {"model": Ready}, 503: {"model": Ready}})
async def ready_to_read(request: Request, response: Response) -> dict[str, Any]:
    """What is read is right and current; 503 where it is not."""
    return await _health_answer(request, response, lambda health: health.read)


async def _health_answer(
    request: Request, response: Response, reasons: Callable[[HealthReport], list[str]]
) -> dict[str, Any]:
    parts = parts_of(request)
    insider = await _may_know(request)
    health = await parts.health.look(0.0 if insider else ANONYMOUS_SECONDS)
    if insider:
        health = health.of(insider.tenant)
    wrong = reasons(health)
    if wrong:
        response.status_code = 503
    if not insider:
        return {"ready": not wrong}
    return {
        "ready": not wrong,
        "reasons": wrong,
        "freshness": health.freshness,
        "reinterpreting": health.reinterpreting,
        "damaged": health.damaged,
    }


async def _may_know(request: Request) -> Credential | None:
    """Who asks, if they may know why: nobody has to say who it is."""
    if "authorization" not in request.headers:
        return None
    try:
        return await credential(request)
    except (HttpError, Failure):
        return None
