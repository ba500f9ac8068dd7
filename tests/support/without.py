"""Python as it is where the extras are not installed: on PYTHONPATH, `sitecustomize` hides their modules."""

from __future__ import annotations

import os
from pathlib import Path

from lrs.extras import MODULES

_SOURCE = """
from importlib.machinery import PathFinder

find_spec = PathFinder.find_spec

def visible(name, *rest):
    return None if name.split(".")[0] in {modules!r} else find_spec(name, *rest)

PathFinder.find_spec = staticmethod(visible)
"""


def without_extras(folder: Path) -> dict[str, str]:
    """The environment of a process that has none of them."""
    modules = sorted({module for extra in MODULES.values() for module in extra})
    (folder / "sitecustomize.py").write_text(_SOURCE.format(modules=modules))
    path = os.pathsep.join([os.fspath(folder), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    return os.environ | {"PYTHONPATH": path}
