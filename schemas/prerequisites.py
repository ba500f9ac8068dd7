"""What skills require, by their ids: a prerequisite may be named by an alias of a skill."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Protocol


class _Skill(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def requires(self) -> list[str]: ...
    @property
    def aliases(self) -> list[str]: ...


def ids_by_alias(skills: Iterable[_Skill]) -> dict[str, list[str]]:
    """Which skills carry an alias, the one that came first in the catalog first."""
    ids_of_alias: dict[str, dict[str, None]] = {}
    for skill in skills:
        for alias in skill.aliases:
            ids_of_alias.setdefault(alias, {})[skill.id] = None
    return {alias: list(ids) for alias, ids in ids_of_alias.items()}


def requirements(skills: Mapping[str, _Skill]) -> dict[str, list[str]]:
    """What each skill requires, by id.

    An id counts before an alias. An alias that several skills carry stands for all of them, and what names nothing
    that the catalog has stays as it is.
    """
    aliases = ids_by_alias(skills.values())
    required: dict[str, list[str]] = {}
    for id_, skill in skills.items():
        if skill.requires:
            named = [[name] if name in skills else aliases.get(name, [name]) for name in skill.requires]
            required[id_] = list(dict.fromkeys(chain.from_iterable(named)))
    return required


def without_own(required: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """As they count: a skill that requires itself could never begin."""
    return {id_: [required_id for required_id in named if required_id != id_] for id_, named in required.items()}
