"""Policies over HTTP: what applies in a scope, what a change would alter today, and applying the change."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool

from lrs.api.json_route import JsonRoute
from lrs.api.openapi import REF, error_responses, takes
from lrs.http import body
from lrs.http.api_parts import credential
from lrs.http.signed_in import account_of, seen_by
from lrs.pacing.policy_edits import PolicyEdits, edit_of
from schemas.narrowed_policy import ThresholdScope
from schemas.policy_answers import PolicyApplied, PolicyPreview, PolicyRequest, PolicyShown
from schemas.refusal import parse_model

_REQUEST: TypeAdapter[PolicyRequest] = TypeAdapter(PolicyRequest)


def router(policies: PolicyEdits) -> APIRouter:
    """The routes under /pacing/policy."""
    routes = APIRouter(
        route_class=JsonRoute, prefix="/pacing", tags=["policies"], responses=error_responses(401, 403, 503)
    )

    @routes.get("/policy", response_model=None, responses={200: {"model": PolicyShown}, **error_responses(404)})
    async def read(
        request: Request,
        school: Annotated[str, Query(max_length=256)] = "",
        class_id: Annotated[str, Query(max_length=256)] = "",
        skill: Annotated[str, Query(max_length=2048)] = "",
    ) -> dict[str, Any]:
        """The thresholds that apply to a school, a class or a skill (none named: to everybody), and their versions."""
        who = await credential(request)
        return await run_in_threadpool(
            policies.read, who.tenant, ThresholdScope(school, class_id, skill), seen_by(request)
        )

    @routes.post(
        "/policy",
        response_model=None,
        responses={200: {"model": PolicyPreview | PolicyApplied}, **error_responses(400, 409, 413, 507)},
        openapi_extra=takes({"$ref": REF.format(model="PolicyRequest")}),
    )
    async def change(request: Request, preview: bool = False) -> dict[str, Any]:
        """Change a policy; with `preview`, say whose decisions that would alter now, and change nothing."""
        who = await credential(request)
        account = account_of(request)
        policy_request: PolicyRequest = parse_model(_REQUEST, await body.read_json(request))
        by = account.name if account else policy_request.by or who.key
        edit = edit_of(
            ThresholdScope(policy_request.school, policy_request.class_id, policy_request.skill),
            policy_request.thresholds,
            by,
        )
        if preview:
            return await run_in_threadpool(policies.preview, who.tenant, edit, seen_by(request))
        position = await run_in_threadpool(
            policies.apply, who.tenant, who.key, edit, seen_by(request), policy_request.version
        )
        return {"position": position}

    return routes
