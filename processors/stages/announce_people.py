"""Announce the persons whom a change of the catalog concerns, so that they are folded again.

It concerns whoever is somebody else now, and whoever's days or minutes are measured in another way.

Reads the catalog and writes into the observations. First every partition is told how far the catalog has to be known to
read on: whoever reads what comes after it sees the change. Then the persons on both sides of it are announced to their
partitions: each is folded again from all identities that it has by then, and one that has none any more loses its rows.
What an observation meets is thus either the new order, or a refold that comes after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext

from lrs.catalog.catalogs import read_changes
from lrs.log import Entry, Log, Record
from lrs.store.client import Store
from lrs.store.gate import TableGate
from processors.meaning.version import INTERPRETATION
from processors.stages.stage import Stage
from schemas.catalog import Catalog, Class, Member, Recorded, School
from schemas.observation import encode_refold
from schemas.people import identities_of, keys_of
from schemas.policy import Policy
from schemas.reading import ReadingRules
from schemas.record import CATALOG, OBSERVATIONS, PEOPLE
from schemas.roster import AccountNaming, Alias, Person, canonical, rostered

MOST_PERSONS = 1_000  # in one record
_PEOPLE_READ = 1_000
_PERSONS_SEEN = "SELECT DISTINCT person FROM learners WHERE tenant = %(tenant)s AND person IN %(identities)s"
_ALL_PERSONS = "SELECT DISTINCT person FROM learners WHERE tenant = %(tenant)s"


class AnnouncePeople(Stage):
    """Takes batches of the catalog topic. `gate`: what a replay closes to hold what writes observations."""

    topic = CATALOG
    group = PEOPLE

    def __init__(self, log: Log, store: Store, gate: TableGate | None = None) -> None:
        self._log = log
        self._store = store
        self._gate = gate
        self._next = 0
        self._tenant_catalogs: dict[str, Catalog] = {}  # up to `_next`

    def reset(self) -> None:
        """The catalogs may be further than what is announced."""
        self._next = 0
        self._tenant_catalogs = {}

    def handle(self, records: Sequence[Record]) -> None:
        """Announce what a batch changes. Raises the store's errors and the log's: deliver it again."""
        if records[0].position != self._next:
            self._catch_up(records[0].position)
        changes_by_tenant: dict[str, PeopleChanges] = {}
        for tenant, change, position, at in _changes_in(records):
            catalog = self._tenant_catalogs.setdefault(tenant, Catalog())
            if tenant not in changes_by_tenant:
                changes_by_tenant[tenant] = PeopleChanges(catalog)
            changes_by_tenant[tenant].apply(change, position, at)
        self._next = records[-1].position + 1
        with self._gate.passing() if self._gate else nullcontext():
            self._announce(
                {
                    tenant: people_changes
                    for tenant, people_changes in changes_by_tenant.items()
                    if people_changes.matters
                }
            )

    def _catch_up(self, position: int) -> None:
        """Fold the catalog up to a position, which was announced before."""
        self.reset()
        while self._next < position and (records := self._log.read(CATALOG, self._next, _PEOPLE_READ)):
            records = [record for record in records if record.position < position]
            for tenant, change, at, time in _changes_in(records):
                self._tenant_catalogs.setdefault(tenant, Catalog()).apply(change, at, time)
            self._next = records[-1].position + 1 if records else position

    def _announce(self, changes_by_tenant: dict[str, PeopleChanges]) -> None:
        if not changes_by_tenant:
            return
        self._append([(partition, []) for partition in range(self._log.partitions(OBSERVATIONS, fresh=True))])
        by_partition: dict[int, list[tuple[str, str]]] = {}
        for tenant, people_changes in changes_by_tenant.items():
            for person in sorted(self._persons(tenant, people_changes)):
                partition = self._log.partition_of(OBSERVATIONS, person)
                by_partition.setdefault(partition, []).append((tenant, person))
        for start in range(0, max(map(len, by_partition.values()), default=0), MOST_PERSONS):
            persons_by_partition = ((p, persons[start : start + MOST_PERSONS]) for p, persons in by_partition.items())
            self._append(
                [(partition, some_persons) for partition, some_persons in persons_by_partition if some_persons]
            )

    def _append(self, announcements: Iterable[tuple[int, list[tuple[str, str]]]]) -> None:
        """Append one record to each partition, and wait until they are durable."""
        sent = [
            self._log.submit(
                OBSERVATIONS,
                Entry("", encode_refold(persons, INTERPRETATION, self._next), max(1, len(persons))),
                partition,
            )
            for partition, persons in announcements
        ]
        for announcement in sent:
            announcement.result()

    def _persons(self, tenant: str, people_changes: PeopleChanges) -> set[str]:
        """The persons whom a change concerns.

        Identities that appear after this query need no announcement: whoever reads them knows the change already.
        """
        parameters = {"tenant": tenant, "identities": sorted({identity for identity, _ in people_changes.claims})}
        if people_changes.everybody:
            identity_rows = self._store.tuples(_ALL_PERSONS, parameters)
        else:
            identity_rows = self._store.tuples(_PERSONS_SEEN, parameters) if parameters["identities"] else []
        return people_changes.persons({row[0] for row in identity_rows})


class PeopleChanges:
    """Which persons of a tenant changes of its catalog concern: they are folded again.

    Others may have read the catalog in between any two of the changes. So everybody is concerned of whom anybody may
    have been a part meanwhile: both ends of each link that came or went, and what they led to before and lead to after.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._before = catalog.people
        self._nodes: set[str] = set()  # ends of links that were made or dissolved by hand; members with another zone
        self.claims: set[tuple[str, str]] = set()  # (identity, person): made or dissolved by rosters
        self.everybody = False

    @property
    def matters(self) -> bool:
        """Whether anybody may be concerned."""
        return bool(self._nodes or self.claims or self.everybody)

    def persons(self, identities: set[str]) -> set[str]:
        """The persons concerned, where statements name the identities `identities`."""
        nodes = self._nodes | {node for claim in self.claims if claim[0] in identities for node in claim}
        if self.everybody:
            nodes |= identities
        people_after = self._catalog.people
        return nodes | {self._before.person(node) for node in nodes} | {people_after.person(node) for node in nodes}

    def apply(self, change: Recorded, position: int, at: int) -> None:
        """Fold one change into the catalog, and note whom it concerns."""
        catalog = self._catalog
        match change:
            case Person():
                self._claim([change.id])
                catalog.apply(change, position, at)
                self._claim([change.id])
            case AccountNaming():
                self._claim(catalog.persons)
                catalog.apply(change, position, at)
                self._claim(catalog.persons)
            case Alias():
                alias_before = catalog.aliases.get(change.id)
                self._nodes |= {change.id, change.of, alias_before.of if alias_before else ""} - {""}
                catalog.apply(change, position, at)
            case School():
                schools = [class_ for class_ in catalog.classes.values() if class_.school == change.id]
                self._zones(change, position, at, schools)
            case Class():
                self._zones(change, position, at, [change])
            case ReadingRules():
                self.everybody |= change.zone != catalog.reading.zone
                catalog.apply(change, position, at)
            case Policy():
                self.everybody |= change.idle_after != catalog.policy.idle_after
                catalog.apply(change, position, at)
            case _:
                catalog.apply(change, position, at)

    def _claim(self, ids: Iterable[str]) -> None:
        """What the catalog says now of the keys of some persons."""
        for id_ in ids:
            if (person := self._catalog.persons.get(id_)) is not None:
                keys = keys_of(person, self._catalog.accounts.values())
                self.claims |= {(identity, rostered(id_)) for identity in identities_of(keys)}

    def _zones(self, change: Class | School, position: int, at: int, classes: Sequence[Class]) -> None:
        """A change of classes' schools or members, or of a school's zone."""
        ids = [class_.id for class_ in classes]
        members_before = self._members(ids)
        self._catalog.apply(change, position, at)
        self._nodes |= {node for node, _ in members_before ^ self._members(ids)}

    def _members(self, ids: Iterable[str]) -> set[tuple[str, str]]:
        """(member, zone) of some classes, where a school says the zone."""
        catalog = self._catalog
        zoned_nodes = set()
        for id_ in ids:
            class_ = catalog.classes.get(id_)
            school = catalog.schools.get(class_.school) if class_ else None
            if class_ and school and school.zone:
                zoned_nodes |= {(node, school.zone) for member in class_.learners for node in _nodes(member)}
        return zoned_nodes


def _nodes(member: Member) -> Iterator[str]:
    yield canonical(member.learner)
    if member.person:
        yield rostered(member.person)


def _changes_in(records: Iterable[Record]) -> Iterator[tuple[str, Recorded, int, int]]:
    """(tenant, change, position, time) of each change in records of the catalog. Raises NotUnderstood."""
    for record in records:
        catalog_record, changes = read_changes(record)
        for change in changes:
            yield catalog_record.tenant, change, record.position, catalog_record.time
