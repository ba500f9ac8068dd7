"""The statement viewer, for whoever connects a tool: what arrived, what it was read as and why, and what that moved."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from lrs.auth.credentials import Credential
from lrs.auth.scopes import Scope, allows
from lrs.clock import system_time
from lrs.http.api_parts import ApiParts, credential, parts_of
from lrs.http.errors import TRANSLATED_ERRORS, HttpError
from lrs.pacing.display_names import activity_names, skill_names
from lrs.pacing.statement_effects import MovedRow, ReadObservation, read_as, rows_moved
from lrs.record.originals import Originals
from lrs.record.repair_counts import RepairCounts
from lrs.record.statement_search import (
    ArrivedStatement,
    NoStatement,
    Place,
    StatementSearch,
    bundle_of,
    find_statement,
    search_statements,
    voided_by,
)
from lrs.web.decision_words import ASSISTANCE
from lrs.web.languages import gettext, number, text
from lrs.web.templating import Templates
from processors.meaning.interpretation_words import Meaning, interpretation_in_words
from schemas.catalog import Catalog
from schemas.wording import worded
from schemas.xapi.actor_keys import actor_key
from schemas.xapi.verbs import ADL

_VIEWER_FIELDS = ("id", "actor", "verb", "activity", "credential", "from", "until", "before")
_OUTCOME_WORDS = {1.0: text("right"), 0.0: text("wrong")}
_BY_NAME = "SELECT learner FROM learners FINAL WHERE tenant = {tenant:String} AND lowerUTF8(name) = {name:String}"
_VIEWER_FORMS = {
    "from": worded("a day as YYYY-MM-DD"),
    "until": worded("a day as YYYY-MM-DD"),
    "before": worded("what the link to older statements gives"),
}
_T = TypeVar("_T")


def router() -> APIRouter:
    """The routes /statements and /statements/{id}."""
    routes = APIRouter(include_in_schema=False)
    templates = Templates(system_time)
    templates.extend({"word": _verb_word, "outcome": _outcome}, {"assistances": ASSISTANCE})

    counts: list[RepairCounts] = []  # made with the first request, as there are no parts before

    def counting(parts: ApiParts) -> RepairCounts:
        if not counts:
            counts.append(RepairCounts(parts.log))
        return counts[0]

    async def answer(request: Request, name: str, read: Callable[[ApiParts, Credential], dict[str, Any]]) -> Response:
        try:
            who = await credential(request, Scope.STATEMENTS_READ, Scope.STATEMENTS_READ_MINE)
            page_values = await run_in_threadpool(read, parts_of(request), who)
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)
        return templates.page(request, name, all=allows(who.scopes, {Scope.ALL_READ}, reading=True), **page_values)

    @routes.get("/statements")
    async def arrived(request: Request) -> Response:
        search_fields = {name: request.query_params.get(name, "").strip() for name in _VIEWER_FIELDS}
        return await answer(
            request, "statements.html", lambda parts, who: _statement_list(parts, who, counting(parts), search_fields)
        )

    @routes.get("/statements/{statement}")
    async def statement(request: Request, statement: str) -> Response:
        return await answer(request, "statement.html", lambda parts, who: _one_statement(parts, who, statement))

    return routes


def _statement_list(parts: ApiParts, who: Credential, counts: RepairCounts, asked: dict[str, str]) -> dict[str, Any]:
    """The page of statements that were searched for. Raises HttpError (400), and the store's errors."""
    catalog = parts.catalogs.latest(who.tenant)
    found_statements = search_statements(parts.store, who.tenant, _search(parts, who, catalog, asked))
    names = _tool_names(catalog)
    readings = {row.id: _explained(row, catalog, who.tenant) for row in found_statements.rows}
    learners = {observation.learner for reading in readings.values() if reading for observation in reading.observations}
    observations: dict[str, list[ReadObservation]] = {}
    for observation in read_as(parts.store, who.tenant, list(readings), sorted(learners)):
        observations.setdefault(observation.statement, []).append(observation)
    sent_statements = [json.loads(row.statement) for row in found_statements.rows]
    item_names = activity_names(
        parts.store, catalog, who.tenant, {sent_statement["object"].get("id", "") for sent_statement in sent_statements}
    )
    listed = [
        {
            "row": row,
            "who": names.get(row.actor) or _actor_name(statement) or row.actor,
            "what": _object_name(statement["object"], item_names),
            "read": observations.get(row.id, []),
            "voided": row.id in found_statements.voided,
        }
        for row, statement in zip(found_statements.rows, sent_statements, strict=True)
    ]
    older = (
        urlencode(
            {field: sought for field, sought in asked.items() if sought}
            | {"before": _place_text(found_statements.next)}
        )
        if found_statements.next
        else ""
    )
    repairs = [
        (repair, times)
        for repair, times in counts.by_rule(who.tenant).items()
        if not _sees_only_own(who) or repair.credential == who.key
    ]
    return {
        "asked": asked,
        "listed": listed,
        "older": older,
        "mine": _sees_only_own(who),
        "repairs": repairs,
        "fresh": parts.freshness(),
    }


