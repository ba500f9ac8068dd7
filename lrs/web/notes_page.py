"""Whoever teaches writes a note on a learner, or takes one back: the forms on the learner's page."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from lrs.http import paths
from lrs.http.errors import ANSWERED, HttpError
from lrs.http.login import Tenant
from lrs.http.signed_in import account_of
from lrs.people.notes import LearnerNotes, NewNote
from lrs.web.decision_words import board_templates
from lrs.web.forms import CREDENTIAL, read_own_form, wrong_field
from lrs.web.refused_forms import shown_again
from lrs.web.templating import HEADERS, root
from schemas.wording import worded
from schemas.xapi.actor_keys import key_of


def router(notes: LearnerNotes, tenant: Tenant) -> APIRouter:
    """The route /board/notes/{learner}."""
    paths.register_id_paths()
    routes = APIRouter(prefix="/board/notes", include_in_schema=False)
    templates = board_templates(notes.now)

    @routes.post("/{learner:id}")
    async def change(request: Request, learner: str) -> Response:
        form: dict[str, str] = {}
        page = f"/board/learners/{quote(learner, safe='')}"
        try:
            tenant_id, form = await read_own_form(request, tenant)
            note_target = tenant_id, key_of(learner)
            account = account_of(request)
            if form.get("do") == "take back":
                await run_in_threadpool(notes.take_back, *note_target, form.get("note", ""), account, CREDENTIAL)
            else:
                await run_in_threadpool(notes.write, *note_target, _new(form), account, CREDENTIAL)
        except ANSWERED as error:
            return await shown_again(request, templates, error, form, page)
        return RedirectResponse(f"{root(request)}{page}#notes", 303, HEADERS)

    return routes


def _new(form: dict[str, str]) -> NewNote:
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
