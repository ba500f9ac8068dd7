"""Learners ask for lessons over HTTP, and who teaches them includes them."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field, TypeAdapter
from starlette.concurrency import run_in_threadpool

from lrs.api.json_route import JsonRoute
from lrs.api.openapi import error_responses, takes
from lrs.http import body, paths
from lrs.http.api_parts import credential
from lrs.http.errors import HttpError
from lrs.http.signed_in import account_of
from lrs.plans.lesson_asks import LessonAsks
from schemas.plan_answers import LearnerAsks
from schemas.refusal import parse_model
from schemas.timetable import Learner, Part
from schemas.wording import worded
from schemas.xapi.actor_keys import key_of


class _Asking(Part):
    do: Literal["ask", "withdraw"] = "ask"
    skill: str = Field(min_length=1, max_length=2048)


class _Including(Part):
    do: Literal["include", "undo"] = "include"
    learner: Learner
    skill: str = Field(min_length=1, max_length=2048)


_ASKING, _INCLUDING = TypeAdapter(_Asking), TypeAdapter(_Including)
_ANSWERS = {200: {"model": LearnerAsks}, **error_responses(400, 413, 507)}


def router(asks: LessonAsks) -> APIRouter:
    """The routes /pacing/lessons/{learner} and /pacing/groups/{class}."""
    paths.register_id_paths()
    routes = APIRouter(
        route_class=JsonRoute, prefix="/pacing", tags=["groups"], responses=error_responses(401, 403, 404, 503)
    )

    @routes.post(
        "/lessons/{learner:id}",
        response_model=None,
        responses=_ANSWERS,
        openapi_extra=takes(_ASKING.json_schema()),
    )
    async def ask(request: Request, learner: str) -> dict[str, Any]:
        """A learner who signed in asks to join a lesson of a skill, or withdraws the request: {"do": "withdraw"}."""
        who = await credential(request)
        account = account_of(request)
        if account is None:
            raise HttpError(403, worded("only a learner who signed in asks for a lesson"))
        asking: _Asking = parse_model(_ASKING, await body.read_json(request))
        act = asks.ask if asking.do == "ask" else asks.withdraw
        await run_in_threadpool(act, who.tenant, key_of(learner), asking.skill, account.name)
        return await run_in_threadpool(asks.listed, who.tenant, key_of(learner))

    @routes.post(
        "/groups/{class_id:id}",
        response_model=None,
        responses=_ANSWERS,
        openapi_extra=takes(_INCLUDING.json_schema()),
    )
    async def include(request: Request, class_id: str) -> dict[str, Any]:
        """Include a learner who asked in today's groups, or no more: {"do": "undo"}.

        GET names who asked (`asked`).
        """
        who = await credential(request)
        account = account_of(request)
        including: _Including = parse_model(_INCLUDING, await body.read_json(request))
        learner, by = key_of(including.learner), account.name if account else who.key
        undo = including.do == "undo"
        await run_in_threadpool(asks.include, who.tenant, class_id, learner, including.skill, by, undo)
        return await run_in_threadpool(asks.listed, who.tenant, learner)

    return routes
