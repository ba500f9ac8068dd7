"""Caliper 1.0, as its senders write it."""

from __future__ import annotations

from typing import Any

import orjson

from processors.meaning.caliper import statement
from processors.meaning.interpret import interpret, why_nothing
from schemas.caliper import parse
from schemas.caliper.first import FIRST_CONTEXT
from schemas.catalog import Catalog
from schemas.observation import Observation
from schemas.xapi import check

SCHOOL, TERMS = "https://school.example", "http://purl.imsglobal.org"
TYPES = f"{TERMS}/caliper/v1"


def person(name: str) -> dict[str, Any]:
    return {"@id": f"{SCHOOL}/users/{name}", "@type": f"{TYPES}/lis/Person", "name": None}


def outcome(most: float, grade: float, **more: Any) -> dict[str, Any]:
    attempt = {
        **{"@id": f"{SCHOOL}/attempts/1", "@type": f"{TYPES}/Attempt", "actor": person("ada"), "count": 1},
        "assignable": {"@id": f"{SCHOOL}/quiz/1", "@type": f"{TYPES}/Assessment", "maxScore": most},
    }
    result = {"@id": f"{SCHOOL}/results/1", "@type": f"{TYPES}/Result", "actor": person("ada"), "totalScore": grade}
    return {
        **{"@context": FIRST_CONTEXT, "@type": f"{TYPES}/OutcomeEvent", "actor": person("kay")},
        **{"action": f"{TERMS}/vocab/caliper/v1/action#Graded", "object": attempt, "generated": result},
        **{"eventTime": "2016-03-02T09:00:00.000Z", **more},
    }


def envelope(*data: dict[str, Any]) -> bytes:
    head = {"@context": f"{TERMS}/ctx/caliper/v1/Envelope", "sensor": f"{SCHOOL}/sensor"}
    return orjson.dumps({**head, "sendTime": "2016-03-02T09:00:01.000Z", "data": data})


def observed(sent: dict[str, Any]) -> Observation:
    parsed = parse(envelope(sent))
    xapi_statement = statement(parsed.events[0], parsed.entities, parsed.version)
    check(orjson.dumps(xapi_statement), "1.0.3")
    (observation,) = interpret(xapi_statement, Catalog(), "t", 0, 0)
    return observation


def test_an_outcome_is_the_learners_score() -> None:
    observation = observed(outcome(10, 0))
    assert (observation.learner, observation.item, observation.outcome) == (
        f"account:{SCHOOL}/users|ada",
        f"{SCHOOL}/quiz/1",
        0.0,
    )
    assert observation.by == f"{SCHOOL}/users/kay"
    assert observed(outcome(10, 5)).share == 0.5


def test_a_maximum_that_is_the_grade_itself_says_nothing() -> None:
    observation = observed(outcome(7, 7))
    assert (observation.outcome, observation.share) == (None, None)


def test_what_is_kept_is_what_came_and_its_id_follows_from_it() -> None:
    sent = outcome(10, 5)
    parsed, again = parse(envelope(sent)), parse(envelope(dict(reversed(sent.items()))))
    assert orjson.loads(parsed.parts[0]) == sent
    assert parsed.events[0].id == again.events[0].id
    assert parsed.events[0].id != parse(envelope(outcome(10, 6))).events[0].id
    assert parsed.version == FIRST_CONTEXT


def test_who_teaches_does_not_learn() -> None:
    roles = [f"{TERMS}/vocab/lis/v2/membership#Instructor"]
    viewed = {
        **{"@type": f"{TYPES}/ViewEvent", "@context": FIRST_CONTEXT, "actor": person("kay")},
        **{"action": f"{TERMS}/vocab/caliper/v1/action#Viewed", "eventTime": "2016-03-02T09:00:00.000Z"},
        **{"object": {"@id": f"{SCHOOL}/page", "@type": f"{TYPES}/WebPage"}, "membership": {"roles": roles}},
    }
    parsed = parse(envelope(viewed))
    assert why_nothing(statement(parsed.events[0], parsed.entities, parsed.version)) == "administration"
