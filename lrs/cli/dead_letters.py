"""`lrs dead-letters`: what could not be processed, by reason, and what is to become of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import click

from lrs import exits
from lrs.cli.answering import fail, print_json
from lrs.cli.parts import need_log, start_advice
from lrs.deadletters.decide import decide_on_letters
from lrs.deadletters.listing import (
    ListedDeadLetter,
    describe_dead_letter,
    each_dead_letter,
    matches,
    numbered_dead_letters,
)
from lrs.errors import Failure, Transient
from lrs.log import Log
from lrs.processes.modes import Mode, choose_mode
from lrs.processes.options import json_option, runtime_options
from lrs.processes.runtime import Runtime
from lrs.store.client import StoreUnavailable
from schemas.envelope import UnknownVersion
from schemas.log_records import DeadLetterAction

SHOWN = 500  # of one kind, with --json

_reason_option = click.option("--reason", metavar="TEXT", help="Only dead letters whose reason contains this text.")
_stage_option = click.option("--stage", help="Only dead letters of this stage.")


@dataclass(slots=True)
class _Kind:
    """The dead letters of a stage and a reason: how many, and the first, without their bytes."""

    stage: str
    reason: str
    example: str
    count: int = 0
    first: list[dict[str, Any]] = field(default_factory=list)

    def add(self, letter: ListedDeadLetter) -> None:
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(describe_dead_letter(letter))

    def as_json(self) -> dict[str, Any]:
        return {"stage": self.stage, "reason": self.reason, "count": self.count, "dead_letters": self.first}


@click.group("dead-letters")
def dead_letters() -> None:
    """List, show, retry and drop what could not be processed, while `lrs serve` runs or not."""


@dead_letters.command("list")
@runtime_options
@_reason_option
@_stage_option
@click.option("--all", is_flag=True, help="Those that were retried or dropped, too.")
@click.option("--after", metavar="NUMBER", type=click.IntRange(-1), default=-1, help="Only those that follow a number.")
@json_option
def list_(runtime: Runtime, reason: str | None, stage: str | None, all: bool, after: int, as_json: bool) -> None:
    """List the dead letters by stage and reason: how many, the numbers of some, and one reason in full.

    With --json, the first 500 of each reason: --after lists those that follow.
    """
    kinds: dict[tuple[str, str], _Kind] = {}
    with _opened_mode(runtime) as mode:
        for letter in each_dead_letter(mode.log, after + 1):
            if matches(letter, reason, stage) and (all or letter.outcome is None):
                key = (letter.dead_letter.stage, letter.kind)
                kinds.setdefault(key, _Kind(*key, letter.dead_letter.reason)).add(letter)
    ordered = sorted(kinds.values(), key=lambda kind: -kind.count)
    if as_json:
        print_json([kind.as_json() for kind in ordered])
        return
    for kind in ordered:
        numbers = ", ".join(str(first["number"]) for first in kind.first[:5]) + (", …" if kind.count > 5 else "")
        click.echo(f"{kind.count:6,}  {kind.stage}: {kind.example}  (number {numbers})")
    if not ordered:
        click.echo("no dead letters")


@dead_letters.command()
@click.argument("number", type=click.IntRange(0))
@runtime_options
@json_option
def show(number: int, runtime: Runtime, as_json: bool) -> None:
    """Show the dead letter NUMBER with its bytes, which may hold personal data."""
    with _opened_mode(runtime) as mode:
        letter = next(_letters_numbered(mode.log, [number]))
    whole = describe_dead_letter(letter) | {"payload": letter.dead_letter.payload}
    if as_json:
        print_json(whole)
    else:
        for name, value in (whole | _in_words(letter)).items():
            click.echo(f"{name:10} {value}")


@dead_letters.command()
@click.argument("numbers", type=click.IntRange(0), nargs=-1)
@runtime_options
@_reason_option
@_stage_option
@json_option
def retry(numbers: tuple[int, ...], runtime: Runtime, reason: str | None, stage: str | None, as_json: bool) -> None:
    """Hand dead letters to their stage again: those with these NUMBERS, or of a --reason or --stage.

    To admit after an upgrade that can digest them; to intake once their credential may write. One that is refused again
    becomes another dead letter.
    """
    _act_on_letters(runtime, numbers, reason, stage, DeadLetterAction.RETRIED, as_json)


@dead_letters.command()
@click.argument("numbers", type=click.IntRange(0), nargs=-1)
@runtime_options
@_reason_option
@_stage_option
@json_option
def drop(numbers: tuple[int, ...], runtime: Runtime, reason: str | None, stage: str | None, as_json: bool) -> None:
    """Say that nothing is to be done about dead letters: those with these NUMBERS, or of a --reason or --stage.

    They are listed no more; their bytes stay in the log.
    """
    _act_on_letters(runtime, numbers, reason, stage, DeadLetterAction.DROPPED, as_json)


def _act_on_letters(
    runtime: Runtime,
    numbers: Sequence[int],
    reason: str | None,
    stage: str | None,
    action: DeadLetterAction,
    as_json: bool,
) -> None:
    if not numbers and not (reason or stage):
        fail("which? give numbers, --reason or --stage: see `lrs dead-letters list`", exits.USAGE)
    with _opened_mode(runtime) as mode:
        letters = (
            _letters_numbered(mode.log, numbers)
            if numbers
            else (letter for letter in each_dead_letter(mode.log) if letter.outcome is None)
        )
        chosen = (letter for letter in letters if matches(letter, reason, stage))
        decided = decide_on_letters(mode.log, mode.stored_times, chosen, action)
    if as_json:
        refused = {str(number): why for number, why in decided.refused.items()}
        print_json({action.value: decided.done, "already": decided.already, "refused": refused})
    else:
        already = f", {len(decided.already):,} already" if decided.already else ""
        click.echo(f"{len(decided.done):,} {action}{already}")
        for number, why in decided.refused.items():
            click.echo(f"{number} is not: {why}", err=True)
    if decided.refused:
        raise SystemExit(exits.WRONG)


def _in_words(letter: ListedDeadLetter) -> dict[str, str]:
    """What is said in words where a dead letter has no value for it."""
    words = {} if letter.outcome else {"outcome": "nothing yet"}
    if letter.dead_letter.position < 0:
        words |= dict.fromkeys(("topic", "partition", "position"), "none: it was refused before it was stored")
    return words


@contextmanager
def _opened_mode(runtime: Runtime) -> Iterator[Mode]:
    need_log(runtime)
    mode = choose_mode(runtime)
    try:
        yield mode
    except StoreUnavailable as error:
        fail(f"{error}: {start_advice(runtime)}", exits.UNAVAILABLE)
    except Transient as error:
        fail(f"{error}: try again", exits.UNAVAILABLE)
    except (Failure, UnknownVersion) as error:
        fail(str(error))
    finally:
        mode.log.close()


def _letters_numbered(log: Log, numbers: Sequence[int]) -> Iterator[ListedDeadLetter]:
    """Ends the command before the first of them where one is unknown."""
    known = {letter.number for letter in numbered_dead_letters(log, numbers)}
    if unknown := [number for number in numbers if number not in known]:
        fail(f"there is no dead letter {', '.join(map(str, unknown))}: see `lrs dead-letters list`", exits.NOT_FOUND)
    return numbered_dead_letters(log, numbers)
