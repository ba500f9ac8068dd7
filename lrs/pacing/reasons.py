"""Why something was decided, or an alert raised: a code with its numbers and names, said in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any, NamedTuple

from lrs.pacing.saying import ENGLISH, Says

Sentence = tuple[str, ...]  # what is said of one thing and of many, or of any number


def text(message: str) -> Sentence:
    """A sentence; tests find it, so that every language has it."""
    return (message,)


def plural(singular: str, many: str) -> Sentence:
    """A sentence about a number of things, which is `num`."""
    return singular, many


# In a sentence, `tried` and what else _parts makes is of these values: attempts and right (how many were made, and how
# many of them were right), practised and mastery (after the last attempt, which most rules compare with their bar, and
# what is expected now), days, old (days, where the evidence is), before and standing (names of skills, each with its
# share, which is None where little is known), names, more (how many are not named), assumed (the order).
SENTENCES: Mapping[str, Sentence] = {
    "untried": text("No attempts yet."),
    "first": text("New, and requires nothing else."),
    "waits": text("Waits for %(standing)s%(assumed)s."),
    "ready": plural(
        "Can be started: %(names)s is mastered%(assumed)s.", "Can be started: %(names)s are mastered%(assumed)s."
    ),
    "too_few": text("Only %(tried)s so far: at least %(least)s are needed to judge."),
    "too_old": text("Only %(tried)s, the last %(age)s ago: after so long, at least %(least)s are needed to judge."),
    "stuck": plural(
        "%(num)s wrong answer in a row%(ago)s%(before)s.", "%(num)s wrong answers in a row%(ago)s%(before)s."
    ),
    "low": text(
        "Mastery was only %(practised)s after %(tried)s, under the %(bar)s that calls for help%(ago)s%(now)s%(before)s."
    ),
    "no_gain": plural(
        "Wheel-spinning: no new best in the last %(num)s attempt, which calls for help under %(bar)s; "
        "mastery was %(practised)s after %(tried)s%(ago)s%(now)s%(before)s.",
        "Wheel-spinning: no new best in the last %(num)s attempts, which calls for help under %(bar)s; "
        "mastery was %(practised)s after %(tried)s%(ago)s%(now)s%(before)s.",
    ),
    "short": text("Mastery was %(practised)s after %(tried)s, and %(bar)s is needed%(now)s."),
    "short_unsure": text(
        "Mastery was %(practised)s after %(tried)s, which is too uncertain to call for help; "
        "to move on, %(bar)s is needed%(now)s."
    ),
    "few_to_advance": text(
        "Mastery looked like %(practised)s after %(tried)s, "
        "but at least %(least)s attempts are needed to move on%(now)s."
    ),
    "doubtful": text(
        "Mastery looked like %(practised)s after %(tried)s, but could have been as low as %(low)s: "
        "to move on, that has to be at least %(bar)s%(now)s."
    ),
    "unconfirmed": plural(
        "Mastery was %(practised)s after %(tried)s, and %(mean)s on average after the last %(num)s answer: "
        "the next ones have to confirm it with %(bar)s%(now)s.",
        "Mastery was %(practised)s after %(tried)s, and %(mean)s on average after the last %(num)s answers: "
        "the next ones have to confirm it with %(bar)s%(now)s.",
    ),
    "faded": text("Mastered at %(best)s but not practised for %(age)s: about %(mastery)s can be expected now."),
    "idle": text("Still about %(mastery)s to be expected, but not practised for %(age)s: a review is due."),
    "mastered": text("Mastery is %(mastery)s after %(tried)s, at or above the %(bar)s needed."),
    "overruled": text("%(by)s decided: %(words)s"),
    "solved": text("All items of %(names)s were answered right last time."),
    "unsolved": text("%(name)s is mastered, but not every item was answered right last time."),
    "before_help": text("Comes before %(name)s, where help is needed."),
    # Of alerts. span: the last days, beside those before them.
    "needs_help": text("Help is needed with %(name)s."),
    "needs_much_help": plural(
        "Help is needed in %(num)s skill at once: %(names)s.", "Help is needed in %(num)s skills at once: %(names)s."
    ),
    "is_done": text(
        "Mastered every skill that the class works on (%(skills)s); most have not mastered %(ahead)s of them yet."
    ),
    "unseen": plural(
        "Not seen for %(num)s day; %(share)s of the class were seen in that time.",
        "Not seen for %(num)s days; %(share)s of the class were seen in that time.",
    ),
    "fewer_days": text(
        "Worked on %(recent)s of %(recent_of)s days, in the last %(span)s; on %(earlier)s of %(earlier_of)s before."
    ),
    "fewer_days_than_class": text(
        "Worked on %(recent)s of %(recent_of)s days on which the class did, in the last %(span)s; "
        "on %(earlier)s of %(earlier_of)s before."
    ),
    "less_right": text(
        "%(recent)s of %(recent_of)s answers right in the last %(span)s days; %(earlier)s of %(earlier_of)s before."
    ),
}
_STOPS, _CLOSING = (".", "!", "?", "…"), "\"'”’»)] "
_SHARES = {"mastery", "practised", "bar", "low", "mean", "best", "share"}
_REACHED = {"mastered"}  # codes of which the bar is reached; in others it is not


class Reason(NamedTuple):
    """A code of SENTENCES and what is filled in; shares are in [0, 1]."""

    code: str
    values: Mapping[str, Any]

    def say(self, says: Says = ENGLISH) -> str:
        """The sentence in a language."""
        sentence = SENTENCES[self.code]
        phrase = (
            says.text(sentence[0]) if len(sentence) == 1 else says.plural(sentence[0], sentence[1], self.values["num"])
        )
        values = self.values if self.code in _REACHED else _unreached(self.values)
        return _ended(phrase % _formatted(values, says) if values else phrase)


def because(code: str, **values: Any) -> Reason:
    """A reason of a code."""
    return Reason(code, values)


def _ended(sentence: str) -> str:
    """A sentence with its full stop, which a person's own words may lack: another one may follow."""
    return sentence if sentence.rstrip(_CLOSING).endswith(_STOPS) else f"{sentence}."


