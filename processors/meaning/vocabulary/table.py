"""The table of verbs: which row a statement meets."""

from __future__ import annotations

import re
from functools import lru_cache

from processors.meaning.vocabulary import (
    administration,
    answers,
    awards,
    completions,
    exposures,
    helps,
    media,
    opinions,
    results,
    sessions,
    social,
)
from processors.meaning.vocabulary.facts import Facts
from processors.meaning.vocabulary.row import VerbRow
from schemas.observation import Kind

# In this order: the first row of a verb whose condition holds decides.
ROWS: tuple[VerbRow, ...] = (
    *media.ROWS,
    *answers.ROWS,
    *results.ROWS,
    *completions.ROWS,
    *sessions.ROWS,
    *helps.ROWS,
    *awards.ROWS,
    *opinions.ROWS,
    *social.ROWS,
    *exposures.ROWS,
    *administration.ROWS,
)
UNKNOWN = VerbRow(Kind.EXPOSURE, (), "a verb of no listed vocabulary")


def _by_verb() -> dict[str, tuple[VerbRow, ...]]:
    rows_by_verb: dict[str, tuple[VerbRow, ...]] = {}
    for vocabulary_row in ROWS:
        for verb in dict.fromkeys(vocabulary_row.verbs):
            rows_by_verb[verb] = (*rows_by_verb.get(verb, ()), vocabulary_row)
    return rows_by_verb


def _last_word(verb: str) -> str:
    return re.split(r"[/#:]", verb.rstrip("/"))[-1].lower()


def _by_word() -> dict[str, tuple[VerbRow, ...]]:
    """The rows of a word: those of the listed verb that ends with it and is listed first."""
    rows_by_word: dict[str, tuple[VerbRow, ...]] = {}
    for verb, verb_rows in _ROWS_BY_VERB.items():
        rows_by_word.setdefault(_last_word(verb), verb_rows)
    return rows_by_word


_ROWS_BY_VERB = _by_verb()
_ROWS_BY_WORD = _by_word()
VERBS = frozenset(_ROWS_BY_VERB)


@lru_cache(maxsize=4096)
def rows_of(verb: str) -> tuple[VerbRow, ...]:
    """The rows of a verb; of the listed verb with the same last word where its vocabulary is not listed."""
    return _ROWS_BY_VERB.get(verb) or _ROWS_BY_VERB.get(verb.rstrip("/")) or _ROWS_BY_WORD.get(_last_word(verb), ())


def row_of(facts: Facts) -> VerbRow:
    """The row that a statement meets."""
    for vocabulary_row in rows_of(facts.verb):
        if vocabulary_row.when is None or vocabulary_row.when.holds(facts):
            return vocabulary_row
    return UNKNOWN
