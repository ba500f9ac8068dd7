"""ASSISTments logs as the knowledge-tracing literature passes them round: four lines a learner.

Lines: "index,learner"; item ids; skill ids; 1 right or 0 wrong. An item of several skills is given as consecutive
rows with one item and one answer: scoring them apart would tell a model the answer, so they are one event here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class AssistmentsAnswer(NamedTuple):
    """One answer of an ASSISTments log."""

    item: str
    skills: tuple[str, ...]
    correct: bool


Log = list[tuple[str, list[AssistmentsAnswer]]]


def read_assistments(path: Path) -> Iterator[tuple[str, list[AssistmentsAnswer]]]:
    """Learners with their answers in order.

    Raises ValueError where the file is not in this format, OSError where it cannot be read.
    """
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            head = _cells(line)
            items, skills, answers = (_cells(next(file, "")) for _ in range(3))
            if len(head) != 2 or not len(items) == len(skills) == len(answers) or not set(answers) <= {"0", "1"}:
                raise ValueError(f"{path.name}: learner {number} is not four lines of ids, items, skills and answers")
            yield head[1], list(_events(items, skills, answers))


def read_fold(folder: Path, fold: int = 1) -> tuple[Log, Log, Log]:
    """Training, validation and test learners of a fold.

    Raises FileNotFoundError where the folder does not hold exactly one file of each, and as `read_assistments` does.
    """
    logs = []
    for part in ("train", "valid", "test"):
        files = sorted(folder.glob(f"*{part}{fold}.csv"))
        if len(files) != 1:
            raise FileNotFoundError(f"{folder} should hold one file named *{part}{fold}.csv; it holds {len(files)}")
        logs.append(list(read_assistments(files[0])))
    return logs[0], logs[1], logs[2]


def _events(items: list[str], skills: list[str], answers: list[str]) -> Iterator[AssistmentsAnswer]:
    """Collapse runs of one item, one answer and ever new skills: a skill that comes again is a new attempt."""
    run: AssistmentsAnswer | None = None
    for item, skill, answer in zip(items, skills, answers, strict=True):
        correct = answer == "1"
        if run and run.item == item and run.correct == correct and skill not in run.skills:
            run = run._replace(skills=(*run.skills, skill))
            continue
        if run:
            yield run
        run = AssistmentsAnswer(item, (skill,), correct)
    if run:
        yield run


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.rstrip("\n").rstrip(",").split(",")]
