"""Says to the page of a class that it changed, so that it fetches itself again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from lrs.http.errors import TRANSLATED_ERRORS, translate
from lrs.http.events import STREAM_SECONDS, ServerSentEvent, Streams, listener, same_login
from lrs.http.login import Tenant
from lrs.pacing.board_version import BoardVersions


def router(board_versions: BoardVersions, streams: Streams, tenant: Tenant) -> APIRouter:
    """The route /board/live."""
    routes = APIRouter(prefix="/board", include_in_schema=False)

    @routes.get("/live/{class_id:id}")
    async def changes(
        request: Request,
        class_id: str,
        after: Annotated[str, Query(max_length=100)] = "",
        seconds: Annotated[float, Query(gt=0, le=STREAM_SECONDS)] = STREAM_SECONDS,
    ) -> Response:
        """An event `changed` whenever the class is not as it was at the version `after`, or Last-Event-ID."""
        try:
            tenant_id = await tenant(request)

            async def look(version: str) -> list[ServerSentEvent]:
                await run_in_threadpool(board_versions.refuse_unknown, tenant_id, class_id)
                class_version = await run_in_threadpool(board_versions.of, tenant_id, class_id)
                return [ServerSentEvent("changed", class_version, class_version)] if class_version != version else []

            shown_version = request.headers.get("last-event-id", "")[:100] or after
            authorized = same_login(request, tenant, tenant_id)
            return await streams.answer(request, authorized, look, shown_version, seconds, listener(request))
        except TRANSLATED_ERRORS as error:  # no page is shown to anybody here
            return translate(error).response()

    return routes
