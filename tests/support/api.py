"""The application in the test's own process."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from lrs.app import build
from lrs.auth.credentials import Credential
from lrs.auth.scopes import Scope
from lrs.http.api_parts import ApiParts
from lrs.processes.assemble import assemble
from lrs.processes.runtime import Runtime

Route = tuple[str, str]  # method and path


class Anybody:
    """Credentials that let everybody in with the scopes of the test."""

    quick = True

    def __init__(self) -> None:
        self.scopes: frozenset[Scope] = frozenset()

    def verified_before(self, authorization: str) -> Credential:
        return Credential("tool", "scopes", self.scopes)

    def verify(self, authorization: str) -> None:
        """Nobody signs in on a page."""

    def close(self) -> None:
        """Nothing is open."""


class Client:
    """An application in this process, called with the credential that the test names."""

    def __init__(self, data: Path, clickhouse: str | None = None) -> None:
        self.app = build(assemble(Runtime(data, clickhouse=clickhouse)))
        self.parts: ApiParts = self.app.state.parts
        self.real = self.parts.login.credentials
        self._who = Anybody()
        self.parts.login.credentials = self._who

    def allow(self, scopes: frozenset[Scope]) -> None:
        """Whoever asks from now on has these scopes."""
        self._who.scopes = scopes

    def ask(self, scopes: frozenset[Scope], method: str, path: str, **more: Any) -> httpx.Response:
        self.allow(scopes)
        headers = {"X-Experience-API-Version": "2.0.0", "If-None-Match": "*"}
        return ask(self.app, method, path, headers=headers | more.pop("headers", {}), **more)

    def close(self) -> None:
        self.parts.close()


def ask(app: FastAPI, method: str, path: str, address: str = "127.0.0.1", **more: Any) -> httpx.Response:
    """One request to an application, from an address."""

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app, client=(address, 123))
        async with httpx.AsyncClient(transport=transport, base_url="http://pacer.example") as client:
            return await client.request(method, path, **more)

    return asyncio.run(send())


def routes(app: FastAPI) -> set[Route]:
    """Every route of an application; HEAD is GET without its body."""
    return {
        (method, str(context.path))
        for context in iter_route_contexts(app.routes)
        for method in (context.methods or {"MOUNT"})
        if method != "HEAD"
    }
