"""A log of answers as arrays: what every fit starts from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Answer = tuple[str, tuple[str, ...], float]  # item, skills, outcome in [0, 1]
Log = Sequence[tuple[str, Sequence[Answer]]]  # learners with their answers, in order


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers by learner and time. Answer i is on skills[rows[i]:rows[i + 1]], which are distinct and at least one."""

    learners: Ints  # (learners + 1,): where each one's answers begin
    items: Ints  # (answers,): index in item_names
    outcomes: Floats  # (answers,)
    times: Ints  # (answers,): µs since the epoch; all 0 where there is no clock
    rows: Ints  # (answers + 1,)
    skills: Ints  # (rows[-1],): index in skill_names
    item_names: list[str]
    skill_names: list[str]

    def __len__(self) -> int:
        return len(self.items)

    @property
    def learner_of(self) -> Ints:
        """The learner's index of each answer."""
        return np.repeat(np.arange(len(self.learners) - 1), np.diff(self.learners))

    @property
    def answer_of(self) -> Ints:
        """The answer's index of each row."""
        return np.repeat(np.arange(len(self)), np.diff(self.rows))

    def of(self, learners: NDArray[np.bool_]) -> Answers:
        """Only some learners' answers; names keep their indexes."""
        chosen_answers = learners[self.learner_of]
        counts = np.diff(self.learners)[learners]
        return Answers(
            starts(counts),
            self.items[chosen_answers],
            self.outcomes[chosen_answers],
            self.times[chosen_answers],
            starts(np.diff(self.rows)[chosen_answers]),
            self.skills[chosen_answers[self.answer_of]],
            self.item_names,
            self.skill_names,
        )

    def known_by(self, items: Sequence[str], skills: Sequence[str]) -> tuple[Ints, Ints]:
        """By own name of an item or skill: 1 + its index among others' names; 0 where it is not there."""
        indexes = []
        for own, others in ((self.item_names, items), (self.skill_names, skills)):
            places = {name: at for at, name in enumerate(others, 1)}
            indexes.append(np.array([places.get(name, 0) for name in own], np.int64))
        return indexes[0], indexes[1]


def from_log(log: Log, times: Sequence[Sequence[int]] | None = None) -> Answers:
    """Arrays of a log of learners."""
    every = [answer for _, answers in log for answer in answers]
    item_names = sorted({item for item, _, _ in every})
    skill_names = sorted({skill for _, skills, _ in every for skill in skills})
    item_at, skill_at = ({name: i for i, name in enumerate(names)} for names in (item_names, skill_names))
    return Answers(
        starts([len(answers) for _, answers in log]),
        np.array([item_at[item] for item, _, _ in every], np.int64),
        np.array([outcome for _, _, outcome in every], np.float64),
        np.zeros(len(every), np.int64) if times is None else np.array(list(chain(*times)), np.int64),
        starts([len(skills) for _, skills, _ in every]),
        np.array([skill_at[skill] for _, skills, _ in every for skill in skills], np.int64),
        item_names,
        skill_names,
    )


def join_answers(parts: Sequence[Answers]) -> Answers:
    """The answers of several parts under one set of names; learners are not merged."""
    item_names = sorted({name for part in parts for name in part.item_names})
    skill_names = sorted({name for part in parts for name in part.skill_names})
    moved = [part.known_by(item_names, skill_names) for part in parts]
    return Answers(
        starts(np.concatenate([np.diff(part.learners) for part in parts])),
        np.concatenate([items[part.items] - 1 for part, (items, _) in zip(parts, moved, strict=True)]),
        np.concatenate([part.outcomes for part in parts]),
        np.concatenate([part.times for part in parts]),
        starts(np.concatenate([np.diff(part.rows) for part in parts])),
        np.concatenate([skills[part.skills] - 1 for part, (_, skills) in zip(parts, moved, strict=True)]),
        item_names,
        skill_names,
    )


def starts(counts: Sequence[int] | Ints) -> Ints:
    """Where each of several runs begins, and the last one ends."""
    return np.concatenate([[0], np.cumsum(np.asarray(counts, np.int64))]).astype(np.int64)
