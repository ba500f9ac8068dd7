"""Which item, which try at it, and which session: only what the tool says of them."""

from __future__ import annotations

import re
from typing import Any

from processors.meaning.parents import ActivitiesAround
from processors.meaning.tool import Tool
from processors.meaning.vocabulary.facts import Facts
from processors.meaning.vocabulary.iris import (
    CALIPER,
    CMI5_CONTEXT,
    EDX_EXTENSIONS,
    TINCAN_EXTENSIONS,
    VIDEO_EXTENSIONS,
)
from processors.meaning.vocabulary.types import ActivityRole

ATTEMPT = CALIPER + "attempt"  # the extension in which a Caliper event's attempt is kept
_ATTEMPT_NUMBER = TINCAN_EXTENSIONS + "attempt-id"
_SESSION_EXTENSIONS = (
    CMI5_CONTEXT + "sessionid",
    EDX_EXTENSIONS + "session-id",
    "https://h5p.com/xapi/session-id",
    VIDEO_EXTENSIONS + "session-id",
)
_LAUNCH_MODE = CMI5_CONTEXT + "launchmode"
_HELP_OF_PROBLEM = re.compile(r"/(?:answer|solution|hint/[^/]*)$")
_MOODLE = re.compile(r"#(?:submission|lesson|sco)$")
_RISE = re.compile(r"_\d{13}$")
# Named once: Python 3.11 takes 0.1 µs to find a member through its class.
_ATTEMPTED, _MOODLE_TOOL, _ARTICULATE = ActivityRole.ATTEMPT, Tool.MOODLE, Tool.ARTICULATE
_HELPS = (ActivityRole.HINT, ActivityRole.SOLUTION)


def item_of(facts: Facts, around: ActivitiesAround, tool: Tool) -> str:
    """The item: of a try at it, what was tried; of help, what it helps with; else the object itself."""
    if facts.role is _ATTEMPTED:
        return next((id_ for id_, role in around.parents if role is not _ATTEMPTED), facts.id)
    if tool is _MOODLE_TOOL:  # a module's own id is the one before these
        return _MOODLE.sub("", facts.id) if "#" in facts.id else facts.id
    if facts.role in _HELPS:
        return _HELP_OF_PROBLEM.sub("", facts.id)
    if tool is _ARTICULATE:  # Rise adds the moment to a question's id
        return _RISE.sub("", facts.id)
    return facts.id


def attempt_of(facts: Facts, around: ActivitiesAround) -> str:
    """The try: its activity's id, or its number. "" where the tool names none."""
    if facts.role is _ATTEMPTED:
        return facts.id
    named = facts.extensions.get(ATTEMPT)
    if named is not None:
        return str(named)
    for id_, role in around.parents:
        if role is _ATTEMPTED:
            return id_
    number = facts.described.get(_ATTEMPT_NUMBER, facts.extensions.get(_ATTEMPT_NUMBER))
    return "" if number is None else str(number)


def session_of(facts: Facts) -> str:
    """The session's id. A registration lasts months, spans courses or is a process's: it is none."""
    if not facts.extensions:
        return ""
    for key in _SESSION_EXTENSIONS:
        session: Any = facts.extensions.get(key)
        if session:
            return str(session)
    return ""


def mode_of(facts: Facts) -> str:
    """cmi5's launch mode in lower case, where it is not "normal"; only a launch says it."""
    mode = facts.extensions.get(_LAUNCH_MODE)
    return mode.lower() if isinstance(mode, str) and mode.lower() != "normal" else ""
