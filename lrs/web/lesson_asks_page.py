"""A learner asks to join a mini-lesson on the own page; who teaches includes them on the page of the class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from lrs.http import paths
from lrs.http.errors import HttpError
from lrs.http.login import Tenant
from lrs.http.signed_in import account_of
from lrs.plans.inclusions import Inclusion, inclusion
from lrs.plans.lesson_asks import LessonAsks
from lrs.web.decision_words import board_templates
from lrs.web.forms import PAGES_CREDENTIAL, is_chosen
from lrs.web.refused_forms import Form, change_by_form
from schemas.catalog import Catalog
from schemas.wording import worded
from schemas.xapi.actor_keys import key_of


def router(asks: LessonAsks, tenant: Tenant) -> APIRouter:
    """The routes /board/lessons/{learner} and /board/groups/{class}."""
    paths.register_id_paths()
    routes = APIRouter(prefix="/board", include_in_schema=False)
    templates = board_templates(asks.now)

    @routes.post("/lessons/{learner:id}")
    async def ask(request: Request, learner: str) -> Response:
        def change(tenant_id: str, form: Form) -> None:
            if account_of(request) is None:
                raise HttpError(403, worded("only a learner who signed in asks for a lesson"))
            act = asks.withdraw if is_chosen(form, "withdraw") else asks.ask
            act(tenant_id, key_of(learner), form.get("skill", ""), _by(request))

        page = f"/board/learners/{quote(learner, safe='')}"
        return await change_by_form(request, tenant, templates, page, "lessons", change)

    @routes.post("/groups/{class_id:id}")
    async def include(request: Request, class_id: str) -> Response:
        def change(tenant_id: str, form: Form) -> None:
            undo = is_chosen(form, "undo")
            asks.include(tenant_id, class_id, form.get("learner", ""), form.get("skill", ""), _by(request), undo)

        page = f"/board/classes/{quote(class_id, safe='')}"
        return await change_by_form(request, tenant, templates, page, "moved", change, query_of_inclusion)

    return routes


def query_of_inclusion(form: Form) -> str:
    """By which the page of a class says what an inclusion did."""
    what = "undone" if form.get("do") == "undo" else "included"
    return "?" + urlencode({what: form.get("learner", ""), "in": form.get("skill", "")})


def inclusion_asked(request: Request, board: Mapping[str, Any], catalog: Catalog, now: int) -> Inclusion | None:
    """What an inclusion did, where the query asks for it."""
    query = request.query_params
    undone = "undone" in query
    learner, skill = query.get("undone" if undone else "included", ""), query.get("in", "")
    return inclusion(board, catalog, now, learner, skill, undone) if learner else None


def _by(request: Request) -> str:
    account = account_of(request)
    return account.name if account else PAGES_CREDENTIAL
