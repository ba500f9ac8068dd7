"""Whole numbers in what a client sends: in parameters, headers and forms."""

from __future__ import annotations


def whole_number(text: str, most_digits: int = 18) -> int | None:
    """A number of 0 or more, in digits 0 to 9; None for anything else. `str.isdigit` alone takes ² and ٣, too."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= most_digits else None
