"""Read a course structure: cmi5.xml, alone or in its zip package (cmi5 Quartz, 13 and 14)."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from typing import IO, Any
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element

from pydantic import TypeAdapter, ValidationError

from schemas.cmi5.course import Course
from schemas.xapi import Invalid
from schemas.xapi.values import Language
from schemas.xml_documents import local_name, read_xml
from schemas.zips import BROKEN, lists_more, open_entry

MOST_XML = 2 << 20  # bytes of a cmi5.xml: its elements take some 24 times as much
MOST_FILES = 20_000  # in a zip package
MOST_DIRECTORY = 4 << 20  # bytes of the list of them: zipfile reads all of it
DEEPEST = 30  # levels of blocks
_XML_NAMESPACE = "{https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd}"
_NAME = "cmi5.xml"
_UNKNOWN_LANGUAGE = "und"
_language: TypeAdapter[str] = TypeAdapter(Language)


def read_course(file: IO[bytes], base: str | None = None) -> Course:
    """The course in a zip package or in a bare cmi5.xml.

    base: where the package's files are served, which its relative URLs are resolved against. Raises Invalid, whose
    field names the element.
    """
    start = file.read(4)
    file.seek(0)
    return parse_course(_unpacked(file) if start[:2] == b"PK" else file.read(MOST_XML + 1), base)


def parse_course(xml: bytes, base: str | None = None) -> Course:
    """The course of a cmi5.xml. Raises Invalid, whose field names the element."""
    root = read_xml(xml, _NAME, MOST_XML)
    if root.tag != f"{_XML_NAMESPACE}courseStructure":
        raise Invalid(local_name(root), f"is not the courseStructure of {_XML_NAMESPACE[1:-1]}")
    return _CourseReader(base).course(root)


def _unpacked(file: IO[bytes]) -> bytes:
    if lists_more(file, MOST_FILES, MOST_DIRECTORY):
        raise Invalid("body", f"has more than {MOST_FILES} files, or a list of them larger than {MOST_DIRECTORY} bytes")
    try:
        with zipfile.ZipFile(file) as package, open_entry(package, package.getinfo(_NAME)) as cmi5_xml:
            return cmi5_xml.read(MOST_XML + 1)
    except KeyError:
        raise Invalid(_NAME, "is not at the root of the zip package") from None
    except BROKEN as error:
        raise Invalid("body", f"is not a zip package that can be read: {error}") from None


class _CourseReader:
    """Turns elements into the course. `where` is the path of the element at hand."""

    def __init__(self, base: str | None) -> None:
        self._base = base

    def course(self, root: Element) -> Course:
        where = "courseStructure"
        head = _only_child(root, "course", where)
        objectives = root.find(f"{_XML_NAMESPACE}objectives")
        values = {
            **self._named(head, f"{where}.course"),
            "objectives": [
                self._named(objective, f"{where}.objectives.objective[{index}]")
                for index, objective in enumerate(objectives.findall(f"{_XML_NAMESPACE}objective"))
            ]
            if objectives is not None
            else [],
            "children": self._children(root, where, 1),
        }
        return _checked(lambda: Course.model_validate(values, strict=False), where)

    def _children(self, parent: Element, where: str, depth: int) -> list[dict[str, Any]]:
        if depth > DEEPEST:
            raise Invalid(where, f"is nested deeper than {DEEPEST} blocks")
        children: list[dict[str, Any]] = []
        for child in parent:
            if child.tag == f"{_XML_NAMESPACE}au":
                children.append(self._au(child, f"{where}.au[{len(children)}]"))
            elif child.tag == f"{_XML_NAMESPACE}block":
                inner = f"{where}.block[{len(children)}]"
                children.append(
                    {
                        "kind": "block",
                        **self._named(child, inner),
                        "objectives": _references(child, inner),
                        "children": self._children(child, inner, depth + 1),
                    }
                )
            elif child.tag.startswith(_XML_NAMESPACE) and local_name(child) not in _OTHERS:
                raise Invalid(f"{where}.{local_name(child)}", "is not an element of a course structure here")
        if not children:
            raise Invalid(where, "holds no au and no block")
        return children

    def _au(self, au: Element, where: str) -> dict[str, Any]:
        attributes = {
            "move_on": au.get("moveOn"),
            "mastery_score": au.get("masteryScore"),
            "launch_method": au.get("launchMethod"),
            "activity_type": au.get("activityType"),
            "launch_parameters": _optional(au, "launchParameters"),
            "entitlement_key": _optional(au, "entitlementKey"),
        }
        return {
            "kind": "au",
            **self._named(au, where),
            "url": self._url(_element_text(_only_child(au, "url", where)), f"{where}.url"),
            "objectives": _references(au, where),
            **{name: value.strip() for name, value in attributes.items() if value is not None},
        }

    def _url(self, url: str, where: str) -> str:
        if not url:
            raise Invalid(where, "is empty")
        try:
            absolute = url if urlsplit(url).scheme else urljoin(self._base or "", url)
            scheme = urlsplit(absolute).scheme
        except ValueError as error:
            raise Invalid(where, f"is not a URL: {error}") from None
        if not scheme:
            raise Invalid(where, "is relative: say with the parameter base where the package's files are served")
        return absolute

    def _named(self, element: Element, where: str) -> dict[str, Any]:
        id_ = (element.get("id") or "").strip()
        if not id_:
            raise Invalid(f"{where}.id", "is missing")
        return {
            "id": id_,
            "title": _languages(_only_child(element, "title", where), f"{where}.title"),
            "description": _languages(_only_child(element, "description", where), f"{where}.description"),
        }


_OTHERS = frozenset(
    {"course", "title", "description", "objectives", "url", "launchParameters", "entitlementKey"}
)  # elements beside au and block, read elsewhere
_ATTRIBUTES = {
    "move_on": "moveOn",
    "mastery_score": "masteryScore",
    "launch_method": "launchMethod",
    "activity_type": "activityType",
    "launch_parameters": "launchParameters",
    "entitlement_key": "entitlementKey",
}


def _checked(make: Callable[[], Course], where: str) -> Course:
    try:
        return make()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
    path = where
    steps = list(first["loc"])
    while steps:
        step = steps.pop(0)
        if step == "children" and len(steps) >= 2:  # … then come the index and the kind
            index, kind = steps.pop(0), steps.pop(0)
            path += f".{kind}[{index}]"
        elif isinstance(step, int):
            path += f"[{step}]"
        else:
            path += f".{_ATTRIBUTES.get(str(step), step)}"
    reason = "is not an absolute IRI" if first["type"] == "string_pattern_mismatch" else first["msg"]
    raise Invalid(path, reason)


def _only_child(parent: Element, name: str, where: str) -> Element:
    elements = parent.findall(f"{_XML_NAMESPACE}{name}")
    if len(elements) != 1:
        raise Invalid(f"{where}.{name}", "is missing" if not elements else "is given more than once")
    return elements[0]


def _optional(parent: Element, name: str) -> str | None:
    element = parent.find(f"{_XML_NAMESPACE}{name}")
    return None if element is None else _element_text(element)


def _element_text(element: Element) -> str:
    return (element.text or "").strip()


def _languages(element: Element, where: str) -> dict[str, str]:
    strings = element.findall(f"{_XML_NAMESPACE}langstring")
    if not strings:
        raise Invalid(f"{where}.langstring", "is missing")
    texts: dict[str, str] = {}
    for index, string in enumerate(strings):
        language = (string.get("lang") or _UNKNOWN_LANGUAGE).strip()
        try:
            texts[_language.validate_python(language)] = _element_text(string)
        except ValidationError:
            raise Invalid(f"{where}.langstring[{index}].lang", "is not a language tag of RFC 5646") from None
    return texts


def _references(parent: Element, where: str) -> list[str]:
    objectives = parent.find(f"{_XML_NAMESPACE}objectives")
    if objectives is None:
        return []
    references = []
    for index, objective in enumerate(objectives.findall(f"{_XML_NAMESPACE}objective")):
        reference = (objective.get("idref") or "").strip()
        if not reference:
            raise Invalid(f"{where}.objectives.objective[{index}].idref", "is missing")
        references.append(reference)
    return references
