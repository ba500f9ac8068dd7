"""The folds that a runtime runs."""

from __future__ import annotations

from processors.engagement import Engagement
from processors.fold import Fold
from processors.mastery import Mastery


def folds() -> list[Fold]:
    """Every fold, each the only writer of its table."""
    return [Mastery(), Engagement()]
