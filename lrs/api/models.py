"""Versions of the mastery model over HTTP: which there are, whose decisions one would change, and making it active."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool

from lrs.api.json_route import JsonRoute
from lrs.api.openapi import REF, error_responses, takes
from lrs.http import body
from lrs.http.api_parts import credential
from lrs.http.signed_in import account_of
from lrs.models.activations import Activations
from schemas.model_answers import ShownModelVersions, VersionRun, VersionWanted
from schemas.refusal import parse_model

_WANTED: TypeAdapter[VersionWanted] = TypeAdapter(VersionWanted)


def router(activations: Activations) -> APIRouter:
    """The routes under /models/mastery."""
    routes = APIRouter(
        route_class=JsonRoute, prefix="/models/mastery", tags=["models"], responses=error_responses(401, 403, 503)
    )
    begun: dict[str, Any] = {
        "status_code": 202,
        "response_model": None,
        "responses": {202: {"model": VersionRun}, **error_responses(400, 404, 409, 413)},
        "openapi_extra": takes({"$ref": REF.format(model="VersionWanted")}),
    }

    @routes.get("", response_model=None, responses={200: {"model": ShownModelVersions}})
    async def read(request: Request) -> dict[str, Any]:
        """The versions of the tenant's weights with their reports, and how far the last comparison or activation is."""
        who = await credential(request)
        return await run_in_threadpool(activations.read, who.tenant)

    @routes.post("/compare", **begun)
    async def compare(request: Request) -> dict[str, Any]:
        """Find whose decisions a version would change. It takes as long as a replay, and changes nothing."""
        who = await credential(request)
        model_version: VersionWanted = parse_model(_WANTED, await body.read_json(request))
        return await run_in_threadpool(activations.compare, who.tenant, model_version.version, who.key)

    @routes.post("/activate", **begun)
    async def activate(request: Request) -> dict[str, Any]:
        """Make a version decide, after it was compared with the active one; 409 until then."""
        who = await credential(request)
        account = account_of(request)
        model_version: VersionWanted = parse_model(_WANTED, await body.read_json(request))
        by = account.name if account else who.key
        return await run_in_threadpool(activations.activate, who.tenant, model_version.version, by)

    return routes
