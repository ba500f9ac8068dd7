"""What commands that import files share: what they print of problems, and what ends one where the log takes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from lrs import exits
from lrs.cli.answering import fail
from lrs.csv_files.problem import FileProblem
from lrs.errors import Full, Transient

PRINTED_PROBLEMS = 30  # problems that are printed; all are in --json


def print_problems(problems: Sequence[FileProblem]) -> None:
    """Print the first problems: what was left out, then what was read otherwise."""
    ordered = sorted(problems, key=lambda problem: not problem.error)
    print_first([f"{'left out' if problem.error else 'note'}: {problem}" for problem in ordered])


def print_first(problems: Sequence[str], most: int = PRINTED_PROBLEMS) -> None:
    """Print the first problems on standard error, and how many more there are."""
    for problem in problems[:most]:
        click.echo(problem, err=True)
    if len(problems) > most:
        click.echo(f"… and {len(problems) - most} more; --json lists them all", err=True)


@contextmanager
def appending_imported() -> Iterator[None]:
    """While an import is written to the log: ends the command where the log does not take it."""
    try:
        yield
    except (Full, Transient) as error:
        fail(f"{error}: import it again, nothing counts twice", exits.UNAVAILABLE)
