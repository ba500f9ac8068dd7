"""What a verification found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

SHOWN_WRONG = 20  # of what is wrong; the rest is counted

CheckProgress = Callable[[str, int], None]  # which check, and how many more it has looked at


@dataclass(slots=True)
class VerifyFinding:
    """What one check found: how many of a unit were looked at, how many are wrong, and the first of these."""

    check: str
    unit: str
    checked: int = 0
    wrong: int = 0
    examples: list[str] = field(default_factory=list)
    advice: str = ""

    @property
    def ok(self) -> bool:
        return not self.wrong

    def add(self, example: str) -> None:
        """Count one more that is wrong."""
        self.wrong += 1
        if len(self.examples) < SHOWN_WRONG:
            self.examples.append(example)


def shown_of(wrong: Sequence[object]) -> list[str]:
    """The first of what is wrong as texts, and how many more there are."""
    more = [f"and {len(wrong) - SHOWN_WRONG:,} more"] if len(wrong) > SHOWN_WRONG else []
    return [*map(str, wrong[:SHOWN_WRONG]), *more]


def unless_written(file: str, write: Callable[[], None]) -> list[VerifyFinding]:
    """Write down what was found, for `/ready` and `lrs doctor`; a finding where that fails, as the others count."""
    try:
        write()
    except OSError as error:
        finding = VerifyFinding(file, "files", 1, advice="make room, or let this user write there, and run it again")
        finding.add(f"what was found cannot be written down for `/ready` and `lrs doctor`: {error.strerror}")
        return [finding]
    return []
