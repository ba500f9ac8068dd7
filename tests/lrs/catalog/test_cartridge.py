"""What a Common Cartridge offers: what opens each item, which skills it teaches, and what is left out."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from lrs.catalog import cartridge
from lrs.catalog.cartridge import DEEPEST, NoCartridge, read_cartridge
from lrs.catalog.materials_import import preview_materials
from lrs.catalog.offered_material import OfferedMaterial
from lrs.catalog.prerequisites import SkillNames
from schemas.catalog import Catalog, Recorded, Skill
from schemas.material import Material
from schemas.xml_documents import local_name

GUID = "0f5a36b4-3c2e-4a53-9d4e-6c8b60f1a1a2"
SKILLS = (Skill(id=GUID, name="Fractions"), Skill(id="decimals", code="7.NS.2", name="Decimals"))
STANDARDS = """<metadata><csm:curriculumStandardsMetadataSet xmlns:csm="http://www.imsglobal.org/xsd/imscsmd_v1p0">
<csm:curriculumStandardsMetadata providerId="AB"><csm:setOfGUIDs region="US" version="1">
<csm:labelledGUID><csm:label>x</csm:label><csm:GUID>{guid}</csm:GUID></csm:labelledGUID>
<csm:labelledGUID><csm:label>7.NS.2</csm:label><csm:GUID>elsewhere</csm:GUID></csm:labelledGUID>
<csm:labelledGUID><csm:GUID>unknown</csm:GUID></csm:labelledGUID>
</csm:setOfGUIDs></csm:curriculumStandardsMetadata></csm:curriculumStandardsMetadataSet></metadata>"""
LINK = (
    '<webLink xmlns="http://www.imsglobal.org/xsd/imsccv{v}/imswl_v{v}"><title>x</title><url href="{href}"/></webLink>'
)


def item(id_: str, title: str, to: str = "", inside: str = "") -> str:
    reference = f' identifierref="{to}"' if to else ""
    return f'<item identifier="{id_}"{reference}><title>{title}</title>{inside}</item>'


def resource(id_: str, type_: str, href: str, inside: str = "") -> str:
    return f'<resource identifier="{id_}" type="{type_}">{inside}<file href="{href}"/></resource>'


def manifest(items: str, resources: str, v: str = "1p3") -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="m1" xmlns="http://www.imsglobal.org/xsd/imsccv{v}/imscp_v1p1"
  xmlns:lom="http://ltsc.ieee.org/xsd/imsccv{v}/LOM/manifest">
<metadata><schema>IMS Common Cartridge</schema><lom:lom><lom:general>
<lom:title><lom:string>Maths 7</lom:string></lom:title><lom:language>en</lom:language>
</lom:general></lom:lom></metadata>
<organizations><organization identifier="o" structure="rooted-hierarchy"><item identifier="root">{items}</item>
</organization></organizations><resources>{resources}</resources></manifest>"""


def packed(tmp_path: Path, manifest_: str, **files: str) -> Path:
    path = tmp_path / "course.imscc"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("imsmanifest.xml", manifest_)
        for name, content in files.items():
            package.writestr(f"{name}.xml", content)
    return path


def catalog_of(*changes: Recorded) -> Catalog:
    catalog = Catalog()
    for position, change in enumerate((*SKILLS, *changes)):
        catalog.apply(change, position, 0)
    return catalog


def course(tmp_path: Path, v: str = "1p3") -> Path:
    inside = "".join(item(f"i{n}", title, f"r{n}") for n, title in enumerate(("Pizza", "Reading", "Tool", "Test")))
    types = (f"imswl_xmlv{v}", "webcontent", f"imsbasiclti_xmlv{v}", f"imsqti_xmlv1p2/imscc_xmlv{v}/assessment")
    resources = [
        resource(f"r{n}", kind, f"r{n}.xml", STANDARDS.format(guid=GUID.upper()) if n == 3 else "")
        for n, kind in enumerate(types)
    ]
    link = LINK.format(v=v, href="https://a.example/pizza?a=1&amp;b=2")
    return packed(tmp_path, manifest(item("f", "Fractions", inside=inside), "".join(resources), v), r0=link)


@pytest.mark.parametrize("v", ["1p1", "1p2", "1p3"])
def test_items_of_a_course(tmp_path: Path, v: str) -> None:
    offered, problems = read_cartridge(course(tmp_path, v), catalog_of())
    link = Material(id="https://a.example/pizza?a=1&b=2", name="Pizza", language="en")
    assert offered == [
        OfferedMaterial(link, (GUID,)),
        *(
            OfferedMaterial(
                Material(id=f"m1/i{n}", name=name, via="page", opens=f"Maths 7 › Fractions › {name}", language="en"),
                (GUID, "decimals") if name == "Test" else (GUID,),
            )
            for n, name in ((1, "Reading"), (2, "Tool"), (3, "Test"))
        ),
    ]
    assert list(map(str, problems)) == [
        "imsmanifest.xml: Maths 7 › Fractions › Test: standards that are no skill here: 1 of 3"
    ]


