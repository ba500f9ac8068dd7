"""How far a learner is folded: what is known more has a higher version."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from processors.stages.fold_mark import FoldMark
from schemas.observation import Kind, Observation


def observation(partition: int, sequence: int, moved: bool) -> Observation:
    return Observation(
        "t",
        "l",
        sequence,
        f"{partition}-{sequence}",
        0,
        Kind.ATTEMPT,
        "answered",
        partition=partition,
        sequence=sequence,
        moved=moved,
    )


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), max_size=12), st.integers(0, 200))
def test_whatever_arrives_gives_a_higher_version(arriving: list[tuple[int, int, bool]], generation: int) -> None:
    """The first statement of a partition has the sequence 0: two rows of one version would hide an answer."""
    mark = FoldMark()
    for partition, sequence, moved in arriving:
        reached, version = (dict(mark.watermarks), dict(mark.moved)), mark.version(generation)
        mark.reach(observation(partition, sequence, moved))
        if (mark.watermarks, mark.moved) == reached:
            assert mark.version(generation) == version
        else:
            assert mark.version(generation + 1) > version
            assert mark.version(generation) > version


@given(st.dictionaries(st.integers(0, 3), st.integers(1, 9)), st.dictionaries(st.integers(0, 3), st.integers(1, 9)))
def test_a_refold_that_is_asked_for_gives_a_higher_version(before: dict[int, int], asked: dict[int, int]) -> None:
    mark = FoldMark(refolds=before)
    after = mark.after([], asked, "")
    grew = after.refolds != before
    assert (after.version(0) > mark.version(0)) == grew
