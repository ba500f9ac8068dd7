"""Which tool sent a statement, recognised by what its statements carry."""

from __future__ import annotations

import re
from enum import StrEnum

from processors.meaning.vocabulary.facts import Facts, activities
from processors.meaning.vocabulary.iris import CMI5_CONTEXT, EDX_EXTENSION, EDX_EXTENSIONS

INFO = "http://lrs.learninglocker.net/define/extensions/info"  # of Moodle's plugin, and Learning Locker's
_H5P = "http://h5p.org/x-api/h5p-local-content-id"
_H5P_LIBRARY = "http://h5p.org/libraries/"
_ARTICULATE = re.compile(r"urn:articulate:|https?://\w+_(?:course_id|rise)(?:_v\d+)?(?:/|$)")


class Tool(StrEnum):
    """Tools whose statements need rules of their own."""

    MOODLE = "Moodle (logstore_xapi)"
    EDX = "Open edX (event-routing-backends)"
    H5P = "H5P"
    ARTICULATE = "Articulate (Storyline, Rise)"
    CMI5 = "cmi5"
    OTHER = "any other"


def tool_of(facts: Facts) -> Tool:
    """The tool that a statement's marks belong to."""
    extensions = facts.extensions
    if INFO in extensions or facts.context.get("platform") == "Moodle":
        return Tool.MOODLE
    if EDX_EXTENSION + "transformer-version" in extensions or EDX_EXTENSIONS + "session-id" in extensions:
        return Tool.EDX
    if _H5P in facts.described or "subContentId=" in facts.id or library(facts):
        return Tool.H5P
    if _ARTICULATE.match(facts.id):
        return Tool.ARTICULATE
    if CMI5_CONTEXT + "sessionid" in extensions:
        return Tool.CMI5
    return Tool.OTHER


def library(facts: Facts) -> str:
    """The name of the H5P content type that a statement's category says, without its version; "" if none."""
    for category in activities(facts.context, "category"):
        id_ = category.get("id", "")
        if id_.startswith(_H5P_LIBRARY):
            return str(id_[len(_H5P_LIBRARY) :].rpartition("-")[0])
    return ""
