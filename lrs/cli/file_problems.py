"""What is wrong with a file that was imported, on standard error."""

from __future__ import annotations

from collections.abc import Sequence

import click

from lrs.csv_files.problem import FileProblem

PRINTED_PROBLEMS = 30  # problems that are printed; all are in --json


def print_problems(problems: Sequence[FileProblem]) -> None:
    """Print the first problems: what was left out, then what was read otherwise."""
    ordered = sorted(problems, key=lambda problem: not problem.error)
    for problem in ordered[:PRINTED_PROBLEMS]:
        click.echo(f"{'left out' if problem.error else 'note'}: {problem}", err=True)
    if len(ordered) > PRINTED_PROBLEMS:
        click.echo(f"… and {len(ordered) - PRINTED_PROBLEMS} more; --json lists them all", err=True)
