"""Signs that somebody is unlikely to finish, in made-up classes."""

from __future__ import annotations

from lrs.pacing.finishing_signs import ALWAYS, FEWEST_MEMBERS, FinishingSigns, WorkDone, class_signs
from lrs.pacing.unlikely import WEIGHTS

REST = {f"r{n}": {"a": WorkDone(1, 0.8), "b": WorkDone(5, 0.6)} for n in range(FEWEST_MEMBERS - 1)}


def of_ada(work: dict[str, WorkDone]) -> FinishingSigns:
    return class_signs(REST | {"ada": work})["ada"]


def test_beside_what_most_have_done() -> None:
    assert of_ada({})[:4] == (2, 2, True, None)
    found = of_ada({"a": WorkDone(1, 0.1)})
    assert found[:3] == (2, 1, True)
    assert found.results is not None
    assert round(found.results, 9) == round(0.1 - (7 * 0.8 + 0.1) / 8, 9)
    assert of_ada({"b": WorkDone(9, None)})[:4] == (2, 1, False, None)
    assert of_ada({"a": WorkDone(1, 0.8), "b": WorkDone(5, 0.6), "only hers": WorkDone(2, 0.0)})[:3] == (2, 0, False)


def test_what_fewer_than_half_have_done_is_not_due() -> None:
    ahead = {who: its | ({"c": WorkDone(7, 1.0)} if who < "r3" else {}) for who, its in REST.items()}
    assert class_signs(ahead | {"ada": {}})["ada"].due == 2


def test_nothing_is_said_of_too_few_or_too_little() -> None:
    assert class_signs(REST) == {}
    one_piece = {who: {"a": its["a"]} for who, its in REST.items()}
    assert class_signs(one_piece | {"ada": {}}) == {}
    assert class_signs({}) == {}


def test_features_are_less_the_classs_mean_and_grow_with_what_was_due() -> None:
    def of(pieces: int) -> dict[str, FinishingSigns]:
        whole = {f"p{n}": WorkDone(n, 0.8) for n in range(pieces)}
        half = dict(list(whole.items())[: pieces // 2])
        return class_signs({f"r{n}": whole for n in range(FEWEST_MEMBERS)} | {"ada": half})

    few, many = of(2), of(40)
    assert few["ada"].features.keys() == WEIGHTS.keys()
    for name in WEIGHTS.keys() - {ALWAYS}:
        assert abs(sum(one.features[name] for one in many.values())) < 1e-9, name
    assert few["ada"].features[ALWAYS] == few["r0"].features[ALWAYS] == 1.0
    assert few["ada"].features["missing"] - few["r0"].features["missing"] == 0.5
    assert few["ada"].features["missing, of much"] == 0.0
    assert many["ada"].features["missing, of much"] > 0.5
    assert of(12)["ada"].features == of(14)["ada"].features


def test_late_is_counted_in_days_whatever_the_unit_of_times() -> None:
    late = {"a": WorkDone(8, 0.8), "b": WorkDone(5, 0.6)}
    hours = {
        who: {item: WorkDone(24 * done.time, done.result) for item, done in its.items()}
        for who, its in (REST | {"ada": late}).items()
    }
    found, in_hours = class_signs(REST | {"ada": late}), class_signs(hours, 24.0)
    assert found == in_hours
    assert found["ada"].features["late at all"] > 0 > found["r0"].features["late at all"]
    assert found["ada"].features["late"] - found["r0"].features["late"] == 0.35  # 3.5 days on average
