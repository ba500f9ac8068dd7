"""Plans of days over HTTP: make them, read them, change and publish them, and say by what timetable they are made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import orjson
from fastapi import APIRouter, Request
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from lrs.api.json_route import JsonRoute
from lrs.api.openapi import REF, error_responses, takes
from lrs.http import body, paths
from lrs.http.api_parts import credential, parts_of
from lrs.http.signed_in import account_of, seen_by
from lrs.plans.export import to_calendar, to_csv
from lrs.plans.needs import check_sees, timetable_of
from lrs.plans.planner import DayPlanner
from schemas.invalid import Invalid
from schemas.plan_answers import DayPlanAnswer, TimetableAnswer
from schemas.plan_requests import PLAN_REQUEST, PlanRequest
from schemas.refusal import parse_model
from schemas.timetable import Timetable

_REQUEST = {k: v for k, v in PLAN_REQUEST.json_schema(ref_template=REF).items() if k != "$defs"}
_TIMETABLE: TypeAdapter[Timetable] = TypeAdapter(Timetable)


def router(planner: DayPlanner, said_to: Callable[[Request], Callable[[str], str]]) -> APIRouter:
    """The routes under /pacing/plans and /pacing/timetables. said_to: texts in the language of whoever asks."""
    paths.register_id_paths()
    routes = APIRouter(
        route_class=JsonRoute, prefix="/pacing", tags=["plans"], responses=error_responses(401, 403, 404, 503)
    )

    @routes.get("/plans/{class_id:id}/{day}", responses={200: {"model": DayPlanAnswer}, **error_responses(400)})
    async def read(
        request: Request, class_id: str, day: str, form: Literal["json", "csv", "calendar"] = "json", learner: str = ""
    ) -> Response:
        """The plan of a day: who does what where in each slot, with conflicts and what could not be placed.

        form: csv gives a row for each learner and slot, calendar an iCalendar file, of one learner where one is named;
        both in the language of the account, or the one that Accept-Language asks for.
        """
        who = await credential(request)

        def read_plan() -> Response:
            check_sees(planner.catalogs.latest(who.tenant), class_id, seen_by(request))
            plan = planner.read(who.tenant, class_id, day, learner)
            if form == "csv":
                return _file(to_csv(plan, said_to(request)), "text/csv", f"plan-{day}.csv")
            if form == "calendar":
                zone = planner.zone(who.tenant, class_id)
                return _file(to_calendar(plan, zone, learner, said_to(request)), "text/calendar", f"plan-{day}.ics")
            return _json(plan)

        return await run_in_threadpool(read_plan)

    @routes.post(
        "/plans/{class_id:id}/{day}",
        responses={200: {"model": DayPlanAnswer}, **error_responses(400, 409, 413, 507)},
        openapi_extra=takes(_REQUEST),
    )
    async def ask(request: Request, class_id: str, day: str, preview: bool = False) -> Response:
        """Make a plan, or change it: move, assign, lock, absent, publish, undo. preview: only say what would change."""
        who = await credential(request)
        account = account_of(request)
        by = account.name if account else who.key
        plan_request: PlanRequest = parse_model(PLAN_REQUEST, await body.read_json(request))

        def done() -> Response:
            check_sees(planner.catalogs.latest(who.tenant), class_id, seen_by(request))
            act = planner.preview if preview else planner.ask
            return _json(act(who.tenant, class_id, day, plan_request, by))

        return await parts_of(request).long.plans.run(who.tenant, done)

    @routes.get("/timetables/{class_id:id}", responses={200: {"model": TimetableAnswer}})
    async def timetable(request: Request, class_id: str) -> Response:
        """The slots, rooms, adults and rules that plans of a class are made by; assumed while nobody has said them."""
        who = await credential(request)

        def read_timetable() -> Response:
            catalog = planner.catalogs.latest(who.tenant)
            check_sees(catalog, class_id, seen_by(request))
            class_timetable, assumed = timetable_of(catalog, class_id)
            return _json({"timetable": class_timetable.model_dump(), "assumed": assumed})

        return await run_in_threadpool(read_timetable)

    @routes.put(
        "/timetables/{class_id:id}",
        responses={200: {"model": TimetableAnswer}, **error_responses(400, 413, 507)},
        openapi_extra=takes({"$ref": REF.format(model="Timetable")}),
    )
    async def set_timetable(request: Request, class_id: str) -> Response:
        """Say the timetable of a class; with `classes`, of several that are planned together."""
        who = await credential(request)
        new_timetable: Timetable = parse_model(_TIMETABLE, await body.read_json(request))
        if new_timetable.id != class_id:
            raise Invalid("id", "is not the class in the path")

        def done() -> Response:
            planner.set_timetable(who.tenant, who.key, new_timetable, seen_by(request))
            return _json({"timetable": new_timetable.model_dump(), "assumed": False})

        return await run_in_threadpool(done)

    return routes


def _json(plan_answer: dict[str, Any]) -> Response:
    return Response(orjson.dumps(plan_answer), media_type="application/json", headers={"Cache-Control": "no-store"})


def _file(text: str, kind: str, name: str) -> Response:
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type=f"{kind}; charset=utf-8", headers=headers)
