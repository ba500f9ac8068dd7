"""What a credential may do (xAPI 1.0.3, part 3, 4.2, and Pacer's own for the catalog)."""

from __future__ import annotations

from collections.abc import Iterable, Set
from enum import StrEnum


class Scope(StrEnum):
    """A right; the names are the specification's."""

    ALL = "all"
    ALL_READ = "all/read"
    STATEMENTS_WRITE = "statements/write"
    STATEMENTS_READ = "statements/read"
    STATEMENTS_READ_MINE = "statements/read/mine"
    STATE = "state"
    DEFINE = "define"
    PROFILE = "profile"


READS = frozenset({Scope.STATEMENTS_READ, Scope.STATEMENTS_READ_MINE})
EVERY = frozenset({Scope.ALL})


def allows(scopes_held: Set[Scope], scopes_needed: Set[Scope], reading: bool) -> bool:
    """Whether one of the wanted rights is held; all/read holds every right to read."""
    return Scope.ALL in scopes_held or (reading and Scope.ALL_READ in scopes_held) or bool(scopes_held & scopes_needed)


def scopes_among(words: Iterable[str]) -> frozenset[Scope]:
    """The scopes among words; an unknown word gives no right."""
    scope_names = set(words)
    return frozenset(scope for scope in Scope if scope in scope_names)
