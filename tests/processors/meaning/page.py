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

## How well it went

The share of the marks is (raw - min) / (max - min), else the scaled score; where the maximum is no more than the
minimum it means nothing. Moodle's scaled score runs from -1 to 1. SCORM has 100 marks unless it says otherwise. Right
or wrong is decided by the first of these that says something: the catalog's threshold for the share; the verb itself
(passed, failed); `success`, where the tool means it; the pass mark in the statement; full marks or none. Anything else
is not judged, and its share is kept.

`success` is not believed where Moodle says true beside a score (without a pass mark every grade passes) or scored
without a score (it is not graded yet), where Open edX earned or attempted it (full marks only) or answers several
questions at once (it is the first one's), and where H5P says false for Drag and Drop, Mark the Words and compounds
(full marks only).

## What it teaches

The first that says something: typed activities of the context (skills, competencies, objectives, standards) and
extensions that name skills; the object itself, where it is one of those; the objectives of the cmi5 unit; the catalog's
entry of the item, then its patterns; the entries and patterns of the parents and groupings, the nearest first; last the
unit it is a part of, as a provisional skill. An objective of Articulate is a slide that sums up, and no skill.

## When it happened

A time later than 5 minutes after `stored`, or before 1990, is read as `stored`; the sender's own is kept and orders
what came together. The day is that of the learner's school, else the tenant's, else UTC.

## One answer is one attempt

Observations of one learner, in order, become evidence:

- Where a tool names its tries, one name is one attempt, and its last judgement counts. Else two tellings are one when
  item and outcome agree and they are different tellings (another verb or kind, with or without a share) within 5
  seconds of the first, or equal but for id and time within half a second. Of a clock that cannot be believed, its own
  time says how far apart they are.
- Canvas has one id for all submissions of a learner and counts them: what does not say the number, as a grade, is about
  the last one. A grade that is calculated again and again (Open edX) is one attempt.
- A grade given by somebody judges the last answer, whenever it comes, and is no day or minute of the learner's.
- The result of a whole is no attempt where its parts were reported with an outcome or a share: those that name its try,
  else those of the 12 hours before it or the 5 minutes after.
- An answer within 12 hours after a hint or a solution was shown, for the item or what it is a part of, was assisted.
- Sessions launched to browse or review are no evidence.
- Active time is the union of what events vouch for: durations, the time since the last event up to 30 minutes unless
  that was a stop, and media played. No event vouches for more than 8 hours.
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
    yield "## No evidence of learning\n"
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
