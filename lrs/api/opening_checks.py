"""Groups for mini-lessons and opening checks over HTTP."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field, TypeAdapter
from starlette.concurrency import run_in_threadpool

from lrs.api.json_route import JsonRoute
from lrs.api.openapi import error_responses, takes
from lrs.http import body, paths
from lrs.http.api_parts import credential, parts_of
from lrs.http.signed_in import account_of
from lrs.plans.groups import MOST_GROUPS, USUAL_GROUPS, Groups, sizes_of
from lrs.plans.opening_checks import NoCheck, OpeningChecks
from schemas.invalid import Invalid
from schemas.opening_check import MOST_QUESTIONS, EnteredResult
from schemas.plan_answers import GroupsAnswer, ShownCheck
from schemas.refusal import parse_model
from schemas.timetable import Part, Sizes

MOST_RESULTS = 10_000  # of one request


class _CheckWanted(Part):
    questions: int = Field(default=4, ge=1, le=MOST_QUESTIONS)
    replaces: str | None = Field(default=None, max_length=256)


class _ResultsEntered(Part):
    results: list[EnteredResult] = Field(max_length=MOST_RESULTS)


_WANTED, _ENTERED = TypeAdapter(_CheckWanted), TypeAdapter(_ResultsEntered)


def router(groups: Groups, checks: OpeningChecks) -> APIRouter:
    """The routes under /pacing/groups and /pacing/checks."""
    paths.register_id_paths()
    routes = APIRouter(
        route_class=JsonRoute, prefix="/pacing", tags=["groups"], responses=error_responses(401, 403, 404, 503)
    )

    @routes.get(
        "/groups/{class_id:id}", response_model=None, responses={200: {"model": GroupsAnswer}, **error_responses(400)}
    )
    async def form(
        request: Request,
        class_id: str,
        least: Annotated[int | None, Query(ge=1, le=100)] = None,
        most: Annotated[int | None, Query(ge=1, le=100)] = None,
        groups_at_most: Annotated[int, Query(ge=1, le=MOST_GROUPS)] = USUAL_GROUPS,
        without: Annotated[list[str] | None, Query()] = None,
        check: str = "",
    ) -> dict[str, Any]:
        """Groups by what learners lack, with what each lacks: those of the class's page.

        least, most: sizes of a group, by default those that the class's timetable has for what a teacher leads;
        without: learners who take no part; check: an opening check whose answers count before they
        are folded in; else the last one that was answered today.
        """
        who = await credential(request)

        def formed() -> dict[str, Any]:
            if check and check not in groups.catalog(who.tenant).planned.checks.get(class_id, {}):
                raise NoCheck
            usual = sizes_of(groups.catalog(who.tenant), class_id)
            fewest, largest = usual.least if least is None else least, usual.most if most is None else most
            if fewest > largest:
                raise Invalid("least", "is more than most")
            sizes = Sizes(least=fewest, most=largest)
            return groups.form(who.tenant, class_id, sizes, groups_at_most, without or (), check)

        groups_answer = await parts_of(request).long.plans.run(who.tenant, formed)
        return groups_answer | await run_in_threadpool(checks.listed, who.tenant, class_id)

    @routes.post(
        "/checks/{class_id:id}",
        response_model=None,
        responses={200: {"model": ShownCheck}, **error_responses(400, 409, 413, 507)},
        openapi_extra=takes(_WANTED.json_schema()),
    )
    async def make(request: Request, class_id: str) -> dict[str, Any]:
        """An opening check: the questions that split the class best.

        replaces: the last check of the class that you know of, "" for none; 409 where there is a later one. Without it
        that of now, so that of several made at once one is.
        """
        who = await credential(request)
        account = account_of(request)
        check_wanted: _CheckWanted = parse_model(_WANTED, await body.read_json(request))
        by = account.name if account else who.key
        make = partial(checks.make, who.tenant, class_id, check_wanted.questions, by, check_wanted.replaces)
        return await parts_of(request).long.plans.run(who.tenant, make)

    @routes.get("/checks/{class_id:id}/{check}", response_model=None, responses={200: {"model": ShownCheck}})
    async def read(request: Request, class_id: str, check: str) -> dict[str, Any]:
        """An opening check, with what was entered."""
        who = await credential(request)
        return await run_in_threadpool(checks.read, who.tenant, class_id, check)

    @routes.put(
        "/checks/{class_id:id}/{check}",
        response_model=None,
        responses={200: {"model": ShownCheck}, **error_responses(400, 413, 507)},
        openapi_extra=takes({"type": "object", "required": ["results"], "properties": {"results": {"type": "array"}}}),
    )
    async def enter(request: Request, class_id: str, check: str) -> dict[str, Any]:
        """Enter results: {"results": [{"learner": …, "question": 0, "right": true, false or null}]}.

        Each that is new or different becomes a statement, assessed by whoever asks; the one of before is voided.
        """
        who = await credential(request)
        account = account_of(request)
        entered: _ResultsEntered = parse_model(_ENTERED, await body.read_json(request))
        by = account.name if account else who.key
        return await checks.enter(who.tenant, class_id, check, entered.results, by)

    return routes
