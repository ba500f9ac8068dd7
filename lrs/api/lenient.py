"""How a lenient credential is answered: what was repaired and what was refused is in headers of the answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import islice

from lrs.auth.credentials import Credential
from lrs.clock import system_time
from lrs.http.api_parts import ApiParts
from lrs.record import lenient
from lrs.record.originals import Originals
from lrs.record.recorder import AttachmentData
from schemas.xapi.repair import RULES_VERSION, Repair

REPAIRS, DEAD_LETTERS = "X-Pacer-Repairs", "X-Pacer-Dead-Letters"
_STATEMENTS_IN_HEADER = 20  # statements that a header says something of; the dead letters have all
_LONGEST_REASON = 120  # characters of a reason there


async def record_request(
    parts: ApiParts,
    raw: list[bytes],
    data: Mapping[str, AttachmentData],
    who: Credential,
    version: str,
    unique: bool,
) -> tuple[list[str | None], dict[str, str]]:
    """Store what can be; gives the ids, null for each statement that is a dead letter, and the headers.

    Raises Invalid, of the first statement, where none could be stored.
    """
    at = system_time()
    taken = await lenient.record_leniently(parts.recorder, Originals(parts.log), raw, who, version, data, at, unique)
    if taken.refused:
        await lenient.keep_refused(parts.log, who.tenant, raw, taken, at)
        if len(taken.refused) == len(raw):
            raise taken.refused[0]
    parts.acknowledged.advance(taken.position)
    headers = repairs_header(taken.repairs) if taken.repairs else {}
    if taken.refused:
        first = islice(sorted(taken.refused), _STATEMENTS_IN_HEADER)
        reasons = {index: str(taken.refused[index])[:_LONGEST_REASON] for index in first}
        headers[DEAD_LETTERS] = _header_json(_first_repairs(reasons, len(taken.refused)))
    return taken.ids, headers


def repairs_header(repairs: Mapping[int, Sequence[Repair]]) -> dict[str, str]:
    """The header that says what was repaired, by index in the request."""
    said = {index: [str(repair) for repair in some] for index, some in islice(repairs.items(), _STATEMENTS_IN_HEADER)}
    return {REPAIRS: _header_json({"version": RULES_VERSION, **_first_repairs(said, len(repairs))})}


def _first_repairs(first: Mapping[int, object], count: int) -> dict[str, object]:
    """What is said of the first, by index, and how many more there are."""
    shown: dict[str, object] = {str(index): explained for index, explained in first.items()}
    return shown | ({"more": count - len(first)} if count > len(first) else {})


def _header_json(header_object: dict[str, object]) -> str:
    """JSON in ASCII, as headers take nothing else for sure."""
    return json.dumps(header_object)
