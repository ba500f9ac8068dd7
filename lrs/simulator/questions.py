"""What the items of a simulated school ask: short questions of arithmetic, as the catalog and statements have them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import gcd

from schemas.asked_question import AskedQuestion, Choice

_PAIRS = ((1, 2), (2, 3), (3, 4), (1, 3), (2, 5), (3, 5), (4, 5), (1, 4), (5, 6), (3, 8), (1, 6), (5, 8))
_DECIMAL = ((1, 2), (3, 4), (1, 4), (2, 5), (3, 5), (4, 5), (1, 5), (7, 10), (3, 8), (5, 8), (3, 10), (1, 8))
_PLACES = "abcdef"


def ask(skill: int, n: int) -> AskedQuestion:
    """The question of a skill's item; the same number gives the same question."""
    return _QUESTION_MAKERS[skill](n)


def _choose(text: str, right: str, wrong: list[str], n: int) -> AskedQuestion:
    """A choice; the right one is now here, now there."""
    offered = [answer for answer in dict.fromkeys(wrong) if answer != right][:3]
    offered.insert(n % (len(offered) + 1), right)
    choices = [Choice(id=id_, text=answer) for id_, answer in zip(_PLACES, offered, strict=False)]
    return AskedQuestion(type="choice", text=text, choices=choices, correct=[_PLACES[offered.index(right)]])


def _number_question(text: str, right: Fraction | int) -> AskedQuestion:
    return AskedQuestion(type="numeric", text=text, correct=[f"{float(right):g}"])


def _fraction_text(top: int, bottom: int) -> str:
    return f"{top}/{bottom}"


def _lowest(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else _fraction_text(value.numerator, value.denominator)


def _equivalent(n: int) -> AskedQuestion:
    (top, bottom), by = _PAIRS[n % len(_PAIRS)], 2 + n % 4
    wrong = [_fraction_text(top + by, bottom + by), _fraction_text(top * by, bottom), _fraction_text(top, bottom * by)]
    return _choose(f"Which fraction equals {top}/{bottom}?", _fraction_text(top * by, bottom * by), wrong, n)


def _compare(n: int) -> AskedQuestion:
    fraction, other = _PAIRS[n % len(_PAIRS)], _PAIRS[(n + 5) % len(_PAIRS)]
    if n % 2:
        right = "true" if Fraction(*fraction) > Fraction(*other) else "false"
        text = f"{_fraction_text(*fraction)} is greater than {_fraction_text(*other)}."
        return AskedQuestion(type="true-false", text=text, correct=[right])
    least, most = sorted((fraction, other), key=lambda pair: Fraction(*pair))
    wrong = [_fraction_text(*least), "They are equal"]
    return _choose(
        f"Which is greater, {_fraction_text(*fraction)} or {_fraction_text(*other)}?",
        _fraction_text(*most),
        wrong,
        n // 2,
    )


def _addition_question(n: int) -> AskedQuestion:
    fraction, other = _PAIRS[n % len(_PAIRS)], _PAIRS[(n + 3) % len(_PAIRS)]
    wrong = [
        _fraction_text(fraction[0] + other[0], fraction[1] + other[1]),
        _fraction_text(fraction[0] + other[0], fraction[1] * other[1]),
    ]
    right = Fraction(*fraction) + Fraction(*other)
    return _choose(
        f"{_fraction_text(*fraction)} + {_fraction_text(*other)} = ?", _lowest(right), [*wrong, _lowest(right / 2)], n
    )


def _multiply(n: int) -> AskedQuestion:
    fraction, other = _PAIRS[n % len(_PAIRS)], _PAIRS[(n + 4) % len(_PAIRS)]
    wrong = [_lowest(Fraction(*fraction) + Fraction(*other)), _lowest(Fraction(*fraction) / Fraction(*other))]
    right = Fraction(*fraction) * Fraction(*other)
    return _choose(
        f"{_fraction_text(*fraction)} × {_fraction_text(*other)} = ?", _lowest(right), [*wrong, _lowest(right * 2)], n
    )


def _divide(n: int) -> AskedQuestion:
    fraction, other = _PAIRS[n % len(_PAIRS)], _PAIRS[(n + 5) % len(_PAIRS)]
    right = Fraction(*fraction) / Fraction(*other)
    wrong = [_lowest(Fraction(*fraction) * Fraction(*other)), _lowest(1 / right), _lowest(right * 2)]
    return _choose(f"{_fraction_text(*fraction)} ÷ {_fraction_text(*other)} = ?", _lowest(right), wrong, n)


def _decimal(n: int) -> AskedQuestion:
    pair = _DECIMAL[n % len(_DECIMAL)]
    return _number_question(f"Write {_fraction_text(*pair)} as a decimal.", Fraction(*pair))


def _percent_question(n: int) -> AskedQuestion:
    share, of = (10, 25, 50, 75, 20, 5)[n % 6], 20 * (2 + n)
    return _number_question(f"What is {share} % of {of}?", Fraction(share * of, 100))


def _ratio(n: int) -> AskedQuestion:
    first, other, by = 2 + n % 5, 3 + n % 7, 2 + n % 3
    common = gcd(first, other)
    return _number_question(f"{first // common} : {other // common} = {first // common * by} : ?", other // common * by)


def _negative(n: int) -> AskedQuestion:
    first, other = -(2 + n), 4 + n * 3 % 7
    if n % 3 == 2:
        right = "true" if first < -other else "false"
        return AskedQuestion(type="true-false", text=f"−{-first} is less than −{other}.", correct=[right])
    return (
        _number_question(f"−{-first} + {other} = ?", first + other)
        if n % 3
        else _number_question(f"−{-first} − {other} = ?", first - other)
    )


def _equation(n: int) -> AskedQuestion:
    x, add, times = 2 + n, 3 + n % 4, 2 + n % 3
    if n % 2:
        return _number_question(f"{times}x + {add} = {times * x + add}. What is x?", x)
    return _number_question(f"x + {add} = {x + add}. What is x?", x)


_QUESTION_MAKERS: tuple[Callable[[int], AskedQuestion], ...] = (
    _equivalent,
    _compare,
    _addition_question,
    _multiply,
    _divide,
    _decimal,
    _percent_question,
    _ratio,
    _negative,
    _equation,
)  # in the order of the school's skills
