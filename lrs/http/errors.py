"""What a client gets when something is wrong: a status, and JSON with `error` and the `field` it is about.

`translate` is the one place where a failure of any part becomes a status.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from lrs.errors import Conflict, Failure, Forbidden, Full, LostData, Missing, Refused
from schemas.refusal import reason
from schemas.wording import worded, words_of
from schemas.xapi import Invalid

RETRY_AFTER = {"Retry-After": "1"}

logger = logging.getLogger(__name__)


class HttpError(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, error: str, field: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.field = field
        self.headers = headers

    def response(self) -> Response:
        """The error as JSON."""
        body = {"error": self.error, "field": self.field} if self.field else {"error": self.error}
        return Response(orjson.dumps(body), self.status, self.headers, "application/json")


TRANSLATED_ERRORS = (HttpError, Invalid, Failure)  # what a handler may raise


def translate(error: Exception) -> HttpError:
    """The answer to one of TRANSLATED_ERRORS."""
    match error:
        case HttpError():
            return error
        case Invalid():
            return HttpError(400, words_of(error), error.field)
        case Forbidden():
            return HttpError(403, words_of(error), error.field)
        case Missing():
            return HttpError(404, words_of(error), error.field)
        case Conflict():
            return HttpError(409, words_of(error), error.field)
        case Full():
            # Of a request that is several records, or a record and then statements, the first may be kept.
            not_all_stored = worded(
                "%(error)s: not all of this request was stored: send it again", error=words_of(error)
            )
            return HttpError(507, not_all_stored, headers=RETRY_AFTER)
        case Refused():
            logger.error("a part refused what it was asked: %s", error)
            return HttpError(
                503, worded("a part of the store refuses to answer: an operator has to act"), headers=RETRY_AFTER
            )
        case LostData():
            logger.error("data is lost: %s", error)
            return HttpError(503, worded("the store is missing data: an operator has to act"), headers=RETRY_AFTER)
        case _:
            return HttpError(503, worded("%(error)s: try again", error=words_of(error)), headers=RETRY_AFTER)


async def _as_json(_: Request, error: HttpError) -> Response:
    return error.response()


def answer_errors(app: Starlette, show: Callable[[Request, HttpError], Awaitable[Response]] = _as_json) -> None:
    """Have an application answer TRANSLATED_ERRORS, from whichever handler they come, and parameters of the wrong type,
    by `show`."""

    async def answer(request: Request, error: Exception) -> Response:
        return await show(request, translate(error))

    async def of_parameters(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first_error = error.errors()[0]
        field = str(first_error["loc"][-1])
        parameter_error = f"{field}: {reason(first_error['type'], first_error.get('ctx', {}))}"
        return await show(request, HttpError(400, parameter_error, field))

    for kind in TRANSLATED_ERRORS:
        app.add_exception_handler(kind, answer)
    app.add_exception_handler(RequestValidationError, of_parameters)
