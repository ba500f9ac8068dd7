"""What a simulated school's items ask can be judged, and has one right answer."""

from __future__ import annotations

from fractions import Fraction

from lrs.simulator.questions import ask
from lrs.simulator.school import ITEMS_OF_A_SKILL, skills


def test_every_item_asks_something_else_with_one_right_answer() -> None:
    asked = [ask(skill, n) for skill in range(skills()) for n in range(ITEMS_OF_A_SKILL)]
    assert len({one.text for one in asked}) == len(asked)
    for one in asked:
        [right] = one.correct
        assert one.is_right(right)
        assert not any(one.is_right(choice.id) for choice in one.choices if choice.id != right)
        numbers = [Fraction(choice.text) for choice in one.choices if choice.text[0].isdigit()]
        assert len(set(numbers)) == len(numbers), one.text
        if "equals" in one.text:
            texts = {choice.id: choice.text for choice in one.choices}
            assert Fraction(texts[right]) == Fraction(one.text.split()[-1].rstrip("?"))
