"""What is exported: current, valid, and true of the routes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner
from jsonschema_rs import Draft202012Validator, meta
from starlette.routing import Route

from lrs.api import about, activities, agents, document_resources, openapi_xapi, statements
from lrs.api.parameter_meanings import BY_NAME, BY_PATH
from lrs.cli.schemas import openapi, schemas
from lrs.log.kafka_topics import TOPICS
from schemas.envelope import ENVELOPE_VERSION, encode
from schemas.json_schemas import schemas as json_schemas
from schemas.log_records import RECORD_TYPES
from schemas.observation import Kind, Observation, encode_observations
from schemas.record import DIRECT, DeadLetter
from tests.schemas.xapi.samples import FULL, with_
from tests.support.caliper import envelope, event, person, response

DOCS = Path(__file__).parents[3] / "docs/schema"


def exported(name: str) -> Any:
    return orjson.loads((DOCS / f"{name}.json").read_bytes())


def within(name: str, definition: str) -> Draft202012Validator:
    """A validator of one definition of an exported schema."""
    return Draft202012Validator({**exported(name), "$ref": f"#/$defs/{definition}"})


def test_they_are_current() -> None:
    done = CliRunner().invoke(schemas, ["--out", str(DOCS), "--check"])
    assert done.exit_code == 0, done.stderr


def test_what_is_not_current_is_told(tmp_path: Path) -> None:
    assert CliRunner().invoke(schemas, ["--out", str(tmp_path)]).exit_code == 0
    assert {path.stem for path in tmp_path.iterdir()} == {*json_schemas(), "openapi"}
    (tmp_path / "log.json").write_text("{}")
    (tmp_path / "gone.json").write_text("{}")
    done = CliRunner().invoke(schemas, ["--out", str(tmp_path), "--check"])
    assert done.exit_code == 1
    assert "log.json, gone.json" in done.stderr


@pytest.mark.parametrize("name", sorted(json_schemas()))
def test_each_is_a_schema(name: str) -> None:
    meta.validate(exported(name))


def test_statements() -> None:
    for name in ("xapi-statement-1.0.3", "xapi-statement-2.0.0"):
        statement = Draft202012Validator(exported(name))
        statement.validate(FULL)
        for wrong in (with_("verb", {}), with_("actor/colour", "red"), with_("result/score/scaled", 2)):
            assert not statement.is_valid(wrong)


def test_caliper() -> None:
    within("caliper", "EnvelopeHead").validate(envelope(person(), event()))
    events = within("caliper", "CaliperEvent")
    events.validate(event(actor="https://a.example/1", generated=response()))
    assert not events.is_valid(event(actor=None))


def test_every_topic_has_its_records_described() -> None:
    described = exported("log")["$defs"]
    for topic in {*TOPICS} - {DIRECT}:
        assert RECORD_TYPES[topic].__name__ in described, topic


def test_the_logs_records() -> None:
    letter = DeadLetter(ENVELOPE_VERSION, "admit", "why", "statements", 1, "default", 5, "{}")
    within("log", "DeadLetter").validate(orjson.loads(encode(letter)))
    observation = Observation("t", "l", 1, "s", 0, Kind.ATTEMPT, "v", "i", ("a",), 1.0, None, "", 0, 0)
    observations = Draft202012Validator(exported("observations"))
    observations.validate(orjson.loads(encode_observations([observation], 1, 0)))
    assert not observations.is_valid({"version": 1, "observations": [{"tenant": "t"}]})


def test_the_xapis_resources_are_all_described() -> None:
    routes = [r for part in (statements, document_resources, agents, activities, about) for r in part.routes]
    described = openapi_xapi.paths()
    assert {r.path for r in routes} == set(described)
    for route in routes:
        assert isinstance(route, Route)
        methods = {m.lower() for m in route.methods or ()} - {"head"}
        own = methods if "post" in described[route.path] else methods - {"post"}  # POST may carry another method
        assert own == set(described[route.path]), route.path


def test_every_parameter_of_a_query_has_its_meaning() -> None:
    used = set()
    for path, operations in openapi()["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "query":
                    assert parameter["description"], (path, parameter["name"])
                    used |= {(path, parameter["name"]), parameter["name"]}
    assert used >= {*BY_PATH, *BY_NAME}


def test_the_document_has_every_schema_it_refers_to() -> None:
    document = openapi()
    schema_names = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references(document) <= schema_names
    assert {"/pacing/classes/{class_id}", "/xAPI/statements", "/caliper/envelopes"} <= set(document["paths"])


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(references, value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()
