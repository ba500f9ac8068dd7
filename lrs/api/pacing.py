"""Pacing over HTTP: classes and learners as JSON, with how fresh the answer is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from lrs.accounts.roles import FAMILY, PersonRole
from lrs.api.json_route import JsonRoute, write_json
from lrs.api.openapi import error_responses
from lrs.http import paths
from lrs.http.login import Tenant
from lrs.http.signed_in import account_of, learner_asked, seen_by
from lrs.pacing.boards import Boards
from lrs.pacing.choose import Preferences
from lrs.pacing.family import next_for_family, page_for_family
from lrs.pacing.next_items import MOST_ITEMS
from lrs.plans.own_checks import UnderWay, open_checks
from schemas.family_answers import FamilyNext, FamilyPage, Next
from schemas.pacing_answers import Board, Classes, LearnerPage, Unlikely
from schemas.xapi.actor_keys import key_of

COMPACT = ("activity", "via", "opens", "purpose", "reason")  # to the family without the reason


def router(boards: Boards, tenant: Tenant) -> APIRouter:
    """The routes under /pacing."""
    paths.register_id_paths()
    routes = APIRouter(
        route_class=JsonRoute, prefix="/pacing", tags=["pacing"], responses=error_responses(401, 403, 503)
    )

    async def of_learner(request: Request) -> str:
        """The tenant. Raises UnderWay where the learner, or the family, asks in the middle of an opening check."""
        whose = await tenant(request)
        account = account_of(request)
        if account is not None and family_role(request):
            catalog = await run_in_threadpool(boards.catalog, whose)
            if any(one.under_way for one in open_checks(catalog, account.person, boards.now())):
                raise UnderWay
        return whose

    def family_role(request: Request) -> PersonRole | None:
        """The role of a learner or guardian who asks; None where somebody else does."""
        account = account_of(request)
        return account.role if account is not None and account.role in FAMILY else None

    @routes.get("/classes", responses={200: {"model": Classes}})
    async def classes(request: Request) -> Response:
        """The tenant's classes, with how many learners and skills each has."""
        whose = await tenant(request)
        return await _json(boards.list_classes, whose, seen_by(request))

    @routes.get("/classes/{class_id:id}", responses={200: {"model": Board}, **error_responses(404)})
    async def one_class(request: Request, class_id: str) -> Response:
        """Every learner and skill of a class: mastery, decision, reason and evidence."""
        return await _json(boards.read_class, await tenant(request), class_id)

    @routes.get("/unlikely/{class_id:id}", responses={200: {"model": Unlikely}, **error_responses(404)})
    async def unlikely(request: Request, class_id: str) -> Response:
        """Who of a class is unlikely to finish, the least likely first, with the reasons and the days that are left."""
        return await _json(boards.read_unlikely, await tenant(request), class_id)

    @routes.get(
        "/learners/{learner:id}/next", responses={200: {"model": Next | FamilyNext}, **error_responses(404, 409)}
    )
    async def next_for_learner(
        request: Request,
        learner: str,
        count: Annotated[int, Query(ge=1, le=MOST_ITEMS)] = 3,
        compact: bool = False,
        topic: Annotated[str, Query(max_length=256)] = "",
        language: Annotated[str, Query(max_length=256)] = "",
    ) -> Response:
        """What a learner works on next: items with their predicted success, the reason of each, and how to open it.

        compact leaves out all that a tool does not need to open them. topic: nothing but what is about that; language:
        what is in it, or says none, comes first. Learners and guardians who signed in get no prediction and no reason.
        """
        if (own_learner := learner_asked(request)) != learner:
            return await one_learner(request, own_learner)
        whose = await of_learner(request)

        def read() -> dict[str, Any]:
            next_items = boards.read_next(whose, key_of(learner), count, Preferences(language, topic))
            if family_role(request):
                next_items = next_for_family(next_items)
            if not compact:
                return next_items
            return {"items": [{name: item[name] for name in COMPACT if name in item} for item in next_items["items"]]}

        return await _json(read)

    @routes.get(
        "/learners/{learner:id}", responses={200: {"model": LearnerPage | FamilyPage}, **error_responses(404, 409)}
    )
    async def one_learner(request: Request, learner: str) -> Response:
        """One learner: skills with curves and decisions, and engagement by day.

        Learners and guardians who signed in get what their page shows: no estimate, no evidence, no reason.
        """
        whose, role = await of_learner(request), family_role(request)

        def read() -> dict[str, Any]:
            page = boards.read_learner(whose, key_of(learner))
            return page_for_family(page, role is PersonRole.GUARDIAN) if role else page

        return await _json(read)

    return routes


async def _json(read: Callable[..., dict[str, Any]], *arguments: Any) -> Response:
    """What a function reads, as JSON: both in a thread."""
    written = await run_in_threadpool(lambda: write_json(read(*arguments)))
    return Response(written, media_type="application/json", headers={"Cache-Control": "no-store"})
