"""What statements call whom: the rows of the tables of learners, teachers, names and definitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from processors.meaning.classes import may_teach, taught_in
from processors.meaning.event_time import event_time, sent_time
from processors.stages.definitions import DEFINITION_TYPES, NAME_TYPES, Descriptions
from schemas.catalog import Catalog
from schemas.record import StoredFirst
from schemas.xapi.actor import identity

LEARNER_TYPES = {
    "tenant": "LowCardinality(String)",
    "learner": "String",
    "person": "String",
    "name": "String",
    "version": "UInt128",
}
TEACHER_TYPES = {
    "tenant": "LowCardinality(String)",
    "class": "String",
    "teacher": "String",
    "name": "String",
    "version": "UInt128",
}
TYPES = {"learners": LEARNER_TYPES, "teachers": TEACHER_TYPES, "definitions": DEFINITION_TYPES, "names": NAME_TYPES}


class SaidNames:
    """What the statements of one batch call learners, teachers, agents and activities."""

    def __init__(self) -> None:
        self._learners: dict[tuple[str, str, str], tuple[str, int]] = {}  # tenant, key, identity: name, version
        self._teachers: dict[tuple[str, str, str], tuple[str, int]] = {}  # to (name, version)
        self._descriptions = Descriptions()

    def add(
        self,
        statement: Mapping[str, Any],
        catalog: Catalog,
        tenant: str,
        origin: StoredFirst,
        named: Sequence[tuple[str, str]],
        defines: bool,
    ) -> None:
        """Take one statement in. Raises whatever its bytes cause.

        `named`: what `learners` says of the statement. `defines`: whether its sender may define.
        """
        taught = list(taught_in(statement, catalog)) if may_teach(statement) else []
        if defines:
            self._descriptions.add(statement, tenant, origin)
        for key, name in named:
            called = _called(statement, origin) if name else 0  # no name is older than any
            whose = (tenant, key, identity(key))
            called_before = self._learners.get(whose)
            if called_before is None or called > called_before[1]:
                self._learners[whose] = (name, called)
        for class_, key, name in taught:
            name_and_time = (name, _called(statement, origin))
            self._teachers[tenant, class_, key] = max(
                self._teachers.get((tenant, class_, key), name_and_time), name_and_time, key=itemgetter(1)
            )

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """By table, its rows: the key, the value, the version."""
        return {
            "learners": [(*key, *named) for key, named in self._learners.items()],
            "teachers": [(*key, *named) for key, named in self._teachers.items()],
            "definitions": [*self._descriptions.definitions()],
            "names": [*self._descriptions.names()],
        }


def _called(statement: Mapping[str, Any], origin: StoredFirst) -> int:
    """Which of two names of a learner is the later: by event time, and for a tie by their positions."""
    return event_time(sent_time(statement), statement) << 76 | origin.partition << 64 | origin.sequence
