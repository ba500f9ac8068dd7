"""What the forms of a page would send, as a browser reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx


@dataclass
class Form:
    """Where a form is sent, what it would send, which fields are marked as wrong, and what else is said in it."""

    action: str
    values: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    said: str = ""


def forms_of(page: str) -> list[Form]:
    """In the order of the page."""
    return _Reader(page).forms


def refused(answer: httpx.Response) -> Form:
    """The form of a page that says what is wrong with it."""
    [form] = [one for one in forms_of(answer.text) if one.said]
    return form


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._select = self._text = ""
        self._inside = self._alert = self._option = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        one = {name: value or "" for name, value in attrs}
        name, value = one.get("name", ""), one.get("value", "")
        if tag == "form":
            self.forms.append(Form(one.get("action", "")))
            self._inside = True
        if not self._inside:
            return
        if "aria-invalid" in one:
            self.forms[-1].wrong.append(name)
        self._alert = self._alert or one.get("role") == "alert"
        if tag == "select":
            self._select = name
            self.forms[-1].values[name] = ""
        elif tag == "option" and "selected" in one:
            self._option = "value" not in one
            self.forms[-1].values[self._select] = value
        elif tag == "textarea":
            self._text = name
            self.forms[-1].values[name] = ""
        elif tag == "input" and (one.get("type") != "checkbox" or "checked" in one):
            self.forms[-1].values[name] = value

    def handle_data(self, data: str) -> None:
        if self._option:
            self.forms[-1].values[self._select] = data.strip()
            self._option = False
        if self._text:
            self.forms[-1].values[self._text] += data
        if self._alert:
            self.forms[-1].said += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._text = ""
        elif tag == "form":
            self._inside = False
        elif tag == "p":
            self._alert = False
