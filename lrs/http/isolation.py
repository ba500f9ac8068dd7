"""What tools sent never runs in this origin: headers of every answer of a handler tell browsers so.

Documents and attachments are bytes of a tool. A person who opens them in a browser is logged in here, so a script in
them would act as that person.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# `sandbox`: an origin of its own, without scripts, forms and plugins. Pages of Pacer say what they need instead.
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
DOWNLOAD = {"Content-Disposition": "attachment"}  # for what a tool sent: it is saved, not shown


class Isolated:
    """Adds headers to every answer of a handler that does not set them itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_isolated(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", SANDBOX)
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Referrer-Policy", "no-referrer")
            await send(message)

        await self._app(scope, receive, send_isolated if scope["type"] == "http" else send)
