"""Initiatives over HTTP: declared before they begin, so that what they changed can be measured."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool

from lrs.api.json_route import JsonRoute
from lrs.api.openapi import REF, error_responses, takes
from lrs.http import body
from lrs.http.api_parts import credential, parts_of
from lrs.http.signed_in import account_of, seen_by
from lrs.plans.initiative_outcomes import InitiativeOutcomes
from lrs.plans.initiatives import Initiatives
from schemas.plan_answers import InitiativeList, InitiativeOutcome, ShownInitiative
from schemas.plan_events import Initiative
from schemas.refusal import parse_model

_INITIATIVE: TypeAdapter[Initiative] = TypeAdapter(Initiative)


def router(initiatives: Initiatives, outcomes: InitiativeOutcomes) -> APIRouter:
    """The routes under /pacing/initiatives."""
    routes = APIRouter(
        route_class=JsonRoute, prefix="/pacing", tags=["initiatives"], responses=error_responses(401, 403, 503)
    )

    @routes.get("/initiatives", response_model=None, responses={200: {"model": InitiativeList}})
    async def read(request: Request) -> dict[str, Any]:
        """The initiatives that were declared, and whether they can be measured: they were before they began."""
        who = await credential(request)
        return await run_in_threadpool(initiatives.read, who.tenant, seen_by(request))

    @routes.post(
        "/initiatives",
        response_model=None,
        responses={200: {"model": ShownInitiative}, **error_responses(400, 413, 507)},
        openapi_extra=takes({"$ref": REF.format(model="Initiative")}),
    )
    async def declare(request: Request) -> dict[str, Any]:
        """Declare an initiative: who, what, from when until when, by which outcome, and with whom it is compared."""
        who = await credential(request)
        account = account_of(request)
        initiative: Initiative = parse_model(_INITIATIVE, await body.read_json(request))
        by = account.name if account else initiative.by or who.key
        return await run_in_threadpool(initiatives.declare, who.tenant, by, who.key, initiative, seen_by(request))

    @routes.get(
        "/initiatives/{initiative:id}/outcome",
        response_model=None,
        responses={200: {"model": InitiativeOutcome}, **error_responses(404)},
    )
    async def outcome(request: Request, initiative: str) -> dict[str, Any]:
        """What an initiative changed, by outcome and comparison as declared, or why that cannot be said."""
        who = await credential(request)
        sees = seen_by(request)
        readings = parts_of(request).long.readings
        return await readings.run(who.tenant, lambda: outcomes.read(who.tenant, initiative, sees))

    return routes
