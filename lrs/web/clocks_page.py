"""The page of senders whose clock is off, for operators."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from lrs.clock import system_time
from lrs.http.api_parts import parts_of
from lrs.http.errors import TRANSLATED_ERRORS
from lrs.http.login import Tenant
from lrs.record.clocks import clocks_off
from lrs.web.templating import Templates


def router(tenant: Tenant) -> APIRouter:
    """The route /board/clocks."""
    routes = APIRouter(include_in_schema=False)
    templates = Templates(system_time)

    @routes.get("/board/clocks")
    async def clocks(request: Request) -> Response:
        try:
            tenant_id = await tenant(request)
            clock_senders = await run_in_threadpool(clocks_off, parts_of(request).store, tenant_id)
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)
        return templates.page(request, "clocks.html", senders=clock_senders)

    return routes
