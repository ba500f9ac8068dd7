"""What commands advise is what the how-tos tell: the same command with the same options."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_REPAIR = re.compile(r"lrs\s+verify [^`#]*?--repair\b")
_STOP = "stop `lrs serve`, then `lrs verify --log-only --repair BACKUP`"


def texts() -> dict[str, str]:
    """Texts of code, where one may go on in the next line, and of the documentation."""
    code = {path: re.sub(r'"\s+f?"', "", path.read_text()) for path in ROOT.glob("lrs/**/*.py")}
    pages = {path: re.sub(r"\s+", " ", path.read_text()) for path in ROOT.glob("docs/how-to/*.md")}
    return {str(path.relative_to(ROOT)): text for path, text in (code | pages).items()}


def test_a_repair_is_always_the_same_command() -> None:
    found = [(name, words) for name, text in texts().items() for words in _REPAIR.findall(text)]
    assert len(found) >= 4
    assert [(name, words) for name, words in found if "--log-only" not in words] == []


def test_the_runbook_and_the_advice_have_the_same_steps() -> None:
    runbook = texts()["docs/how-to/runbooks.md"]
    assert f"S{_STOP[1:]}" in runbook
    advised = [name for name, text in texts().items() if name.endswith(".py") and _STOP in text]
    assert advised == ["lrs/log/damage_memory.py"], "one place says it, and others name that"
