"""Under which name a try is known, where the tool names its tries.

A running grade is one try, whose last value counts. Some tools keep one id over all tries of a person at an item and
count them (Canvas: `submission#2`); what does not say the number is about the last one that was named.
"""

from __future__ import annotations

import re
from functools import lru_cache

from processors.meaning.resolve.resolver_state import ResolverState, drop_oldest, id_hash
from schemas.observation import Kind, Observation

_NUMBERED = re.compile(r"(.+)#\d+")
_RUNNING = id_hash("grade")
_KEPT_TRIES = 64
_SCORE = Kind.SCORE


def note_number(state: ResolverState, attempt: str) -> None:
    """A try is named: where that is by a number, it is the one that its bare id means from now on."""
    if base := _base(attempt):
        state.numbered.pop(base, None)
        state.numbered[base] = id_hash(attempt)
        drop_oldest(state.numbered, _KEPT_TRIES)


def try_name(state: ResolverState, o: Observation) -> int:
    """The name of the try that an observation is about; 0 where it has none."""
    if not o.attempt:
        return _RUNNING if is_running_grade(o) else 0
    name = id_hash(o.attempt)
    return state.numbered.get(name, name)


def is_running_grade(o: Observation) -> bool:
    """Whether it is a grade that is calculated again and again (Open edX)."""
    return o.kind is _SCORE and o.verb.endswith("/earned")


def spans_items(o: Observation) -> bool:
    """Whether the try may be one at a whole, whose parts have the same name; a number counts tries at one item."""
    return bool(o.attempt) and not o.attempt.isdigit()


def may_name(attempt: str, other_attempt: str) -> bool:
    """Whether a try that was observed under a name may be the one of another: its bare id may have meant it."""
    return attempt == other_attempt or (
        attempt != "" and other_attempt.startswith(f"{attempt}#") and _base(other_attempt) != 0
    )


@lru_cache(maxsize=4096)
def _base(attempt: str) -> int:
    numbered = _NUMBERED.fullmatch(attempt)
    return id_hash(numbered[1]) if numbered else 0
