"""A learner asks to join a mini-lesson on the own page; who teaches includes them on the page of the class."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from lrs.http import paths
from lrs.http.errors import ANSWERED
from lrs.http.login import Tenant
from lrs.http.signed_in import account_of
from lrs.plans.lesson_asks import LessonAsks
from lrs.web.decision_words import board_templates
from lrs.web.forms import CREDENTIAL, read_own_form
from lrs.web.refused_forms import shown_again
from lrs.web.templating import HEADERS, root
from schemas.xapi.actor_keys import key_of


def router(asks: LessonAsks, tenant: Tenant) -> APIRouter:
    """The routes /board/lessons/{learner} and /board/groups/{class}."""
    paths.register_id_paths()
    routes = APIRouter(prefix="/board", include_in_schema=False)
    templates = board_templates(asks.now)

    @routes.post("/lessons/{learner:id}")
    async def ask(request: Request, learner: str) -> Response:
        form: dict[str, str] = {}
        page = f"/board/learners/{quote(learner, safe='')}"
        try:
            tenant_id, form = await read_own_form(request, tenant)
            change = asks.take_back if form.get("do") == "take back" else asks.ask
            await run_in_threadpool(change, tenant_id, key_of(learner), form.get("skill", ""), _by(request))
        except ANSWERED as error:
            return await shown_again(request, templates, error, form, page)
        return RedirectResponse(f"{root(request)}{page}#lessons", 303, HEADERS)

    @routes.post("/groups/{class_id:id}")
    async def include(request: Request, class_id: str) -> Response:
        form: dict[str, str] = {}
        page = f"/board/classes/{quote(class_id, safe='')}"
        try:
            tenant_id, form = await read_own_form(request, tenant)
            learner, skill = form.get("learner", ""), form.get("skill", "")
            await run_in_threadpool(asks.include, tenant_id, class_id, learner, skill, _by(request))
        except ANSWERED as error:
            return await shown_again(request, templates, error, form, page)
        return RedirectResponse(f"{root(request)}{page}#asked", 303, HEADERS)

    return routes


def _by(request: Request) -> str:
    account = account_of(request)
    return account.name if account else CREDENTIAL
