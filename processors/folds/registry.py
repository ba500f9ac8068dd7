"""The folds that a runtime runs."""

from __future__ import annotations

from processors.folds.engagement import Engagement
from processors.folds.interface import Fold
from processors.folds.mastery import Mastery


def folds() -> list[Fold]:
    """Every fold, each the only writer of its table."""
    return [Mastery(), Engagement()]
