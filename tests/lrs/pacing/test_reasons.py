"""Every reason is a whole sentence: another may follow."""

from __future__ import annotations

import pytest

from lrs.pacing.reasons import SENTENCES, because


@pytest.mark.parametrize(
    ("words", "ends"),
    [
        ("Sits with me", "Sits with me."),
        ("Sits with me.", "Sits with me."),
        ("Ready?", "Ready?"),
        ("She said “I can!”", "She said “I can!”"),
        ("As before (see my note)", "As before (see my note)."),
    ],
)
def test_what_a_person_wrote_ends_as_a_sentence_does(words: str, ends: str) -> None:
    assert because("overruled", by="Ms K", words=words).say().endswith(ends)


def test_all_others_end_so_themselves() -> None:
    assert all(one.endswith(".") for name, sentence in SENTENCES.items() for one in sentence if name != "overruled")
