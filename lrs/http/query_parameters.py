"""Parameters of a query that are refused: those that come twice, and of the API those that a route does not have.

Which of two counts, or what an unknown one was to change, would be a guess.
"""

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
# What a load balancer asks, which may add something against caches.
_PROBES = re.compile(r"/(live|ready|ready/read|ready/write)$")
_LISTS = frozenset({"without"})  # parameters that may come several times


def is_page(request: Request) -> bool:
    """Whether a request is of a route for people. Its own queries, and links to it from elsewhere, may say more."""
    route = request.scope.get("route")
    return isinstance(route, APIRoute) and not route.include_in_schema


async def refuse_parameters(request: Request) -> None:
    """Refuse a parameter that comes twice and, of the API, one that its route does not have. Raises HttpError (400).

    Resources of the xAPI refuse theirs themselves; probes pass over all, as they have none.
    """
    if not request.url.query or _PROBES.match(route_path(request.scope)):
        return
    given_parameters = Counter(name for name, _ in request.query_params.multi_items())
    route = request.scope.get("route")
    if is_page(request):
        if _FROM_ELSEWHERE.match(route_path(request.scope)):
            return
    elif isinstance(route, APIRoute):
        known_parameters = {parameter.alias for parameter in route.dependant.query_params}
        for name in (parameter for parameter in given_parameters if parameter not in known_parameters):
            raise HttpError(400, worded("unknown parameter: %(name)s", name=name[:40]), name[:40])
    for name, count in given_parameters.items():
        if count > 1 and name not in _LISTS:
            raise HttpError(400, worded("duplicate parameter: %(name)s", name=name[:40]), name[:40])
