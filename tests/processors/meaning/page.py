"""Writes docs/reference/statements.md from the tables: python -m tests.processors.meaning.page"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from processors.meaning.vocabulary.row import Nothing
from processors.meaning.vocabulary.table import ROWS
from processors.meaning.vocabulary.types import TYPES

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "statements.md"
_HEAD = """# What statements become

Made from the tables in `processors/meaning/vocabulary` by `python -m tests.processors.meaning.page`; a test keeps it
current.

A statement becomes one *observation* for each learner it is about, or nothing, for a reason. The verb decides together
with the object and the result: the first row that lists the verb and whose condition holds. A verb of a vocabulary that
is not listed means what the listed verb with the same last word means; any other is an exposure.
"""


def page() -> str:
    """The page as it should be."""
    return "\n".join([_HEAD, *_verbs(), *_nothing(), *_types()]) + "\n"


def _verbs() -> Iterator[str]:
    yield "## Verbs\n"
    yield "| Becomes | Verbs | When | Source |"
    yield "|---|---|---|---|"
    for row in ROWS:
        if not isinstance(row.means, Nothing):
            says = {1.0: ", right", 0.0: ", wrong", None: ""}[row.outcome]
            yield f"| {row.means}{says} | {_list(row.verbs)} | {row.when.text if row.when else ''} | {row.source} |"
    yield ""


def _nothing() -> Iterator[str]:
    yield "## Nobody's learning\n"
    yield "| Reason | Verbs | When | Source |"
    yield "|---|---|---|---|"
    for row in ROWS:
        if isinstance(row.means, Nothing):
            yield f"| {row.means} | {_list(row.verbs)} | {row.when.text if row.when else ''} | {row.source} |"
    yield ""


def _types() -> Iterator[str]:
    yield "## Activity types\n"
    yield "A type that is not listed has the role of its last word (`…/skill`, `…/quiz`, `…/video`, …), or none.\n"
    yield "| Role | Types | Source |"
    yield "|---|---|---|"
    for row in TYPES:
        yield f"| {row.role} | {_list(row.types)} | {row.source} |"


def _list(iris: tuple[str, ...]) -> str:
    return "<br>".join(f"`{iri}`" for iri in iris)


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
