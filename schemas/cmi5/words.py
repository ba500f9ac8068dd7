"""The IRIs of cmi5: verbs (9.3), categories (9.6.2), extensions (9.5.5, 9.6.3) and types of activities (9.4)."""

from __future__ import annotations

from schemas.xapi.verbs import ADL

LAUNCHED = ADL + "launched"
INITIALIZED = ADL + "initialized"
COMPLETED = ADL + "completed"
PASSED = ADL + "passed"
FAILED = ADL + "failed"
TERMINATED = ADL + "terminated"
ABANDONED = "https://w3id.org/xapi/adl/verbs/abandoned"
WAIVED = "https://w3id.org/xapi/adl/verbs/waived"
SATISFIED = "https://w3id.org/xapi/adl/verbs/satisfied"

AU_VERBS = frozenset({INITIALIZED, COMPLETED, PASSED, FAILED, TERMINATED})
LMS_VERBS = frozenset({LAUNCHED, ABANDONED, WAIVED, SATISFIED})

_CONTEXT = "https://w3id.org/xapi/cmi5/context"
CMI5 = f"{_CONTEXT}/categories/cmi5"
MOVE_ON = f"{_CONTEXT}/categories/moveon"

SESSION_ID = f"{_CONTEXT}/extensions/sessionid"
MASTERY_SCORE = f"{_CONTEXT}/extensions/masteryscore"
LAUNCH_MODE = f"{_CONTEXT}/extensions/launchmode"
LAUNCH_URL = f"{_CONTEXT}/extensions/launchurl"
MOVE_ON_EXTENSION = f"{_CONTEXT}/extensions/moveon"
LAUNCH_PARAMETERS = f"{_CONTEXT}/extensions/launchparameters"
REASON = "https://w3id.org/xapi/cmi5/result/extensions/reason"

COURSE_TYPE = "https://w3id.org/xapi/cmi5/activitytype/course"
BLOCK_TYPE = "https://w3id.org/xapi/cmi5/activitytype/block"

LAUNCH_DATA = "LMS.LaunchData"
