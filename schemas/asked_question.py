"""Questions whose answers a page can judge: what is asked, what can be chosen, and which responses are right.

Responses and their patterns are written as xAPI writes them (1.0.3, part 2, appendix C): the ids of several choices are
joined by `[,]`, a range of numbers by `[:]`, and what a fill-in keeps to is before it in braces.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

MOST_CHOICES = 12
MOST_RESPONSE = 200  # characters of an answer that is written
AND, TO = "[,]", "[:]"
Judged = Literal["choice", "true-false", "numeric", "fill-in"]
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,15}(?:[.,][0-9]{0,15})?|[.,][0-9]{1,15})")
_KEEPS_TO = re.compile(r"\{(lang|case_matters|order_matters)=([^{}]*)\}")


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Choice(_Asked):
    """What can be chosen."""

    id: str = Field(min_length=1, max_length=256)
    text: str = Field(min_length=1, max_length=500)


class AskedQuestion(_Asked):
    """A question as a page asks it. `correct` are the patterns of right responses; one of them is enough."""

    type: Judged
    text: str = Field(min_length=1, max_length=2000)
    choices: list[Choice] = Field(default=[], max_length=MOST_CHOICES)
    correct: list[Annotated[str, Field(min_length=1, max_length=2000)]] = Field(min_length=1, max_length=20)

    @model_validator(mode="after")
    def _can_be_judged(self) -> AskedQuestion:
        ids = {choice.id for choice in self.choices}
        if (self.type == "choice") != bool(self.choices):
            raise ValueError("choices are needed by the type choice, and by no other")
        if len(ids) < len(self.choices):
            raise ValueError("choices has an id twice")
        for pattern in self.correct:
            if not _is_pattern(self.type, pattern, ids):
                raise ValueError(f"correct: {pattern[:80]!r} is no right response of the type {self.type}")
        return self

    @property
    def several(self) -> bool:
        """Whether several choices may be right together."""
        return self.type == "choice" and any(AND in pattern for pattern in self.correct)

    def is_right(self, response: str) -> bool:
        """Whether a response, as xAPI writes it, is a right one."""
        match self.type:
            case "true-false":
                return response in self.correct
            case "choice":
                return any(set(response.split(AND)) == set(pattern.split(AND)) for pattern in self.correct)
            case "numeric":
                number = number_of(response)
                return number is not None and any(_within(number, pattern) for pattern in self.correct)
            case "fill-in":
                return any(_same(response, pattern) for pattern in self.correct)


def number_of(text: str) -> Decimal | None:
    """A number as people write it, with a sign, and with a point or a comma; None for anything else."""
    plain = text.strip().replace("\N{MINUS SIGN}", "-")
    return Decimal(plain.replace(",", ".")) if _NUMBER.fullmatch(plain) else None


def _is_pattern(kind: Judged, pattern: str, ids: set[str]) -> bool:
    match kind:
        case "true-false":
            return pattern in ("true", "false")
        case "choice":
            return set(pattern.split(AND)) <= ids
        case "numeric":
            ends = pattern.split(TO)
            return len(ends) <= 2 and any(ends) and all(not bound or number_of(bound) is not None for bound in ends)
        case "fill-in":  # one blank
            return AND not in pattern and bool(_normalized_text(_KEEPS_TO.sub("", pattern)))


def _within(number: Decimal, pattern: str) -> bool:
    low, to, high = pattern.partition(TO)
    if not to:
        return number == number_of(low)
    least, most = number_of(low), number_of(high)
    return (least is None or least <= number) and (most is None or number <= most)


def _same(response: str, pattern: str) -> bool:
    keeps_to = dict(_keeps_to(pattern))
    plain_pattern, plain_response = _normalized_text(_KEEPS_TO.sub("", pattern)), _normalized_text(response)
    if keeps_to.get("case_matters") == "true":
        return plain_response == plain_pattern
    return plain_response.casefold() == plain_pattern.casefold()


def _keeps_to(pattern: str) -> Iterator[tuple[str, str]]:
    for rule in _KEEPS_TO.finditer(pattern):
        yield rule[1], rule[2]


def _normalized_text(text: str) -> str:
    """Text without what nobody sees of it."""
    return " ".join(unicodedata.normalize("NFKC", text).split())
