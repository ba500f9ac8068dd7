"""Whoever teaches writes a note on a learner, or withdraws one: the forms on the learner's page."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import Response

from lrs.http import paths
from lrs.http.errors import HttpError
from lrs.http.login import Tenant
from lrs.http.signed_in import account_of
from lrs.people.notes import LearnerNotes, NewNote
from lrs.web.decision_words import board_templates
from lrs.web.forms import PAGES_CREDENTIAL, is_chosen, wrong_field
from lrs.web.refused_forms import Form, change_by_form
from schemas.wording import worded
from schemas.xapi.actor_keys import key_of


def router(notes: LearnerNotes, tenant: Tenant) -> APIRouter:
    """The route /board/notes/{learner}."""
    paths.register_id_paths()
    routes = APIRouter(prefix="/board/notes", include_in_schema=False)
    templates = board_templates(notes.now)

    @routes.post("/{learner:id}")
    async def change_notes(request: Request, learner: str) -> Response:
        def change(tenant_id: str, form: Form) -> None:
            account = account_of(request)
            if is_chosen(form, "withdraw"):
                notes.withdraw(tenant_id, key_of(learner), form.get("note", ""), account, PAGES_CREDENTIAL)
            else:
                notes.write(tenant_id, key_of(learner), _new(form), account, PAGES_CREDENTIAL)

        page = f"/board/learners/{quote(learner, safe='')}"
        return await change_by_form(request, tenant, templates, page, "notes", change)

    return routes


def _new(form: Form) -> NewNote:
    """The note in a form. Raises HttpError (400)."""
    try:
        return NewNote(
            text=form.get("text", ""),
            skill=form.get("skill", ""),
            family=form.get("family") == "yes",
            by=form.get("by", ""),
        )
    except ValidationError as error:
        field = wrong_field(error)
        raise HttpError(400, worded("%(field)s: missing or too long", field=field), field) from None
