"""The page of the mastery model's versions: how each was judged, whose decisions it changes, and making it active."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from lrs.http.errors import TRANSLATED_ERRORS
from lrs.http.login import Tenant
from lrs.http.signed_in import account_of
from lrs.models.activations import Activations
from lrs.web.decision_words import board_templates
from lrs.web.forms import PAGES_CREDENTIAL, read_own_form
from lrs.web.refused_forms import shown_again
from lrs.web.templating import HEADERS, root

REFRESH = "5"  # seconds until the page of a run under way is asked for again


def router(activations: Activations, tenant: Tenant) -> APIRouter:
    """The routes under /board/models."""
    routes = APIRouter(prefix="/board/models", include_in_schema=False)
    templates = board_templates(activations.now)

    @routes.get("")
    async def show(request: Request) -> Response:
        try:
            model_values = await run_in_threadpool(activations.read, await tenant(request))
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)
        page = templates.page(request, "models.html", **model_values)
        if model_values["run"] and model_values["run"]["state"] in ("comparing", "activating"):
            page.headers["Refresh"] = REFRESH
        return page

    @routes.post("/compare")
    async def compare(request: Request) -> Response:
        """Begin to find what the version in the form changes."""
        return await _begin(request, activate=False)

    @routes.post("/activate")
    async def activate(request: Request) -> Response:
        """Begin to make the version in the form active."""
        return await _begin(request, activate=True)

    async def _begin(request: Request, activate: bool) -> Response:
        act = activations.activate if activate else activations.compare
        form: dict[str, str] = {}
        try:
            tenant_id, form = await read_own_form(request, tenant)
            account = account_of(request)
            by = account.name if account else PAGES_CREDENTIAL
            await run_in_threadpool(act, tenant_id, form.get("version", ""), by)
        except TRANSLATED_ERRORS as error:
            return await shown_again(request, templates, error, form, "/board/models")
        return RedirectResponse(f"{root(request)}/board/models", 303, HEADERS)

    return routes
