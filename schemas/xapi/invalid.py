"""What is wrong with a statement, and where."""

from __future__ import annotations


class Invalid(ValueError):
    """`field` is the dotted path of what is wrong ("" for the body), `reason` says what."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field or 'body'}: {reason}")
        self.field = field
        self.reason = reason
