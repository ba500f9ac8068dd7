"""`lrs dead-letters`: what could not be processed, by reason, and what is to become of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from lrs import exits
from lrs.cli.answering import fail, print_json
from lrs.cli.parts import need_log, start_advice
from lrs.deadletters.decide import decide_on_letters
from lrs.deadletters.listing import (
    DeadLetterAction,
    ListedDeadLetter,
    describe_dead_letter,
    matching_letters,
    read_dead_letters,
)
from lrs.errors import Failure, Transient
from lrs.processes.modes import Mode, choose_mode
from lrs.processes.options import json_option, runtime_options
from lrs.processes.runtime import Runtime
from lrs.store.client import StoreUnavailable
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
    with _opened(runtime) as mode:
        listed = [
            letter
            for letter in matching_letters(read_dead_letters(mode.log), reason, stage)
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
    with _opened(runtime) as mode:
        letter = _letters_numbered(read_dead_letters(mode.log), [number])[0]
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
    with _opened(runtime) as mode:
        letters = read_dead_letters(mode.log)
        chosen = (
            _letters_numbered(letters, numbers) if numbers else [letter for letter in letters if letter.outcome is None]
        )
        decided = decide_on_letters(mode.log, mode.stored_times, matching_letters(chosen, reason, stage), action)
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
def _opened(runtime: Runtime) -> Iterator[Mode]:
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


def _letters_numbered(listed: Sequence[ListedDeadLetter], numbers: Sequence[int]) -> list[ListedDeadLetter]:
    by_number = {letter.number: letter for letter in listed}
    if unknown := [number for number in numbers if number not in by_number]:
        fail(f"there is no dead letter {', '.join(map(str, unknown))}: see `lrs dead-letters list`", exits.NOT_FOUND)
    return [by_number[number] for number in numbers]
