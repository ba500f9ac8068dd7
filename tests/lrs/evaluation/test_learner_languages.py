"""The language that most of a learner's statements name, over all of their keys."""

from __future__ import annotations

import json
import uuid

from lrs.evaluation.learner_languages import languages_of
from lrs.store.client import Store
from processors.stages.said_names import LEARNER_TYPES
from processors.stages.statement_table import STATEMENT_TYPES, insert_rows
from schemas.catalog import Catalog
from schemas.roster import Alias

NOBODY = Catalog().people  # nobody of whom anything was said
EMPTY = {"Array(String)": [], "String": "", "LowCardinality(String)": "", "Int64": 0, "UInt32": 0, "UInt64": 0}


def say(store: Store, tenant: str, actor: str, languages: list[str | None]) -> None:
    for language in languages:
        context = {} if language is None else {"context": {"language": language}}
        row = {name: EMPTY[type_] for name, type_ in STATEMENT_TYPES.items()}
        row |= {"tenant": tenant, "id": str(uuid.uuid4()), "actor": actor, "agents": [actor]}
        row |= {"statement": json.dumps({"verb": {"id": "v"}} | context)}
        insert_rows(store, "statements", STATEMENT_TYPES, [tuple(row.values())])


def test_it_is_that_of_most_statements_without_its_region(store: Store) -> None:
    tenant, other = uuid.uuid4().hex, uuid.uuid4().hex
    keys = {"mbox:mailto:ada@a.example": "ada", "mbox:mailto:ada@b.example": "ada", "mbox:mailto:bo@a.example": "bo"}
    for whose in (tenant, other):
        rows = [
            {"tenant": whose, "learner": key, "person": person, "name": "", "version": 1}
            for key, person in keys.items()
        ]
        insert_rows(store, "learners", LEARNER_TYPES, [tuple(row[name] for name in LEARNER_TYPES) for row in rows])
    first, second, bo = keys
    say(store, tenant, first, ["en", "en-US", None, None, None, None])
    say(store, tenant, second, ["de-AT", "DE", "de"])
    say(store, tenant, bo, [None])
    say(store, other, bo, ["fr"])
    assert languages_of(store, tenant, NOBODY, ["ada", "bo"]) == {"ada": "de"}
    assert languages_of(store, tenant, NOBODY, ["bo"]) == {}
    assert languages_of(store, other, NOBODY, ["bo", "nobody"]) == {"bo": "fr"}
    assert languages_of(store, tenant, NOBODY, []) == {}
    catalog = Catalog()
    catalog.apply(Alias(id="bo", of="ada"), 1, 1)
    say(store, tenant, bo, ["es"] * 5)
    assert languages_of(store, tenant, catalog.people, ["ada"]) == {"ada": "es"}
