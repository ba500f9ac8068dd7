"""XML from anybody: read without document types, entities, or more of it than it may be long."""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from schemas.invalid import Invalid
from schemas.wording import worded, words_of


def read_xml(xml: bytes, name: str, most: int) -> Element:
    """The root of a document that is called `name`, of at most so many bytes. Raises Invalid."""
    if len(xml) > most:
        raise Invalid(name, worded("is larger than %(most)s bytes", most=str(most)))
    try:
        root: Element = fromstring(xml, forbid_dtd=True)
    except ParseError as error:
        raise Invalid(name, worded("is not XML: %(error)s", error=words_of(error))) from None
    except (DefusedXmlException, LookupError, ValueError) as error:  # an unknown encoding is a LookupError
        raise Invalid(name, worded("is not read: %(error)s", error=words_of(error))) from None
    return root


def local_name(element: Element) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]
