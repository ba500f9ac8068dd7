"""Sentences that remember what they are made of: plain English for a program, any language for whoever reads a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

Value = str | int | float  # of which a Worded is said in the language, too

_GROUPED = 1_000  # from which on digits are grouped


class Worded(str):
    """An English sentence that another language can be put in place of: `template` with `values` filled in."""

    template: str
    values: dict[str, Value]

    def __reduce__(self) -> tuple[Any, ...]:
        return _worded_from, (self.template, self.values)

    def say(self, translate: Callable[[str], str], write: Callable[[str, str | float], str]) -> str:
        """The sentence in a language. write: what is filled in, by its name, where that is no sentence itself."""
        filled = {
            name: value.say(translate, write) if isinstance(value, Worded) else write(name, value)
            for name, value in self.values.items()
        }
        translated = translate(self.template)
        return translated % filled if filled else translated


def worded(template: str, /, **values: Value) -> Worded:
    """A sentence; tests find its template by this, so that every language has it."""
    return _worded_from(template, values)


def _worded_from(template: str, values: dict[str, Value]) -> Worded:
    written = {name: value if isinstance(value, str) else _number_in_words(value) for name, value in values.items()}
    sentence = Worded(template % written if written else template)
    sentence.template, sentence.values = template, values
    return sentence


def _number_in_words(value: float) -> str:
    if isinstance(value, int) and value >= _GROUPED:
        return f"{value:,}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def wording(template: str) -> str:
    """The same: a template of a sentence that is made later. Tests find it by this."""
    return template


def words_of(error: Exception) -> str:
    """What an error says, as the sentence that it was made of where there is one."""
    first = error.args[0] if error.args else ""
    return first if isinstance(first, Worded) else str(error)


class Said(BaseModel):
    """A sentence as an event keeps it: `values` are filled into `text`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    text: str
    values: dict[str, str | int | float | Said] = Field(default={})

    @classmethod
    def of(cls, sentence: str) -> Said:
        """What keeps a sentence, whatever it is made of."""
        if not isinstance(sentence, Worded):
            return cls(text=sentence)
        said_values = {
            name: cls.of(value) if isinstance(value, Worded) else value for name, value in sentence.values.items()
        }
        return cls(text=sentence.template, values=said_values)

    def sentence(self) -> Worded:
        """The sentence that was kept."""
        return _worded_from(
            self.text,
            {name: value.sentence() if isinstance(value, Said) else value for name, value in self.values.items()},
        )
