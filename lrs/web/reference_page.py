"""The API's reference as a page, built from the OpenAPI document on the server: no third-party script is loaded."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from lrs.clock import system_time
from lrs.http.login import Tenant
from lrs.web.templating import Templates, recognise

_METHODS = ("get", "put", "post", "delete")


def router(document: Callable[[], dict[str, Any]], tenant: Tenant) -> APIRouter:
    """The route /docs, of an OpenAPI document."""
    routes = APIRouter(include_in_schema=False)
    templates = Templates(system_time)

    @routes.get("/docs")
    async def reference(request: Request) -> Response:
        await recognise(request, tenant)
        base = str(request.base_url).rstrip("/")
        return await run_in_threadpool(
            lambda: templates.page(request, "reference.html", operations=list(operations(document(), base)))
        )

    return routes


def operations(document: dict[str, Any], base: str) -> Iterator[dict[str, Any]]:
    """What the page says of each operation."""
    for path, path_item in document["paths"].items():
        for method in _METHODS:
            if method in path_item:
                operation = path_item[method]
                yield {
                    "method": method.upper(),
                    "path": path,
                    "what": operation.get("description") or operation.get("summary", ""),
                    "parameters": operation.get("parameters", []),
                    "answers": {code: answer["description"] for code, answer in sorted(operation["responses"].items())},
                    "example": _curl(base, path, method, operation),
                }


def _curl(base: str, path: str, method: str, operation: dict[str, Any]) -> str:
    """A command that asks this, with the operation's examples."""
    parameters = operation.get("parameters", [])
    query = {
        parameter["name"]: parameter["example"]
        for parameter in parameters
        if parameter["in"] == "query" and "example" in parameter
    }
    words = ["curl", *([] if operation.get("security") == [] else ["-u", "KEY:SECRET"])]
    if method != "get":
        words += ["-X", method.upper()]
    if any(parameter["name"] == "X-Experience-API-Version" for parameter in parameters):
        words += ["-H", "X-Experience-API-Version: 2.0.0"]
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        if "example" in content:
            words += ["-H", f"Content-Type: {kind}", "-d", orjson.dumps(content["example"]).decode()]
            break
    url_path = re.sub(r"\{(\w+)[^}]*\}", lambda hole: hole[1].upper(), path)  # curl would expand braces
    return shlex.join([*words, f"{base}{url_path}{'?' + urlencode(query) if query else ''}"])
