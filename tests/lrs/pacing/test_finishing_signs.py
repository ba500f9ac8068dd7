"""Signs that somebody is unlikely to finish, in made-up classes."""

from __future__ import annotations

from lrs.pacing.finishing_signs import FEWEST_MEMBERS, FinishingSigns, WorkDone, class_signs
from lrs.pacing.unlikely import WEIGHTS

REST = {f"r{n}": {"a": WorkDone(1, 0.8), "b": WorkDone(5, 0.6)} for n in range(FEWEST_MEMBERS - 1)}


def of_ada(work: dict[str, WorkDone]) -> FinishingSigns:
    return class_signs(REST | {"ada": work})["ada"]


def test_beside_what_most_have_done() -> None:
    assert of_ada({}) == FinishingSigns(2, 2, True, None)
    found = of_ada({"a": WorkDone(1, 0.1)})
    assert found[:3] == (2, 1, True)
    assert found.results is not None
    assert round(found.results, 9) == round(0.1 - (7 * 0.8 + 0.1) / 8, 9)
    assert of_ada({"b": WorkDone(9, None)}) == FinishingSigns(2, 1, False, None)
    assert of_ada({"a": WorkDone(1, 0.8), "b": WorkDone(5, 0.6), "only hers": WorkDone(2, 0.0)})[:3] == (2, 0, False)


def test_what_fewer_than_half_have_done_is_not_due() -> None:
    ahead = {who: its | ({"c": WorkDone(7, 1.0)} if who < "r3" else {}) for who, its in REST.items()}
    assert class_signs(ahead | {"ada": {}})["ada"].due == 2


def test_nothing_is_said_of_too_few_or_too_little() -> None:
    assert class_signs(REST) == {}
    one_piece = {who: {"a": its["a"]} for who, its in REST.items()}
    assert class_signs(one_piece | {"ada": {}}) == {}
    assert class_signs({}) == {}


def test_features_are_named_and_grow_with_what_was_due() -> None:
    few, many = FinishingSigns(2, 1, True, -0.1).features, FinishingSigns(40, 20, True, -0.1).features
    assert few.keys() == many.keys() == WEIGHTS.keys()
    assert (few["missing"], few["latest missing"], few["missing, of much"]) == (0.5, 1.0, 0.0)
    assert many["missing, of much"] > 0.5
    assert FinishingSigns(12, 6, True, -0.1).features == many
