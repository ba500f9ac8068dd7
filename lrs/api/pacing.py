"""Pacing over HTTP: classes and learners as JSON, with how fresh the answer is."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from lrs.api.openapi import problems
from lrs.http import paths
from lrs.http.login import Tenant
from lrs.pacing.boards import Boards
from schemas.pacing import Board, Classes, LearnerPage
from schemas.xapi.actor_keys import key_of


def router(boards: Boards, tenant: Tenant) -> APIRouter:
    """The routes under /pacing."""
    paths.register()
    routes = APIRouter(prefix="/pacing", tags=["pacing"], responses=problems(401, 403, 503))

    @routes.get("/classes", responses={200: {"model": Classes}})
    async def classes(request: Request) -> Response:
        """The tenant's classes, with how many learners and skills each has."""
        return _json({"classes": await run_in_threadpool(boards.list_classes, await tenant(request))})

    @routes.get("/classes/{class_id:id}", responses={200: {"model": Board}, **problems(404)})
    async def one_class(request: Request, class_id: str) -> Response:
        """Every learner and skill of a class: mastery, decision, reason and evidence."""
        return _json(await run_in_threadpool(boards.read_class, await tenant(request), class_id))

    @routes.get("/learners/{learner:id}", responses={200: {"model": LearnerPage}, **problems(404)})
    async def one_learner(request: Request, learner: str) -> Response:
        """One learner: skills with curves and decisions, and engagement by day."""
        return _json(await run_in_threadpool(boards.read_learner, await tenant(request), key_of(learner)))

    return routes


def _json(body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), media_type="application/json", headers={"Cache-Control": "no-store"})
