from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.evaluation.assistments import AssistmentsAnswer, read_assistments, read_fold


def write(path: Path, *learners: tuple[str, str, str, str]) -> Path:
    path.write_text("".join("\n".join(lines) + "\n" for lines in learners))
    return path


def test_an_item_of_several_skills_is_one_event(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", ("0,77", "5,5,6,7,7", "1,2,1,3,4", "1,1,0,0,0"))
    assert list(read_assistments(path)) == [
        (
            "77",
            [
                AssistmentsAnswer("5", ("1", "2"), True),
                AssistmentsAnswer("6", ("1",), False),
                AssistmentsAnswer("7", ("3", "4"), False),
            ],
        )
    ]


def test_a_retry_is_an_event_of_its_own(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", ("0,1", "5,5,5,5,5", "1,1,2,1,2", "0,1,1,1,1"))
    ((_, events),) = read_assistments(path)
    assert events == [
        AssistmentsAnswer("5", ("1",), False),
        AssistmentsAnswer("5", ("1", "2"), True),
        AssistmentsAnswer("5", ("1", "2"), True),
    ]


def test_several_learners_and_trailing_commas(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", ("0,1", "5,", "1,", "0,"), ("1,2", "6", "2", "1"))
    assert [(learner, len(events)) for learner, events in read_assistments(path)] == [("1", 1), ("2", 1)]


@pytest.mark.parametrize(
    "lines",
    [("0,1", "5,6", "1", "0,1"), ("0,1", "5", "1", "2"), ("0", "5", "1", "1"), ("0,1", "5", "1", "")],
)
def test_other_formats_are_refused(tmp_path: Path, lines: tuple[str, str, str, str]) -> None:
    with pytest.raises(ValueError, match=r"x\.csv"):
        list(read_assistments(write(tmp_path / "x.csv", lines)))


@given(
    rows=st.lists(
        st.tuples(st.sampled_from("56"), st.sampled_from("123"), st.sampled_from("01")), min_size=1, max_size=30
    )
)
def test_collapsing_keeps_every_row_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]]
) -> None:
    items, skills, answers = (",".join(column) for column in zip(*rows, strict=True))
    path = write(tmp_path_factory.mktemp("log") / "x.csv", ("0,1", items, skills, answers))
    ((_, events),) = read_assistments(path)
    spread = [(e.item, skill, str(int(e.correct))) for e in events for skill in e.skills]
    assert spread == rows
    assert all(len(set(e.skills)) == len(e.skills) for e in events)


def test_a_fold_needs_its_three_files(tmp_path: Path) -> None:
    for part in ("train", "valid"):
        write(tmp_path / f"made_{part}1.csv", ("0,1", "5", "1", "1"))
    with pytest.raises(FileNotFoundError, match=r"test1\.csv"):
        read_fold(tmp_path)
    write(tmp_path / "made_test1.csv", ("0,9", "5", "1", "1"))
    assert read_fold(tmp_path)[2] == [("9", [AssistmentsAnswer("5", ("1",), True)])]
