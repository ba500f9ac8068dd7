"""Course structures as XML, alone and in packages (cmi5 Quartz, 13 and 14)."""

from __future__ import annotations

import io
import struct
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.cmi5.structure import DEEPEST, MOST_FILES, MOST_XML, parse_course, read_course
from schemas.catalog import CHANGE
from schemas.cmi5.course import Au, Block, Course, LaunchMethod, MoveOn, activity_id, parts
from schemas.xapi import Invalid
from tests.support.cmi5 import SITE, TEXTS, XMLNS, au_id, xml, xml_au, xml_block

ID = f"{SITE}/c"


def test_everything_a_course_says() -> None:
    whole = f"""<?xml version="1.0" encoding="utf-8"?>
    <courseStructure xmlns="{XMLNS}" xmlns:own="https://own.example/">
      <course id=" {ID} ">
        <title><langstring lang="en-GB"> Rocks </langstring><langstring lang="de">Steine</langstring></title>
        <description><langstring>About rocks</langstring></description>
        <own:colour>grey</own:colour>
      </course>
      <objectives><objective id="{SITE}/o1">{TEXTS}</objective></objectives>
      <block id="{SITE}/b1">{TEXTS}
        <objectives><objective idref="{SITE}/o1"/></objectives>
        <au id="{SITE}/a1" moveOn="CompletedAndPassed" masteryScore=" 0.75 " launchMethod="OwnWindow"
            activityType="https://types.example/lesson" own:size="3">{TEXTS}
          <objectives><objective idref="{SITE}/o1"/></objectives>
          <url> https://content.example/a1?x=1 </url>
          <launchParameters> fast </launchParameters>
          <entitlementKey>k</entitlementKey>
        </au>
      </block>
      <au id="{SITE}/a2">{TEXTS}<url>app://play/2</url></au>
    </courseStructure>"""
    course = parse_course(whole.encode())
    assert (course.id, course.title) == (ID, {"en-GB": "Rocks", "de": "Steine"})
    assert course.description == {"und": "About rocks"}
    assert [objective.id for objective in course.objectives] == [f"{SITE}/o1"]
    block, plain = course.children
    assert isinstance(block, Block)
    assert isinstance(plain, Au)
    assert block.objectives == [f"{SITE}/o1"]
    (au,) = block.children
    text = {"title": {"en": "A title"}, "description": {"en": "Some words"}}
    assert au.model_dump() == text | {
        "kind": "au",
        "id": f"{SITE}/a1",
        "url": "https://content.example/a1?x=1",
        "move_on": MoveOn.COMPLETED_AND_PASSED,
        "mastery_score": 0.75,
        "launch_method": LaunchMethod.OWN_WINDOW,
        "launch_parameters": "fast",
        "entitlement_key": "k",
        "activity_type": "https://types.example/lesson",
        "objectives": [f"{SITE}/o1"],
    }
    assert (plain.move_on, plain.mastery_score, plain.url) == (MoveOn.NOT_APPLICABLE, None, "app://play/2")
    assert CHANGE.validate_json(course.model_dump_json()) == course  # as it goes through the log


def test_the_stores_ids_are_its_own() -> None:
    course = parse_course(xml(ID, xml_block("b", xml_au("a")), xml_au("z")))
    ids = [activity_id(course.id, part.id) for part in (course, *parts(course))]
    assert len(set(ids)) == 4
    assert not {course.id, *(part.id for part in parts(course))}.intersection(ids)
    assert activity_id(f"{SITE}/other", au_id("a")) not in ids


