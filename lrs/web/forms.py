"""Forms that pages send."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs

from fastapi import Request
from pydantic import ValidationError

from lrs.http import body
from lrs.http.cross_site import refuse_cross_site
from lrs.http.errors import HttpError
from lrs.http.login import Tenant
from schemas.typed_text import field_fault, typed
from schemas.wording import worded

MOST_FORM = 64 << 10  # bytes
PAGES_CREDENTIAL = "dashboard"  # who the log says it was, where nobody signed in


async def read_own_form(request: Request, tenant: Tenant, most: int = 20) -> tuple[str, dict[str, str]]:
    """Whose form it is, and what was typed into its fields. Raises HttpError, and as Login.authorize does."""
    refuse_cross_site(request)
    tenant_id = await tenant(request)
    return tenant_id, typed_fields(await read_fields(request, most))


def typed_fields(fields: Mapping[str, str]) -> dict[str, str]:
    """What was typed into the fields of a form. Raises HttpError (400) where a name or an id is none."""
    typed_values = {name: typed(value) for name, value in fields.items()}
    for name, value in typed_values.items():
        if name != "learner" and (fault := field_fault(name, value)):  # who is on a page is there, whatever the key
            raise HttpError(400, worded("%(field)s: %(reason)s", field=name, reason=fault), name)
    return typed_values


async def read_fields(request: Request, most: int = 20) -> dict[str, str]:
    """The last value of each of at most so many fields of a form, as it was sent. Raises HttpError."""
    return fields_of(await body.read_body(request, MOST_FORM), most)


def fields_of(form: bytes, most: int, blank: bool = False) -> dict[str, str]:
    """The last value of each of at most so many fields; empty ones too where `blank`. Raises HttpError (400)."""
    try:
        parsed_fields = parse_qs(form.decode(), keep_blank_values=blank, max_num_fields=most)
    except ValueError as error:
        raise HttpError(400, worded("the form cannot be read")) from error
    return {name: values[-1] for name, values in parsed_fields.items()}


def is_chosen(form: Mapping[str, str], alternative: str) -> bool:
    """Whether a form's `do` is this and not empty. Raises HttpError (400) where it is anything else."""
    if form.get("do", "") not in ("", alternative):
        raise HttpError(400, worded("do: must be %(alternative)s, or empty", alternative=alternative), "do")
    return form.get("do") == alternative


def wrong_field(error: ValidationError) -> str:
    """The dotted path of the first field that a form's model refuses."""
    first_error = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return ".".join(map(str, first_error["loc"]))
