"""Structs are decoded by what a module made when it was imported.

msgspec fills in what it knows of a type when the type is first used, without a lock: of threads that decode it for the
first time together, one may meet it half filled, and the process ends with a fault of its memory.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = [path for top in ("lrs", "processors", "schemas") for path in sorted((ROOT / top).rglob("*.py"))]


def calls(node: ast.AST, within: bool = False) -> Iterator[tuple[ast.Call, bool]]:
    """Every call, and whether it is made later than at the import."""
    for child in ast.iter_child_nodes(node):
        later = within or isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        if isinstance(child, ast.Call):
            yield child, later
        yield from calls(child, later)


def test_no_type_is_decoded_or_has_a_decoder_made_for_it_later_than_at_the_import() -> None:
    found = []
    for path in SOURCES:
        for call, later in calls(ast.parse(path.read_text())):
            called = ast.unparse(call.func)
            typed = called.endswith(".decode") and any(keyword.arg == "type" for keyword in call.keywords)
            if later and (typed or (called.startswith("msgspec.") and called.endswith(".Decoder"))):
                found.append(f"{path.relative_to(ROOT)}:{call.lineno}")
    assert found == []
