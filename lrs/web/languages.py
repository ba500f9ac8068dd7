"""In which language and zone a page is shown: texts by gettext, dates and numbers as the language writes them.

Texts in code and templates are the English ones; `locale/LANGUAGE.po` has the others. A page is rendered at once in one
thread, so that for whom it is rendered is a variable of its context.
"""

from __future__ import annotations

import gettext as standard
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date as Day
from datetime import datetime
from functools import cache
from importlib import resources
from typing import NamedTuple
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

from schemas.days import DAY
from schemas.wording import Worded

ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "de": "Deutsch", "es": "Español", "fr": "Français"}


def text(message: str) -> str:
    """A text that is translated where it is shown. Tests find it by this."""
    return message


FIELDS = {  # of forms, with what is written beside them
    "account": text("Account"),
    "advance_answers": text("Confirmed on average by the last so many answers"),
    "advance_at": text("Mastery that lets a learner move on"),
    "advance_low": text("Lower end of the interval, at least"),
    "advance_margin": text("Margin on top of that: this share of the way from there to full mastery"),
    "accounts": text("File"),
    "band_high": text("Items that are answered right with a chance up to"),
    "band_low": text("Items that are answered right with a chance from"),
    "by": text("Your name"),
    "class": text("Class"),
    "class_id": text("Class"),
    "classes.0": text("Class"),
    "compared": text("Compared with"),
    "compared.0": text("Compared with"),
    "day": text("Day"),
    "days": text("For how many days"),
    "decision": text("Decision"),
    "from": text("Stored from"),
    "help_below": text("Mastery under which a person should look, if its interval ends short of moving on"),
    "home_page": text("Home page"),
    "id": text("Short name"),
    "idle_after": text("Minutes without an event that are not active time"),
    "into": text("Person"),
    "key": text("Key"),
    "learner": text("Learner"),
    "min_attempts": text("Answers before anything is said"),
    "name": text("Name"),
    "other": text("is also"),
    "outcome": text("Outcome"),
    "reason": text("Reason"),
    "review_after": text("Days without practice"),
    "review_drop": text("Loss of mastery"),
    "roster": text("File"),
    "since": text("From"),
    "skill": text("Skill"),
    "skills": text("File"),
    "slot": text("Time"),
    "spinning_after": text("Answers without a new best"),
    "spinning_below": text("Mastery under which answers without a new best call for help"),
    "stale_after": text("Days after which answers are old"),
    "stuck_after": text("Wrong answers in a row"),
    "task": text("Works on"),
    "trusted_after": text("Answers before mastery alone decides"),
    "until": text("until"),
    "version": text("Version"),
    "what": text("What is tried"),
    "who": text("Person"),
}
_NOT_LETTERS = re.compile(r"[\W\d_]+")
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")  # as the store names it
_SHARES = ("advance_at", "band_high")  # of what sentences name, what forms write in per cent


class ShownIn(NamedTuple):
    """A language of LANGUAGES, and the zone of times of day."""

    language: str = ENGLISH
    zone: str = "UTC"


_ENGLISH_AND_UTC = ShownIn()
_shown_in: ContextVar[ShownIn] = ContextVar("shown", default=_ENGLISH_AND_UTC)


@contextmanager
def shown_in(shown: ShownIn) -> Iterator[None]:
    """Within the block texts, dates and numbers are in this language and zone."""
    token = _shown_in.set(shown)
    try:
        yield
    finally:
        _shown_in.reset(token)


def language() -> str:
    """The language that is shown now."""
    return _shown_in.get().language


def direction(code: str) -> str:
    """Which way a language is written: ltr or rtl."""
    return Locale.parse(code).text_direction


@cache
def translations(code: str) -> standard.NullTranslations:
    """The texts of a language."""
    if code == ENGLISH:
        return standard.NullTranslations()
    source = (resources.files("lrs.web") / "locale" / f"{code}.po").read_bytes()
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source), locale=code))
    compiled.seek(0)
    return standard.GNUTranslations(compiled)


def gettext(message: str) -> str:
    """A text in the language that is shown."""
    return translations(language()).gettext(message) if message else ""


def said(message: str) -> str:
    """A sentence of the application in the language that is shown, with what it is made of."""
    return message.say(gettext, _value_in_words) if isinstance(message, Worded) else gettext(message)


def _value_in_words(name: str, value: str | float) -> str:
    """What is filled into a sentence; fields of forms by what is written beside them."""
    if name in _SHARES and not isinstance(value, str):
        return exact_percent(value)
    if not isinstance(value, str):
        return number(value)
    if _ISO_DAY.fullmatch(value):
        return day(value)
    of_form = value.removeprefix("thresholds.")
    return gettext(FIELDS[of_form]) if name == "field" and of_form in FIELDS else value


