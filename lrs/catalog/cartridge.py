"""Materials of an IMS Common Cartridge (1.1 to 1.3): a course as learning platforms export it.

What it says of a web link is where that opens. All else is opened in the platform, at its place in the course: a file
of the package has no address but where somebody serves it, and an LTI link is launched by the platform alone.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

from lrs.catalog.offered_material import OfferedMaterial
from lrs.catalog.openable import is_address
from lrs.catalog.prerequisites import SkillNames
from lrs.csv_files.problem import Problems
from schemas.catalog import Catalog
from schemas.invalid import Invalid
from schemas.material import Material
from schemas.typed_text import as_line, line_fault
from schemas.wording import worded, words_of
from schemas.xml_documents import local_name, read_xml
from schemas.zips import BROKEN, lists_more, open_entry

MOST_MANIFEST = 2 << 20  # bytes of an imsmanifest.xml: its elements take some 24 times as much
MOST_FILES = 20_000  # in a cartridge
MOST_DIRECTORY = 4 << 20  # bytes of the list of them: zipfile reads all of it
MOST_LINK = 16 << 10  # bytes of a file that says where a web link opens
MOST_ITEMS = 10_000  # of a course
MOST_ELEMENTS = 100_000  # of a manifest
MOST_TAUGHT = 200  # skills that an item teaches, by its standards
DEEPEST = 30  # levels of a course
_MANIFEST = "imsmanifest.xml"
_LONGEST_NAME, _LONGEST_PLACE = 256, 2048


class NoCartridge(ValueError):
    """What was given is no Common Cartridge that can be read."""


class _Item(NamedTuple):
    """A place in a course: its titles from the top, its own last."""

    id: str
    titles: tuple[str, ...]
    resource: Element
    element: Element


class _Standards(NamedTuple):
    """The curriculum standards of a resource or of an item: the skills that they name, and how many there are."""

    skills: tuple[str, ...]
    total: int
    unknown: int


def read_cartridge(path: Path, catalog: Catalog, base: str = "") -> tuple[list[OfferedMaterial], Problems]:
    """What a course offers, and what is wrong with it. base: where the files of the package are served, if they are.
    Raises NoCartridge, OSError."""
    with path.open("rb") as file:
        if lists_more(file, MOST_FILES, MOST_DIRECTORY):
            raise NoCartridge(worded("%(name)s holds more than %(most)s files", name=path.name, most=MOST_FILES))
        try:
            with zipfile.ZipFile(file) as package:
                try:
                    manifest = read_xml(_content(package, _MANIFEST, MOST_MANIFEST), _MANIFEST, MOST_MANIFEST)
                except KeyError:
                    raise _CannotRead(worded("%(name)s holds no imsmanifest.xml", name=path.name)) from None
                return _CartridgeReader(package, manifest, catalog, base).read()
        except (_CannotRead, Invalid) as error:
            raise NoCartridge(words_of(error)) from None
        except BROKEN as error:
            raise NoCartridge(
                worded("%(name)s is not a zip file that can be read: %(error)s", name=path.name, error=words_of(error))
            ) from None


class _CannotRead(Exception):
    pass


class _CartridgeReader:
    def __init__(self, package: zipfile.ZipFile, manifest: Element, catalog: Catalog, base: str) -> None:
        if local_name(manifest) != "manifest" or not manifest.get("identifier"):
            raise _CannotRead(worded("imsmanifest.xml is not the manifest of a cartridge"))
        self._package = package
        self._manifest = manifest
        if sum(1 for _ in manifest.iter()) > MOST_ELEMENTS:
            raise _CannotRead(worded("imsmanifest.xml holds more than %(most)s elements", most=MOST_ELEMENTS))
        self._catalog = catalog
        self._base = base and base.rstrip("/") + "/"  # without the slash `urljoin` drops the last folder
        self._problems = Problems()
        self._names = SkillNames(catalog)
        # Thousands of items may name one resource: what it says is read once.
        self._of_resource: dict[Element, _Standards] = {}
        self._files: dict[Element, str] = {}
        self._links: dict[Element, tuple[str, str]] = {}
        titles: dict[str, list[str]] = {}
        for skill in catalog.skills.values():
            titles.setdefault(skill.name.strip().casefold(), []).append(skill.id)
        self._by_title = {title: ids[0] for title, ids in titles.items() if title and len(ids) == 1}
        general = _descend(manifest, "metadata", "lom", "general")
        self._language = _element_text(_descend(general, "language"))[:_LONGEST_NAME]
        self._title = _element_text(_descend(general, "title", "string"))[:_LONGEST_PLACE]

    def read(self) -> tuple[list[OfferedMaterial], Problems]:
        offered: dict[str, OfferedMaterial] = {}
        for number, item in enumerate(self._items()):
            if number == MOST_ITEMS:
                raise _CannotRead(worded("the course has more than %(most)s items", most=MOST_ITEMS))
            material = self._material(item)
            if material is None:
                continue
            if material.id in offered:
                self._note(item.titles, worded("comes twice: the first is read"))
            else:
                offered[material.id] = OfferedMaterial(material, self._skills(item))
        return list(offered.values()), self._problems

    def _items(self) -> Iterator[_Item]:
        """What can be opened, in the order of the course."""
        resources = {
            resource.get("identifier", ""): resource
            for part in _children(self._manifest, "resources")
            for resource in _children(part, "resource")
        }
        above = (self._title,) if self._title else ()
        for organizations in _children(self._manifest, "organizations"):
            for organization in _children(organizations, "organization"):
                yield from self._below(organization, above, resources, 1)

    def _below(
        self, parent: Element, above: tuple[str, ...], resources: dict[str, Element], depth: int
    ) -> Iterator[_Item]:
        if depth > DEEPEST:
            raise _CannotRead(worded("the course is nested deeper than %(most)s levels", most=DEEPEST))
        for element in _children(parent, "item"):
            title = _element_text(next(_children(element, "title"), None))[:_LONGEST_PLACE]
            titles = (*above, title) if title else above
            if reference := element.get("identifierref"):
                resource = resources.get(reference)
                if resource is None:
                    self._note(titles, worded("there is no resource %(id)s: left out", id=reference), error=True)
                else:
                    yield _Item(element.get("identifier", reference), titles, resource, element)
            yield from self._below(element, titles, resources, depth + 1)

    def _material(self, item: _Item) -> Material | None:
        """How an item is opened; None, and a problem, where nothing says so."""
        kind = item.resource.get("type", "")
        address = ""
        if kind.startswith("imswl_"):
            address = self._link(item)
            if not address:
                return None
        elif kind == "webcontent" and self._base:
            address = urljoin(self._base, self._file(item.resource))
        if address and not is_address(address):
            self._note(
                item.titles, worded("%(address)s is no http or https URL: left out", address=address), error=True
            )
            return None
        id_ = address or f"{self._manifest.get('identifier')}/{item.id}"
        if not item.titles or len(id_) > _LONGEST_PLACE:
            self._note((item.id,), worded("has no title, or too long an id: left out"), error=True)
            return None
        if fault := line_fault(id_):
            self._note(item.titles, worded("%(what)s: left out", what=fault), error=True)
            return None
        material_fields = {"name": item.titles[-1][:_LONGEST_NAME]} | (
            {"language": self._language} if self._language else {}
        )
        existing = self._catalog.materials.get(id_)
        if not address and (existing is None or existing.via == "page"):  # else somebody said better how it is opened
            material_fields |= {"via": "page", "opens": " › ".join(item.titles)[:_LONGEST_PLACE]}
        return Material.model_validate(
            (existing.model_dump() if existing is not None else {"id": id_}) | material_fields
        )

    def _link(self, item: _Item) -> str:
        """Where a web link opens; "", and a problem, where it does not say so."""
        if item.resource not in self._links:
            self._links[item.resource] = self._read_link(self._file(item.resource))
        address, problem = self._links[item.resource]
        if problem:
            self._note(item.titles, problem, error=True)
        return address

    def _read_link(self, name: str) -> tuple[str, str]:
        """Where the web link of a file opens, and what is wrong with the file."""
        try:
            link = read_xml(_content(self._package, name, MOST_LINK), name, MOST_LINK)
            return next((url.get("href", "").strip() for url in _children(link, "url")), ""), ""
        except KeyError:
            return "", worded("the package has no file %(name)s: left out", name=name)
        except Invalid as error:
            return "", worded("%(error)s: left out", error=words_of(error))

    def _file(self, resource: Element) -> str:
        """The name of the file that a resource begins with."""
        if resource not in self._files:
            first_file = next((file.get("href", "") for file in _children(resource, "file")), "")
            self._files[resource] = resource.get("href") or first_file
        return self._files[resource]

    def _skills(self, item: _Item) -> tuple[str, ...]:
        """The skills of its curriculum standards; without any, the skill that its title names, or one above it."""
        if item.resource not in self._of_resource:
            self._of_resource[item.resource] = self._standards(item.resource)
        of_resource, own = self._of_resource[item.resource], self._standards(item.element)
        skill_ids = tuple(dict.fromkeys((*of_resource.skills, *own.skills)))
        if len(skill_ids) > MOST_TAUGHT:
            raise _CannotRead(worded("an item of the course teaches more than %(most)s skills", most=MOST_TAUGHT))
        if unknown := of_resource.unknown + own.unknown:
            total = of_resource.total + own.total
            self._note(
                item.titles,
                worded("standards that are no skill here: %(number)s of %(all)s", number=unknown, all=total),
            )
        if not skill_ids and (nearest := next(filter(None, map(self._skill, reversed(item.titles))), None)):
            return (nearest,)
        return skill_ids

    def _standards(self, element: Element) -> _Standards:
        """What the metadata of a resource or an item say of curriculum standards."""
        skill_ids: dict[str, None] = {}
        total = unknown = 0
        for metadata in _children(element, "metadata"):
            for standard in metadata.iter():
                if local_name(standard).lower() != "labelledguid":
                    continue
                total += 1
                standard_ids = (
                    self._skill(_element_text(part)) for part in standard if local_name(part).lower() in _NAMING
                )
                id_ = next(filter(None, standard_ids), None)
                unknown += id_ is None
                if id_ is not None:
                    skill_ids[id_] = None
        return _Standards(tuple(skill_ids), total, unknown)

    def _skill(self, name: str) -> str | None:
        return (self._names.find(name) or self._by_title.get(name.casefold())) if name else None

    def _note(self, titles: Sequence[str], message: str, error: bool = False) -> None:
        self._problems.add(_MANIFEST, 0, " › ".join(titles), message, error)


_NAMING = ("guid", "label")


def _content(package: zipfile.ZipFile, name: str, most: int) -> bytes:
    """A file of the package, up to a byte more than it may have. Raises KeyError, and what is in BROKEN."""
    with open_entry(package, package.getinfo(name)) as file:
        return file.read(most + 1)


def _children(parent: Element, name: str) -> Iterator[Element]:
    """The children of a name, in whichever namespace: each version has its own."""
    return (child for child in parent if local_name(child) == name)


def _descend(element: Element | None, *names: str) -> Element | None:
    for name in names:
        element = next(_children(element, name), None) if element is not None else None
    return element


def _element_text(element: Element | None) -> str:
    return as_line(" ".join((element.text or "").split())) if element is not None else ""
