"""Pacing over HTTP: classes and learners as JSON, with how fresh the answer is."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from lrs.api.openapi import problems
from lrs.http import paths
from lrs.http.login import Tenant
from lrs.http.signed_in import learner_asked, seen_by
from lrs.pacing.boards import Boards
from lrs.pacing.next_items import MOST_ITEMS
from schemas.pacing_answers import Board, Classes, LearnerPage, Next, Unlikely
from schemas.xapi.actor_keys import key_of

COMPACT = ("activity", "via", "opens", "purpose", "reason")


def router(boards: Boards, tenant: Tenant) -> APIRouter:
    """The routes under /pacing."""
    paths.register_id_paths()
    routes = APIRouter(prefix="/pacing", tags=["pacing"], responses=problems(401, 403, 503))

    @routes.get("/classes", responses={200: {"model": Classes}})
    async def classes(request: Request) -> Response:
        """The tenant's classes, with how many learners and skills each has."""
        whose = await tenant(request)
        return _json(await run_in_threadpool(boards.list_classes, whose, seen_by(request)))

    @routes.get("/classes/{class_id:id}", responses={200: {"model": Board}, **problems(404)})
    async def one_class(request: Request, class_id: str) -> Response:
        """Every learner and skill of a class: mastery, decision, reason and evidence."""
        return _json(await run_in_threadpool(boards.read_class, await tenant(request), class_id))

    @routes.get("/unlikely/{class_id:id}", responses={200: {"model": Unlikely}, **problems(404)})
    async def unlikely(request: Request, class_id: str) -> Response:
        """Who of a class is unlikely to finish, the least likely first, with the reasons and the days that are left."""
        return _json(await run_in_threadpool(boards.read_unlikely, await tenant(request), class_id))

    @routes.get("/learners/{learner:id}/next", responses={200: {"model": Next}, **problems(404)})
    async def next_for_learner(
        request: Request, learner: str, count: Annotated[int, Query(ge=1, le=MOST_ITEMS)] = 3, compact: bool = False
    ) -> Response:
        """What a learner works on next: items with their predicted success, the reason of each, and how to open it.

        compact leaves out all that a tool does not need to open them.
        """
        if (asked := learner_asked(request)) != learner:
            return await one_learner(request, asked)
        found = await run_in_threadpool(boards.read_next, await tenant(request), key_of(learner), count)
        if compact:
            found = {"items": [{name: item[name] for name in COMPACT} for item in found["items"]]}
        return _json(found)

    @routes.get("/learners/{learner:id}", responses={200: {"model": LearnerPage}, **problems(404)})
    async def one_learner(request: Request, learner: str) -> Response:
        """One learner: skills with curves and decisions, and engagement by day."""
        return _json(await run_in_threadpool(boards.read_learner, await tenant(request), key_of(learner)))

    return routes


def _json(body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), media_type="application/json", headers={"Cache-Control": "no-store"})
