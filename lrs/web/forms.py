"""Forms that pages send."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import Request

from lrs.http import body
from lrs.http.ambient import is_cross_site
from lrs.http.errors import HttpError
from lrs.http.login import Tenant
from lrs.web.pages import MOST_FORM


async def sent(request: Request, tenant: Tenant) -> tuple[str, dict[str, str]]:
    """Whose form it is, and its fields. Raises HttpError, and as Login.authorize does."""
    if is_cross_site(request.headers):
        raise HttpError(403, "cross-site request refused: this form was sent from another site")
    whose = await tenant(request)
    try:
        fields = parse_qs((await body.read(request, MOST_FORM)).decode(), max_num_fields=20)
    except ValueError as error:
        raise HttpError(400, "the form cannot be read") from error
    return whose, {name: values[-1].strip() for name, values in fields.items()}
