"""The parameters that several xAPI resources share, checked."""

from __future__ import annotations

from collections.abc import Set
from datetime import UTC, datetime
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request

from lrs.http.errors import HttpError
from schemas.invalid import Invalid
from schemas.xapi.actor import learner_key
from schemas.xapi.agent import Actor
from schemas.xapi.values import LONGEST_IRI, Iri, Timestamp, Uuid

_actor: TypeAdapter[Any] = TypeAdapter(Actor)
_iri_adapter: TypeAdapter[str] = TypeAdapter(Iri)
_uuid_adapter: TypeAdapter[str] = TypeAdapter(Uuid)
_time: TypeAdapter[str] = TypeAdapter(Timestamp)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Parameters:
    """A request's parameters. Every method raises HttpError (400), naming the parameter."""

    def __init__(self, request: Request, parameter_names: Set[str]) -> None:
        """Take the query's parameters. Raises HttpError (400) where one is unknown to the resource, or given twice."""
        self._given: dict[str, str] = {}
        for name, value in request.query_params.multi_items():
            if name not in parameter_names:
                raise HttpError(400, f"unknown parameter: {name[:40]}", name[:40])
            if name in self._given:
                raise HttpError(400, f"duplicate parameter: {name}", name)
            self._given[name] = value

    def __contains__(self, name: str) -> bool:
        return name in self._given

    def text(self, name: str) -> str:
        """A parameter that must be there. Raises HttpError 400 where it is missing, empty, or has a NUL."""
        if name not in self._given:
            raise HttpError(400, f"missing parameter: {name}", name)
        value = self._given[name]
        if not value or "\0" in value:
            raise HttpError(400, f"{name} is empty or contains a NUL character", name)
        return value

    def iri(self, name: str) -> str:
        """An absolute IRI."""
        return self._checked(_iri_adapter, name, f"an absolute IRI of at most {LONGEST_IRI} characters")

    def uuid(self, name: str) -> str | None:
        """A UUID in lower case; None if it was not given."""
        return self._checked(_uuid_adapter, name, "a UUID").lower() if name in self else None

    def time(self, name: str) -> int | None:
        """A timestamp in µs since the epoch; UTC if it has no offset; None if it was not given."""
        if name not in self:
            return None
        # A plus that was not escaped in the query has become a space.
        self._given[name] = self._given[name].strip().replace(" ", "+")
        moment = datetime.fromisoformat(self._checked(_time, name, "an ISO 8601 timestamp"))
        since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
        return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds

    def agent(self, name: str) -> dict[str, Any]:
        """An agent or an identified group, in JSON."""
        try:
            agent_json = orjson.loads(self.text(name))
        except orjson.JSONDecodeError:
            raise HttpError(400, f"{name} is not valid JSON", name) from None
        try:
            agent: dict[str, Any] = _actor.validate_python(agent_json, strict=True, extra="forbid")
            learner_key(agent)
        except (ValidationError, Invalid, ValueError):
            raise HttpError(400, f"{name} must be an Agent or an identified Group", name) from None
        return agent

    def _checked(self, adapter: TypeAdapter[str], name: str, expected: str) -> str:
        try:
            return adapter.validate_python(self.text(name), strict=True)
        except ValidationError:
            raise HttpError(400, f"{name} must be {expected}", name) from None
