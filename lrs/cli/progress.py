"""Progress bars on standard error, where a person watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn


@contextmanager
def parts_bar(quiet: bool = False) -> Iterator[Callable[[str, int], None]]:
    """A line for each part that is copied; gives what to call with the part, and how much more of it is done."""
    with bar(quiet) as progress_bar:
        tasks: dict[str, TaskID] = {}

        def progress(part: str, more: int) -> None:
            if part not in tasks:
                tasks[part] = progress_bar.add_task(part, total=None)
            progress_bar.advance(tasks[part], more)

        yield progress


@contextmanager
def steps(quiet: bool = False) -> Iterator[Callable[[str, int], Callable[[int], None]]]:
    """Gives what to call at the begin of each step of a long work, with its name and size; it gives what to call with
    how much more of it is done. Where nobody watches, each quarter is a line, as the work would look dead without."""
    with bar(quiet) as shown:

        def begin(name: str, size: int) -> Callable[[int], None]:
            task = shown.add_task(name, total=size)
            done = told = 0

            def advance(more: int) -> None:
                nonlocal done, told
                shown.advance(task, more)
                done += more
                if shown.disable and not quiet and done * 4 // size > told:
                    told = done * 4 // size
                    click.echo(f"{name}: {done:,} of {size:,}", err=True)

            return advance

        yield begin


def bar(quiet: bool = False) -> Progress:
    """A bar with counts and the time that is left; silent where nobody watches or `quiet`."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=quiet or not console.is_terminal,
    )
