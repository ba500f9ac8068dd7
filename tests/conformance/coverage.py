"""Which requirements of xAPI the tests of this folder name, by version: `python -m tests.conformance.coverage`."""

from __future__ import annotations

import contextlib
import io
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

HERE = Path(__file__).parent
VERSIONS = ("1.0.3", "2.0.0")
COVERED, OPEN, FREE = "+", "-", "."  # FREE: the version does not ask for it
_NEVER = ("skip", "skipif", "xfail")  # what may not run keeps nothing

Pair = tuple[str, str]  # a requirement's id and a version


@dataclass
class NamedRequirements:
    """A plugin that reads the marks of what pytest collects."""

    pairs: set[Pair] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)  # tests that name requirements without a version, or may be skipped

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            ids = [id_ for mark in item.iter_markers("requirement") for id_ in mark.args]
            called = getattr(item, "callspec", None)  # its parameters, where it has any
            version = called.params.get("client") if called else None
            if ids and (version not in VERSIONS or any(item.get_closest_marker(name) for name in _NEVER)):
                self.wrong.append(item.nodeid)
            else:
                self.pairs |= {(id_, str(version)) for id_ in ids}


def named_requirements() -> NamedRequirements:
    """What the tests name; not to be called in a run of pytest. Raises RuntimeError when they cannot be collected."""
    found, told = NamedRequirements(), io.StringIO()
    with contextlib.redirect_stdout(told):
        code = pytest.main(["--collect-only", "-qq", "-p", "no:cacheprovider", str(HERE)], plugins=[found])
    if code:
        raise RuntimeError(told.getvalue())
    return found


def listed() -> dict[Pair, str]:
    """What requirements.txt says of each requirement and version: COVERED, OPEN or FREE. Raises ValueError."""
    found: dict[Pair, str] = {}
    for line in (HERE / "requirements.txt").read_text().splitlines():
        if line.startswith("#"):
            continue
        id_, *states, title = line.split(None, len(VERSIONS) + 1)
        if not title or not set(states) <= {COVERED, OPEN, FREE} or (id_, VERSIONS[0]) in found:
            raise ValueError(f"requirements.txt: {line!r}")
        found |= {(id_, version): state for version, state in zip(VERSIONS, states, strict=True)}
    return found


def differences(known: dict[Pair, str], named: NamedRequirements) -> list[str]:
    """Where the list and the tests disagree, in words."""
    said = [f"{test}: names requirements, but has no version or may be skipped" for test in named.wrong]
    for id_, version in sorted(known.keys() | named.pairs):
        state, is_named = known.get((id_, version)), (id_, version) in named.pairs
        if state is None:
            said.append(f"{id_} ({version}): named by a test, but not in requirements.txt")
        elif state == COVERED and not is_named:
            said.append(f"{id_} ({version}): no test names it any more")
        elif state != COVERED and is_named:
            said.append(f"{id_} ({version}): a test names it; requirements.txt has {state}")
    return said


def main() -> int:
    """Print what is covered; 1 if the list and the tests disagree."""
    known, named = listed(), named_requirements()
    for version in VERSIONS:
        asked = {id_ for (id_, of), state in known.items() if of == version and state != FREE}
        open_ = sorted(id_ for id_ in asked if (id_, version) not in named.pairs)
        covered = f"{len(asked) - len(open_)} of {len(asked)}"
        print(f"xAPI {version}: {covered} requirements; open: {', '.join(open_) or 'none'}")
    said = differences(known, named)
    print(*said, sep="\n", end="\n" if said else "")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
