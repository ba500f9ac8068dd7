"""A class with materials in a log of its own, to plan for."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from lrs.catalog.catalogs import Catalogs
from lrs.log.sqlite import SqliteLog
from lrs.plans.planner import DayPlanner
from lrs.store.client import Store
from schemas.catalog import Activity, Change, Class, Member, Skill
from schemas.material import Material
from schemas.plan_requests import PlanRequest
from schemas.timetable import Mode
from tests.support.classroom import NOW

DAY, CLASS = "2030-03-18", "7/b"
NAMES = ["Ada", "Ben", "Cem", "Dia", "Eva", "Finn", "Gül", "Hal", "Ida", "=Jon"]
KEYS = [f"mbox:mailto:{n}@school.example" for n in range(len(NAMES))]
SKILLS = ["halves", "thirds", "fifths"]
MODES: tuple[tuple[Mode, bool], ...] = (("teacher", False), ("pair", False), ("alone", True), ("alone", False))


class School:
    """A class with materials in a log of its own."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.tenant = uuid.uuid4().hex
        self.log = SqliteLog(folder / "log")
        self.catalogs = Catalogs(self.log)
        self.planner = DayPlanner(store, self.catalogs, lambda: NOW)
        members = [Member(learner=key, name=name) for key, name in zip(KEYS, NAMES, strict=True)]
        self.say(*(Skill(id=skill, name=skill.title()) for skill in SKILLS))
        self.say(Class(id=CLASS, name="Seven", learners=members, skills=SKILLS))
        for skill in SKILLS:
            for mode, screen in MODES:
                id_ = f"https://a.example/{skill}/{mode}/{screen}"
                self.say(Activity(id=id_, skills=[skill]))
                self.say(Material(id=id_, name=f"{skill}, {mode}", opens=f"{id_}/open", mode=mode, screen=screen))

    def say(self, *changes: Change) -> None:
        self.catalogs.append_all(self.tenant, "test", changes, NOW)

    def ask(self, request: PlanRequest) -> dict[str, Any]:
        return self.planner.ask(self.tenant, CLASS, DAY, request, "Ms K")

    def read(self) -> dict[str, Any]:
        return self.planner.read(self.tenant, CLASS, DAY)
