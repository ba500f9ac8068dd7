"""Forms that pages send."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import Request

from lrs.http import body
from lrs.http.ambient import refuse_cross_site
from lrs.http.errors import HttpError
from lrs.http.login import Tenant
from lrs.web.pages import MOST_FORM


async def sent(request: Request, tenant: Tenant) -> tuple[str, dict[str, str]]:
    """Whose form it is, and its fields. Raises HttpError, and as Login.authorize does."""
    refuse_cross_site(request)
    whose = await tenant(request)
    return whose, {name: value.strip() for name, value in (await read_fields(request)).items()}


async def read_fields(request: Request) -> dict[str, str]:
    """The last value of each field of a form, as it was sent. Raises HttpError."""
    try:
        found = parse_qs((await body.read(request, MOST_FORM)).decode(), max_num_fields=20)
    except ValueError as error:
        raise HttpError(400, "the form cannot be read") from error
    return {name: values[-1] for name, values in found.items()}
