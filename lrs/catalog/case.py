"""CASE 1.0 and 1.1 packages (1EdTech): a framework's items as skills. Pure.

An item's identifier is the key, its address an alias. `isChildOf` is the hierarchy. CASE has no relation for
prerequisites; `precedes` says an order, so it is kept as a suggestion. What points outside the package stays.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import orjson

from lrs.catalog.change_validation import MOST_REQUIRED
from lrs.catalog.cycles import MOST_CYCLES, Link, TooManyCycles, break_cycles
from schemas.catalog import Catalog, Skill
from schemas.typed_text import as_line, line_fault
from schemas.wording import worded
from schemas.xapi.body import BOM, longer_than, too_deep

_CASE_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_BYTE = re.compile(r"\(byte (\d+)\)")  # where msgspec says that JSON is wrong
_TAG = re.compile(r"<[^<>]{1,200}>")
_SPACE = re.compile(r"\s+")
_SHOWN_NAME = 500
MOST_FRAMEWORK_BYTES = 24 << 20
MOST_ITEMS = 20_000
MOST_ASSOCIATIONS = 60_000
MOST_VALUES = 1_000_000  # commas of a package
MOST_OBJECT_BYTES = 256 << 10  # of its document, an item or an association: read, these become 30 times as much
_NONE = msgspec.Raw(b"null")


class NoFramework(ValueError):
    """What was given is not a CASE package."""


@dataclass(slots=True)
class CaseFramework:
    """A framework's skills in the order of the package, and what was wrong with it."""

    id: str
    title: str
    skills: list[Skill] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_case(raw: bytes) -> CaseFramework:
    """The framework in a package. Raises NoFramework."""
    package = _package(raw)
    document = _loaded(package.CFDocument, "CFDocument")
    if not isinstance(document, dict):
        raise NoFramework(worded("the file has no CFDocument: it is not a CASE package"))
    framework = CaseFramework(_identifier(document), _case_text(document, "title"))
    if not framework.id:
        raise NoFramework(worded("CFDocument.identifier: is missing"))
    if fault := line_fault(framework.id):
        raise NoFramework(worded("%(field)s: %(reason)s", field="CFDocument.identifier", reason=fault))
    items = _items(package, framework)
    parents, before = (_Relation(name, framework) for name in ("isChildOf", "precedes"))
    for where, kind, origin, target, uri in _associations(package, framework):
        if kind == "ischildof" and target != framework.id:
            parents.add(origin, target, f"{where}: isChildOf")
        elif kind == "precedes":
            before.add(target, origin, f"{where}: precedes")
        elif kind == "exactmatchof" and origin in items and target not in items:
            aliases = items[origin].aliases
            aliases += [alias for alias in (target, uri) if alias and alias not in aliases]
    for relation in (parents, before):
        relation.break_cycles()
    for id_ in list(items):
        links = {"parents": parents.links.get(id_, []), "follows": before.links.get(id_, [])}
        framework.skills.append(items.pop(id_).model_copy(update=links))
    return framework


def plan_framework(framework: CaseFramework, catalog: Catalog) -> list[Skill]:
    """What changes: new and changed skills, and those that the framework has no more. Prerequisites stay."""
    changes = []
    for skill in framework.skills:
        existing = catalog.skills.get(skill.id)
        merged_skill = skill.model_copy(update={"requires": existing.requires}) if existing else skill
        if merged_skill != existing:
            changes.append(merged_skill)
    framework_ids = {skill.id for skill in framework.skills}
    removed_skills = [
        catalog_skill
        for catalog_skill in catalog.skills.values()
        if catalog_skill.framework == framework.id and catalog_skill.id not in framework_ids
    ]
    return changes + [removed_skill.model_copy(update={"removed": True}) for removed_skill in removed_skills]


