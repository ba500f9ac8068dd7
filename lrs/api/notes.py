"""Notes on learners over HTTP."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from lrs.api.json_route import JsonRoute
from lrs.api.openapi import error_responses, takes
from lrs.http import body, paths
from lrs.http.api_parts import credential
from lrs.http.signed_in import account_of
from lrs.people.notes import LearnerNotes, NewNote
from schemas.note_answers import NoteList, ShownNote
from schemas.refusal import parse_model
from schemas.xapi.actor_keys import key_of

_NEW: TypeAdapter[NewNote] = TypeAdapter(NewNote)


def router(notes: LearnerNotes) -> APIRouter:
    """The routes under /pacing/notes."""
    paths.register_id_paths()
    routes = APIRouter(
        route_class=JsonRoute, prefix="/pacing/notes", tags=["notes"], responses=error_responses(401, 403, 404, 503)
    )

    @routes.get("/{learner:id}", response_model=None, responses={200: {"model": NoteList}})
    async def read(request: Request, learner: str) -> dict[str, Any]:
        """The notes on a learner: to the learner and the family those alone that are for them."""
        who = await credential(request)
        found = await run_in_threadpool(notes.read, who.tenant, key_of(learner), account_of(request))
        return {"notes": found}

    @routes.post(
        "/{learner:id}",
        response_model=None,
        responses={200: {"model": ShownNote}, **error_responses(400, 413, 507)},
        openapi_extra=takes(NewNote.model_json_schema()),
    )
    async def write(request: Request, learner: str) -> dict[str, Any]:
        """Write a note on a learner, and on a skill; `family` shows it to the learner and the guardians, too."""
        who = await credential(request)
        new: NewNote = parse_model(_NEW, await body.read_json(request))
        return await run_in_threadpool(notes.write, who.tenant, key_of(learner), new, account_of(request), who.key)

    @routes.delete("/{learner:id}/{note}", status_code=204, responses=error_responses(507))
    async def withdraw(request: Request, learner: str, note: str) -> Response:
        """Withdraw a note: who wrote it, a leader or an operator."""
        who = await credential(request)
        await run_in_threadpool(notes.withdraw, who.tenant, key_of(learner), note, account_of(request), who.key)
        return Response(status_code=204)

    return routes
