"""How commands say how many there are: of one thing in the singular."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "") -> str:
    """`1 statement`, `1,234 statements`. many: what is said of several, where that is not `one` with an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