def _one_statement(parts: ApiParts, who: Credential, id_: str) -> dict[str, Any]:
    """The page of one statement. Raises NoStatement, and the errors of store and log."""
    row = find_statement(parts.store, who.tenant, id_)
    if _sees_only_own(who) and row.credential != who.key:
        raise NoStatement
    bundle = bundle_of(parts.log, row)
    latest = parts.catalogs.latest(who.tenant)
    readings = [_explained(row, latest, who.tenant)]
    if bundle is not None:  # what it was read with, unless it was reread since
        readings.insert(0, _explained(row, parts.catalogs.at(who.tenant, bundle.catalog), who.tenant))
    learners = {observation.learner for reading in readings if reading for observation in reading.observations}
    observations = read_as(parts.store, who.tenant, [row.id], sorted(learners))
    reading = next((reading for reading in readings if reading and _says(reading, observations)), None)
    original = Originals(parts.log).sent(who.tenant, row.id, row.stored)
    sent_statement = json.loads(row.statement)
    rows: list[MovedRow] = []
    if allows(who.scopes, {Scope.ALL_READ}, reading=True):
        rows = rows_moved(parts.store, latest.people, who.tenant, observations)
    return {
        "row": row,
        "sent": sent_statement,
        "pretty": json.dumps(sent_statement, indent=2, ensure_ascii=False),
        "names": _tool_names(latest),
        "skills": skill_names(
            parts.store,
            latest,
            who.tenant,
            {skill_id for observation in observations for skill_id in observation.skills},
        ),
        "called": activity_names(parts.store, latest, who.tenant, {observation.item for observation in observations}),
        "tool": reading.tool if reading else None,
        "because": reading.because if reading else None,
        "observations": observations,
        "moved": rows,
        "original": original,
        "imported": _imported(bundle, row),
        "voided_by": voided_by(parts.store, who.tenant, [row.id]).get(row.id) if not row.voids else None,
        "admitted": parts.finder.holds(None),
    }


def _search(parts: ApiParts, who: Credential, catalog: Catalog, asked: dict[str, str]) -> StatementSearch:
    """Raises HttpError (400)."""
    agents: tuple[str, ...] = ()
    if actor := asked["actor"]:
        try:
            agents = (actor_key(actor),)
        except ValueError:
            agents = _keys_named(parts, who.tenant, catalog, actor)
    verb = asked["verb"]
    until = _field("until", asked["until"], _day_from_form)
    return StatementSearch(
        id=asked["id"].lower(),
        agents=agents,
        verb=verb if ":" in verb or not verb else ADL + verb.lower(),
        activity=asked["activity"],
        credential=who.key if _sees_only_own(who) else asked["credential"],
        since=_field("from", asked["from"], _day_from_form),
        until=None if until is None else until + round(timedelta(days=1).total_seconds() * 1e6),
        before=_field("before", asked["before"], _place_of_cursor),
    )


def _keys_named(parts: ApiParts, tenant: str, catalog: Catalog, name: str) -> tuple[str, ...]:
    """The actors that a roster or statements call by a name. Raises HttpError (400) where there are none."""
    folded_name = name.casefold()
    actor_keys = {key for key, known_name in _tool_names(catalog).items() if known_name.casefold() == folded_name}
    actor_keys |= {row[0] for row in parts.store.tuples(_BY_NAME, {"tenant": tenant, "name": name.lower()})}
    if not actor_keys:
        raise HttpError(
            400,
            worded(
                "%(name)s is neither an actor (a mailbox, homePage|name or JSON) nor a name that is known here",
                name=repr(name),
            ),
            "actor",
        )
    return tuple(sorted(actor_keys))


def _sees_only_own(who: Credential) -> bool:
    """Whether somebody may see only what was sent with the same credential."""
    return not allows(who.scopes, {Scope.STATEMENTS_READ}, reading=True)


def _explained(row: ArrivedStatement, catalog: Catalog, tenant: str) -> Meaning | None:
    try:
        return interpretation_in_words(json.loads(row.statement), catalog, tenant)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # a dead letter


def _says(reading: Meaning, observations: list[ReadObservation]) -> bool:
    """Whether a reading gives these observations."""

    def sums(found: Any) -> list[tuple[Any, ...]]:
        return sorted(
            (
                str(observation.learner),
                str(observation.kind),
                observation.item,
                *observation.skills,
                str(observation.outcome),
            )
            for observation in found
        )

    return sums(reading.observations) == sums(observations)


def _tool_names(catalog: Catalog) -> dict[str, str]:
    return {
        member.learner: member.name for class_ in catalog.classes.values() for member in class_.learners if member.name
    }


def _actor_name(statement: dict[str, Any]) -> str:
    return str(statement["actor"].get("name") or "")


def _object_name(target: dict[str, Any], called: dict[str, str]) -> str:
    names = (target.get("definition") or {}).get("name") or {}
    activity_name = called.get(target.get("id", ""))
    return str(next(iter(names.values()), "") or activity_name or target.get("name") or target.get("objectType", ""))


def _imported(bundle: Any, row: ArrivedStatement) -> Any:
    if bundle is None or not bundle.imported or row.id not in bundle.ids:
        return None
    return bundle.imported[bundle.ids.index(row.id)]


def _field(name: str, text: str, parse: Callable[[str], _T]) -> _T | None:
    """Raises HttpError (400)."""
    try:
        return parse(text) if text else None
    except ValueError:
        raise HttpError(
            400,
            worded("%(field)s: %(text)s is not %(form)s", field=name, text=repr(text), form=_VIEWER_FORMS[name]),
            name,
        ) from None


def _day_from_form(text: str) -> int:
    return round(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()) * 1_000_000


def _place_of_cursor(text: str) -> Place:
    stored, partition, sequence = map(int, text.split("."))
    return stored, partition, sequence


def _place_text(place: Place) -> str:
    return ".".join(map(str, place))


def _verb_word(iri: str) -> str:
    """The last word of a verb's IRI."""
    return iri.rstrip("/").rpartition("/")[2].rpartition("#")[2] or iri


def _outcome(read: ReadObservation) -> str:
    if read.outcome is None:
        return gettext("not judged")
    return gettext(_OUTCOME_WORDS[read.outcome]) if read.outcome in _OUTCOME_WORDS else number(read.outcome)
