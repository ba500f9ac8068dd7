"""Parameters that are given twice: which of them counts would be a guess, so they are refused."""

from __future__ import annotations

import re
from collections import Counter

from fastapi.routing import APIRoute
from starlette.requests import Request

from lrs.http.errors import HttpError
from lrs.http.paths import route_path
from schemas.wording import worded

# Pages to which other sites send people, with parameters of their own.
_FROM_ELSEWHERE = re.compile(r"/$|/sign-in\b|/lti\b")
_LISTS = frozenset({"without"})  # parameters that may come several times


async def refuse_repeated(request: Request) -> None:
    """Refuse a parameter that comes twice: of a page any, of the API one that its route has. Raises
    HttpError (400).

    Resources of the xAPI refuse theirs with those that they do not know.
    """
    if not request.url.query:
        return
    given = Counter(name for name, _ in request.query_params.multi_items())
    again = [name for name, count in given.items() if count > 1 and name not in _LISTS]
    route = request.scope.get("route")
    if isinstance(route, APIRoute) and route.include_in_schema:
        known = {one.alias for one in route.dependant.query_params}
        again = [name for name in again if name in known]
    elif _FROM_ELSEWHERE.match(route_path(request.scope)):
        return
    if again:
        raise HttpError(400, worded("duplicate parameter: %(name)s", name=again[0][:40]), again[0][:40])
