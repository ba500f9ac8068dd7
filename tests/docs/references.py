"""Finds what a Markdown page refers to, and whether it exists.

In prose a file of the repository is named in backticks by its path from the root (`*` may stand for a part of it), a
function or class in it behind a colon: `lrs/app.py:build`, `lrs/record/recorder.py:Recorder.record`.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import click

from lrs.cli.main import main

ROOT = Path(__file__).parents[2]
ROOMS = ("schemas", "lrs", "processors", "infra", "tests", "docs", "benchmarks", "examples", "requirements")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.+?)\s*$", re.M)
_FILE = re.compile(rf"(?:{'|'.join(ROOMS)})/[\w./*-]*(?::[\w.]+)?$")
_AT_THE_ROOT = re.compile(r"[A-Z][A-Z]+(?:\.md)?$|Makefile$|[\w.-]+\.(?:md|toml|yaml)$")
_MODULE = re.compile(r"(?:python3?|\.venv/bin/python) -m ([\w.]+)")
_SHELL = ("sh", "bash", "console")


@dataclass(frozen=True)
class Page:
    """A page of Markdown."""

    path: Path
    text: str

    @property
    def prose(self) -> str:
        """The page without its blocks of code."""
        return _FENCE.sub("", self.text)

    def broken_links(self) -> Iterator[str]:
        """Relative links without a target: the file, or the heading in it."""
        for target in _LINK.findall(_CODE.sub("", self.prose)):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            file = self.path if name in ("", self.path.name) else (self.path.parent / name).resolve()
            is_there = file == self.path or file.exists()
            if not is_there or (
                anchor and anchor not in headings(self.text if file == self.path else file.read_text())
            ):
                yield target

    def unknown_files(self) -> Iterator[str]:
        """Names of files, and of what they define, that do not exist."""
        for name in _CODE.findall(self.prose):
            if not (_FILE.match(name) or (_AT_THE_ROOT.match(name) and name in _root_files())):
                continue
            path, _, definition = name.partition(":")
            found = list(ROOT.glob(path)) if "*" in path else [ROOT / path]
            if not any(each.exists() for each in found) or (definition and definition not in definitions(found[0])):
                yield name

    def unknown_modules(self) -> Iterator[str]:
        """Modules that are said to run, and do not exist."""
        for module in _MODULE.findall(self.text):
            path = ROOT / module.replace(".", "/")
            inside = module.partition(".")[0] in ROOMS
            if inside and not (path.with_suffix(".py").exists() or (path / "__main__.py").exists()):
                yield module

    def unknown_commands(self) -> Iterator[str]:
        """Commands of `lrs` and targets of make that do not exist, or have no such option."""
        for command in self._commands():
            words = _words(command)
            if words[:1] == ["make"]:
                wrong = any(word not in _targets() for word in words[1:] if "=" not in word)
            else:
                wrong = words[:1] == ["lrs"] and not _is_a_command(words[1:])
            if wrong:
                yield command

    def _commands(self) -> Iterator[str]:
        yield from (code for code in _CODE.findall(self.prose) if re.match(r"(lrs|make) \S", code))
        for language, block in _FENCE.findall(self.text):
            if language in _SHELL:
                for line in block.splitlines():
                    if found := re.match(r"\s*(?:\.venv/bin/)?((?:lrs|make) [^;&|]*)", line.partition(" #")[0]):
                        yield found[1].strip()


def _words(command: str) -> list[str]:
    """The words up to what a shell or a reader puts in place (`…`)."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    return words


def _is_a_command(words: list[str]) -> bool:
    command: click.Command = main
    context = click.Context(main, info_name="lrs")
    names = iter(words)
    while isinstance(command, click.Group):
        word = next(names, "--help")
        if word.startswith("-"):
            break
        found = command.get_command(context, word)
        if found is None:
            return False
        command, context = found, click.Context(found, parent=context, info_name=word)
    known = {option for parameter in command.get_params(context) for option in parameter.opts}
    return all(word.partition("=")[0] in known for word in words if re.match(r"--\w[\w-]*", word))


@cache
def _targets() -> frozenset[str]:
    return frozenset(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(), re.M))


@cache
def _root_files() -> frozenset[str]:
    return frozenset(path.name for path in ROOT.iterdir()) | {"LICENSE", "CHANGELOG.md", "SECURITY.md"}


@cache
def definitions(path: Path) -> frozenset[str]:
    """The names that a Python file defines: functions, classes, constants; methods and fields behind a dot."""
    return frozenset(_defined(ast.parse(path.read_text()).body, ""))


def _defined(body: list[ast.stmt], within: str) -> Iterator[str]:
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield within + node.name
            case ast.ClassDef():
                yield within + node.name
                yield from _defined(node.body, f"{within}{node.name}.")
            case ast.Assign():
                for target in node.targets:
                    yield from (within + name.id for name in ast.walk(target) if isinstance(name, ast.Name))
            case ast.AnnAssign(target=ast.Name() as name):
                yield within + name.id


def headings(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub and the docs site name them."""
    found = set()
    for heading in _HEADING.findall(_FENCE.sub("", text)):
        plain = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
        found.add(plain.replace(" ", "-"))
    return found


def _pages() -> list[Page]:
    files = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("tests/*.md"), *ROOT.glob("examples/**/*.md")]
    return [Page(path, path.read_text()) for path in sorted(files)]


PAGES = _pages()
