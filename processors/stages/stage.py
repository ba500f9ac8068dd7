"""What a stage is: it reads one topic in batches, and what it writes is the same however often it is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from lrs.log import Record


class Stage(Protocol):
    """A stage of the way of an event; `topic` is what it reads, `group` keeps its position there.

    A runtime calls the methods, from one thread:

    - `reassigned` before the first batch, and whenever the partitions that are read here may have changed hands: what
      is cached of others' work is forgotten. `generation` grows with every assignment of the group.
    - `handle` with the records that follow those of the last batch. When it returns, all that the batch causes is
      durable, and the runtime commits the position behind it. Whatever it raises, nothing is committed.
    - `reset` after `handle` raised: the batch may or may not have been written, in part or as a whole. Then the same
      records are handled again, perhaps with others, perhaps by another process. So what is written has keys and
      versions that follow from the log alone.

    A stage makes a dead letter of what decoding or interpreting one statement raised, and of nothing else. Whatever
    the log or the store raises leaves `handle` as it is: the runtime tries again, with growing pauses, for ever. Where
    that cannot help (HALTING, in lrs.log), the runtime logs the error and stops.
    """

    topic: str
    group: str

    def handle(self, records: Sequence[Record]) -> None: ...

    def reset(self) -> None:
        """Nothing is cached that a batch which was not written could spoil, unless a stage says otherwise."""
        return

    def reassigned(self, generation: int = 0) -> None:
        """What others may have changed is forgotten with the rest, unless a stage says otherwise."""
        self.reset()


@runtime_checkable
class Ticking(Protocol):
    """A stage for which the clock matters, too: a runtime calls `tick` every few seconds, from the same thread."""

    def tick(self) -> None: ...
