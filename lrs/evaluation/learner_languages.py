"""The language in which each learner works: what most of their statements say of it (`context.language`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lrs.store.client import Store
from schemas.people import People

OBSERVED = "language observed"  # the attribute
_AT_ONCE = 1000  # learners

_KEYS = "SELECT person, learner FROM learners FINAL WHERE tenant = %(tenant)s AND person IN %(identities)s"
# Of a language with its region the language: "de-AT" is "de".
_LANGUAGES = """
SELECT agent, lower(splitByChar('-', JSONExtractString(statement, 'context', 'language'))[1]) AS language, uniqExact(id)
FROM agent_statements
WHERE tenant = %(tenant)s AND agent IN %(keys)s AND language != ''
GROUP BY agent, language
"""


def languages_of(store: Store, tenant: str, people: People, learners: Sequence[str]) -> dict[str, str]:
    """By the id of the person; nobody of whom no statement says it. Raises what Store.tuples raises."""
    language_of: dict[str, str] = {}
    for start in range(0, len(learners), _AT_ONCE):
        some = learners[start : start + _AT_ONCE]
        owner = {identity: person for person in some for identity in people.identities(person)}
        keys = store.tuples(_KEYS, {"tenant": tenant, "identities": tuple(owner) or ("",)})
        person_of = {key: owner[identity] for identity, key in keys}
        if not person_of:
            continue
        counts: dict[str, Counter[str]] = {}
        for key, language, statements in store.tuples(_LANGUAGES, {"tenant": tenant, "keys": tuple(person_of)}):
            counts.setdefault(person_of[key], Counter())[language] += statements
        for person, languages in counts.items():
            language_of[person] = max(languages, key=lambda spoken: (languages[spoken], spoken))
    return language_of
