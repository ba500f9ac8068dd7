"""Canonical definitions and names are a function of the set of statements, whatever way they came."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs.catalog.catalogs import Catalogs
from lrs.log import Entry
from lrs.log.sqlite import SqliteLog
from lrs.record.activity_definitions import Definitions
from lrs.record.agent_names import AgentNames
from lrs.store.client import Store
from processors.stages.admit import Admit
from processors.stages.definitions import DEFINITION_TYPES, NAME_TYPES, Descriptions
from processors.stages.statement_table import insert_rows
from schemas.record import STATEMENTS, Bundle, StoredFirst
from schemas.xapi.actor import learner_key
from tests.support.statements import answered, learner

ACTIVITIES = ["https://x.example/a", "https://x.example/b"]
_word = st.sampled_from(["x", "y", "z"])
_interactions = st.sampled_from(
    [
        {},
        {"interactionType": "choice", "choices": [{"id": "1"}]},
        {"interactionType": "true-false", "correctResponsesPattern": ["true"]},
    ]
)
_definitions = st.builds(
    lambda parts, interaction: parts | interaction,
    st.fixed_dictionaries(
        {},
        optional={
            "name": st.dictionaries(st.sampled_from(["en", "de"]), _word),
            "description": st.dictionaries(st.sampled_from(["en", "fr"]), _word),
            "type": st.sampled_from(["https://x.example/t1", "https://x.example/t2"]),
            "extensions": st.dictionaries(st.just("https://x.example/e"), st.sampled_from([1, True, 1.0, None])),
        },
    ),
    _interactions,
)


def statement(activity: str, definition: dict[str, Any], name: str) -> dict[str, Any]:
    return answered() | {"object": {"id": activity, "definition": definition}, "actor": learner("n") | {"name": name}}


def merged(statements: list[dict[str, Any]], activity: str) -> dict[str, Any]:
    """The definition as the specification words it: united, the latest wins."""
    united: dict[str, Any] = {}
    for each in statements:
        definition = each["object"]["definition"] if each["object"]["id"] == activity else {}
        for part in ("name", "description", "extensions"):
            if definition.get(part):
                united[part] = united.get(part, {}) | definition[part]
        if "type" in definition:
            united["type"] = definition["type"]
        if "interactionType" in definition:
            for part in ("interactionType", "choices", "correctResponsesPattern"):
                united.pop(part, None)
                if part in definition:
                    united[part] = definition[part]
    return united


def text(value: Any) -> bytes:
    """For a comparison that tells 1, 1.0 and true apart."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


@settings(max_examples=25)
@given(st.data())
def test_any_order_any_batches_any_partition(store: Store, data: st.DataObject) -> None:
    tenant = f"definitions-{uuid.uuid4()}"
    statements = data.draw(st.lists(st.builds(statement, st.sampled_from(ACTIVITIES), _definitions, _word), max_size=8))
    order = data.draw(st.permutations(range(len(statements))))
    order += data.draw(st.lists(st.sampled_from(order), max_size=4)) if order else []  # delivered again
    size = data.draw(st.integers(1, 4))
    for start in range(0, len(order), size):
        descriptions = Descriptions()
        for number in order[start : start + size]:
            # Pairs share a time; which partition a statement came by says nothing about when.
            descriptions.add(statements[number], tenant, StoredFirst(number % 2, number, number // 2))
        insert_rows(store, "definitions", DEFINITION_TYPES, descriptions.definitions())
        insert_rows(store, "names", NAME_TYPES, descriptions.names())
    put_together = Definitions(store).of(tenant, ACTIVITIES)
    assert text(put_together) == text({a: d for a in ACTIVITIES if (d := merged(statements, a))})
    names = [each["actor"]["name"] for each in reversed(statements)]
    assert AgentNames(store).of(tenant, learner_key(learner("n"))) == list(dict.fromkeys(names))


def test_many_activities_are_looked_up_at_once(store: Store) -> None:
    tenant = f"definitions-{uuid.uuid4()}"
    descriptions = Descriptions()
    ids = [f"https://x.example/it's/%s/{n}/{'x' * 40}" for n in range(3000)]
    for n, id_ in enumerate(ids):
        descriptions.add(statement(id_, {"name": {"en": str(n)}}, "x"), tenant, StoredFirst(0, n, 1))
    insert_rows(store, "definitions", DEFINITION_TYPES, descriptions.definitions())
    put_together = Definitions(store).of(tenant, ids)
    assert put_together == {id_: {"name": {"en": str(n)}} for n, id_ in enumerate(ids)}
    assert Definitions(store).of(tenant, []) == {}
    assert Definitions(store).of("another", ids) == {}


@pytest.mark.parametrize("defines", [True, False])
def test_a_credential_that_may_not_define_defines_nothing(store: Store, tmp_path: Path, defines: bool) -> None:
    tenant = f"definitions-{uuid.uuid4()}"
    sent = statement(ACTIVITIES[0], {"name": {"en": "x"}}, "Ada")
    log = SqliteLog(tmp_path)
    log.append(
        STATEMENTS,
        Entry("", Bundle(tenant, "tool", 1, 0, [sent["id"]], [orjson.dumps(sent)], defines=defines).encode()),
    )
    Admit(log, store, Catalogs(log)).handle(log.read(STATEMENTS, 0, 1))
    log.close()
    assert Definitions(store).of(tenant, ACTIVITIES) == ({ACTIVITIES[0]: {"name": {"en": "x"}}} if defines else {})
    assert AgentNames(store).of(tenant, learner_key(learner("n"))) == (["Ada"] if defines else [])
