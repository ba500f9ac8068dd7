"""The tables themselves, and the page that is made of them."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from processors.meaning.interpret import interpret, why_nothing
from processors.meaning.vocabulary.iris import STREAMS, STREAMS2
from processors.meaning.vocabulary.row import Nothing
from processors.meaning.vocabulary.table import ROWS, VERBS, rows_of
from processors.meaning.vocabulary.types import TYPES, ActivityRole, role_of
from schemas.catalog import Catalog
from schemas.observation import Kind
from tests.processors.meaning.page import PAGE, page
from tests.support.statements import answered

COURSE = "http://adlnet.gov/expapi/activities/course"

SCORM = "https://xapi.edlm/profiles/edlm-lms/concepts/activity-types/scorm-content-object"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tests.processors.meaning.page"


def test_every_row_has_a_source_and_iris() -> None:
    for row in ROWS:
        assert row.source
        assert row.verbs
        assert all(re.match(r"https?://\S+[^/]$", verb) for verb in row.verbs)


def test_a_row_without_a_condition_is_a_verbs_last() -> None:
    for verb in VERBS:
        assert all(row.when is not None for row in rows_of(verb)[:-1]), verb


def test_a_type_has_one_role() -> None:
    counted = Counter(type_ for row in TYPES for type_ in row.types)
    assert [type_ for type_, count in counted.items() if count > 1] == []


def test_activity_streams_means_the_same_in_both_spellings() -> None:
    for verb in VERBS:
        if verb.startswith(STREAMS):
            assert rows_of(verb) == rows_of(STREAMS2 + verb[len(STREAMS) :])


@pytest.mark.parametrize(
    "type_",
    [
        "http://adlnet.gov/expapi/activities/objective",
        "http://id.tincanapi.com/activitytype/competency",
        "http://purl.imsglobal.org/case/CFItem",
        "https://tool.example/types#learning-outcome",
        "https://tool.example/types/Knowledge-Component",
        "https://w3id.org/xapi/competencies/skills",
    ],
)
def test_types_that_are_skills(type_: str) -> None:
    assert role_of(type_) is ActivityRole.SKILL


@pytest.mark.parametrize(
    ("verb", "type_", "result", "means"),
    [
        ("https://w3id.org/xapi/dod-isd/verbs/answered", "", {"success": True}, Kind.ATTEMPT),
        ("http://adlnet.gov/expapi/verbs/attempted", "", {}, Kind.SESSION),
        ("http://adlnet.gov/expapi/verbs/attempted", "", {"success": False}, Kind.ATTEMPT),
        ("http://activitystrea.ms/submit", "http://id.tincanapi.com/activitytype/survey", {}, Kind.FEEDBACK),
        ("http://activitystrea.ms/schema/1.0/submit", "", {}, Kind.COMPLETION),
        (
            "https://w3id.org/xapi/tla/verbs/suspended",
            "http://adlnet.gov/expapi/activities/course",
            {},
            Nothing.ADMINISTRATION,
        ),
        ("https://w3id.org/xapi/tla/verbs/suspended", "", {}, Kind.SESSION),
        ("http://adlnet.gov/expapi/verbs/asked", "http://id.tincanapi.com/activitytype/solution", {}, Kind.HELP),
        ("http://adlnet.gov/expapi/verbs/asked", "", {}, Kind.SOCIAL),
        ("https://w3id.org/xapi/acrossx/verbs/evaluated", "", {}, Nothing.ASSESSING),
        ("http://adlnet.gov/expapi/verbs/progressed", "", {"completion": True}, Kind.COMPLETION),
        ("http://adlnet.gov/expapi/verbs/progressed", "", {"score": {"scaled": 0.5}}, Kind.EXPOSURE),
        ("http://id.tincanapi.com/verb/earned", "", {}, Kind.AWARD),
        ("http://adlnet.gov/expapi/verbs/completed", SCORM, {}, Kind.EXPOSURE),  # of every status, incomplete too
        ("http://adlnet.gov/expapi/verbs/completed", SCORM, {"completion": True}, Kind.COMPLETION),
        ("http://adlnet.gov/expapi/verbs/completed", SCORM, {"score": {"raw": 3, "max": 4}}, Kind.COMPLETION),
        ("http://adlnet.gov/expapi/verbs/completed", "", {}, Kind.COMPLETION),
        ("https://brindlewaye.com/xAPITerms/verbs/loggedin/", "", {}, Kind.SESSION),
        ("https://tool.example/verbs/answered", "", {}, Kind.ATTEMPT),
        ("https://tool.example/verbs/danced", "", {}, Kind.EXPOSURE),
    ],
)
def test_what_a_verb_means_with_its_object_and_result(
    verb: str, type_: str, result: dict[str, object], means: Kind | Nothing
) -> None:
    definition = {"definition": {"type": type_}} if type_ else {}
    sent = answered(verb={"id": verb}, object={"id": "https://x.example/1", **definition}, result=result, skills=())
    observations = interpret(sent, Catalog(), "t", 0, 0)
    assert (observations[0].kind if observations else why_nothing(sent)) == means
