"""What items are a part of, learned from statements: some of an item's say it, and others do not.

What is learned is a change of the catalog, an event with its position. So meaning stays a function of the statement and
the catalog, and the item's earlier statements are read again as after any such change.
"""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from lrs.catalog.catalogs import Catalogs
from lrs.store.client import Store
from processors.meaning.parents import activities_around
from processors.meaning.tool import tool_of
from processors.meaning.vocabulary.facts import Facts
from processors.meaning.vocabulary.types import ActivityRole
from schemas.catalog import MOST_PARENTS, Catalog, PartOf

MOST_ITEMS = 1_000  # that are learned of at a time
_STATEMENTS_LOOKED_AT = 32  # for each item
_NO_PARTS = frozenset({ActivityRole.ATTEMPT, ActivityRole.ITEM, ActivityRole.PLACE, ActivityRole.GROUP})
# Items with judged answers that teach nothing and say not what they are a part of, where another answer does.
_ITEMS = f"""
SELECT tenant, item, arraySort(groupUniqArrayIf({_STATEMENTS_LOOKED_AT})(statement, notEmpty(parents)))
FROM observations FINAL
WHERE item != ''
GROUP BY tenant, item
HAVING countIf(notEmpty(parents)) > 0
  AND countIf(empty(parents) AND outcome IS NOT NULL AND (empty(skills) OR provisional)) > 0
ORDER BY rand()
LIMIT %(most)s
SETTINGS max_threads = 1
"""
_STATEMENT_TEXTS = (
    "SELECT statement FROM statements WHERE tenant = %(tenant)s AND id IN %(ids)s ORDER BY stored LIMIT 1 BY id"
)


def learn_parents(store: Store, catalogs: Catalogs, now: int) -> int:
    """Add what statements say of items to the catalogs of their tenants; gives how many items. Raises the store's
    errors and the log's."""
    learned: dict[str, list[PartOf]] = {}
    for tenant, item, ids in store.tuples(_ITEMS, {"most": MOST_ITEMS}):
        texts = [row[0] for row in store.tuples(_STATEMENT_TEXTS, {"tenant": tenant, "ids": ids})]
        part = _part_of(item, texts, catalogs.latest(tenant))
        if part is not None:
            learned.setdefault(tenant, []).append(part)
    for tenant, parts in learned.items():
        catalogs.append_all(tenant, "statements", parts, now)
    return sum(map(len, learned.values()))


def _part_of(item: str, texts: Iterable[str], catalog: Catalog) -> PartOf | None:
    """What an item is a part of, as the catalog knows already and then as statements say; None if that is no more."""
    known_edge = catalog.edges.get(item)
    parts = dict.fromkeys(known_edge.of if known_edge else ())
    near: dict[str, None] = {}
    far: dict[str, None] = {}
    for text in texts:
        facts = Facts(orjson.loads(text))
        for id_, role in activities_around(facts, tool_of(facts)).parents:
            if role not in _NO_PARTS and id_ != item:
                # What is in a unit is in a course as well, which says less.
                (far if role is ActivityRole.COURSE else near)[id_] = None
    parts |= near | far
    of = list(parts)[:MOST_PARENTS]
    return None if (known_edge and of == list(known_edge.of)) or not of else PartOf(id=item, of=of)
