"""What to do about all the skills of a learner that need help."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lrs.pacing.advice import advise, help_and_what_is_before

NAMES = {"a": "Halving", "b": "Adding", "c": "Comparing", "d": "Dividing"}


def before(id_: str, decision: str = "practise") -> dict[str, Any]:
    return {"skill": id_, "name": NAMES[id_], "decision": decision, "overruled": False}


def skill(
    id_: str, decision: str = "help", leads: str = "", days: float | None = 1.0, requires: str = ""
) -> dict[str, Any]:
    to = {"id": leads or id_, "name": NAMES[leads or id_]}
    return {
        "skill": id_,
        "name": NAMES[id_],
        "decision": decision,
        "next_skill": to,
        "days_since": days,
        "urgency": 0.5,
        "overruled": None,
        "evidence": {"prerequisites": [before(one) for one in requires]},
    }


def test_it_begins_with_what_most_of_it_leads_back_to() -> None:
    found = advise([skill("a"), skill("b", leads="a"), skill("c", leads="b"), skill("d", "practise")])
    assert found == (3, "a", "Halving", ("Adding", "Comparing"), None)
    assert advise([skill("a"), skill("b", leads="d"), skill("c", leads="d")]) == (
        3,
        "d",
        "Dividing",
        ("Adding", "Comparing"),
        None,
    )


def test_one_skill_none_and_what_is_old() -> None:
    assert advise([skill("a")]) == (1, "a", "Halving", (), None)
    assert advise([skill("a", "practise"), skill("b", "advance")]) is None
    old = [skill("a", days=52.3), skill("b", leads="a", days=9.9)]
    assert advise(old) == (2, "a", "Halving", ("Adding",), 9)


def test_it_begins_with_what_the_group_works_on() -> None:
    skills = [skill("b", leads="c"), skill("c", "practise", requires="a"), skill("d")]
    assert advise(skills) == (2, "d", "Dividing", (), None)
    assert advise(skills, ["a"]) == (2, "a", "Halving", ("Adding",), None)  # over c, which is practised
    assert advise(skills, ["c", "d"]) == (2, "c", "Comparing", ("Adding",), None)
    assert advise(skills, ["d", "c"]) == (2, "d", "Dividing", (), None)
    known = [skill("b", leads="c"), skill("c", "practise") | {"evidence": {"prerequisites": [before("a", "advance")]}}]
    assert advise(known, ["a"]) == (1, "c", "Comparing", ("Adding",), None)  # that group is for something else
    assert help_and_what_is_before([*skills, skill("a", "advance")]) == {"a", "b", "c", "d"}


@given(st.lists(st.builds(skill, st.sampled_from("abcd"), st.just("help"), st.sampled_from("abcd")), min_size=1,
                unique_by=lambda one: one["skill"]))  # fmt: skip
def test_whatever_leads_to_whatever(skills: list[dict[str, Any]]) -> None:
    found = advise(skills)
    assert found is not None
    assert (found.need_help, found.name) == (len(skills), NAMES[found.skill])
    assert NAMES[found.skill] not in found.others
    assert set(found.others) <= {one["name"] for one in skills}
