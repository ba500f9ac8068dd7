"""About: the supported versions, for anybody (xAPI 1.0.3, part 3, 2.8; IEEE 9274.1.1, 4.1.6.7)."""

from __future__ import annotations

import orjson
from starlette.requests import Request
from starlette.responses import Response

from lrs.api.resource import LATEST, resource
from lrs.api.xapi_parameters import Parameters
from lrs.http.api_parts import ApiParts


async def _get_about(request: Request, parts: ApiParts, version: str) -> Response:
    Parameters(request, frozenset())
    return Response(orjson.dumps({"version": list(LATEST.values())}), 200, media_type="application/json")


routes = [resource("/xAPI/about", {"GET": _get_about}, versionless=True)]
