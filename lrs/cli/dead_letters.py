"""`lrs dead-letters`: what could not be processed, by reason, and what is to become of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click

from lrs import exits
from lrs.cli.answering import fail, print_json
from lrs.cli.parts import need_log
from lrs.deadletters.listing import (
    DeadLetterAction,
    ListedDeadLetter,
    describe_dead_letter,
    read_dead_letters,
    write_outcome,
)
from lrs.deadletters.retry import NotRetried, retry_dead_letter
from lrs.errors import Failure, Transient
from lrs.log import Log
from lrs.processes.options import json_option, runtime_options
from lrs.processes.runtime import Runtime
from schemas.envelope import UnknownVersion

_reason_option = click.option("--reason", metavar="TEXT", help="Only dead letters whose reason contains this text.")
_stage_option = click.option("--stage", help="Only dead letters of this stage.")


@click.group("dead-letters")
def dead_letters() -> None:
    """List, show, retry and drop what could not be processed, while `lrs serve` runs or not."""


@dead_letters.command("list")
@runtime_options
@_reason_option
@_stage_option
@click.option("--all", is_flag=True, help="Those that were retried or dropped, too.")
@json_option
def list_(runtime: Runtime, reason: str | None, stage: str | None, all: bool, as_json: bool) -> None:
    """List the dead letters by stage and reason: how many, the numbers of some, and one reason in full."""
    with _opened_log(runtime) as log:
        listed = [
            letter
            for letter in _matching_letters(read_dead_letters(log), reason, stage)
            if all or letter.outcome is None
        ]
    kinds: dict[tuple[str, str], list[ListedDeadLetter]] = {}
    for letter in listed:
        kinds.setdefault((letter.dead_letter.stage, letter.kind), []).append(letter)
    ordered = sorted(kinds.items(), key=lambda item: -len(item[1]))
    if as_json:
        print_json(
            [
                {
                    "stage": stage,
                    "reason": kind,
                    "count": len(of_kind),
                    "dead_letters": [describe_dead_letter(letter) for letter in of_kind],
                }
                for (stage, kind), of_kind in ordered
            ]
        )
        return
    for (stage_, _), of_kind in ordered:
        numbers = ", ".join(str(letter.number) for letter in of_kind[:5]) + (", …" if len(of_kind) > 5 else "")
        click.echo(f"{len(of_kind):6,}  {stage_}: {of_kind[0].dead_letter.reason}  (number {numbers})")
    if not ordered:
        click.echo("no dead letters")


@dead_letters.command()
@click.argument("number", type=click.IntRange(0))
@runtime_options
@json_option
def show(number: int, runtime: Runtime, as_json: bool) -> None:
    """Show the dead letter NUMBER with its bytes, which may hold personal data."""
    with _opened_log(runtime) as log:
        letter = _letters_numbered(read_dead_letters(log), [number])[0]
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
    """Hand the statements of dead letters to admit again: those with these NUMBERS, or of a --reason or --stage.

    After an upgrade that can digest them. One that still cannot becomes another dead letter.
    """
    if runtime.kafka:
        fail("on Kafka what a new release can digest is taken in when the tables are rebuilt from the log", exits.USAGE)
    _act_on_letters(runtime, numbers, reason, stage, DeadLetterAction.RETRIED, retry_dead_letter, as_json)


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
    _act_on_letters(runtime, numbers, reason, stage, DeadLetterAction.DROPPED, lambda log, letter: None, as_json)


def _act_on_letters(
    runtime: Runtime,
    numbers: Sequence[int],
    reason: str | None,
    stage: str | None,
    action: DeadLetterAction,
    do: Callable[[Log, ListedDeadLetter], object],
    as_json: bool,
) -> None:
    if not numbers and not (reason or stage):
        fail("which? give numbers, --reason or --stage: see `lrs dead-letters list`", exits.USAGE)
    done: list[int] = []
    already: list[int] = []
    refused: dict[str, str] = {}
    with _opened_log(runtime) as log:
        letters = read_dead_letters(log)
        chosen = (
            _letters_numbered(letters, numbers) if numbers else [letter for letter in letters if letter.outcome is None]
        )
        for letter in _matching_letters(chosen, reason, stage):
            if action is DeadLetterAction.DROPPED and letter.dropped:
                already.append(letter.number)
                continue
            try:
                do(log, letter)
            except NotRetried as error:
                refused[str(letter.number)] = str(error)
            else:
                write_outcome(log, letter, action)
                done.append(letter.number)
    if as_json:
        print_json({action.value: done, "already": already, "refused": refused})
    else:
        click.echo(f"{len(done):,} {action}" + (f", {len(already):,} already" if already else ""))
        for number, why in refused.items():
            click.echo(f"{number} is not: {why}", err=True)
    if refused:
        raise SystemExit(exits.WRONG)


def _in_words(letter: ListedDeadLetter) -> dict[str, str]:
    """What is said in words where a dead letter has no value for it."""
    words = {} if letter.outcome else {"outcome": "nothing yet"}
    if letter.dead_letter.position < 0:
        words |= dict.fromkeys(("topic", "partition", "position"), "none: it was refused before it was stored")
    return words


@contextmanager
def _opened_log(runtime: Runtime) -> Iterator[Log]:
    need_log(runtime)
    log = runtime.log()
    try:
        yield log
    except Transient as error:
        fail(f"{error}: try again", exits.UNAVAILABLE)
    except (Failure, UnknownVersion) as error:
        fail(str(error))
    finally:
        log.close()


def _matching_letters(
    letters: Sequence[ListedDeadLetter], reason: str | None, stage: str | None
) -> list[ListedDeadLetter]:
    return [
        letter
        for letter in letters
        if (reason is None or reason in letter.dead_letter.reason)
        and (stage is None or stage == letter.dead_letter.stage)
    ]


def _letters_numbered(listed: Sequence[ListedDeadLetter], numbers: Sequence[int]) -> list[ListedDeadLetter]:
    by_number = {letter.number: letter for letter in listed}
    if unknown := [number for number in numbers if number not in by_number]:
        fail(f"there is no dead letter {', '.join(map(str, unknown))}: see `lrs dead-letters list`", exits.NOT_FOUND)
    return [by_number[number] for number in numbers]
