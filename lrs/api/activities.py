"""Activities: an activity with its canonical definition (xAPI 1.0.3, part 3, 2.5; IEEE 9274.1.1, 4.1.6.4)."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from lrs.api.resource import resource
from lrs.api.xapi_parameters import Parameters
from lrs.auth.scopes import Scope
from lrs.http.api_parts import ApiParts, credential
from lrs.record.activity_definitions import Definitions

_ACTIVITY_PARAMETERS = frozenset({"activityId"})


async def _get_activity(request: Request, parts: ApiParts, version: str) -> Response:
    who = await credential(request, Scope.STATEMENTS_READ, Scope.DEFINE)
    activity_id = Parameters(request, _ACTIVITY_PARAMETERS).iri("activityId")
    await parts.acknowledged.settle()
    definitions = await run_in_threadpool(Definitions(parts.store).of, who.tenant, [activity_id])
    activity: dict[str, Any] = {"objectType": "Activity", "id": activity_id}
    if activity_id in definitions:
        activity["definition"] = definitions[activity_id]
    return Response(orjson.dumps(activity), 200, media_type="application/json")


routes = [resource("/xAPI/activities", {"GET": _get_activity})]
