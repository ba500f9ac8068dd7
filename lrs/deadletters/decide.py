"""Decide on dead letters, several at a time: hand each to its stage again, or drop it. What was decided is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from lrs.deadletters.listing import ListedDeadLetter, write_outcome
from lrs.deadletters.retry import NotRetried, retry_dead_letter
from lrs.log import Log
from lrs.record.stored_times import StoredTimes
from schemas.log_records import DeadLetterAction


@dataclass(slots=True)
class DecidedLetters:
    """Numbers of dead letters: on which it was decided, which had been dropped before, and why not on the others."""

    done: list[int] = field(default_factory=list)
    already: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)


def decide_on_letters(
    log: Log, times: Callable[[], StoredTimes], letters: Iterable[ListedDeadLetter], action: DeadLetterAction
) -> DecidedLetters:
    """Do it with each of them. Raises Transient, LostData, Full, and the store's errors; what was done stays so."""
    decided = DecidedLetters()
    stored_times = times()
    for letter in letters:
        if action is DeadLetterAction.DROPPED and letter.dropped:
            decided.already.append(letter.number)
            continue
        try:
            if action is DeadLetterAction.RETRIED:
                retry_dead_letter(log, stored_times, letter)
        except NotRetried as error:
            decided.refused[letter.number] = str(error)
        else:
            write_outcome(log, letter, action)
            decided.done.append(letter.number)
    return decided
