"""Patterns of activity ids: what many of them cost, and which can be read."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.catalog.change_validation import parse_changes
from schemas.activity_patterns import PatternIndex, check_pattern, compile_pattern

MANY = 500


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The expressions that were compiled."""
    calls: list[Any] = []
    make = re.compile

    def counted(expression: Any, *flags: Any) -> Any:
        calls.append(expression)
        return make(expression, *flags)

    monkeypatch.setattr(re, "compile", counted)
    return calls


def test_patterns_are_compiled_when_an_id_may_fit(compiled: list[Any]) -> None:
    """To compile all of them took a preview of 9,000 patterns ten seconds."""
    index = PatternIndex.of((f"https://x.example/{n}/{{unit}}/*", n) for n in range(MANY))
    for _ in range(3):
        [match] = index.matches("https://x.example/77/fractions/1")
        assert (match.value, match.filled) == (77, {"unit": "fractions"})
    assert index.matches("https://y.example/77") == []
    assert len(compiled) == 1


def test_patterns_are_validated_without_being_compiled(compiled: list[Any]) -> None:
    changes = [{"kind": "pattern", "id": f"https://x.example/{n}/{{unit}}/*"} for n in range(MANY)]
    assert len(parse_changes(orjson.dumps(changes))) == MANY
    assert compiled == []


@given(st.lists(st.sampled_from(["{a}", "{b}", "{1}", "{²}", "{é}", "{_}", "{", "}", "*", "/", "(", "\\", "?a="])))
def test_what_is_valid_can_be_compiled(parts: list[str]) -> None:
    text = "".join(parts)
    names = re.findall(r"\{(\w+)\}", text)
    if len(set(names)) == len(names) and all(map(str.isidentifier, names)):
        check_pattern(text)
        assert list(compile_pattern(text).groupindex) == names
    else:
        with pytest.raises(ValueError, match="cannot be read"):
            check_pattern(text)
        with pytest.raises(ValueError, match="cannot be read"):
            compile_pattern(text)
