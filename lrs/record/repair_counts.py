"""How often which known fault was repaired, by credential: counted from the originals that the log keeps."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

from lrs.log import Log
from schemas.original import ORIGINALS, decode

_REPAIRS_READ = 1_000  # records at a time
_REMEMBERED_IDS = 100_000  # ids; one that is delivered again within so many counts once


class RepairRule(NamedTuple):
    """A rule of repair, applied to what a credential sent."""

    tenant: str
    credential: str
    rule: str


@dataclass(slots=True)
class RepairCount:
    """Statements that were repaired, and when the last of them was (µs since the epoch)."""

    statements: int = 0
    last: int = 0


class RepairCounts:
    """Follows the originals. Safe to use from many threads."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._next: int | None = None
        self._counts: dict[RepairRule, RepairCount] = {}
        self._seen: OrderedDict[tuple[str, str], None] = OrderedDict()

    def by_rule(self, tenant: str | None = None) -> dict[RepairRule, RepairCount]:
        """The counts of a tenant, or of all, the most frequent first. Raises what Log.read raises."""
        with self._lock:
            self._follow()
            rule_counts = [(rule, count) for rule, count in self._counts.items() if tenant in (None, rule.tenant)]
        return dict(sorted(rule_counts, key=lambda pair: (-pair[1].statements, pair[0])))

    def _follow(self) -> None:
        if self._next is None:
            self._next = self._log.starts(ORIGINALS)[0]
        end = self._log.end(ORIGINALS)
        while self._next < end and (records := self._log.read(ORIGINALS, self._next, _REPAIRS_READ)):
            for record in records:
                self._take(record.value)
                self._next = record.position + 1

    def _take(self, value: bytes) -> None:
        originals_record = decode(value)
        for original in originals_record.statements:
            key = (originals_record.tenant, original.id)
            if key in self._seen:
                continue
            self._seen[key] = None
            if len(self._seen) > _REMEMBERED_IDS:
                self._seen.popitem(last=False)
            for rule in {repair.partition(" ")[0] for repair in original.repairs}:
                count = self._counts.setdefault(
                    RepairRule(originals_record.tenant, originals_record.credential, rule), RepairCount()
                )
                count.statements += 1
                count.last = max(count.last, originals_record.time)
