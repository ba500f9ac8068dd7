"""What was covered stays covered: requirements.txt and the marks of the tests say the same."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conformance.coverage import COVERED, FREE, OPEN, NamedRequirements, differences


def test_the_list_and_the_tests_agree() -> None:
    done = subprocess.run([sys.executable, "-m", "tests.conformance.coverage"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("state", "named", "said"),
    [
        (COVERED, True, None),
        (COVERED, False, "no test names it"),
        (OPEN, True, "has -"),
        (OPEN, False, None),
        (FREE, True, "has ."),
        (FREE, False, None),
        (None, True, "not in requirements.txt"),
    ],
)
def test_a_difference_is_told(state: str | None, named: bool, said: str | None) -> None:
    pair = ("00001", "1.0.3")
    found = differences({pair: state} if state else {}, NamedRequirements({pair} if named else set()))
    assert len(found) == (said is not None)
    assert said is None or said in found[0]
