"""The xAPI verb of a Caliper event, by its type and action (Caliper 1.2, appendix B; the verbs of `verbs`)."""

from __future__ import annotations

from schemas.xapi.verbs import ADL

STREAMS = "http://activitystrea.ms/schema/1.0/"
TINCAN = "http://id.tincanapi.com/verb/"
ACROSSX = "https://w3id.org/xapi/acrossx/verbs/"
ADB = "https://w3id.org/xapi/adb/verbs/"
VIDEO = "https://w3id.org/xapi/video/verbs/"
SESSION = "https://w3id.org/xapi/adl/verbs/"

ANSWERED, SCORED, COMPLETED, PASSED = (ADL + verb for verb in ("answered", "scored", "completed", "passed"))
COMMENTED, RATED = ADL + "commented", TINCAN + "rated"

_WORK_VERBS = {
    "Started": ADL + "initialized",
    "Restarted": ADL + "initialized",
    "Paused": ADL + "suspended",
    "Resumed": ADL + "resumed",
    "Completed": COMPLETED,
    "Submitted": COMPLETED,
}
_MEDIA = {
    **dict.fromkeys(("Started", "Restarted", "Resumed"), VIDEO + "played"),
    "Paused": VIDEO + "paused",
    "Ended": COMPLETED,
    **dict.fromkeys(("JumpedTo", "ForwardedTo", "Rewound"), VIDEO + "seeked"),
    **dict.fromkeys(
        (
            *("ChangedResolution", "ChangedSize", "ChangedSpeed", "ChangedVolume", "Muted", "Unmuted"),
            *("EnabledClosedCaptioning", "DisabledClosedCaptioning", "EnteredFullScreen", "ExitedFullScreen"),
            *("OpenedPopout", "ClosedPopout"),
        ),
        ADL + "interacted",
    ),
}
# What a teacher does, or an LMS for one.
_TEACHING = {
    "Activated": TINCAN + "enabled",
    "Deactivated": TINCAN + "disabled",
    "Modified": STREAMS + "update",
    "Reviewed": TINCAN + "reviewed",
}
_MESSAGE_READ = {"MarkedAsRead": STREAMS + "read"}
_MANAGEMENT = {
    "Created": STREAMS + "create",
    "Modified": STREAMS + "update",
    "Deleted": STREAMS + "delete",
    "Archived": STREAMS + "archive",
    "Saved": STREAMS + "save",
    "Retrieved": STREAMS + "access",
    "Downloaded": TINCAN + "downloaded",
    "Shared": ADL + "shared",
}
_SKIPPED = {"Skipped": TINCAN + "skipped"}

_TYPED: dict[str, dict[str, str]] = {
    "AnnotationEvent": {
        "Bookmarked": TINCAN + "bookmarked",
        "Highlighted": ADB + "highlighted",
        "Shared": ADL + "shared",
        "Tagged": STREAMS + "tag",
    },
    "AssessmentEvent": _WORK_VERBS,
    "AssessmentItemEvent": {
        "Started": ADL + "initialized",
        "Completed": ANSWERED,
        "Submitted": ANSWERED,  # Blackboard
        **_SKIPPED,
    },
    "ActivityEvent": {"Completed": SCORED},  # TimeBack
    "AssignableEvent": {**_WORK_VERBS, **_TEACHING},
    "FeedbackEvent": {"Commented": COMMENTED, "Ranked": RATED},
    "ForumEvent": {"Subscribed": STREAMS + "follow", "Unsubscribed": STREAMS + "stop-following"},
    "GradeEvent": {"Graded": SCORED},
    "MediaEvent": _MEDIA,
    "MessageEvent": {"Posted": ACROSSX + "posted", **_MESSAGE_READ},
    "NavigationEvent": {"NavigatedTo": ADL + "experienced"},
    "QuestionnaireEvent": {"Started": ADL + "initialized", "Submitted": COMPLETED},
    # What a learner says in a survey is not an attempt at an item.
    "QuestionnaireItemEvent": {"Started": ADL + "initialized", "Completed": COMMENTED, **_SKIPPED},
    "ResourceManagementEvent": _MANAGEMENT,
    "SearchEvent": {"Searched": STREAMS + "search"},
    "SessionEvent": {
        "LoggedIn": SESSION + "logged-in",
        "LoggedOut": SESSION + "logged-out",
        "TimedOut": SESSION + "logged-out",
    },
    "SurveyEvent": {"OptedIn": STREAMS + "accept", "OptedOut": STREAMS + "reject"},
    "SurveyInvitationEvent": {
        "Accepted": STREAMS + "accept",
        "Declined": STREAMS + "reject",
        "Sent": STREAMS + "send",
    },
    "ThreadEvent": {"Created": STREAMS + "create", **_MESSAGE_READ},
    "ToolLaunchEvent": {"Launched": ADL + "launched", "Returned": ADL + "exited"},
    "ToolUseEvent": {"Used": STREAMS + "use"},
    "ViewEvent": {"Viewed": TINCAN + "viewed"},
}
# A plain Event says what happened by its action alone. What it completes may be anything, so it answers nothing.
_PLAIN = {
    **_MEDIA,
    **_WORK_VERBS,
    **_MESSAGE_READ,
    **_MANAGEMENT,
    **_SKIPPED,
    **_TEACHING,
    **_TYPED["AnnotationEvent"],
    **_TYPED["FeedbackEvent"],
    **_TYPED["ForumEvent"],
    **_TYPED["SessionEvent"],
    **_TYPED["SurveyEvent"],
    **_TYPED["ToolLaunchEvent"],
    "Accepted": STREAMS + "accept",
    "Declined": STREAMS + "reject",
    "Disliked": STREAMS + "dislike",
    "Liked": STREAMS + "like",
    "NavigatedTo": ADL + "experienced",
    "Posted": ACROSSX + "posted",
    "Searched": STREAMS + "search",
    "Sent": STREAMS + "send",
    "Used": STREAMS + "use",
    "Viewed": TINCAN + "viewed",
}
VERBS: dict[str, dict[str, str]] = {**_TYPED, "Event": _PLAIN}
# What Open edX says with an event that means something else elsewhere, by its type, action and the type of its object:
# a problem is checked, and its grade comes in an event of its own; a course is passed.
OPEN_EDX: dict[tuple[str, str, str], str] = {
    ("AssessmentEvent", "Submitted", "Assessment"): ANSWERED,
    ("Event", "Completed", "CourseOffering"): PASSED,
}
