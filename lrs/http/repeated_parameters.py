"""Parameters that are given twice: which of them counts would be a guess, so they are refused."""

from __future__ import annotations

from collections import Counter

from fastapi.routing import APIRoute
from starlette.requests import Request

from lrs.http.errors import HttpError

_LISTS = frozenset({"without"})  # parameters that may come several times


async def refuse_repeated(request: Request) -> None:
    """Refuse a parameter that comes twice: of a page any, of the API one that its route has. Raises HttpError (400).

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
    if again:
        raise HttpError(400, f"duplicate parameter: {again[0][:40]}", again[0][:40])
