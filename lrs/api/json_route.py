"""Routes whose answers are written as JSON where that holds up no other request."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

import orjson
from fastapi.encoders import jsonable_encoder
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

_AT_ONCE = 200  # values that are written at once
_TEXT_UNIT = 100  # characters that count as a value


class JsonRoute(APIRoute):
    """A route whose handler may give what is to be answered: it is written in a thread, unless it is little.

    FastAPI would go through it and write it in the event loop. Models and tuples are written as their fields and items.
    """

    def __init__(self, path: str, endpoint: Callable[..., Awaitable[Any]], **options: Any) -> None:
        super().__init__(path, _answering(endpoint, options.get("status_code")), **options)


def _answering(endpoint: Callable[..., Awaitable[Any]], status: int | None) -> Callable[..., Awaitable[Any]]:
    @wraps(endpoint)
    async def answer(**arguments: Any) -> Any:
        found = await endpoint(**arguments)
        if found is None or isinstance(found, Response):
            return found
        written = write_json(found) if _is_little(found) else await run_in_threadpool(write_json, found)
        response = Response(written, status or 200, media_type="application/json")
        for given in arguments.values():
            if isinstance(given, Response):  # what the handler set on it
                response.status_code = given.status_code or response.status_code
                response.headers.update(given.headers)
        return response

    return answer


def write_json(answer: Any) -> bytes:
    """A body as JSON, each item of its lists by itself: orjson lets no other thread run while it writes."""
    try:
        if isinstance(answer, dict):
            return orjson.dumps({name: _by_item(value) for name, value in answer.items()}, default=_plain)
        return orjson.dumps(_by_item(answer), default=_plain)
    except TypeError:  # whole numbers above 64 bits, keys that are no texts, what nests deeper than orjson goes
        return json.dumps(jsonable_encoder(answer), ensure_ascii=False, separators=(",", ":")).encode()


def _by_item(value: Any) -> Any:
    """A list as its items, each written already, in as much memory as its bytes take: those of orjson take more."""
    if not isinstance(value, list):
        return value
    return [orjson.Fragment(bytes(memoryview(orjson.dumps(item, default=_plain)))) for item in value]


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else jsonable_encoder(value)


def _is_little(answer: Any) -> bool:
    """Whether an answer is written in less time than a thread takes to begin; looks at no more of it than that."""
    room, found = _AT_ONCE, [answer]
    while found and room > 0:
        value = found.pop()
        room -= 1
        if isinstance(value, str):
            room -= len(value) // _TEXT_UNIT
        elif isinstance(value, dict | list | tuple):
            room -= len(value) // 2
            if room > 0:
                found.extend(value.values() if isinstance(value, dict) else value)
        elif not isinstance(value, bool | int | float | None):
            return False
    return room > 0