def is_said(message: str) -> bool:
    """Whether the language that is shown has it; else it is left in English."""
    source = message.template if isinstance(message, Worded) else message
    return language() == ENGLISH or gettext(source) != source


def ngettext(one: str, many: str, number: float) -> str:
    """A text about a number of things in the language that is shown."""
    return translations(language()).ngettext(one, many, int(number))


def of_kind(name: str, kind: str) -> str:
    """What something is called, behind the word for what it is: "Class 7a". A name that has this word, in whatever
    language, does not get it twice: "Class 7a", "Hill School", "Grundschule am Berg".
    """
    kinds = tuple(translations(code).gettext(kind).casefold() for code in LANGUAGES)
    has_word = any(word.endswith(kinds) for word in _NOT_LETTERS.split(name.casefold()))
    return name if has_word else f"{gettext(kind)} {name}"


def preferred(header: str) -> str:
    """The best language for what a browser's Accept-Language says."""
    weighted_tags: list[tuple[float, int, str]] = []
    for at, part in enumerate(header[:1000].split(",")):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight.strip() else 1.0
        except ValueError:
            continue
        weighted_tags.append((-quality, at, tag.strip().lower().partition("-")[0]))
    return next((tag for quality, _, tag in sorted(weighted_tags) if tag in LANGUAGES and quality < 0), ENGLISH)


def date(time: int | None) -> str:
    """A day (µs since the epoch)."""
    return "–" if time is None else _short_day(_local(time).date())


def day(text: str) -> str:
    """A day, which ISO 8601 names."""
    return _short_day(Day.fromisoformat(text))


def weekday(text: str) -> str:
    """A day, which ISO 8601 names, with its day of the week."""
    calendar_day = Day.fromisoformat(text)
    if language() == ENGLISH:
        return f"{calendar_day:%A}, {calendar_day.day} {calendar_day:%B %Y}"
    return format_date(calendar_day, "full", language())


def day_of_year(text: str) -> str:
    """The same without its year, for the axis of a drawing."""
    calendar_day = Day.fromisoformat(text)
    if language() == ENGLISH:
        return f"{calendar_day.day} {calendar_day:%b}"
    return format_skeleton("MMMd", calendar_day, locale=language())


def moment(time: int | None) -> str:
    """A time to the second: a day as everywhere, and the time of day with its zone."""
    if time is None:
        return "–"
    local = _local(time)
    clock = f"{local:%H:%M:%S}" if language() == ENGLISH else format_time(local, "medium", locale=language())
    return f"{_short_day(local.date())}, {clock} {local.tzname() or 'UTC'}"


def instant(text: str) -> str:
    """A time that ISO 8601 names; what does not name one is shown as it is."""
    try:
        return moment(round(datetime.fromisoformat(text).timestamp() * 1e6))
    except (ValueError, OverflowError):
        return text


def ago(time: int | None, now: int) -> str:
    """How long ago a time is, in days."""
    return gettext("never") if not time else days_ago(max(0, now - time) / DAY)


def days_ago(days: float) -> str:
    """How long ago something was."""
    days = int(days)
    if days == 0:
        return gettext("within a day")
    if language() == ENGLISH:
        return f"{days} {'day' if days == 1 else 'days'} ago"
    return format_timedelta(-days * 86_400, "day", threshold=1e9, add_direction=True, locale=language())


def percent(share: float | None) -> str:
    """Rounded down, so that what is short of a threshold does not read as if it reached it."""
    if share is None:
        return "–"
    whole = int(share * 100 + 1e-9)
    return f"{whole}%" if language() == ENGLISH else format_percent(whole / 100, locale=language())


def exact_percent(share: float) -> str:
    """As exact as the share is written."""
    return format_percent(share, locale=language(), decimal_quantization=False)


def number(value: float, decimals: int | None = None) -> str:
    """A number as the language writes it, with so many decimals."""
    if decimals is None:
        return format_decimal(value, locale=language())
    return format_decimal(value, f"#,##0.{'0' * decimals}".rstrip("."), locale=language())


def _short_day(found: Day) -> str:
    if language() == ENGLISH:
        return f"{found.day} {found:%b %Y}"
    return format_date(found, "medium", language())


def _local(time: int) -> datetime:
    zone = ZoneInfo(_shown_in.get().zone)
    try:
        return datetime.fromtimestamp(time / 1e6, zone)
    except (OverflowError, ValueError):  # past the year 9999 in a zone that is ahead
        return datetime.max.replace(tzinfo=zone)
