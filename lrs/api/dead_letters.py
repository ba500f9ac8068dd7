"""Dead letters over HTTP: a tenant's own, and what can be decided on each. `lrs dead-letters` has those of all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool

from lrs.api.json_route import JsonRoute
from lrs.api.openapi import REF, error_responses, takes
from lrs.deadletters.decide import decide_on_letters
from lrs.deadletters.listing import (
    ListedDeadLetter,
    describe_dead_letter,
    each_dead_letter,
    matches,
    read_dead_letter,
)
from lrs.errors import Conflict, Missing
from lrs.http import body
from lrs.http.api_parts import ApiParts, credential, parts_of
from schemas.dead_letter_answers import (
    LONGEST_REASON,
    DeadLetterDecided,
    DeadLetterList,
    DeadLettersChosen,
    DeadLettersDecided,
    ShownDeadLetter,
)
from schemas.log_records import DeadLetterAction
from schemas.refusal import parse_model

MOST_DECIDED = 1_000  # dead letters that one request decides on
MOST_LISTED = 500  # in one answer
_CHOSEN: TypeAdapter[DeadLettersChosen] = TypeAdapter(DeadLettersChosen)
_Text = Annotated[str | None, Query(max_length=LONGEST_REASON)]

router = APIRouter(
    route_class=JsonRoute, prefix="/dead-letters", tags=["operations"], responses=error_responses(401, 403, 503)
)


@router.get("", response_model=None, responses={200: {"model": DeadLetterList}})
async def list_(
    request: Request,
    reason: _Text = None,
    stage: _Text = None,
    all: bool = False,
    after: Annotated[int, Query(ge=-1, le=2**53)] = -1,
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = MOST_LISTED,
) -> dict[str, Any]:
    """The tenant's dead letters that nobody has decided on, without their bytes; with `all`, the others, too.

    With `reason`, those whose reason contains that text; with `stage`, those of one stage.
    With `after`, those that follow a number; `more` says whether others follow the last.
    """
    who = await credential(request)
    parts = parts_of(request)

    def read() -> dict[str, Any]:
        listed: list[dict[str, Any]] = []
        for letter in _letters_of_tenant(parts, who.tenant, after + 1):
            if matches(letter, reason, stage) and (all or letter.outcome is None):
                if len(listed) == limit:
                    return {"dead_letters": listed, "more": True}
                listed.append(describe_dead_letter(letter))
        return {"dead_letters": listed, "more": False}

    return await parts.long.readings.run(who.tenant, read)


@router.post(
    "/retry",
    response_model=None,
    responses={200: {"model": DeadLettersDecided}, **error_responses(400, 413, 507)},
    openapi_extra=takes({"$ref": REF.format(model="DeadLettersChosen")}),
)
async def retry_by_reason(request: Request) -> dict[str, Any]:
    """Hand dead letters of one reason to their stage again, those that nobody has decided on."""
    return await _decide_by_reason(request, DeadLetterAction.RETRIED)


@router.post(
    "/drop",
    response_model=None,
    responses={200: {"model": DeadLettersDecided}, **error_responses(400, 413, 507)},
    openapi_extra=takes({"$ref": REF.format(model="DeadLettersChosen")}),
)
async def drop_by_reason(request: Request) -> dict[str, Any]:
    """Say that nothing is to be done about the dead letters of one reason, those that nobody has decided on."""
    return await _decide_by_reason(request, DeadLetterAction.DROPPED)


@router.get("/{number}", response_model=None, responses={200: {"model": ShownDeadLetter}, **error_responses(404)})
async def show(request: Request, number: int) -> dict[str, Any]:
    """One dead letter with its bytes, which may hold personal data."""
    who = await credential(request)
    letter = await run_in_threadpool(_letter_numbered, parts_of(request), who.tenant, number)
    return describe_dead_letter(letter) | {"payload": letter.dead_letter.payload}


@router.post(
    "/{number}/retry",
    response_model=None,
    responses={200: {"model": DeadLetterDecided}, **error_responses(404, 409, 507)},
)
async def retry_(request: Request, number: int) -> dict[str, Any]:
    """Hand the letter to admit or intake again, once its cause is repaired; 409 where that does not help."""
    return await _decide_on_one(request, number, DeadLetterAction.RETRIED)


@router.post(
    "/{number}/drop", response_model=None, responses={200: {"model": DeadLetterDecided}, **error_responses(404, 507)}
)
async def drop(request: Request, number: int) -> dict[str, Any]:
    """Say that nothing is to be done about the letter: it is listed no more, and its bytes stay in the log."""
    return await _decide_on_one(request, number, DeadLetterAction.DROPPED)


async def _decide_on_one(request: Request, number: int, action: DeadLetterAction) -> dict[str, Any]:
    who = await credential(request)
    parts = parts_of(request)

    def act() -> None:
        decided = decide_on_letters(
            parts.log, parts.stored_times, [_letter_numbered(parts, who.tenant, number)], action
        )
        if why := decided.refused.get(number):
            raise Conflict(why)

    await run_in_threadpool(act)
    return {"number": number, "outcome": action.value}


async def _decide_by_reason(request: Request, action: DeadLetterAction) -> dict[str, Any]:
    who = await credential(request)
    parts = parts_of(request)
    chosen = parse_model(_CHOSEN, await body.read_json(request))

    def act() -> dict[str, Any]:
        matching: list[ListedDeadLetter] = []
        left = 0
        for letter in _letters_of_tenant(parts, who.tenant):
            if letter.outcome is not None or not matches(letter, chosen.reason, chosen.stage):
                continue
            if len(matching) < MOST_DECIDED:
                matching.append(letter)
            else:
                left += 1
        decided = decide_on_letters(parts.log, parts.stored_times, matching, action)
        return {
            "outcome": action.value,
            "numbers": decided.done,
            "refused": [{"number": number, "why": why} for number, why in decided.refused.items()],
            "left": left,
        }

    return await parts.long.readings.run(who.tenant, act)


def _letters_of_tenant(parts: ApiParts, tenant: str, start: int = 0) -> Iterator[ListedDeadLetter]:
    return (letter for letter in each_dead_letter(parts.log, start) if letter.dead_letter.tenant == tenant)


def _letter_numbered(parts: ApiParts, tenant: str, number: int) -> ListedDeadLetter:
    """The tenant's dead letter with a number. Raises Missing, also for another tenant's."""
    letter = read_dead_letter(parts.log, number)
    if letter is None or letter.dead_letter.tenant != tenant:
        raise Missing(f"there is no dead letter {number}", "number")
    return letter
