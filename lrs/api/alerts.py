"""Alerts over HTTP: the feed by number, the same as it comes (server-sent events), and a digest of days."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from lrs.accounts.visibility import sees_learner
from lrs.alerts.feed import MOST_ALERTS, MOST_DAYS, AlertFeed, SeesLearner
from lrs.api.json_route import JsonRoute
from lrs.api.openapi import error_responses
from lrs.http.api_parts import credential, current_tenant
from lrs.http.events import STREAM_SECONDS, ServerSentEvent, Streams, listener, same_login
from lrs.http.signed_in import account_of
from lrs.http.whole_numbers import whole_number
from schemas.alert_answers import AlertDigest, AlertList

_NUMBER = r"[0-9]{1,15}"


def router(feed: AlertFeed, streams: Streams) -> APIRouter:
    """The routes under /pacing/alerts."""
    routes = APIRouter(
        route_class=JsonRoute, prefix="/pacing/alerts", tags=["alerts"], responses=error_responses(401, 403, 503)
    )

    def sees(request: Request, tenant: str) -> SeesLearner:
        account = account_of(request)
        if account is None:
            return lambda _: True
        catalog = feed.catalogs.latest(tenant)
        return cache(lambda learner: sees_learner(account, catalog, learner))

    @routes.get("", response_model=None, responses={200: {"model": AlertList}})
    async def read(
        request: Request,
        after: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_ALERTS)] = 100,
    ) -> dict[str, Any]:
        """Who newly needs a person, and why, after a number."""
        who = await credential(request)
        return await run_in_threadpool(lambda: feed.read(who.tenant, after, limit, sees(request, who.tenant)))

    @routes.get("/digest", response_model=None, responses={200: {"model": AlertDigest}})
    async def digest(request: Request, days: Annotated[float, Query(gt=0, le=MOST_DAYS)] = 1.0) -> dict[str, Any]:
        """The alerts of the last days, by class and kind."""
        who = await credential(request)
        return await run_in_threadpool(lambda: feed.digest(who.tenant, days, sees(request, who.tenant)))

    @routes.get("/stream", response_model=None, responses={200: {"content": {"text/event-stream": {}}}})
    async def stream(
        request: Request,
        after: Annotated[str, Query(pattern=f"^{_NUMBER}$")] = "",
        seconds: Annotated[float, Query(gt=0, le=STREAM_SECONDS)] = STREAM_SECONDS,
    ) -> Response:
        """Alerts as they are raised, each an event `alert`; without `after` or Last-Event-ID, those from now on.

        It ends after some minutes, and seconds after whoever listens signed out or lost the right to it. A client
        connects again by itself, and says where it was.
        """
        who = await credential(request)
        last_number = request.headers.get("last-event-id", "") or after
        if whole_number(last_number, 15) is None:
            last_number = str((await run_in_threadpool(feed.catalogs.latest, who.tenant)).alerts.last)

        alerts_read = int(last_number)  # further than what was sent, where the rest is for others

        async def look(number: str) -> list[ServerSentEvent]:
            nonlocal alerts_read
            begin = max(alerts_read, int(number))
            alerts_page = await run_in_threadpool(
                lambda: feed.read(who.tenant, begin, MOST_ALERTS, sees(request, who.tenant))
            )
            alerts_read = alerts_page["last"]
            return [
                ServerSentEvent("alert", str(alert["number"]), orjson.dumps(alert).decode())
                for alert in alerts_page["alerts"]
            ]

        authorized = same_login(request, current_tenant, who.tenant)
        return await streams.answer(request, authorized, look, last_number, seconds, listener(request))

    return routes
