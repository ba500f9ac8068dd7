"""Progress bars on standard error, where a person watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

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
