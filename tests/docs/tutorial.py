"""The tutorials as they are read: their steps, and a reader who takes them one after the other."""

from __future__ import annotations

import base64
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser

from tests.support.server import free_port

STORE, SITE = "8081", "8082"  # the ports that the pages name
SECONDS = 240
_DONE = "-- the step is done --"
_STEP = re.compile(
    r"^```(?P<kind>sh|text)\n(?P<code>.*?)^```"
    r"|Open <(?P<url>http://127[^>]+)>(?:[^.]*?\(key `(?P<key>\w+)`, secret `(?P<secret>\w+)`\))?"
    r"(?:\s+and press \*(?P<press>\w+)\*)?",
    re.M | re.S,
)


class Step(NamedTuple):
    """Commands to run (sh), what to open in a browser (open), or what either must have said (text)."""

    kind: str
    text: str
    press: str = ""
    login: tuple[str, str] | None = None


def steps(page: str) -> list[Step]:
    """The steps of a page, in order."""
    found = []
    for one in _STEP.finditer(page):
        if one["kind"]:
            found.append(Step(one["kind"], one["code"]))
        else:
            login = (one["key"], one["secret"]) if one["key"] else None
            found.append(Step("open", one["url"], one["press"] or "", login))
    return found


class Reader:
    """Takes the steps of one page, in an empty folder."""

    def __init__(self, folder: Path, browser: Browser) -> None:
        (folder / ".venv").mkdir()
        (folder / ".venv/bin").symlink_to(Path(sys.executable).parent)
        self._ports = {STORE: str(free_port()), SITE: str(free_port())}
        self._shell = subprocess.Popen(
            ["bash", "-u"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, start_new_session=True, env=os.environ | {"COLUMNS": "200"},
        )  # fmt: skip
        self._context = browser.new_context()
        self._page = self._context.new_page()
        self._said = ""  # by the last step

    def take(self, step: Step) -> None:
        """Raises AssertionError where it does not go as the page says."""
        match step.kind:
            case "sh":
                self._run(step.text)
            case "open":
                self._open(step)
            case _:
                rest = plain(self._said)
                for line in filter(None, map(plain, step.text.splitlines())):
                    assert line in rest, f"the page promises\n  {line}\nand what is said is\n{self._said}"
                    rest = rest.partition(line)[2]

    def shown(self) -> str:
        """What stands on the page in the browser."""
        return plain(self._page.inner_text("body"))

    def close(self) -> None:
        self._context.close()
        os.killpg(self._shell.pid, signal.SIGTERM)
        self._shell.wait(30)

    def _run(self, commands: str) -> None:
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        # One line, so that the shell has read all of it before a command can read the rest as its input.
        packed = base64.b64encode(self._local(f"set -e\n{commands}\nset +e\n").encode()).decode()
        self._shell.stdin.write(f"eval \"$(echo {packed} | base64 -d)\"\necho; echo '{_DONE}'\n")
        self._shell.stdin.flush()
        lines = []
        for line in self._shell.stdout:
            if line.strip() == _DONE:
                break
            lines.append(line)
        else:
            raise AssertionError("the shell ended: " + "".join(lines))
        self._said = "".join(lines)

    def _open(self, step: Step) -> None:
        if step.login:
            pair = base64.b64encode(":".join(step.login).encode()).decode()
            self._page.set_extra_http_headers({"Authorization": f"Basic {pair}"})
        answer = self._page.goto(self._local(step.text))
        assert answer is not None
        assert answer.ok, f"{answer.url}: {answer.status}"
        if step.press:
            self._page.get_by_role("button", name=step.press).click()
            self._page.wait_for_load_state("networkidle")
        self._said = self.shown()

    def _local(self, text: str) -> str:
        for named, port in self._ports.items():
            text = text.replace(named, port)
        return text


def plain(text: str) -> str:
    """Text as it is compared: without lines of tables, and with any percentage as good as another, as those follow from
    the weights of the model."""
    return " ".join(re.sub(r"\d+%", "%", re.sub(r"[━─│┃┏┓┡┩└┘╇┴┳┬]", " ", text)).split())
