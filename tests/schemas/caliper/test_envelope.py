"""The grammar of envelopes, events and entities."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.caliper import Unsupported, parse
from schemas.xapi import Invalid
from tests.support.caliper import V1P1, envelope, event, item, person, response


def raw(whole: Any) -> bytes:
    return json.dumps(whole).encode()


def test_parts_are_the_bytes_that_came() -> None:
    first, second = '{ "id":"https://a.example/ü" ,"type":"Person"}', json.dumps(event())
    head = '"sensor":"s","sendTime":"2026-03-02T09:05:00.000Z","more":1'
    body = f'{{{head},"dataVersion":"{V1P1}","data":[ {first} ,{second}]}}'.encode()
    parsed = parse(body)
    assert parsed.parts == [first.encode(), second.encode()]
    assert (parsed.version, list(parsed.events), list(parsed.entities)) == (V1P1, [1], ["https://a.example/ü"])
    assert json.loads(parsed.head) == {**json.loads(body), "data": []}


@pytest.mark.parametrize(
    ("whole", "field"),
    [
        ([envelope(event())], ""),
        (envelope(event(), sensor=None), "sensor"),
        (envelope(event(), sensor=""), "sensor"),
        ({"sendTime": "2026-03-02T09:05:00Z", "dataVersion": V1P1, "data": [event()]}, "sensor"),
        (envelope(event(), sendTime="yesterday"), "sendTime"),
        (envelope(event(), sendTime="2026-02-30T00:00:00Z"), "sendTime"),
        (envelope(event(), dataVersion=12), "dataVersion"),
        (envelope(), "data"),
        (envelope(data={}), "data"),
        (envelope(*[{"id": "a:b"}] * 10_001), "data"),
        (envelope(data=["https://a.example/event"]), "data.0"),
        (envelope(event(), {"name": "no id"}), "data.1.id"),
        (envelope(event(object=None)), "data.0.object"),
        (envelope(event(actor=7)), "data.0.actor"),
        (envelope(event(eventTime="09:00")), "data.0.eventTime"),
        (envelope(event(), {**event(), "id": None}), "data.1.id"),
        (envelope(event(), {**event(), "id": "no IRI"}), "data.1.id"),
        (envelope(event(generated=response(duration="long"))), "data.0.generated.duration"),
        (envelope(event(object=item(learningObjectives=[{"type": "LearningObjective"}]))),
         "data.0.object.learningObjectives.0.id"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(whole: Any, field: str) -> None:
    with pytest.raises(Invalid) as raised:
        parse(raw(whole))
    assert raised.value.field == field
    assert not isinstance(raised.value, Unsupported)


def test_another_version_is_unsupported() -> None:
    with pytest.raises(Unsupported, match="v1p0"):
        parse(raw(envelope(event(), dataVersion="http://purl.imsglobal.org/ctx/caliper/v1p0")))


def test_an_entity_may_be_its_id_alone() -> None:
    parsed_event = parse(raw(envelope(event(actor="https://a.example/7", object=item(isPartOf="_:quiz"))))).events[0]
    assert (parsed_event.actor.id, parsed_event.actor.type) == ("https://a.example/7", "")
    assert parsed_event.object.isPartOf is not None
    assert parsed_event.object.isPartOf.id == "_:quiz"


FULL = raw(envelope(person(), event(generated=response()), event(session="https://a.example/s")))
EDITS = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.integers(0, 12),
        st.binary(max_size=4) | st.sampled_from([b'"', b"{", b"]", b"null", b"\\u", b"[" * 200, b"1e400"]),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=800)
@given(EDITS)
def test_noise_passes_or_is_invalid(edits: list[tuple[float, int, bytes]]) -> None:
    noisy = FULL
    for where, cut, put in edits:
        at = int(where * len(noisy))
        noisy = noisy[:at] + put + noisy[at + cut :]
    with suppress(Invalid):
        parsed = parse(noisy)
        assert len(parsed.parts) >= len(parsed.events)


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_any_bytes_pass_or_are_invalid(body: bytes) -> None:
    with suppress(Invalid):
        parse(body)
