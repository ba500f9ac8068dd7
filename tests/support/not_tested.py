"""What is not tested on this machine: said in the report of every run, and a failure in CI."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest


def not_tested(what: str, why: str) -> NoReturn:
    """Skip a test and report what is not tested and why. In CI everything must be tested, so there it fails."""
    reason = f"NOT TESTED: {what}, as {why}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)  # a program is not installed here: every run lists it (-ra), and CI fails above


def needs_shared(path: Path, instead: str) -> pytest.MarkDecorator:
    """Mark tests of files that are kept beside the repository, which a clone does not contain.

    `instead`: what tests the same in every clone.
    """
    reason = f"NOT TESTED: {path.name} is kept beside the repository and is not part of a clone; {instead}"
    return pytest.mark.skipif(not path.exists(), reason=reason)  # a clone has no such file: every run lists it (-ra)
