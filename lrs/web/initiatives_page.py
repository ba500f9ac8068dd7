"""The page of initiatives: what was declared, whether it can be measured, and a form that declares one."""

from __future__ import annotations

from typing import get_args

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from lrs.http.errors import ANSWERED
from lrs.http.login import Tenant
from lrs.http.signed_in import account_of, seen_by
from lrs.plans.initiatives import Initiatives
from lrs.web.decision_words import board_templates
from lrs.web.forms import CREDENTIAL, read_own_form
from lrs.web.templating import HEADERS, root
from schemas.plan_events import Initiative
from schemas.validation_messages import refusal

OUTCOMES = get_args(Initiative.model_fields["outcome"].annotation)


def router(initiatives: Initiatives, tenant: Tenant) -> APIRouter:
    """The routes under /board/initiatives."""
    routes = APIRouter(prefix="/board/initiatives", include_in_schema=False)
    templates = board_templates(initiatives.now)

    @routes.get("")
    async def show(request: Request) -> Response:
        def rendered(whose: str) -> Response:
            found = initiatives.read(whose, seen_by(request))["initiatives"]
            classes = initiatives.classes(whose, seen_by(request))
            return templates.page(request, "initiatives.html", found=found, classes=classes, outcomes=OUTCOMES)

        try:
            return await run_in_threadpool(rendered, await tenant(request))
        except ANSWERED as error:
            return templates.problem(request, error)

    @routes.post("")
    async def declare(request: Request) -> Response:
        try:
            whose, form = await read_own_form(request, tenant)
            account = account_of(request)
            by = account.name if account else (form.get("by") or CREDENTIAL)
            wanted = _initiative(form)
            await run_in_threadpool(initiatives.declare, whose, by, CREDENTIAL, wanted, seen_by(request), new=True)
        except ANSWERED as error:
            return templates.problem(request, error)
        return RedirectResponse(f"{root(request)}/board/initiatives", 303, HEADERS)

    return routes


def _initiative(form: dict[str, str]) -> Initiative:
    """The initiative in a form. Raises Invalid."""
    compared = [form["compared"]] if form.get("compared") else []
    fields = {
        "id": form.get("id", ""),
        "what": form.get("what", ""),
        "classes": [form.get("class", "")],
        "since": form.get("since", ""),
        "until": form.get("until", ""),
        "outcome": form.get("outcome", ""),
        "comparison": "classes" if compared else "before",
        "compared": compared,
    }
    try:
        return Initiative.model_validate(fields)
    except ValidationError as error:
        raise refusal(fields, error) from None
