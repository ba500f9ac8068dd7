"""A form is filled in again as it was sent, the field that is wrong is marked, and nothing else of a page changes."""

from __future__ import annotations

from html import escape

from hypothesis import given
from hypothesis import strategies as st

from lrs.web.refill import refill
from tests.support.forms import forms_of

WHY = '<p role="alert" id="refused">no</p>'
PAGE = """<h1>Two &lt; three</h1>
<form method="post" action="/a/b%2Fc"><input type="hidden" name="who" value="ada"><input name="days" value="1"></form>
<details><summary>Ben</summary>
<form method="post" action="/a/b%2Fc"><input type="hidden" name="who" value="ben">
<label>Why <input name="reason" required maxlength="9"></label>
<label>Days <input name="days" type="number" value="14"></label>
<label>Decision <select name="decision"><option value="help" selected>Help</option>
<option>review</option></select> soon</label>
<label class="check"><input type="checkbox" name="refit" value="yes" checked> refit</label>
<label>More <textarea name="more">old</textarea></label>
<input type="password" name="secret" value=""><button>Go</button></form>
</details>
<p>after</p>
"""
SENT = {
    "who": "ben",
    "reason": '"><script>',
    "days": "-1",
    "decision": "review",
    "more": "a </textarea> b",
    "secret": "x",
}


def test_it_fills_in_the_form_that_was_sent_and_marks_what_is_wrong() -> None:
    found = refill(PAGE, "/a/b%2Fc", SENT, "days", WHY)
    assert found is not None
    before, _, after = found.partition("<details open>")
    assert before == PAGE.partition("<details>")[0]  # the other form is as it was
    assert '<input name="reason" required maxlength="9" value="&quot;&gt;&lt;script&gt;">' in after
    marked = 'type="number" value="-1" aria-invalid="true" aria-describedby="refused" autofocus>'
    assert f'{WHY}<label>Days <input name="days" {marked}' in after
    assert '<option value="help">Help</option>\n<option selected>review</option>' in after
    assert '<input type="checkbox" name="refit" value="yes">' in after
    assert ">a &lt;/textarea&gt; b</textarea>" in after
    assert '<input type="password" name="secret" value="">' in after
    assert after.endswith(PAGE.rpartition("<button>")[2])


def test_what_no_field_is_wrong_of_is_said_at_the_top_of_the_form() -> None:
    for wrong in ("", "version", "who"):
        found = refill(PAGE, "/a/b%2Fc", SENT, wrong, WHY)
        assert found is not None
        assert f'<form method="post" action="/a/b%2Fc">{WHY}<input type="hidden" name="who" value="ben">' in found
        assert "aria-invalid" not in found
    assert f"{WHY}<label>Days" in (refill(PAGE, "/a/b%2Fc", SENT, "thresholds.days", WHY) or "")
    assert f"{WHY}<label>Days" in (refill(PAGE, "/a/b%2Fc", SENT, "days.0", WHY) or "")
    assert refill(PAGE, "/elsewhere", SENT, "days", WHY) is None


@given(
    st.fixed_dictionaries(
        {"who": st.just("ben"), "decision": st.sampled_from(["help", "review"])}
        | {name: st.text(st.characters(exclude_categories=["Cs", "Cc"])) for name in ("reason", "days", "more")},
        optional={"refit": st.just("yes")},
    )
)
def test_whatever_was_typed_would_be_sent_again(sent: dict[str, str]) -> None:
    found = refill(PAGE, "/a/b%2Fc", sent, "reason", f"<p>{escape(sent['reason'])}</p>")
    assert found is not None
    first, second = forms_of(found)
    assert second.values == {**sent, "secret": ""}
    assert second.wrong == ["reason"]
    assert first.values == {"who": "ada", "days": "1"}
