"""Stamps in what stands on servers: the transactional database of --database, and the object store of --attachments.

Both are derived from nothing, and a server restored to an older state looks intact. So the processors write the number
and the time of each round into both, and a copy into the data folder, or into Kafka. A part that lacks a round that
reached all is older than the others.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING

from lrs.clock import system_time
from lrs.errors import Failure, Held, Transient
from lrs.processes.runtime import Runtime
from lrs.processes.stamps import LostPart, PartsLost

if TYPE_CHECKING:
    from lrs.processes.stamp_places import SharedStamp, StampKeeper, StampPlace

SHARED_ROUND_SECONDS = 60.0  # what may be lost of a server's part without being noticed

logger = logging.getLogger(__name__)


class SharedStamps:
    """The stamps of the servers of a runtime.

    Methods raise Transient where a server cannot be reached, Held of these where another process stays in a round,
    other Failures of what cannot be read or has no room, and OSError of the folder.

    Args:
        clock: µs since the epoch.
    """

    def __init__(self, runtime: Runtime, clock: Callable[[], int] = system_time) -> None:
        self._clock = clock
        self._database = runtime.database
        self._places: dict[str, StampPlace] = {}
        self._keeper: StampKeeper | None = None
        if runtime.database or (runtime.attachments and "://" in runtime.attachments):
            from lrs.processes.stamp_places import server_places, stamp_keeper  # who has no servers needs no clients

            self._places, self._keeper = server_places(runtime), stamp_keeper(runtime)

    @property
    def there(self) -> bool:
        """Whether any part stands on a server."""
        return self._keeper is not None

    def lost(self) -> list[LostPart]:
        """The parts that lack what others have seen."""
        if self._keeper is None:
            return []
        installation = self._keeper.installation()
        return _lost_parts(self._read(self._keeper, installation)) if installation else []

    def write(self) -> None:
        """Stamp all parts: one round. Raises PartsLost where some are older."""
        self._round(accept=False)

    def accept(self) -> None:
        """Take every part as it is from now on."""
        self._round(accept=True)

    def close(self) -> None:
        """Let go of the servers."""
        if self._keeper is not None:
            for place in (*self._places.values(), self._keeper):
                place.close()

    def _round(self, accept: bool) -> None:
        if (keeper := self._keeper) is None:
            return
        with self._alone():
            self._write(keeper, accept)

    def _alone(self) -> AbstractContextManager[None]:
        """One round at a time: of two at once, as of a worker and of `lrs accept`, one could leave its number behind in
        a part after the other is complete. Beside a server's database others may run; all else has a locked folder."""
        if self._database is None or self._database.startswith("sqlite"):
            return nullcontext()
        from lrs.database.exclusive_lock import STAMPS, exclusive_lock

        return exclusive_lock(self._database, STAMPS)

    def _write(self, keeper: StampKeeper, accept: bool) -> None:
        from lrs.processes.stamp_places import SharedStamp, new_installation

        began = self._clock()
        installation = keeper.installation() or new_installation()
        read = self._read(keeper, installation)
        if not accept and (lost := _lost_parts(read)):
            raise PartsLost(lost)
        stamps = [stamp for stamp in read.values() if stamp is not None]
        number = max((stamp.number for stamp in stamps), default=0) + 1
        before = max((stamp.complete for stamp in stamps), default=0)
        if self._clock() - began > SHARED_ROUND_SECONDS * 1e6:  # another process may have written later rounds
            raise Transient("the servers took too long to say what they hold")
        for place in self._places.values():
            place.write(SharedStamp(installation, number, began, sorted(self._places), before))
        # Last, so that a round that was cut short blames nobody.
        keeper.write(SharedStamp(installation, number, began, sorted(self._places), number))

    def _read(self, keeper: StampKeeper, installation: str) -> dict[str, SharedStamp | None]:
        """The stamp of each part; the copy first, as every other has the rounds that it says are complete."""
        return {part: place.read(installation) for part, place in ({keeper.part: keeper} | self._places).items()}


class SharedStampWriter:
    """Stamps the servers of a runtime from `start` on, until `stop` is set."""

    def __init__(self, stamps: SharedStamps, stop: threading.Event) -> None:
        self._stamps = stamps
        self._stop = stop
        self._lost: Sequence[LostPart] = ()

    def start(self) -> None:
        """Start, with a first round; nothing where no part stands on a server."""
        if self._stamps.there:
            threading.Thread(target=self._run, name="shared stamps", daemon=True).start()

    def _run(self) -> None:
        while True:
            self._round()
            if self._stop.wait(SHARED_ROUND_SECONDS):
                return

    def _round(self) -> None:
        try:
            self._stamps.write()
            self._lost = ()
        except PartsLost as error:  # said once; `lrs doctor` says it until it is accepted
            if error.lost != self._lost:
                logger.critical("%s; put the right state back, or go on without by `lrs accept`", error)
            self._lost = error.lost
        except (Failure, OSError) as error:  # tried again with the next round
            why = error if isinstance(error, Held) else type(error).__name__
            logger.warning("the servers' parts could not be stamped (%s)", why)


def _lost_parts(read: dict[str, SharedStamp | None]) -> list[LostPart]:
    """The parts, by what was read of each, that lack a round that reached all."""
    stamps = [stamp for stamp in read.values() if stamp is not None]
    if not stamps:
        return []
    newest, complete = max(stamps, key=lambda one: one.number), max(one.complete for one in stamps)
    lost = []
    for part, stamp in read.items():
        if stamp is not None and stamp.number < complete:
            ago = timedelta(seconds=round((newest.time - stamp.time) / 1e6))
            lost.append(LostPart(part, f"is older than the others, by {ago}"))
        elif stamp is None and part in newest.parts and complete:
            lost.append(LostPart(part, "is another than it was: it carries no stamp"))
    return lost
