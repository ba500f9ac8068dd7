"""Activity types by what they are: each row with its source."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from processors.meaning.vocabulary.iris import (
    ACROSSX_EXTENSIONS,
    ACROSSX_TYPES,
    ADL_TYPES,
    BRIGHTSPACE_TYPES,
    CALIPER,
    CMI5_TYPES,
    EDLM_TYPES,
    EDX_TYPES,
    GAME_TYPES,
    STREAMS,
    STREAMS2,
    TINCAN_TYPES,
    iris,
)


class ActivityRole(StrEnum):
    """What an activity of a type is to learning."""

    SKILL = "skill"  # its id names what is learned
    ITEM = "item"  # one question or exercise
    WHOLE = "whole"  # a quiz, a set, a package: what it says sums its parts up
    UNIT = "unit"  # a section, chapter or module
    COURSE = "course"
    WORK = "work"  # an assignment, or what is handed in for it
    ATTEMPT = "attempt"  # one try at a whole
    MEDIA = "media"
    SURVEY = "survey"
    SOCIAL = "social"
    GROUP = "group"
    SOLUTION = "solution"
    HINT = "hint"
    AWARD = "award"
    PLACE = "place"  # a site, platform, profile or category: no part of what is learned
    OTHER = "other"


class Types(NamedTuple):
    """A row: these types have this role."""

    role: ActivityRole
    types: tuple[str, ...]
    source: str


SCORM_CONTENT = frozenset((*iris(EDLM_TYPES, "scorm-content-object"), *iris(TINCAN_TYPES, "legacy-learning-standard")))

TYPES: tuple[Types, ...] = (
    Types(
        ActivityRole.SKILL,
        (
            *iris(ADL_TYPES, "objective"),
            *iris(TINCAN_TYPES, "skill", "competency", "learning-objective"),
            "https://w3id.org/xapi/tla/activity-types/competency",
            "https://w3id.org/xapi/adl/profiles/competency/competency",
            "https://w3id.org/xapi/competencies/skills",
            "https://w3id.org/xapi/avt/activity-types/competence-aim",
            "http://xapi.jisc.ac.uk/learningOutcome",
            "http://purl.imsglobal.org/case/CFItem",
            *iris(CALIPER, "LearningObjective"),
        ),
        "ADL vocabulary; TLA and competency profiles; Jisc; 1EdTech CASE; Caliper 1.2 (LearningObjective); AVT",
    ),
    Types(
        ActivityRole.ITEM,
        (
            *iris(ADL_TYPES, "cmi.interaction", "question", "interaction"),
            *iris(STREAMS, "question"),
            *iris(STREAMS2, "question"),
            *iris(CALIPER, "AssessmentItem"),
            *iris(STREAMS, "review#slot"),
            *iris(GAME_TYPES, "question"),
        ),
        "xAPI 1.0.3 part 2, 2.4.4.1 (interactions); ADL vocabulary; Adapt, serious games, SCORM profile; Caliper 1.2",
    ),
    Types(
        ActivityRole.WHOLE,
        (
            *iris(ADL_TYPES, "assessment", "lesson", "performance", "simulation"),
            *iris(TINCAN_TYPES, "test", "quiz", "school-assignment-quiz"),
            *iris(EDLM_TYPES, "lesson-session", "scorm-content-object", "quiz"),
            *iris(EDX_TYPES, "timed-assessment", "practice-assessment", "proctored-assessment"),
            *iris(CMI5_TYPES, "block"),
            *iris(CALIPER, "Assessment", "AssignableDigitalResource"),
            *iris(GAME_TYPES, "serious-game", "level", "quest"),
            *iris(BRIGHTSPACE_TYPES, "tools/quiz"),
        ),
        "ADL vocabulary; Moodle logstore_xapi; Open edX event-routing-backends; cmi5; Caliper 1.2; serious games",
    ),
    Types(
        ActivityRole.UNIT,
        (
            *iris(ADL_TYPES, "module", "lesson-content-page"),
            *iris(TINCAN_TYPES, "section", "chapter", "book", "resource", "lms/module", "playlist", "slide-deck"),
            *iris(CALIPER, "Chapter", "Module", "Document", "WebPage"),
        ),
        "ADL vocabulary; Tin Can registry; Moodle logstore_xapi; Open edX (blocks are resources); Caliper 1.2",
    ),
    Types(
        ActivityRole.COURSE,
        (
            *iris(ADL_TYPES, "course"),
            *iris(CMI5_TYPES, "course"),
            *iris(TINCAN_TYPES, "lms/course"),
            *iris(CALIPER, "CourseOffering", "CourseSection"),
        ),
        "ADL vocabulary; cmi5; Moodle logstore_xapi; Caliper 1.2",
    ),
    Types(
        ActivityRole.WORK,
        (
            *iris(EDLM_TYPES, "assignment", "submission", "workshop"),
            *iris(TINCAN_TYPES, "school-assignment"),
            *iris(ADL_TYPES, "assignment"),
        ),
        "Moodle logstore_xapi (assign, workshop); Tin Can registry",
    ),
    Types(
        ActivityRole.ATTEMPT,
        (*iris(ADL_TYPES, "attempt"), *iris(CALIPER, "Attempt"), *iris(BRIGHTSPACE_TYPES, "tools/quiz/attempt")),
        "Moodle logstore_xapi; Open edX exams; SCORM profile; Caliper 1.2; Brightspace Data Streams",
    ),
    Types(
        ActivityRole.MEDIA,
        (
            "https://w3id.org/xapi/video/activity-type/video",
            "https://w3id.org/xapi/audio/activity-type/audio",
            *iris(ACROSSX_TYPES, "video", "audio"),
            *iris(STREAMS, "video", "audio"),
            *iris(STREAMS2, "video", "audio"),
            *iris(CALIPER, "VideoObject", "AudioObject", "MediaObject"),
        ),
        "xAPI video profile and the audio profile that follows it; acrossX; Activity Streams; Caliper 1.2",
    ),
    Types(
        ActivityRole.SURVEY,
        (
            *iris(TINCAN_TYPES, "survey", "poll", "questionnaire"),
            *iris(EDLM_TYPES, "feedback", "survey", "choice"),
            *iris(CALIPER, "Questionnaire", "QuestionnaireItem", "Survey"),
        ),
        "Moodle logstore_xapi (feedback, survey, questionnaire); Tin Can registry; Caliper 1.2",
    ),
    Types(
        ActivityRole.SOCIAL,
        (
            *iris(TINCAN_TYPES, "discussion", "forum-topic", "forum-reply", "chat-message", "chat-channel", "tweet"),
            *iris(EDLM_TYPES, "forum", "wiki", "wiki-page", "glossary", "glossary-entry"),
            *iris(ADL_TYPES, "meeting"),
            *iris(STREAMS, "comment", "event"),
            *iris(STREAMS2, "comment", "event"),
            *iris(ACROSSX_TYPES, "message", "webpage-comment", "face-to-face-discussion"),
            *iris(CALIPER, "Forum", "Thread", "Message"),
        ),
        "Moodle logstore_xapi (forum, chat, wiki, glossary, meetings); Open edX forum; Caliper 1.2",
    ),
    Types(
        ActivityRole.GROUP,
        (*iris(EDLM_TYPES, "group"), *iris(STREAMS, "group"), *iris(STREAMS2, "group"), *iris(CALIPER, "Group")),
        "Moodle logstore_xapi; Activity Streams; Caliper 1.2",
    ),
    Types(ActivityRole.SOLUTION, iris(TINCAN_TYPES, "solution"), "Open edX event-routing-backends (showanswer)"),
    Types(
        ActivityRole.HINT,
        (*iris(ACROSSX_EXTENSIONS, "supplemental-info"), *iris(ACROSSX_TYPES, "supplemental-info")),
        "Open edX event-routing-backends (demandhint_displayed)",
    ),
    Types(
        ActivityRole.AWARD,
        iris(EDLM_TYPES, "badge", "certificate"),
        "Moodle logstore_xapi (badges, certificates)",
    ),
    Types(
        ActivityRole.PLACE,
        (
            *iris(ADL_TYPES, "profile"),
            *iris(TINCAN_TYPES, "lms", "site", "source", "category", "lms/program", "user-profile"),
            *iris(EDLM_TYPES, "course-category", "calendar"),
            *iris(STREAMS, "review"),
            "http://moodle.org",
            "https://w3id.org/xapi/cmi5/context/categories/cmi5",
            "https://w3id.org/xapi/cmi5/context/categories/moveon",
        ),
        "xAPI 1.0.3 part 2, 2.4.6.2 (category); Moodle logstore_xapi (site); cmi5 9.6.2",
    ),
)
_ROLES_BY_TYPE = {type_: row.role for row in TYPES for type_ in row.types}
# Last words that mean the same in a vocabulary that is not listed.
_SKILL_TYPE = re.compile(
    r"(?:skills?|competenc(?:y|ies)|competence-aim|(?:learning|educational)?[-_]?objectives?|learning-?outcomes?"
    r"|knowledge-component|standards?|cfitem|achievementstandard)",
    re.IGNORECASE,
)
_TYPE_WORDS = {
    "question": ActivityRole.ITEM,
    "assessmentitem": ActivityRole.ITEM,
    "quiz": ActivityRole.WHOLE,
    "assessment": ActivityRole.WHOLE,
    "exam": ActivityRole.WHOLE,
    "lesson": ActivityRole.WHOLE,
    "course": ActivityRole.COURSE,
    "module": ActivityRole.UNIT,
    "chapter": ActivityRole.UNIT,
    "section": ActivityRole.UNIT,
    "unit": ActivityRole.UNIT,
    "video": ActivityRole.MEDIA,
    "audio": ActivityRole.MEDIA,
    "survey": ActivityRole.SURVEY,
    "poll": ActivityRole.SURVEY,
    "questionnaire": ActivityRole.SURVEY,
    "attempt": ActivityRole.ATTEMPT,
    "hint": ActivityRole.HINT,
    "solution": ActivityRole.SOLUTION,
    "site": ActivityRole.PLACE,
    "platform": ActivityRole.PLACE,
    "profile": ActivityRole.PLACE,
    "category": ActivityRole.PLACE,
}


@lru_cache(maxsize=4096)
def role_of(type_: str) -> ActivityRole:
    """The role of a type: its row's, else that of its last word in any vocabulary."""
    if not type_:
        return ActivityRole.OTHER
    role = _ROLES_BY_TYPE.get(type_) or _ROLES_BY_TYPE.get(type_.rstrip("/"))
    if role is not None:
        return role
    word = re.split(r"[/#:]", type_.rstrip("/"))[-1]
    if _SKILL_TYPE.fullmatch(word):
        return ActivityRole.SKILL
    return _TYPE_WORDS.get(word.lower(), ActivityRole.OTHER)
