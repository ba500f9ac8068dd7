"""Tables of a terminal's width. Where the longest words of a row do not fit beside one another, each value has a line
of its own: nothing is cut, and what is copied is whole."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

_BETWEEN = 3  # characters between columns
Cell = str | Text


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    numbers: Collection[str] = (),
    title: str = "",
    caption: str = "",
) -> None:
    """Print rows under the names of their columns; `numbers` are the columns that are aligned at the right."""
    console = Console()
    console.print(fitted(console, columns, list(rows), numbers=numbers, title=title, caption=caption))


def fitted(
    console: Console,
    columns: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    numbers: Collection[str] = (),
    title: str = "",
    caption: str = "",
) -> RenderableType:
    """A table, or a list of values where a table is too wide for the console."""
    widths = _widths([list(map(str, column)) for column in zip(columns, *rows, strict=True)], console.width)
    if widths is None:
        return Group(*([Text(title)] if title else []), *(_record_lines(columns, row) for row in rows), Text(caption))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title or None, caption=caption or None)
    for name, width in zip(columns, widths, strict=True):
        table.add_column(name, justify="right" if name in numbers else "left", overflow="fold", width=width)
    for row in rows:
        table.add_row(*map(_cell_text, row))
    return table


def _widths(columns: Sequence[Sequence[str]], width: int) -> list[int] | None:
    """How wide columns of texts are in so many characters, none narrower than its longest word; None: they are not."""
    least = [max((cell_len(word) for text in texts for word in text.split()), default=0) for texts in columns]
    most = [max(cell_len(line) for text in texts for line in text.split("\n")) for texts in columns]
    free = width - sum(least) - _BETWEEN * len(columns)
    if free < 0:
        return None
    more = sum(most) - sum(least)
    return [
        few + (many - few if more <= free else (many - few) * free // more)
        for few, many in zip(least, most, strict=True)
    ]


def _record_lines(columns: Sequence[str], row: Sequence[Cell]) -> Group:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for name, cell in zip(columns, row, strict=True):
        grid.add_row(Text(name), _cell_text(cell))
    return Group(grid, Text())


def _cell_text(cell: Cell) -> Text:
    return Text(cell) if isinstance(cell, str) else cell  # a bracket in a name is no markup