class _Package(msgspec.Struct):
    """The parts of a package that are read, as JSON until they are, one by one; or a package of these."""

    CFPackage: msgspec.Raw = _NONE
    CFDocument: msgspec.Raw = _NONE
    CFItems: msgspec.Raw = _NONE
    CFAssociations: msgspec.Raw = _NONE


_package_decoder = msgspec.json.Decoder(_Package)
_list_decoder = msgspec.json.Decoder(list[msgspec.Raw])


def _package(raw: bytes) -> _Package:
    """The parts of a package. Raises NoFramework."""
    raw = raw.removeprefix(BOM)
    if raw.count(b",") > MOST_VALUES:
        raise NoFramework(worded("the file holds more than %(most)s values: split the framework", most=MOST_VALUES))
    if too_deep(raw):
        raise NoFramework(worded("the file is nested too deep to be a CASE package"))
    try:
        sent = _package_decoder.decode(raw)
        return sent if sent.CFPackage == _NONE else _package_decoder.decode(sent.CFPackage)
    except msgspec.ValidationError:
        raise NoFramework(worded("the file is not a CASE package")) from None
    except UnicodeDecodeError:
        raise NoFramework(worded("the file is not JSON")) from None
    except msgspec.DecodeError as error:
        byte = _BYTE.search(str(error))  # none where the file ends too soon
        line = 1 + raw.count(b"\n", 0, int(byte[1]) if byte else len(raw))
        raise NoFramework(worded("the file is not JSON: line %(line)s", line=str(line))) from None


def _loaded(raw: msgspec.Raw, where: str) -> Any:
    """A part of a package. Raises NoFramework."""
    content = bytes(raw)
    if len(content) > MOST_OBJECT_BYTES:
        kibibytes = MOST_OBJECT_BYTES >> 10
        raise NoFramework(worded("%(where)s: is larger than %(most)s KiB", where=where, most=kibibytes))
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        raise NoFramework(worded("the file is not JSON")) from None


def _items(package: _Package, framework: CaseFramework) -> dict[str, Skill]:
    items: dict[str, Skill] = {}
    for where, item in _objects(package, "CFItems", MOST_ITEMS, framework):
        id_ = _identifier(item)
        if not id_:
            framework.problems.append(worded("%(where)s.identifier: is missing: the item is left out", where=where))
        elif fault := line_fault(id_):
            framework.problems.append(_left_out(f"{where}.identifier", fault))
        elif id_ in items:
            framework.problems.append(
                worded("%(where)s.identifier: %(id)s comes twice: the first is read", where=where, id=id_)
            )
        else:
            name = _case_text(item, "abbreviatedStatement") or _case_text(item, "fullStatement")
            if not name:
                framework.problems.append(
                    worded("%(where)s.fullStatement: is missing: the code or the identifier is shown", where=where)
                )
            code = _case_text(item, "humanCodingScheme")
            uri = item.get("uri")
            items[id_] = Skill(
                id=id_,
                name=name or code or id_,
                aliases=[uri] if isinstance(uri, str) and uri and not line_fault(uri) else [],
                code=code,
                level=_level(item),
                framework=framework.id,
            )
    return items


def _associations(package: _Package, framework: CaseFramework) -> Iterator[tuple[str, str, str, str, str]]:
    """(where, type in lower case, origin's identifier, destination's, destination's address)."""
    for where, association in _objects(package, "CFAssociations", MOST_ASSOCIATIONS, framework):
        kind = str(association.get("associationType", "")).replace(" ", "").lower()
        origin, target = (
            _end_of_association(association.get("originNodeURI")),
            _end_of_association(association.get("destinationNodeURI")),
        )
        if not origin[0] or not target[0]:
            framework.problems.append(worded("%(where)s: an end is missing: the association is left out", where=where))
            continue
        if fault := next(filter(None, map(line_fault, (*origin, *target))), ""):
            framework.problems.append(_left_out(where, fault))
            continue
        yield where, kind, origin[0], target[0], target[1]


def _left_out(where: str, fault: str) -> str:
    return worded("%(what)s: left out", what=worded("%(field)s: %(reason)s", field=where, reason=fault))


