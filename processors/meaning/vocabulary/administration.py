"""What is nobody's learning: administration, plans, and what a system derives."""

from __future__ import annotations

from processors.meaning.vocabulary.iris import (
    ACROSSX,
    BRIGHTSPACE,
    DOD,
    EDLM,
    FRENCH,
    JISC,
    TINCAN,
    TLA,
    XADL,
    iris,
    streams,
)
from processors.meaning.vocabulary.row import Nothing, VerbRow
from schemas.xapi.verbs import ADL

ROWS = (
    VerbRow(Nothing.VOIDING, iris(ADL, "voided"), "xAPI 1.0.3 part 2, 2.3.2"),
    VerbRow(Nothing.DERIVED, iris(XADL, "satisfied", "waived"), "cmi5 9.3: said by the LMS"),
    VerbRow(
        Nothing.DERIVED,
        (
            *iris(TLA, "asserted", "inferred", "verified", "validated", "located", "tracked"),
            *iris(JISC, "predicted"),
            *iris(BRIGHTSPACE, "predicted"),
        ),
        "TLA (a result is forbidden there, evidence is named); Jisc; Brightspace Data Streams",
    ),
    VerbRow(
        Nothing.PLAN,
        iris(TLA, "planned", "prioritized", "recommended", "directed", "scheduled", "approved", "projected", "curated"),
        "TLA",
    ),
    VerbRow(
        Nothing.ADMINISTRATION,
        (
            *iris(ADL, "registered", "imported"),
            *iris(
                TINCAN,
                *(
                    "unregistered",
                    "defined",
                    "enabled",
                    "disabled",
                    "secured",
                    "unsecured",
                    "adjourned",
                    "live",
                    "hired",
                ),
            ),
            *iris(
                EDLM,
                *("enrolled", "unenrolled", "locked", "unlocked", "exceeded", "subscribed", "unsubscribed", "toured"),
                "uncompleted",
            ),
            *iris(ACROSSX, "was-assigned", "designed", "annotated"),
            *streams("delete", "add", "remove", "assign", "retract", "insert", "archive"),
            *iris(DOD, "created", "edited", "deleted", "published"),
            *iris(TLA, "recruited", "promoted", "selected", "screened", "classified", "appraised", "augmented"),
            *iris(
                BRIGHTSPACE,
                *("created", "updated", "deleted", "enrolled", "unenrolled", "exempted", "expired", "restored"),
                *("impersonation_started", "impersonation_ended", "released", "recycled", "associated"),
            ),
            *iris(FRENCH, "reset"),
            *iris(ADL, "downloaded", "copied", "accessed-reuse", "accessed-embed", "accessed-copyright"),
        ),
        "ADL and Tin Can vocabularies; Moodle logstore_xapi; acrossX; Activity Streams; DOD ISD; TLA; Brightspace; "
        "H5P (its toolbar)",
    ),
)