def _unreached(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """With the bar rounded up to a whole percent: what is short of it is rounded down, and must not read as if it
    reached it."""
    return {**values, "bar": ceil(values["bar"] * 100 - 1e-9) / 100} if "bar" in values else values


def _formatted(values: Mapping[str, Any], says: Says) -> dict[str, str]:
    formatted = {
        name: says.percent(value) if name in _SHARES and value is not None else str(value)
        for name, value in values.items()
    }
    return formatted | _parts(values, says)


def _parts(values: Mapping[str, Any], says: Says) -> dict[str, str]:
    """What is said within sentences, where the values have what it needs."""
    parts = {"ago": "", "now": "", "before": "", "assumed": ""}
    if "practised" in values and says.percent(values["mastery"]) != says.percent(values["practised"]):
        parts["now"] = says.text("; about %(share)s is expected now") % {"share": says.percent(values["mastery"])}
    if "attempts" in values:
        right = says.plural("%(num)s right", "%(num)s right", values["right"]) % {"num": values["right"]}
        tried = says.plural("%(num)s attempt (%(right)s)", "%(num)s attempts (%(right)s)", values["attempts"])
        parts["tried"] = tried % {"num": values["attempts"], "right": right}
    if "days" in values:
        days = int(values["days"])
        age = says.plural("%(num)s day", "%(num)s days", days) if days else says.text("less than a day")
        parts["age"] = age % {"num": days}
    if "old" in values:
        days = int(values["old"])
        parts["ago"] = says.plural(", %(num)s day ago", ", %(num)s days ago", days) % {"num": days}
    if "standing" in values:
        parts["standing"] = _skill_with_share(values["standing"], values["share"], says)
    if "before" in values:
        weakest = _skill_with_share(values["before"], values["share"], says)
        parts["before"] = says.text("; start before it, with %(standing)s") % {"standing": weakest}
    if values.get("assumed"):
        parts["assumed"] = says.text(" (order assumed)")
    if "names" in values:
        parts["names"] = ", ".join(values["names"])
        if "more" in values:
            names_and_more = says.text("%(names)s and %(number)s more")
            parts["names"] = names_and_more % {"names": parts["names"], "number": values["more"]}
    return parts


def _skill_with_share(name: str, share: float | None, says: Says) -> str:
    """A skill and how much of it is mastered, as a part of a sentence."""
    if share is None:
        return says.text("%(name)s, of which little is known") % {"name": name}
    return says.text("%(name)s, which is at %(share)s") % {"name": name, "share": says.percent(share)}
