"""Fills in a form of a page as somebody sent it, marks the field that is wrong, and says why. Pure.

The form is the one that is sent to an address, and of several the one whose hidden fields say what was sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import unquote

REFUSED = "refused"  # of what says why
_KEPT = ("hidden", "file", "password", "submit", "button", "image", "reset")  # inputs that stay as the page has them

Attributes = dict[str, str | None]


class _Tag(NamedTuple):
    """A start tag, and where it is in the page."""

    name: str
    attributes: Attributes
    start: int
    end: int

    def written(self, **changed: str | None) -> str:
        """With other attributes: None takes one away, "" is one without a value."""
        new_attributes = {**self.attributes, **changed}
        written_attributes = {
            name: value or "" for name, value in new_attributes.items() if name not in changed or value is not None
        }
        attribute_texts = (
            f' {name}="{escape(value)}"' if value or name == "value" else f" {name}"
            for name, value in written_attributes.items()
        )
        return f"<{self.name}{''.join(attribute_texts)}>"


@dataclass(slots=True)
class _Option:
    """One that can be chosen; its text is its value where it names none."""

    tag: _Tag
    text: str = ""

    @property
    def value(self) -> str:
        return self.tag.attributes.get("value", self.text.strip()) or ""


@dataclass(slots=True)
class _Control:
    """A field of a form. label: where its label begins, or else itself."""

    tag: _Tag
    label: int
    options: list[_Option] = field(default_factory=list)
    closed: int = 0  # where the text of a textarea ends

    @property
    def name(self) -> str:
        return self.tag.attributes.get("name") or ""

    @property
    def kind(self) -> str:
        return (self.tag.attributes.get("type") or "text").lower() if self.tag.name == "input" else self.tag.name


@dataclass(slots=True)
class _Form:
    tag: _Tag
    inside: list[_Tag]  # what is folded away around it
    controls: list[_Control] = field(default_factory=list)

    def likeness(self, sent: Mapping[str, str]) -> int:
        """How much of what was sent this form has, less what it would have sent otherwise."""
        hidden = {
            control.name: control.tag.attributes.get("value") or ""
            for control in self.controls
            if control.kind == "hidden"
        }
        equal_fields = sum(1 if sent.get(name, "") == value else -1 for name, value in hidden.items())
        return equal_fields - len(sent.keys() - {control.name for control in self.controls})


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[_Form] = []
        self._lines = [0]
        for line in page.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self._form: _Form | None = None
        self._option: _Option | None = None
        self._folded: list[_Tag] = []
        self._labels: list[int] = []
        self.feed(page)
        self.close()

    def _at(self) -> int:
        line, offset = self.getpos()
        return self._lines[line - 1] + offset

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        start = self._at()
        start_tag = _Tag(tag, dict(attrs), start, start + len(self.get_starttag_text() or ""))
        if tag == "details":
            self._folded.append(start_tag)
        elif tag == "label":
            self._labels.append(start)
        elif tag == "form":
            self._form = _Form(start_tag, list(self._folded))
            self.forms.append(self._form)
        elif self._form is not None and tag in ("input", "select", "textarea"):
            self._form.controls.append(_Control(start_tag, self._labels[-1] if self._labels else start))
        elif self._form is not None and tag == "option" and self._form.controls:
            self._option = _Option(start_tag)
            self._form.controls[-1].options.append(self._option)

    def handle_data(self, data: str) -> None:
        if self._option is not None:
            self._option.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "details" and self._folded:
            self._folded.pop()
        elif tag == "label" and self._labels:
            self._labels.pop()
        elif tag == "option":
            self._option = None
        elif tag == "form":
            self._form = None
        elif tag == "textarea" and self._form is not None and self._form.controls:
            self._form.controls[-1].closed = self._at()


def refill(page: str, action: str, sent: Mapping[str, str], wrong: str, why: str) -> str | None:
    """The page with the form filled in; None where it has no such form.

    action: where the form is sent to; sent: the values that were sent; wrong: the name of the invalid field, if the
    form has it; why: the HTML element with the error message, whose id is REFUSED.
    """
    forms = [
        page_form
        for page_form in _Reader(page).forms
        if unquote(page_form.tag.attributes.get("action") or "") == unquote(action)
    ]
    if not forms:
        return None
    form = max(forms, key=lambda page_form: page_form.likeness(sent))
    wrong_control = _wrong(form, wrong)
    edits = [(folded_tag.start, folded_tag.end, folded_tag.written(open="")) for folded_tag in form.inside]
    for control in form.controls:
        edits += _filled(control, sent, control is wrong_control)
    at = wrong_control.label if wrong_control else form.tag.end
    edits.append((at, at, why))
    for start, end, text in sorted(edits, key=lambda edit: edit[:2], reverse=True):
        page = page[:start] + text + page[end:]
    return page


def _wrong(form: _Form, wrong: str) -> _Control | None:
    """The field that is meant: by its name, or by the first or last part of it."""
    visible_controls = [control for control in form.controls if control.kind != "hidden"]
    names = (wrong, wrong.partition(".")[0], wrong.rpartition(".")[2])
    return next((control for name in names if name for control in visible_controls if control.name == name), None)


def _filled(control: _Control, sent: Mapping[str, str], marked: bool) -> Iterator[tuple[int, int, str]]:
    """What is written in place of what: a start and an end in the page, and a text."""
    value, tag, changed = sent.get(control.name, ""), control.tag, dict[str, str | None]()
    if marked:
        changed |= {"aria-invalid": "true", "aria-describedby": REFUSED, "autofocus": ""}
    if control.kind in ("checkbox", "radio"):
        on = control.name in sent and value == (tag.attributes.get("value") or "on")
        changed["checked"] = "" if on else None
    elif tag.name == "input" and control.kind not in _KEPT:
        changed["value"] = value
    if changed:
        yield tag.start, tag.end, tag.written(**changed)
    if tag.name == "select":
        for option in control.options:
            is_selected = option.value == value
            if is_selected != ("selected" in option.tag.attributes):
                yield option.tag.start, option.tag.end, option.tag.written(selected="" if is_selected else None)
    elif tag.name == "textarea":
        yield tag.end, control.closed, escape(value)
