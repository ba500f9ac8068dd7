"""Cases that mostly wait, a few at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_AT_ONCE = 4  # each may have a server of its own

_Case = TypeVar("_Case")


def side_by_side(run: Callable[[_Case], None], cases: Iterable[_Case]) -> None:
    """Run every case; what fails says which it was."""

    def noted(case: _Case) -> None:
        try:
            run(case)
        except BaseException as error:
            error.add_note(f"in the case of {case}")
            raise

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(noted, cases):
            pass
