"""What a client is told when something is wrong: JSON with `error`, the `field` where one is to blame, and a status."""

from __future__ import annotations

import orjson
from starlette.responses import Response

RETRY_AFTER = {"Retry-After": "1"}


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, error: str, field: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.field = field
        self.headers = headers

    def response(self) -> Response:
        body = {"error": self.error, "field": self.field} if self.field else {"error": self.error}
        return Response(orjson.dumps(body), self.status, self.headers, "application/json")