def test_more_than_a_thousand_aus() -> None:
    course = parse_course(xml(ID, *(xml_au(str(number)) for number in range(1500))))
    assert len(course.children) == 1500


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (b"", "cmi5.xml"),
        (b"<courseStructure>", "cmi5.xml"),
        (b"\xff\xfe\x00", "cmi5.xml"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "cmi5.xml"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "cmi5.xml"),
        (b"<courseStructure/>", "courseStructure"),
        (f'<courseStructure xmlns="{XMLNS}"/>'.encode(), "courseStructure.course"),
        (xml(ID), "courseStructure"),
        (xml(""), "courseStructure.course.id"),
        (xml("rocks", xml_au("a")), "courseStructure.id"),
        (xml(ID, xml_block("b")), "courseStructure.block[0]"),
        (xml(ID, xml_au("a"), xml_block("b", xml_au("a"))), "courseStructure"),
        (xml(ID, xml_au("a"), xml_au("b", 'moveOn="Perhaps"')), "courseStructure.au[1].moveOn"),
        (xml(ID, xml_block("b", xml_au("a", 'masteryScore="1.1"'))), "courseStructure.block[0].au[0].masteryScore"),
        (xml(ID, xml_au("a", 'masteryScore="nan"')), "courseStructure.au[0].masteryScore"),
        (xml(ID, xml_au("a", 'masteryScore="half"')), "courseStructure.au[0].masteryScore"),
        (xml(ID, xml_au("a", 'launchMethod="Door"')), "courseStructure.au[0].launchMethod"),
        (xml(ID, xml_au("a", 'activityType="lesson"')), "courseStructure.au[0].activityType"),
        (xml(ID, xml_au("a", url=" ")), "courseStructure.au[0].url"),
        (xml(ID, xml_au("a", url="start.html")), "courseStructure.au[0].url"),
        (xml(ID, xml_au("a", url="http://[1")), "courseStructure.au[0].url"),
        (xml(ID, f'<au id="{SITE}/a">{TEXTS}</au>'), "courseStructure.au[0].url"),
        (xml(ID, f'<au id="{SITE}/a"><url>https://a.example</url></au>'), "courseStructure.au[0].title"),
        (xml(ID, f"<au>{TEXTS}<url>https://a.example</url></au>"), "courseStructure.au[0].id"),
        (xml(ID, xml_au("a").replace("</title>", "</title><title/>")), "courseStructure.au[0].title"),
        (xml(ID, xml_au("a").replace('lang="en"', 'lang="a b"', 1)), "courseStructure.au[0].title.langstring[0].lang"),
        (
            xml(ID, xml_au("a", more="<objectives><objective/></objectives>")),
            "courseStructure.au[0].objectives.objective[0].idref",
        ),
        (xml(ID, xml_au("a"), "<lesson/>"), "courseStructure.lesson"),
    ],
)
def test_bad_xml_names_the_element(sent: bytes, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_course(sent)
    assert caught.value.field == field


def test_blocks_are_not_nested_without_end() -> None:
    def nested(depth: int) -> bytes:
        element = xml_au("a")
        for level in range(depth):
            element = xml_block(str(level), element)
        return xml(ID, element)

    assert isinstance(parse_course(nested(DEEPEST - 1)), Course)
    with pytest.raises(Invalid, match="nested deeper"):
        parse_course(nested(DEEPEST))
    with pytest.raises(Invalid):
        parse_course(nested(5000))


def test_relative_urls_need_a_base() -> None:
    course = parse_course(xml(ID, xml_au("a", url="a/start.html?x=1")), "https://files.example/7/")
    assert isinstance(course.children[0], Au)
    assert course.children[0].url == "https://files.example/7/a/start.html?x=1"


def package(**files: bytes) -> io.BytesIO:
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name.replace("_", "."), content)
    zipped.seek(0)
    return zipped


def test_a_package_and_a_bare_file_are_told_apart() -> None:
    bare = xml(ID, xml_au("a"))
    assert (
        read_course(io.BytesIO(bare)) == read_course(package(start_html=b"<p/>", cmi5_xml=bare)) == parse_course(bare)
    )


@pytest.mark.parametrize(
    ("file", "field"),
    [
        (io.BytesIO(b"PK\x03\x04 and then nothing"), "body"),
        (package(other_xml=b"<a/>"), "cmi5.xml"),
        (package(cmi5_xml=b" " * (MOST_XML + 1)), "cmi5.xml"),
        (io.BytesIO(b" " * (MOST_XML + 1)), "cmi5.xml"),
    ],
)
def test_packages_that_are_refused(file: io.BytesIO, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_course(file)
    assert caught.value.field == field


_WHOLE = {
    "xml": xml(ID, xml_block("b", xml_au("a", 'masteryScore="0.5"'))),
    "package": package(cmi5_xml=xml(ID, xml_au("a"))).getvalue(),
}


@given(st.sampled_from(sorted(_WHOLE)), st.integers(0, 600), st.binary(max_size=20))
def test_damage_is_refused_or_harmless(kind: str, at: int, noise: bytes) -> None:
    whole = _WHOLE[kind]
    damaged = whole[:at] + noise + whole[at + len(noise) :]
    with suppress(Invalid):
        assert isinstance(read_course(io.BytesIO(damaged)), Course)


def many(files: int, zip64: bool = False) -> io.BytesIO:
    """A package of empty files."""
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as package:
        package.writestr("cmi5.xml", "<x/>")
        for number in range(files):
            package.writestr(zipfile.ZipInfo(f"{number}"), b"")
    if zip64:  # as a writer of larger packages ends it
        plain = zipped.getvalue()
        zipped = io.BytesIO(plain[:-22] + struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1) + plain[-22:])
    zipped.seek(0)
    return zipped


@pytest.mark.parametrize("comment", [b"", b"PK\x05\x06" * 3, b"x" * 65_000], ids=["none", "marks", "long"])
@pytest.mark.parametrize("file", [many(MOST_FILES), many(70_000), many(3, zip64=True)], ids=["many", "more", "zip64"])
def test_a_long_list_of_files_is_not_read(file: io.BytesIO, comment: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    data = file.getvalue()
    ended = io.BytesIO(data[:-2] + struct.pack("<H", len(comment)) + comment)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises((Invalid, TypeError)) as error:
        read_course(ended)
    assert isinstance(error.value, Invalid) or comment.startswith(b"PK")


def test_many_files_are_taken() -> None:
    with pytest.raises(Invalid) as error:
        read_course(many(1_000))
    assert error.value.field == "courseStructure" or "courseStructure" in str(error.value)
