"""cmi5 over HTTP: courses, launches, the fetch URL, waivers, abandoned sessions, satisfaction."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson
from fastapi import APIRouter, Request
from pydantic import TypeAdapter, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from lrs.api.json_route import JsonRoute
from lrs.api.openapi import REF, error_responses, takes
from lrs.auth.scopes import Scope
from lrs.clock import system_time
from lrs.cmi5.launcher import LaunchWish
from lrs.cmi5.satisfaction import Satisfaction
from lrs.cmi5.structure import read_course
from lrs.http import body
from lrs.http.api_parts import credential, parts_of
from lrs.http.errors import TRANSLATED_ERRORS, HttpError
from schemas.cmi5.course import Au, Course, activity_id, parts
from schemas.cmi5.launch import LaunchRequest, WaiverRequest
from schemas.refusal import parse_model
from schemas.xapi.values import Iri, Uuid

MOST_PACKAGE = 512 << 20  # bytes of a zip package, which may hold the course's media
_TOO_LARGE = f"package larger than {MOST_PACKAGE} bytes: send its cmi5.xml alone"
_IN_MEMORY = 1 << 20  # bytes of a package that are held in memory
_iri_adapter: TypeAdapter[str] = TypeAdapter(Iri)
_uuid_adapter: TypeAdapter[str] = TypeAdapter(Uuid)
_PACKAGE = {"requestBody": {"required": True, "content": {kind: {} for kind in ("application/zip", "text/xml")}}}
_Model = TypeVar("_Model", LaunchRequest, WaiverRequest)


def router() -> APIRouter:
    """The routes under /cmi5."""
    routes = APIRouter(route_class=JsonRoute, prefix="/cmi5", tags=["cmi5"])

    @routes.post("/courses", responses=_problems(413, 507), openapi_extra=_PACKAGE)
    async def bring(request: Request, base: str | None = None) -> dict[str, Any]:
        """Take in a course: cmi5.xml, or the zip package that holds it. `base` is where its files are served."""
        who = await credential(request, Scope.DEFINE)
        if base is not None:
            _valid(_iri_adapter, base, "base", "an absolute URL")
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            await body.spool_body(request, file, MOST_PACKAGE, _TOO_LARGE)
            file.seek(0)
            course = await run_in_threadpool(read_course, file, base)
            position = await run_in_threadpool(
                parts_of(request).catalogs.append, who.tenant, who.key, course, system_time()
            )
        return {"position": position, "course": await run_in_threadpool(_course, course)}

    @routes.get("/courses", responses=_problems())
    async def courses(request: Request) -> dict[str, Any]:
        """The tenant's courses."""
        who = await credential(request, Scope.STATEMENTS_READ)
        catalogs = parts_of(request).catalogs
        return await run_in_threadpool(
            lambda: {"courses": [_course(course) for course in catalogs.latest(who.tenant).courses.values()]}
        )

    @routes.get("/courses/{course:path}/registrations/{registration}", responses=_problems(404))
    async def satisfaction(request: Request, course: str, registration: str) -> dict[str, Any]:
        """What of a course is satisfied in a registration, when, and by which statements."""
        who = await credential(request, Scope.STATEMENTS_READ)
        id_ = _valid(_uuid_adapter, registration, "registration", "a UUID").lower()
        _, satisfied = await parts_of(request).lms.reporter.read(who.tenant, course, id_)
        return {
            "course": course,
            "registration": id_,
            "satisfaction": await run_in_threadpool(_satisfaction, satisfied),
        }

    @routes.post(
        "/launches",
        responses=_problems(404, 409, 413, 507),
        openapi_extra=takes({"$ref": REF.format(model=LaunchRequest.__name__)}),
    )
    async def launch(request: Request) -> dict[str, str]:
        """Begin a session of an AU: gives the URL to start it with."""
        who = await credential(request)
        sent = await _body(request, LaunchRequest)
        root = str(request.base_url)
        wish = LaunchWish(
            sent.course,
            sent.au,
            sent.learner.model_dump(exclude_none=True),
            sent.registration and sent.registration.lower(),
            sent.launchMode,
            sent.alternateEntitlementKey,
            sent.returnURL,
        )
        begun = await parts_of(request).lms.launcher.launch(who.tenant, wish, f"{root}xAPI/", f"{root}cmi5/fetch/")
        return {
            "registration": begun.registration,
            "session": begun.session,
            "activityId": begun.activity,
            "launchMethod": begun.method,
            "url": begun.url,
        }

    @routes.post("/fetch/{token}")
    async def fetch(request: Request, token: str) -> Response:
        """The AU's credential, once; errors have the status 200, too (cmi5 Quartz, 8.2)."""
        try:
            answer = await parts_of(request).lms.launcher.fetch(token)
        except TRANSLATED_ERRORS:
            answer = {"error-code": "3", "error-text": "The store cannot answer: try again."}
        return Response(orjson.dumps(answer), 200, {"Cache-Control": "no-store"}, "application/json")

    @routes.post(
        "/registrations/{registration}/waive",
        responses=_problems(404, 409, 413, 507),
        openapi_extra=takes({"$ref": REF.format(model=WaiverRequest.__name__)}),
    )
    async def waive(request: Request, registration: str) -> dict[str, str]:
        """Waive an AU, with a reason (cmi5 suggests: Tested Out, Equivalent AU, Administrative, …)."""
        who = await credential(request)
        sent = await _body(request, WaiverRequest)
        id_ = _valid(_uuid_adapter, registration, "registration", "a UUID").lower()
        return {"statement": await parts_of(request).lms.waiver.waive(who.tenant, id_, sent.au, sent.reason)}

    @routes.post("/sessions/{session}/abandon", status_code=204, responses=_problems(404, 409, 507))
    async def abandon(request: Request, session: str) -> None:
        """End a session whose AU is gone."""
        who = await credential(request)
        await parts_of(request).lms.launcher.abandon(
            who.tenant, _valid(_uuid_adapter, session, "session", "a UUID").lower()
        )

    return routes


def _problems(*more: int) -> dict[int | str, dict[str, Any]]:
    return error_responses(400, 401, 403, *more, 503)


async def _body(request: Request, model: type[_Model]) -> _Model:
    return parse_model(TypeAdapter(model), await body.read_json(request))


def _valid(adapter: TypeAdapter[str], value: str, field: str, expected: str) -> str:
    try:
        return adapter.validate_python(value)
    except ValidationError:
        raise HttpError(400, f"{field} must be {expected}", field) from None


def _course(course: Course) -> dict[str, Any]:
    """A course, and the ids of the activities that the store made for it."""
    activities = {part.id: activity_id(course.id, part.id) for part in (course, *parts(course))}
    aus = [part.id for part in parts(course) if isinstance(part, Au)]
    return course.model_dump(mode="json", exclude={"kind", "removed"}) | {"aus": aus, "activities": activities}


def _satisfaction(of: Satisfaction) -> dict[str, Any]:
    at = None
    if of.at is not None:
        at = datetime.fromtimestamp(of.at / 1_000_000, UTC).isoformat(timespec="microseconds")
    answer: dict[str, Any] = {
        "kind": of.kind,
        "id": of.id,
        "satisfied": of.satisfied,
        "at": at,
        "by": list(of.by),
    }
    if of.children:
        answer["children"] = [_satisfaction(child) for child in of.children]
    return answer
