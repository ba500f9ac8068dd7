"""Patterns of activity ids, many at once.

In a pattern `*` matches anything, and `{name}` one part of an id (without / ? # & =), which its skills may
name. A pattern that starts with no scheme may start anywhere in an id: `question.php?*`, `?subContentId=*`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

_HOLE = re.compile(r"\*|\{(\w+)\}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_GRAM = 6  # characters by which a pattern without a scheme is looked up

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PatternMatch(Generic[T]):
    """A pattern that fits, with what its holes are filled with."""

    value: T
    filled: dict[str, str]


@dataclass(slots=True)
class _Pattern(Generic[T]):
    """A pattern whose expression is made when an id is first compared: that takes longer than all else about it."""

    weight: tuple[int, str]
    text: str
    value: T
    _expression: re.Pattern[str] | None = None

    def fits(self, id_: str) -> re.Match[str] | None:
        if self._expression is None:
            self._expression = compile_pattern(self.text)
        return self._expression.fullmatch(id_)


@dataclass(slots=True)
class PatternIndex(Generic[T]):
    """Patterns, found by what they say literally: a thousand cost little more than one."""

    _by_prefix: dict[str, list[_Pattern[T]]] = field(default_factory=dict)
    _by_gram: dict[str, list[_Pattern[T]]] = field(default_factory=dict)
    _others: list[_Pattern[T]] = field(default_factory=list)
    _lengths: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, patterns: Iterable[tuple[str, T]]) -> PatternIndex[T]:
        index: PatternIndex[T] = cls()
        for text, value in patterns:
            index._add(text, value)
        index._lengths = sorted({len(prefix) for prefix in index._by_prefix})
        return index

    def matches(self, id_: str) -> list[PatternMatch[T]]:
        """Every pattern that fits, the one that says most literally first."""
        candidates = list(self._others)
        for length in self._lengths:
            if length > len(id_):
                break
            candidates += self._by_prefix.get(id_[:length], ())
        if self._by_gram:
            grams = self._by_gram
            known_grams = {id_[at : at + _GRAM] for at in range(len(id_) - _GRAM + 1)} & grams.keys()
            for gram in known_grams:
                candidates += grams[gram]
        fitting = [(p, match) for p in candidates if (match := p.fits(id_))]
        fitting.sort(key=lambda pair: pair[0].weight)
        return [PatternMatch(p.value, {k: v for k, v in match.groupdict().items() if v}) for p, match in fitting]

    def _add(self, text: str, value: T) -> None:
        anchored = bool(_SCHEME.match(text))
        pattern = _Pattern((-len(_HOLE.sub("", text)), text), text, value)
        hole = _HOLE.search(text)
        if anchored:
            self._by_prefix.setdefault(text[: hole.start()] if hole else text, []).append(pattern)
            return
        literal = max(_HOLE.sub("\0", text).split("\0"), key=len)
        if len(literal) >= _GRAM:
            self._by_gram.setdefault(literal[:_GRAM], []).append(pattern)
        else:
            self._others.append(pattern)


def check_pattern(text: str) -> None:
    """Raises ValueError where two holes have one name, or one has what cannot be a name."""
    hole_names: set[str] = set()
    for hole in _HOLE.finditer(text):
        name = hole[1]
        if name is None:
            continue
        if not name.isidentifier():
            raise ValueError(f"the pattern {text!r} cannot be read: {name!r} cannot be a name")
        if name in hole_names:
            raise ValueError(f"the pattern {text!r} cannot be read: two holes have the name {name!r}")
        hole_names.add(name)


def compile_pattern(text: str) -> re.Pattern[str]:
    """The regular expression of a pattern. Raises ValueError as `check_pattern`."""
    check_pattern(text)
    parts, last = ["" if _SCHEME.match(text) else ".*"], 0
    for hole in _HOLE.finditer(text):
        parts.append(re.escape(text[last : hole.start()]))
        parts.append(f"(?P<{hole[1]}>[^/?#&=]+)" if hole[1] else ".*")
        last = hole.end()
    parts.append(re.escape(text[last:]))
    return re.compile("".join(parts), re.DOTALL)


def fill_template(template: str, filled: dict[str, str]) -> str:
    """A skill's id with the holes' values put in; holes that the pattern does not have stay."""
    return _HOLE.sub(lambda hole: filled.get(hole[1], hole[0]) if hole[1] else hole[0], template)
