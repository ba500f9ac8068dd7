"""The page of who is who: persons with several keys, suggestions, and forms that merge and split."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from lrs.clock import system_time
from lrs.http.errors import TRANSLATED_ERRORS, HttpError
from lrs.http.login import Tenant
from lrs.people.identities import Identities
from lrs.people.merging import MergeRefused
from lrs.web.decision_words import board_templates
from lrs.web.forms import PAGES_CREDENTIAL, read_own_form
from lrs.web.refused_forms import shown_again
from lrs.web.templating import HEADERS, root
from schemas.wording import worded, words_of


def router(identities: Identities, tenant: Tenant) -> APIRouter:
    """The routes under /board/people."""
    routes = APIRouter(prefix="/board/people", include_in_schema=False)
    templates = board_templates(system_time)

    @routes.get("")
    async def show(request: Request) -> Response:
        try:
            known_people = await run_in_threadpool(identities.show, await tenant(request))
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)
        return templates.page(request, "people.html", found=known_people)

    async def again(request: Request, error: Exception, form: dict[str, str]) -> Response:
        return await shown_again(request, templates, error, form, "/board/people")

    async def change(request: Request, write: Callable[[str, dict[str, str]], object]) -> Response:
        form: dict[str, str] = {}
        try:
            tenant_id, form = await read_own_form(request, tenant)
            await run_in_threadpool(write, tenant_id, form)
        except KeyError as error:
            field = str(error.args[0])
            return await again(request, HttpError(400, worded("%(field)s: is missing", field=field), field), form)
        except MergeRefused as error:
            return await again(request, HttpError(400, words_of(error)), form)
        except TRANSLATED_ERRORS as error:
            return await again(request, error, form)
        return RedirectResponse(f"{root(request)}/board/people", 303, HEADERS)

    @routes.post("/merge")
    async def merge(request: Request) -> Response:
        def write(tenant_id: str, form: dict[str, str]) -> None:
            identities.merge(tenant_id, PAGES_CREDENTIAL, form["into"], [form["other"]])

        return await change(request, write)

    @routes.post("/split")
    async def split(request: Request) -> Response:
        def write(tenant_id: str, form: dict[str, str]) -> None:
            identities.split(tenant_id, PAGES_CREDENTIAL, form["key"])

        return await change(request, write)

    return routes
