"""A class with rows in ClickHouse, for tests of boards and pages."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from fastapi import FastAPI

from lrs.api import pacing
from lrs.catalog.catalogs import AcceptedChange
from lrs.http import errors
from lrs.http.errors import HttpError
from lrs.http.events import Streams
from lrs.http.login import Tenant
from lrs.pacing.board_version import BoardVersions
from lrs.pacing.boards import Boards
from lrs.store.client import Store
from lrs.web import board_events, board_pages, overrule_page, put_off_page
from processors.folds.mastery import Mastery
from processors.mastery.forgetting import Forgetting
from processors.stages.decision_table import TYPES
from schemas.catalog import Catalog, Change, Class, Member, Skill
from schemas.days import DAY
from schemas.evidence import Evidence
from schemas.observation import Kind

NOW = 1_900_000_000_000_000  # µs: 2030-03-17 17:46:40 UTC
_MASTERY = {
    "tenant": "String",
    "learner": "String",
    "key": "String",
    "state": "String",
    "mastery": "Float64",
    "low": "Float64",
    "high": "Float64",
    "next_item": "Float64",
    "attempts": "UInt32",
    "wins": "UInt32",
    "first_attempts": "UInt32",
    "first_wins": "UInt32",
    "streak": "Int32",
    "trend": "Float64",
    "last_time": "Int64",
    "days": "UInt32",
    "item": "String",
    "curve_times": "Array(Int64)",
    "curve": "Array(Float64)",
    "stalled": "UInt32",
    "forget_drop": "Float64",
    "forget_half_life": "Float64",
    "forget_spacing": "Float64",
    "held": "Float64",
    "weights": "String",
    "version": "UInt64",
    "deleted": "UInt8",
}
_ENGAGEMENT = {
    "tenant": "String",
    "learner": "String",
    "key": "String",
    "attempts": "UInt32",
    "right": "UInt32",
    "minutes": "Float64",
    "activities": "UInt32",
    "sessions": "UInt32",
    "last_seen": "Int64",
    "streak": "UInt32",
    "best_streak": "UInt32",
    "days": "UInt32",
    "errors": "UInt32",
    "persisted": "UInt32",
    "sought": "UInt32",
    "media_seconds": "Float64",
    "version": "UInt64",
    "deleted": "UInt8",
}


def _states() -> dict[bool, str]:
    """What a fold keeps after one answer: of a skill, and of the learner."""
    fold = Mastery()
    state = fold.start()
    fold.step(state, Evidence(NOW, NOW, "0", 0, Kind.ATTEMPT, "v", "i", ("s",), 1.0))
    return {bool(key): b64encode(kept).decode() for key, kept, *_ in fold.drain(state)}


_STATES = _states()


@dataclass(slots=True)
class Classroom:
    """A tenant of a store with its catalog, and the changes that were made to it."""

    store: Store
    tenant: str
    catalog: Catalog = field(default_factory=Catalog)
    changes: list[Change] = field(default_factory=list)

    def change(self, change: Change) -> int:
        self.changes.append(change)
        self.catalog.apply(change, len(self.changes), NOW)
        return len(self.changes)

    def teach(self, learners: dict[str, str], skills: dict[str, str], class_id: str = "7b", name: str = "7b") -> None:
        """Put a class, its learners and skills (ids to names) into the catalog."""
        for skill, called in skills.items():
            self.change(Skill(id=skill, name=called))
        members = [Member(learner=learner, name=called) for learner, called in learners.items()]
        self.change(Class(id=class_id, name=name, learners=members, skills=list(skills)))

    def mastery(self, learner: str, skill: str, mastery: float, **more: Any) -> None:
        """Insert a mastery row; `ago` is the days since the last practice."""
        self.masteries([(learner, skill, mastery, more)])

    def masteries(self, rows: list[tuple[str, str, float, dict[str, Any]]]) -> None:
        """Insert many mastery rows at once."""
        made = []
        for learner, skill, mastery, more in rows:
            last = NOW - round(more.pop("ago", 0.5) * DAY)
            row = {
                "tenant": self.tenant,
                "learner": self.catalog.people.person(learner),
                "key": skill,
                "state": _STATES[bool(skill)],
                "mastery": mastery,
                "low": max(0.0, mastery - 0.15),
                "high": min(1.0, mastery + 0.1),
                "next_item": mastery,
                "attempts": 8,
                "wins": 6,
                "first_attempts": 5,
                "first_wins": 4,
                "streak": 1,
                "trend": 0.05,
                "last_time": last,
                "days": 3,
                "item": "https://items.example/7",
                "curve_times": [last - 4 * DAY, last - 2 * DAY, last - DAY, last],
                "curve": [0.3, mastery, mastery, mastery],
                "stalled": 0,
                "forget_drop": Forgetting().drop,
                "forget_half_life": Forgetting().half_life,
                "forget_spacing": 0.0,
                "held": 0.0,
                "weights": "test",
                "version": 1,
                "deleted": 0,
            } | more
            made.append([row[name] for name in _MASTERY])
        columns = [list(column) for column in zip(*made, strict=True)]
        self.store.insert("mastery", list(_MASTERY), list(_MASTERY.values()), columns)

    def engagement(self, learner: str, back: int | None, **more: Any) -> None:
        """Insert an engagement row: of the day `back` days ago, or the learner's own (None)."""
        seen = NOW - (back or 0) * DAY
        key = "" if back is None else datetime.fromtimestamp(seen // 1_000_000, UTC).strftime("%Y-%m-%d")
        row = {
            "tenant": self.tenant,
            "learner": self.catalog.people.person(learner),
            "key": key,
            "attempts": 5,
            "right": 3,
            "minutes": 12.0,
            "activities": 4,
            "sessions": 1,
            "last_seen": seen,
            "streak": 3,
            "best_streak": 6,
            "days": 9,
            "errors": 2,
            "persisted": 1,
            "sought": 0,
            "media_seconds": 0.0,
            "version": 1,
            "deleted": 0,
        } | more
        columns = [[row[name]] for name in _ENGAGEMENT]
        self.store.insert("engagement", list(_ENGAGEMENT), list(_ENGAGEMENT.values()), columns)

    def decided(self, learner: str, skill: str, decision: str, weeks_ago: float, class_id: str = "7b") -> None:
        """Insert what was decided so long ago, which later decisions followed."""
        since = NOW - round(weeks_ago * 7 * DAY)
        row: dict[str, Any] = {name: "" if "String" in kind else 0 for name, kind in TYPES.items()}
        row |= {"tenant": self.tenant, "learner": learner, "skill": skill, "class": class_id, "decision": decision}
        row |= {"since": since, "estimate": None, "low": None, "high": None, "until": None, "version": since}
        types = [TYPES[name] for name in row]
        self.store.insert("decision_history", list(row), types, [[value] for value in row.values()])

    def deps(self, reader: Store | None = None, fresh: Callable[[], dict[str, Any]] | None = None) -> Deps:
        """What the routers need; `Authorization: Bearer no` is turned away."""

        async def tenant(request: Any) -> str:
            if request.headers.get("authorization") == "Bearer no":
                raise HttpError(401, "who are you?", headers={"WWW-Authenticate": "Basic"})
            return self.tenant

        boards = Boards(
            store=reader or self.store,
            catalog=lambda _: self.catalog,
            changes=lambda _: [AcceptedChange(at, NOW, change) for at, change in enumerate(self.changes, 1)],
            freshness=fresh or (lambda: {"position": 42, "behind": 0, "age_seconds": 0.0, "log_end": 42}),
            now=lambda: NOW,
        )
        return Deps(boards, tenant, lambda _, change: self.change(change))


@dataclass(frozen=True, slots=True)
class Deps:
    """What the routers of the pacing API and of the pages are made of."""

    boards: Boards
    tenant: Tenant
    change: Callable[[str, Change], int]


def application(deps: Deps) -> FastAPI:
    """The pacing API and the pages alone."""
    app = FastAPI()
    app.include_router(pacing.router(deps.boards, deps.tenant))
    board_versions = BoardVersions(deps.boards.store, deps.boards.catalog)
    app.include_router(board_events.router(board_versions, Streams(), deps.tenant))
    app.include_router(board_pages.router(deps.boards, board_versions, deps.tenant))
    app.include_router(overrule_page.router(deps.boards, deps.tenant, deps.change))
    app.include_router(put_off_page.router(deps.boards, deps.tenant, deps.change))
    errors.answer_errors(app)
    return app


def ask(deps: Deps, method: str, path: str, **more: Any) -> httpx.Response:
    """One request to the application."""

    async def one() -> httpx.Response:
        transport = httpx.ASGITransport(application(deps))
        async with httpx.AsyncClient(transport=transport, base_url="http://pacer.example") as client:
            return await client.request(method, path, **more)

    return asyncio.run(one())
