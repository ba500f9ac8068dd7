"""What a fold is: one learner's evidence, in order of event time, into rows that answer one question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Protocol, runtime_checkable

from schemas.evidence import Evidence


class Fold(Protocol):
    """A pure fold. Its state is one learner's; no I/O, clock or randomness.

    name is also the table's; column_types gives the ClickHouse type of each of `columns`, in the same order: integers,
    Float32 and Float64, Bool, String, LowCardinality(String), an Array or a Nullable of one of these. A fold may also
    have `computed`: names of columns that a query computes from the others, with (type, SQL expression).
    """

    name: ClassVar[str]
    columns: ClassVar[tuple[str, ...]]
    column_types: ClassVar[Mapping[str, str]]

    def start(self) -> Any:
        """The state of a learner nothing is known of."""

    def step(self, state: Any, evidence: Evidence, /) -> None:
        """Fold one piece of evidence in, in place."""

    def drain(self, state: Any) -> list[tuple[Any, ...]]:
        """(key, state bytes, *columns) of every key touched since the last drain.

        The key "" is the learner's own row, and is always among them: it also keeps how far the learner is folded.
        """

    def restore(self, rows: Iterable[tuple[str, bytes]]) -> Any:
        """The state that `drain` wrote, from all of a learner's keys."""


@runtime_checkable
class Versioned(Protocol):
    """A fold whose rows depend on weights, which differ from tenant to tenant; `version` names those of this one."""

    @property
    def version(self) -> str: ...

    def of(self, tenant: str) -> Fold:
        """The fold with the tenant's active weights."""


def fold_of(fold: Fold, tenant: str) -> Fold:
    """The fold as it folds a tenant's learners."""
    return fold.of(tenant) if isinstance(fold, Versioned) else fold


def version_of(fold: Fold) -> str:
    """The version of its weights; "" where it has none."""
    return fold.version if isinstance(fold, Versioned) else ""
