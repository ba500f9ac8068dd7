"""What importing rosters, skills and materials answers."""

from __future__ import annotations

from schemas.answer import Answer


class RowProblem(Answer):
    """What is wrong with a file: `line` 0 is the file as a whole; `error`: the row was left out."""

    file: str
    line: int
    field: str
    message: str
    error: bool


class Counted(Answer):
    """How many of one kind (person, class, …) the source had said, and what happens to them."""

    before: int
    added: int
    changed: int
    removed: int


class RosterCounts(Answer):
    """A roster's counts by kind (school, person, class, enrollment)."""

    written: bool
    counts: dict[str, Counted]
    without_a_name: int
    problems: list[RowProblem]


class Stranger(Answer):
    """Keys of one home page that name nobody; `browsers` of them look like what H5P makes up for a browser."""

    home_page: str
    keys: int
    browsers: int
    like: str


class RosterState(Answer):
    persons: int
    classes: int
    schools: int
    unmatched: list[Stranger]


class FrameworkCounts(Answer):
    """What a framework, or a list of prerequisites, changes."""

    written: bool
    added: int
    changed: int
    removed: int
    problems: list[str]


class MaterialCounts(Answer):
    """What a file of materials changes."""

    written: bool
    added: int
    changed: int
    unchanged: int
    problems: list[RowProblem]
