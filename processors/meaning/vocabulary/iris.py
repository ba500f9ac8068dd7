"""Where published vocabularies live."""

from __future__ import annotations

ADL_TYPES = "http://adlnet.gov/expapi/activities/"
STREAMS = "http://activitystrea.ms/schema/1.0/"  # the registry of Activity Streams, and older tools
STREAMS2 = "http://activitystrea.ms/"  # the same words as ADL's profile publishes them
TINCAN = "http://id.tincanapi.com/verb/"
TINCAN_TYPES = "http://id.tincanapi.com/activitytype/"
TINCAN_EXTENSIONS = "http://id.tincanapi.com/extension/"
ACROSSX = "https://w3id.org/xapi/acrossx/verbs/"
ACROSSX_TYPES = "https://w3id.org/xapi/acrossx/activities/"
ACROSSX_EXTENSIONS = "https://w3id.org/xapi/acrossx/extensions/"
ADB = "https://w3id.org/xapi/adb/verbs/"
XADL = "https://w3id.org/xapi/adl/verbs/"  # those that cmi5 uses beside ADL's
TLA = "https://w3id.org/xapi/tla/verbs/"
DOD = "https://w3id.org/xapi/dod-isd/verbs/"
VIDEO = "https://w3id.org/xapi/video/verbs/"
VIDEO_EXTENSIONS = "https://w3id.org/xapi/video/extensions/"
EDLM = "https://xapi.edlm/profiles/edlm-lms/concepts/verbs/"
EDLM_TYPES = "https://xapi.edlm/profiles/edlm-lms/concepts/activity-types/"
EDX = "https://w3id.org/xapi/openedx/verb/"
EDX_TYPES = "https://w3id.org/xapi/openedx/activity/"
EDX_EXTENSIONS = "https://w3id.org/xapi/openedx/extensions/"
EDX_EXTENSION = "https://w3id.org/xapi/openedx/extension/"
BRIGHTSPACE = "https://api.brightspace.com/xapi/verbs/"
BRIGHTSPACE_TYPES = "https://api.brightspace.com/xapi/activities/"
BRINDLEWAYE = "https://brindlewaye.com/xAPITerms/verbs/"
FRENCH = "http://vocab.xapi.fr/verbs/"
JISC = "http://xapi.jisc.ac.uk/verbs/"
TINCAN_UK = "http://www.tincanapi.co.uk/verbs/"
GAMES = "https://w3id.org/xapi/seriousgames/verbs/"
GAME_TYPES = "https://w3id.org/xapi/seriousgames/activity-types/"
CMI5_CONTEXT = "https://w3id.org/xapi/cmi5/context/extensions/"
CMI5_TYPES = "https://w3id.org/xapi/cmi5/activitytype/"
CALIPER = "http://purl.imsglobal.org/caliper/"


def iris(vocabulary: str, *names: str) -> tuple[str, ...]:
    """Terms of one vocabulary."""
    return tuple(vocabulary + name for name in names)


def streams(*names: str) -> tuple[str, ...]:
    """Verbs of Activity Streams, in both spellings that tools use."""
    return iris(STREAMS, *names) + iris(STREAMS2, *names)
