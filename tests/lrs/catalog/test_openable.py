"""A material that nothing can open is refused; what the log has already is read as before."""

from __future__ import annotations

import pytest

from lrs.catalog.change_validation import check_changes
from schemas.catalog import Catalog, Change
from schemas.cmi5.course import Au, Course, activity_id
from schemas.invalid import Invalid
from schemas.material import Material

ID = "https://a.example/1"
EN = {"en": "Fractions"}
AU = Au(id="urn:au1", title=EN, description=EN, url="https://c.example/a.html")
COURSE = Course(id="https://c.example/", title=EN, description=EN, children=[AU])
UNIT = activity_id(COURSE.id, "urn:au1")


@pytest.mark.parametrize("via", ["url", "lti"])
@pytest.mark.parametrize(
    ("id_", "opens"),
    [
        (ID, "x"),
        (ID, "/item/1"),
        (ID, "javascript:alert(1)"),
        (ID, "ftp://a.example/1"),
        (ID, "https://"),
        (ID, "https:///1"),
        (ID, "https://[a/1"),
        (ID, "https://a.example/1 2"),
        (ID, " https://a.example/1"),
        (ID, "https://a.example/\n1"),
        ("item 1", ""),
    ],
)
def test_an_address_is_a_url_of_the_web(via: str, id_: str, opens: str) -> None:
    refused([Material.model_validate({"id": id_, "via": via, "opens": opens})], "0.opens")


@pytest.mark.parametrize(
    "opens", ["x", "https://c.example/", "https://c.example/|urn:au2", "https://d.example/|urn:au1", ""]
)
def test_a_unit_is_one_of_a_course_that_is_here(opens: str) -> None:
    refused([COURSE, Material(id=ID, via="cmi5", opens=opens)], "1.opens")


@pytest.mark.parametrize("opens", ["", " ", "\n"])
def test_a_page_says_where_to_look(opens: str) -> None:
    refused([Material(id=ID, via="page", opens=opens)], "0.opens")


@pytest.mark.parametrize(
    "material",
    [
        Material(id=ID),
        Material(id="item 1", opens="HTTPS://A.example:8443/open?item=1#here"),
        Material(id="item 1", via="lti", opens="http://a.example/launch"),
        Material(id="item 1", via="page", opens="Workbook 7, page 12"),
        Material(id="item 1", via="cmi5", opens="https://c.example/|urn:au1"),
        Material(id=UNIT, via="cmi5"),
        Material(id="item 1", opens="x", removed=True),
    ],
)
def test_what_opens_is_accepted(material: Material) -> None:
    check_changes([COURSE, material], Catalog())
    catalog = Catalog()
    catalog.apply(COURSE, 1, 0)
    check_changes([material], catalog)


def test_a_course_that_goes_has_no_units() -> None:
    catalog = Catalog()
    catalog.apply(COURSE, 1, 0)
    gone = COURSE.model_copy(update={"removed": True})
    refused([gone, Material(id=ID, via="cmi5", opens="https://c.example/|urn:au1")], "1.opens", catalog)


def refused(changes: list[Change], field: str, catalog: Catalog | None = None) -> None:
    with pytest.raises(Invalid) as error:
        check_changes(changes, catalog or Catalog())
    assert error.value.field == field
