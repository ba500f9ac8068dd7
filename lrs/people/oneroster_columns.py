"""The files of OneRoster 1.1 and 1.2 and their columns: those that a file needs, and those that are known."""

from __future__ import annotations

from lrs.csv_files.table import CsvColumns

STATE = ("status", "dateLastModified")  # columns of every file but the manifest


def _columns(needed: str, known: str = "") -> CsvColumns:
    return CsvColumns(tuple(needed.split()), (*STATE, *known.split()))


ONEROSTER_COLUMNS = {
    "manifest": CsvColumns(("propertyName", "value")),
    "orgs": _columns("sourcedId name", "type identifier parentSourcedId"),
    "academicSessions": _columns("sourcedId", "title type startDate endDate parentSourcedId schoolYear"),
    "courses": _columns(
        "sourcedId", "schoolYearSourcedId title courseCode grades orgSourcedId subjects subjectCodes resourceSourcedIds"
    ),
    "classes": _columns(
        "sourcedId title",
        "grades courseSourcedId classCode classType location schoolSourcedId termSourcedIds subjects subjectCodes "
        "periods resourceSourcedIds",
    ),
    "users": _columns(
        "sourcedId",
        "enabledUser orgSourcedIds role username userIds givenName familyName middleName identifier email sms phone "
        "agentSourcedIds grades password userMasterIdentifier resourceSourcedIds preferredGivenName "
        "preferredMiddleName preferredFamilyName primaryOrgSourcedId pronouns",
    ),
    "roles": _columns(
        "userSourcedId role",
        "sourcedId roleType beginDate endDate orgSourcedId userProfileSourcedId sessionSourcedId grade isPrimary",
    ),
    "userProfiles": _columns(
        "userSourcedId username", "sourcedId profileType vendorId applicationId description credentialType password"
    ),
    "enrollments": _columns("classSourcedId userSourcedId role", "sourcedId schoolSourcedId primary beginDate endDate"),
    "demographics": _columns(
        "sourcedId",
        "birthDate sex americanIndianOrAlaskaNative asian blackOrAfricanAmerican "
        "nativeHawaiianOrOtherPacificIslander white demographicRaceTwoOrMoreRaces hispanicOrLatinoEthnicity "
        "countryOfBirthCode stateOfBirthAbbreviation cityOfBirth publicSchoolResidenceStatus",
    ),
}
