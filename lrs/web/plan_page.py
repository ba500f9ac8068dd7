"""The page of a day's plan: who does what in each slot, what breaks a rule, and forms that change it.

It works without a script; with one, cells are moved by drag and by keyboard, and the price of a move is said first.
"""

from __future__ import annotations

from importlib import resources
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from lrs.http import paths
from lrs.http.api_parts import parts_of
from lrs.http.errors import TRANSLATED_ERRORS, HttpError
from lrs.http.login import Tenant
from lrs.http.signed_in import account_of, seen_by
from lrs.http.whole_numbers import whole_number
from lrs.plans.needs import check_sees
from lrs.plans.planner import DayPlanner
from lrs.web.decision_words import board_templates
from lrs.web.forms import PAGES_CREDENTIAL, read_own_form, wrong_field
from lrs.web.plan_view import chosen_cell, days_and_groups
from lrs.web.refused_forms import shown_again
from lrs.web.templating import HEADERS, root
from schemas.plan_requests import PLAN_REQUEST, PlanRequest
from schemas.wording import worded

_TRUE = ("refit", "present", "locked", "published", "keep")
_CONTENT = "Content-Security-Policy"
_WITH_SCRIPT = f"{HEADERS[_CONTENT]}; script-src 'self'; connect-src 'self'"


def router(planner: DayPlanner, tenant: Tenant) -> APIRouter:
    """The routes under /plans, and the script of their page."""
    paths.register_id_paths()
    routes = APIRouter(include_in_schema=False)
    templates = board_templates(planner.now)

    def read(request: Request, tenant_id: str, class_id: str, day: str) -> dict[str, Any]:
        check_sees(planner.catalogs.latest(tenant_id), class_id, seen_by(request))
        return planner.read(tenant_id, class_id, day)

    @routes.get("/plans/{class_id:id}/{day}")
    async def show(request: Request, class_id: str, day: str, cell: str = "", strips: bool = False) -> Response:
        def rendered(tenant_id: str) -> Response:
            if day == "today":
                today = planner.today(tenant_id, class_id)
                query = f"?{request.url.query}" if request.url.query else ""
                return RedirectResponse(
                    f"{root(request)}/plans/{quote(class_id, safe='')}/{today}{query}", 303, HEADERS
                )
            day_plan = read(request, tenant_id, class_id, day)
            name = "plan_strips.html" if strips else "plan.html"
            answer = templates.page(
                request, name, found=day_plan, chosen=chosen_cell(day_plan, cell), **days_and_groups(day_plan)
            )
            answer.headers[_CONTENT] = _WITH_SCRIPT
            return answer

        try:
            return await run_in_threadpool(rendered, await tenant(request))
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)

    @routes.post("/plans/{class_id:id}/{day}")
    async def change(request: Request, class_id: str, day: str) -> Response:
        form: dict[str, str] = {}
        to = f"/plans/{quote(class_id, safe='')}/{quote(day, safe='')}"
        try:
            tenant_id, form = await read_own_form(request, tenant)
            account = account_of(request)
            plan_request = _request(form)

            def done() -> None:
                check_sees(planner.catalogs.latest(tenant_id), class_id, seen_by(request))
                planner.ask(tenant_id, class_id, day, plan_request, account.name if account else PAGES_CREDENTIAL)

            await parts_of(request).long.plans.run(tenant_id, done)
        except TRANSLATED_ERRORS as error:
            at = f"{to}?cell={quote(form.get('cell', ''))}"
            return await shown_again(request, templates, error, form, at)
        return RedirectResponse(f"{root(request)}{to}#plan", 303, HEADERS)

    @routes.get("/board/static/plan.js")
    async def script() -> Response:
        text = (resources.files("lrs.web") / "static" / "plan.js").read_bytes()
        return Response(text, 200, {"Cache-Control": "max-age=300"}, "text/javascript; charset=utf-8")

    return routes


def _request(form: dict[str, str]) -> PlanRequest:
    """What a form asks for. Raises HttpError (400)."""
    fields: dict[str, Any] = {
        name: value for name, value in form.items() if name != "cell" and (value or name == "task")
    }
    for name in _TRUE:
        if name in fields:
            fields[name] = fields[name] == "yes"
    if (version := whole_number(fields.get("version", ""))) is not None:
        fields["version"] = version
    try:
        return PLAN_REQUEST.validate_python(fields)
    except ValidationError as error:
        field = wrong_field(error)
        raise HttpError(400, worded("%(field)s: is missing or wrong", field=field), field) from None
