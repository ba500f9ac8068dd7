"""Senders whose clock is off, for operators."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from lrs.api.json_route import JsonRoute
from lrs.api.openapi import error_responses
from lrs.http.api_parts import credential, parts_of
from lrs.record.clocks import clocks_off
from schemas.clock_answers import ClocksOff

router = APIRouter(route_class=JsonRoute, tags=["operations"], responses=error_responses(401, 403, 503))


@router.get("/clocks", response_model=None, responses={200: {"model": ClocksOff}})
async def clocks(request: Request) -> dict[str, Any]:
    """Credentials whose statements say that they happened later than they were stored, or before 1990."""
    who = await credential(request)
    senders = await run_in_threadpool(clocks_off, parts_of(request).store, who.tenant)
    return {"senders": [sender._asdict() for sender in senders]}
