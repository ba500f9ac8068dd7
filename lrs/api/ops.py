"""For operators: is it alive, and can it do its work?"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from lrs.errors import Failure, Transient
from lrs.http.state import state
from schemas.pacing import Live, Ready

STALLED_SECONDS = 25.0  # so that it is reported within 30, polling included
router = APIRouter(tags=["operations"])


@router.get("/live", response_model=None, responses={200: {"model": Live}})
async def live() -> dict[str, bool]:
    """The API answers."""
    return {"live": True}


@router.get("/ready", response_model=None, responses={200: {"model": Ready}, 503: {"model": Ready}})
async def ready(request: Request, response: Response) -> dict[str, Any]:
    """The log, ClickHouse and the processors do their work; 503 with the reasons where one does not."""
    parts = state(request)
    reasons: list[str] = []
    fresh: dict[str, Any] = {}
    try:
        fresh = await run_in_threadpool(parts.freshness)
        if fresh["age_seconds"] > STALLED_SECONDS:
            reasons.append(f"the projections are {fresh['age_seconds']:.0f} s behind the log")
        if not parts.log_answers():
            reasons.append("the log does not answer")
    except Transient as error:
        reasons.append(f"the log: {error}")
    try:
        await run_in_threadpool(parts.store.tuples, "SELECT count() FROM mastery WHERE tenant = ''", {})
    except Failure as error:
        reasons.append(f"ClickHouse: {error}")
    if reasons:
        response.status_code = 503
    return {"ready": not reasons, "reasons": reasons, "freshness": fresh}
