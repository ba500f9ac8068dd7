"""A plan as a spreadsheet reads it (CSV), and as a calendar does (iCalendar, RFC 5545). Both from what is shown."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from lrs.csv_files.writing import guard_formula
from lrs.pacing.display_names import with_skill
from schemas.timetable import minute
from schemas.wording import worded

Say = Callable[[str], str]

PLAN_COLUMNS = (
    *(worded("day"), worded("start"), worded("minutes"), worded("learner"), worded("name"), worded("what")),
    *(worded("skill"), worded("mode"), worded("screen"), worded("room"), worded("adult"), worded("group")),
    *(worded("opens"), worded("days not seen")),
)
_MODES = {"teacher": worded("with a teacher"), "pair": worded("with peers"), "alone": worded("alone")}
_ABSENT, _SCREEN, _NO_SCREEN = worded("absent"), worded("screen"), worded("no screen")


def to_csv(plan: dict[str, Any], say: Say = str) -> str:
    """A row for each learner and slot. say: a text in the language of whoever reads it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(map(say, PLAN_COLUMNS))
    for row in plan["rows"]:
        for slot, cell, lesson in zip(plan["slots"], row["cells"], row["lessons"], strict=True):
            head = [plan["day"], slot["start"], slot["minutes"], row["learner"], row["name"]]
            if cell is None:
                cell_columns = [lesson or (say(_ABSENT) if row["absent"] else ""), *[""] * 7]
            else:
                screen = say(_SCREEN if cell["screen"] else _NO_SCREEN)
                cell_columns = [cell["name"], cell["skill"]["name"], say(_MODES[cell["mode"]]), screen, cell["room"]]
                cell_columns += [cell["adult"] or "", cell["group"] or "", cell["opens"]]
            fields = (*head, *cell_columns, row["not_seen_for"] or "")
            writer.writerow([guard_formula(field) if isinstance(field, str) else field for field in fields])
    return out.getvalue()


def to_calendar(plan: dict[str, Any], zone: str, learner: str = "", say: Say = str) -> str:
    """An event for each cell, of one learner or of all; of all, each group is one event. zone: of the school's days."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Pacer//plans//EN", "CALSCALE:GREGORIAN"]
    stamp = _moment(datetime.fromtimestamp((plan["at"] or 0) / 1e6, UTC))
    attendees: dict[tuple[Any, ...], list[str]] = {}
    cells: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in plan["rows"]:
        if learner and row["learner"] != learner:
            continue
        for slot, cell in zip(plan["slots"], row["cells"], strict=True):
            if cell is not None:
                key = (slot["start"], slot["minutes"], cell["task"], cell["room"], cell["group"] or row["learner"])
                attendees.setdefault(key, []).append(row["name"] if learner else _with_days(row, say))
                cells[key] = cell
    for key, names in sorted(attendees.items(), key=lambda event: str(event[0])):
        start, minutes, *_ = key
        cell = cells[key]
        begins = _begin(plan["day"], start, zone)
        uid = sha256(repr((plan["class"]["id"], plan["day"], learner, *key)).encode()).hexdigest()[:32]
        lines += [
            "BEGIN:VEVENT",
            f"UID:{uid}@pacer",
            f"DTSTAMP:{stamp}",
            f"DTSTART:{_moment(begins)}",
            f"DTEND:{_moment(begins + timedelta(minutes=minutes))}",
            f"SUMMARY:{_ics_text(with_skill(cell['name'], cell['skill']['name']))}",
            f"LOCATION:{_ics_text(cell['room'])}",
            f"DESCRIPTION:{_ics_text(_described(cell, names, say))}",
            "END:VEVENT",
        ]
    return "".join(_folded(line) for line in [*lines, "END:VCALENDAR"])


def _with_days(row: dict[str, Any], say: Say) -> str:
    """How a learner is called, with for how many days they were not seen where that is long."""
    days = row["not_seen_for"]
    return say(worded("%(name)s (days not seen: %(num)s)", name=row["name"], num=days)) if days else row["name"]


def _described(cell: dict[str, Any], names: list[str], say: Say) -> str:
    described = [", ".join(names), say(_MODES[cell["mode"]])]
    if cell["adult"]:
        described.append(cell["adult"])
    return "; ".join([*described, cell["opens"]])


def _begin(day: str, start: str, zone: str) -> datetime:
    at = minute(start)
    return datetime.combine(date.fromisoformat(day), time(at // 60, at % 60), ZoneInfo(zone or "UTC")).astimezone(UTC)


def _moment(at: datetime) -> str:
    return f"{at:%Y%m%dT%H%M%SZ}"


def _ics_text(text: str) -> str:
    for char in ("\\", ";", ","):
        text = text.replace(char, "\\" + char)
    return text.replace("\r", "").replace("\n", "\\n")


def _folded(line: str) -> str:
    """A line in parts of at most 75 octets, no character cut."""
    parts: list[str] = []
    part = ""
    size = 0
    for char in line:
        length = len(char.encode())
        if size + length > (75 if not parts else 74):
            parts.append(part)
            part, size = "", 0
        part += char
        size += length
    return "\r\n ".join([*parts, part]) + "\r\n"
