"""What a smaller installation leaves out, and how it is named where somebody asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

# By extra of pyproject.toml: the modules that are imported only at the edge that needs them.
MODULES = {
    "kafka": frozenset({"aiokafka", "cramjam", "faust", "kafka", "pg8000"}),
    "s3": frozenset({"obstore"}),
    "fit": frozenset({"numba", "scipy"}),
    "plan": frozenset({"ortools"}),
}


class MissingExtra(ImportError):
    """A part that is not installed was asked for."""


@contextmanager
def needs(extra: str) -> Iterator[None]:
    """Around the imports that need an extra. Raises MissingExtra, which names it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in MODULES[extra]:
            raise
        raise _missing_extra(error.name or "", extra) from error


def require(extra: str) -> None:
    """Look whether an extra is installed, and import nothing. Raises MissingExtra."""
    for module in sorted(MODULES[extra]):
        if find_spec(module) is None:
            raise _missing_extra(module, extra)


def _missing_extra(module: str, extra: str) -> MissingExtra:
    what = "pg8000, the driver of PostgreSQL," if module == "pg8000" else module
    return MissingExtra(f"{what} is not installed; it comes with the extra {extra}: pip install 'pacer-lrs[{extra}]'")
