"""Texts of templates: in the language that is shown, escaped, and looked up once."""

from __future__ import annotations

from gettext import NullTranslations

import pytest

from lrs.web import languages
from lrs.web.languages import ShownIn, shown_in
from lrs.web.templating import Templates


class Counted(NullTranslations):
    """A language that counts how often each text is looked up."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def gettext(self, message: str) -> str:
        self.asked.append(message)
        return f"<b>{message}"


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> Counted:
    made = Counted()
    monkeypatch.setattr(languages, "translations", lambda code: made)
    return made


def render(template: str, **values: str) -> str:
    with shown_in(ShownIn("de", "UTC")):
        return Templates(lambda: 0)._templates.from_string(template).render(**values)


def test_a_text_that_a_page_repeats_is_looked_up_once(texts: Counted) -> None:
    page = render('{% for one in "abc" %}{{ _("Class") }}{{ _("%(who)s here", who=one) }}{% endfor %}')
    assert page == "".join(f"<b>Class<b>{one} here" for one in "abc")
    assert texts.asked == ["Class", "%(who)s here"]


def test_what_is_filled_in_is_escaped_and_a_percent_sign_is_doubled(texts: Counted) -> None:
    assert render('{{ _("%(name)s", name=name) }}', name="<i>&") == "<b>&lt;i&gt;&amp;"
    assert render('{{ _("100 %%") }}') == "<b>100 %"
    assert render('{{ _("") }}') == ""


def test_a_constant_is_said_in_each_language() -> None:
    template = Templates(lambda: 0)._templates.from_string("{{ 1|percent }}, {{ 0.5|number }}")
    said = []
    for code in ("en", "de"):
        with shown_in(ShownIn(code, "UTC")):
            said.append(template.render())
    assert said == ["100%, 0.5", "100\N{NO-BREAK SPACE}%, 0,5"]


def test_each_language_has_its_own() -> None:
    said = []
    for code in ("en", "de", "en"):
        with shown_in(ShownIn(code, "UTC")):
            said.append(Templates(lambda: 0)._templates.from_string('{{ _("Classes") }}').render())
    assert said == ["Classes", languages.translations("de").gettext("Classes"), "Classes"]
    assert said[1] != said[0]
