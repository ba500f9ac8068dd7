"""Two tenants with the same ids: what each sees and decides of dead letters."""

from __future__ import annotations

from functools import partial

from tests.support import caliper
from tests.support.tenants import DELETES, READS, Side, case


def _letter(side: Side) -> int:
    """A dead letter of the tenant; gives its number."""
    strange = caliper.event("DanceEvent", "Danced", object=caliper.item("twins") | {"name": side.word})
    assert len(side.ask("POST", "/caliper/envelopes", json=caliper.envelope(strange)).json()["unmapped"]) == 1
    return int(side.ask("GET", "/dead-letters").json()["dead_letters"][-1]["number"])


@case(READS, "GET", "/dead-letters")
def _(side: Side) -> None:
    _letter(side)
    found = side.ask("GET", "/dead-letters", params={"all": "true"}).json()["dead_letters"]
    assert {one["tenant"] for one in found} == {f"tenant-{side.word}"}


@case(READS, "GET", "/dead-letters/{number}")
def _(side: Side) -> None:
    number = _letter(side)
    side.own(f"/dead-letters/{number}")
    side.elsewhere.ask("GET", f"/dead-letters/{number}", 404)


def _decide_by_reason(side: Side, action: str) -> None:
    """By reason it is decided on the tenant's own alone, though the other's have the same."""
    number = _letter(side)
    before = side.elsewhere.ask("GET", "/dead-letters").json()
    reason = next(one for one in side.ask("GET", "/dead-letters").json()["dead_letters"] if one["number"] == number)
    found = side.ask("POST", f"/dead-letters/{action}", json={"reason": reason["reason"]}).json()
    assert number in [*found["numbers"], *(one["number"] for one in found["refused"])]
    assert side.elsewhere.ask("GET", "/dead-letters").json() == before


for action_ in ("retry", "drop"):
    DELETES["POST", f"/dead-letters/{action_}"] = partial(_decide_by_reason, action=action_)


@case(DELETES, "POST", "/dead-letters/{number}/retry")
def _(side: Side) -> None:
    number = _letter(side)
    side.elsewhere.ask("POST", f"/dead-letters/{number}/retry", 404)
    side.ask("POST", f"/dead-letters/{number}/retry", 409)  # what came by Caliper cannot be handed to admit


@case(DELETES, "POST", "/dead-letters/{number}/drop")
def _(side: Side) -> None:
    number = _letter(side)
    side.elsewhere.ask("POST", f"/dead-letters/{number}/drop", 404)
    side.ask("POST", f"/dead-letters/{number}/drop")
    assert number not in {one["number"] for one in side.ask("GET", "/dead-letters").json()["dead_letters"]}