@pytest.mark.parametrize("base", ["https://files.example/maths/", "https://files.example/maths"])
def test_files_of_the_package_where_they_are_served(tmp_path: Path, base: str) -> None:
    offered, _ = read_cartridge(course(tmp_path), catalog_of(), base)
    assert [one.material.id for one in offered][:2] == [
        "https://a.example/pizza?a=1&b=2",
        "https://files.example/maths/r1.xml",
    ]


def test_what_people_said_of_an_item_stays(tmp_path: Path) -> None:
    first = preview_materials(course(tmp_path), catalog_of())
    assert first.counts == {"added": 4, "changed": 0, "unchanged": 0}
    better = Material(id="m1/i2", name="old", via="lti", opens="https://lms.example/lti/9", minutes=5)
    plan = preview_materials(course(tmp_path), catalog_of(*first.changes, better))
    assert plan.changes == [better.model_copy(update={"name": "Tool", "language": "en"})]
    assert plan.counts == {"added": 0, "changed": 1, "unchanged": 3}


def test_what_cannot_be_opened_is_named_and_left_out(tmp_path: Path) -> None:
    rows = ("none", "gone", "broken", "script", "dtd")
    items = "".join(item(f"i{name}", name, name) for name in rows) + item("t", "twice", "ok") + item("u", "again", "ok")
    kinds = "".join(resource(name, "imswl_xmlv1p1", f"{name}.xml") for name in (*rows[1:], "ok"))
    files = {
        "broken": "<webLink>",
        "script": LINK.format(v="1p1", href="javascript:alert(1)"),
        "dtd": '<!DOCTYPE a [<!ENTITY b "c">]><webLink><url href="https://a.example/&b;"/></webLink>',
        "ok": LINK.format(v="1p1", href="https://a.example/"),
    }
    offered, problems = read_cartridge(packed(tmp_path, manifest(items, kinds), **files), catalog_of())
    assert [one.material.id for one in offered] == ["https://a.example/"]
    assert [(one.field.rpartition(" ")[2], one.error) for one in problems] == [
        *((name, True) for name in rows),
        ("again", False),
    ]


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04", "<html/>", "<manifest/>", "<!DOCTYPE a><manifest identifier='a'/>", "x" * ((2 << 20) + 1)],
)
def test_what_is_no_cartridge(tmp_path: Path, content: bytes | str) -> None:
    path = tmp_path / "course.imscc"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        packed(tmp_path, content)
    with pytest.raises(NoCartridge):
        preview_materials(path, catalog_of())


def test_a_course_that_is_too_deep_or_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = ""
    for _ in range(DEEPEST):
        deep = item("i", "t", inside=deep)
    with pytest.raises(NoCartridge, match="deeper than 30"):
        read_cartridge(packed(tmp_path, manifest(deep, "")), catalog_of())
    monkeypatch.setattr(cartridge, "MOST_ITEMS", 1)
    with pytest.raises(NoCartridge, match="more than 1 items"):
        read_cartridge(course(tmp_path), catalog_of())
    monkeypatch.undo()
    for bound, most, message in (
        ("MOST_ELEMENTS", 20, "more than 20 elements"),
        ("MOST_TAUGHT", 1, "more than 1 skill"),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(cartridge, bound, most)
            with pytest.raises(NoCartridge, match=message):
                read_cartridge(course(tmp_path), catalog_of())
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as package:
        package.writestr("a.csv", "id\n")
    with pytest.raises(NoCartridge, match=r"other\.zip holds no imsmanifest\.xml"):
        preview_materials(tmp_path / "other.zip", catalog_of())


def test_what_a_resource_says_is_read_once_however_many_items_name_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many, standards = 50, STANDARDS.format(guid=GUID)
    items = "".join(item(f"{of}{n}", "t" * 9_000, of) for of in ("page", "link", "tool") for n in range(many))
    resources = [
        resource("page", "webcontent", "page.xml", standards + "<x/>" * 1_000),
        resource("link", "imswl_xmlv1p1", "link.xml"),
        resource("tool", "imsbasiclti_xmlv1p1", "tool.xml"),
    ]
    looked_at = opened = longest = 0
    content, find = cartridge._content, SkillNames.find

    def counted_name(element: Element) -> str:
        nonlocal looked_at
        looked_at += 1
        return local_name(element)

    def counted_content(*given: Any) -> bytes:
        nonlocal opened
        opened += 1
        return content(*given)

    def longest_name(names: SkillNames, name: str) -> str | None:
        nonlocal longest
        longest = max(longest, len(name))
        return find(names, name)

    monkeypatch.setattr(cartridge, "local_name", counted_name)
    monkeypatch.setattr(cartridge, "_content", counted_content)
    monkeypatch.setattr(SkillNames, "find", longest_name)
    path = packed(tmp_path, manifest(items, "".join(resources)), link="<webLink/>")
    offered, _ = read_cartridge(path, catalog_of(), "https://files.example/")
    assert [one.skills for one in offered] == [(GUID, "decimals"), *[()] * many]
    assert (opened, longest) == (2, 2_048)  # the manifest, and the file of the link
    assert looked_at < 5_000