class _Relation:
    """The links of one kind between items: where each is from, in the order of the package."""

    def __init__(self, name: str, framework: CaseFramework) -> None:
        self.name, self.framework = name, framework
        self.links: dict[str, list[str]] = {}
        self._added: dict[Link, int] = {}
        self._where: dict[Link, str] = {}

    def add(self, at: str, to: str, where: str) -> None:
        """Add a link, unless it is there, or its item has too many."""
        if (at, to) in self._where:
            return
        required_ids = self.links.setdefault(at, [])
        if len(required_ids) == MOST_REQUIRED:
            problem = worded(
                "%(where)s: %(id)s has more than %(most)s: left out", where=where, id=at, most=MOST_REQUIRED
            )
            self.framework.problems.append(problem)
            return
        required_ids.append(to)
        self._where[at, to] = where
        self._added[at, to] = len(self._added)

    def break_cycles(self) -> None:
        """Leave out what leads back to where it starts. Raises NoFramework where that is too much."""
        try:
            for link, cycle in break_cycles(self.links, self._added, lambda _: ()):
                problem = worded(
                    "%(where)s: leads back to itself: %(cycle)s: left out",
                    where=self._where[link],
                    cycle=" → ".join(cycle[:12]),
                )
                self.framework.problems.append(problem)
        except TooManyCycles:
            raise NoFramework(
                worded(
                    "more than %(most)s associations %(name)s lead back to themselves", most=MOST_CYCLES, name=self.name
                )
            ) from None


def _objects(package: _Package, name: str, most: int, framework: CaseFramework) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a list, with where each is. Raises NoFramework where there are more than `most`."""
    raw_list = getattr(package, name)
    if raw_list == _NONE:
        return
    if longer_than(bytes(raw_list), most):
        raise NoFramework(worded("%(name)s: holds more than %(most)s: split the framework", name=name, most=most))
    try:
        listed = _list_decoder.decode(raw_list)
    except msgspec.ValidationError:
        framework.problems.append(worded("%(name)s: is not an array: passed over", name=name))
        return
    if len(listed) > most:
        raise NoFramework(worded("%(name)s: holds more than %(most)s: split the framework", name=name, most=most))
    for index, raw_object in enumerate(listed):
        framework_object = _loaded(raw_object, f"{name}.{index}")
        if isinstance(framework_object, dict):
            yield f"{name}.{index}", framework_object
        else:
            framework.problems.append(worded("%(name)s.%(index)s: is not an object: left out", name=name, index=index))


def _end_of_association(node: Any) -> tuple[str, str]:
    """The identifier and the address of an association's end, which older files write as a plain address."""
    if isinstance(node, str):
        node = {"uri": node}
    if not isinstance(node, dict):
        return "", ""
    uri = node.get("uri")
    return _identifier(node) or (uri if isinstance(uri, str) else ""), uri if isinstance(uri, str) else ""


def _identifier(part: Mapping[str, Any]) -> str:
    """The identifier in lower case; that at the end of the address where there is none."""
    identifier = part.get("identifier")
    if isinstance(identifier, str) and identifier.strip():
        return identifier.strip().lower()
    uuids = _CASE_UUID.findall(str(part.get("uri", "")))
    return uuids[-1].lower() if uuids else ""


def _case_text(part: Mapping[str, Any], name: str) -> str:
    """A text without the markup that people put into statements."""
    text = part.get(name)
    if not isinstance(text, str):
        return ""
    return as_line(_SPACE.sub(" ", html.unescape(_TAG.sub("", text)))).strip()[:_SHOWN_NAME]


def _level(item: Mapping[str, Any]) -> str:
    levels = item.get("educationLevel") or item.get("educationalLevel") or ""
    return ",".join(
        as_line(str(level)).strip()
        for level in (levels if isinstance(levels, list) else str(levels).split(","))
        if str(level).strip()
    )
