"""What parameters of a query mean, for the OpenAPI document: by name, or by path and name where the name alone does
not say it."""

from __future__ import annotations

from typing import Any

BY_NAME = {
    "activity": "Statements about this activity.",
    "activityId": "The activity.",
    "after": "Those alone that come after this number.",
    "agent": "An agent or identified group, as JSON.",
    "all": "`true`: those, too, on which somebody has decided.",
    "ascending": "`true`: the oldest first.",
    "attachments": "`true`: with the data of attachments, as multipart/mixed.",
    "check": "An opening check, by its id: its answers count before they are folded in. By default the last one that "
    "was answered today.",
    "class_id": "Of this class; with `skill`, of that skill in this class.",
    "compact": "`true`: without what a tool does not need to open the items.",
    "count": "Items, at most.",
    "cursor": "Where the next page begins: part of the address in `more`.",
    "days": "The alerts of so many days, up to now.",
    "form": "`csv`: a row for each learner and slot; `calendar`: an iCalendar file.",
    "format": "`exact`: as it was received; `ids`: what identifies alone; `canonical`: with one language of each text.",
    "groups_at_most": "Groups, at most.",
    "language": "What is in this language, or names none, comes first.",
    "learner": "In the calendar, the events of this learner (a key) alone.",
    "least": "Members of a group, at least. By default as the class's timetable says for what a teacher leads.",
    "limit": "How many are listed, at most.",
    "most": "Members of a group, at most. By default as `least`.",
    "preview": "`true`: nothing is written; the answer says what would change.",
    "profileId": "The document. Without it, GET gives the ids that there are.",
    "reason": "Those alone whose reason contains this text.",
    "registration": "Those of this registration.",
    "related_activities": "`true`: `activity` counts in the context and in sub-statements, too.",
    "related_agents": "`true`: `agent` counts wherever a statement names an agent.",
    "school": "Of this school.",
    "seconds": "After how long the answer ends; a client then connects again.",
    "since": "Those stored after this time.",
    "skill": "Of this skill.",
    "source": "From where the file is: it replaces all that this source said before.",
    "stage": "Those alone of this stage.",
    "stateId": "The document. Without it, GET gives the ids that there are, and DELETE removes all.",
    "statementId": "The statement, by its id.",
    "topic": "Nothing but what is about this.",
    "until": "Those stored at this time or before.",
    "verb": "Statements with this verb.",
    "voidedStatementId": "A statement that was voided, by its id.",
    "without": "A learner (a key) who takes no part; may come several times.",
}
BY_PATH = {
    ("/cmi5/courses", "base"): "Where the files of the course are served: an absolute URL.",
    (
        "/materials",
        "base",
    ): "Where the files of a cartridge are served: an http or https URL. Without it they are "
    "opened in the learning platform.",
    ("/pacing/alerts/stream", "after"): "Alerts after this number. Without it and `Last-Event-ID`, those from now on.",
    ("/roster", "confirm"): "`true`: write it, though it removes more than a tenth of what the source said before.",
    ("/skills", "confirm"): "`true`: write it, though it removes more than a tenth of the framework's skills.",
    ("/xAPI/statements", "agent"): "Statements of this agent or identified group, as JSON.",
    ("/xAPI/activities/profile", "since"): "Those alone that were changed after this time.",
    ("/xAPI/activities/state", "since"): "Those alone that were changed after this time.",
    ("/xAPI/agents/profile", "since"): "Those alone that were changed after this time.",
    ("/xAPI/statements", "limit"): "Statements on a page, at most; 0 is as many as the store gives.",
}


def describe_parameters(paths: dict[str, Any]) -> None:
    """Say of each parameter of a query what it means."""
    for path, operations in paths.items():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "query":
                    name = parameter["name"]
                    parameter["description"] = BY_PATH.get((path, name)) or BY_NAME[name]
