"""xAPI statements: the grammar (1.0.3 and IEEE 9274.1.1), and the slices of a request's body."""

from __future__ import annotations

from schemas.invalid import Invalid
from schemas.xapi.body import longer_than, nests_more, split
from schemas.xapi.grammar import Checked, check

__all__ = ["Checked", "Invalid", "check", "longer_than", "nests_more", "split"]
