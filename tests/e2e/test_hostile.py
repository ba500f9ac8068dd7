"""Requests that are made to cost much: what one needs of memory, and how long it holds up the requests of others."""

from __future__ import annotations

import hashlib
import io
import threading
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import httpx
import orjson
import pytest

from lrs.api.statements import MOST_NESTED
from lrs.catalog.change_validation import MOST_LEARNERS
from tests.support.eventually import eventually
from tests.support.server import KEY, SECRET, Server, serving
from tests.support.statements import answered

MIB = 1 << 20
MOST_MEMORY = 64 * MIB  # of one request, and of an answer
TEXT = '"\U0001f600"'.encode()  # four bytes a character, as text and as bytes
MOST_DELAY = 6.0  # s, of another's request, on a machine that others use, too; before, some took 9 and 20


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("hostile")) as found:
        yield found


def statement(**more: object) -> bytes:
    return orjson.dumps(answered(id_=str(uuid.uuid4())) | more)


def filled(size: int, unit: bytes, context: dict[str, object] = {}, nested: int = MOST_NESTED) -> bytes:  # noqa: B006
    """A statement of a size with an extension full of a value, and of texts where there may be no more of them."""
    whole = statement(context={"extensions": {"https://x.example/e": "HERE"}} | context)
    room, nests = size - len(whole), unit.count(b"[") + unit.count(b"{")
    units = min(room // (len(unit) + 1), (nested - 100) // nests if nests else room)
    texts = [TEXT] * ((room - units * (len(unit) + 1)) // (len(TEXT) + 1))
    return whole.replace(b'"HERE"', b"[" + b",".join([unit] * units + texts) + b"]")


def several(unit: bytes, context: dict[str, object] = {}) -> bytes:  # noqa: B006 - it is not changed
    """As many of the largest statements as a request holds."""
    return b"[" + b",".join([filled(MIB - 9, unit, context) for _ in range(7)]) + b"]"


def with_attachment(statements: bytes) -> bytes:
    """Statements, and one more with an attachment and its data."""
    data = b"an essay"
    one = statement(attachments=[attachment(data, "https://x.example/essay")])
    return multipart(b"[" + one + b"," + statements[1:], [data])


def attachment(data: bytes, usage: str) -> dict[str, object]:
    sha2 = hashlib.sha256(data).hexdigest()
    kind = "application/octet-stream"
    return {"usageType": usage, "display": {"en": "s"}, "contentType": kind, "length": len(data), "sha2": sha2}


def multipart(statements: bytes, parts: Sequence[bytes]) -> bytes:
    body = [b"--b\r\nContent-Type: application/json\r\n\r\n", statements]
    for data in parts:
        sha2 = hashlib.sha256(data).hexdigest()
        body += [
            f"\r\n--b\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {sha2}\r\n\r\n".encode(),
            data,
        ]
    return b"".join([*body, b"\r\n--b--\r\n"])


def large_attachment(size: int) -> bytes:
    data = b"x" * size
    return multipart(statement(attachments=[attachment(data, "https://x.example/essay")]), [data])


def many_parts(count: int) -> bytes:
    """Statements with a hundred attachments each."""
    parts = [b"%d" % number for number in range(count)]
    listed = [attachment(data, "https://x.example/essay") for data in parts]
    statements = [statement(attachments=listed[at : at + 100]) for at in range(0, count, 100)]
    return multipart(b"[" + b",".join(statements) + b"]", parts)


def duplicates() -> bytes:
    many = [answered(id_=str(uuid.uuid4())) for _ in range(9_999)]
    small = [{name: one[name] for name in ("id", "actor", "verb", "object")} for one in many]
    return orjson.dumps([*small, small[0]])[: 8 * MIB]


def package() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for number in range(60_000):
            file.writestr(zipfile.ZipInfo(str(number)), b"")
    return made.getvalue()


def signature(size: int = 30 * MIB) -> bytes:
    data = b"x" * size
    return multipart(
        statement(attachments=[attachment(data, "http://adlnet.gov/expapi/attachments/signature")]), [data]
    )


def changes(count: int) -> bytes:
    return b"[" + b",".join([b'{"kind":"skill","id":"a"}'] * count) + b"]"


def class_of(learners: int, first: int = 0) -> dict[str, object]:
    members = [{"learner": f"mailto:{first + n}@school.example", "name": "Ada"} for n in range(learners)]
    return {"kind": "class", "id": f"large-{first}", "name": "Large", "learners": members, "skills": []}


def large_classes(count: int) -> bytes:
    """As many, each of as many learners as it may have."""
    return orjson.dumps([class_of(MOST_LEARNERS, number * MOST_LEARNERS) for number in range(count)])


def overrulings() -> bytes:
    """As many as there may be values for, each of another learner of a class."""
    one = {"kind": "overrule", "skill": "a", "decision": "help", "reason": "r", "by": "b"}
    learners = [f"mailto:{n}@school.example" for n in range(6_000)]
    classes = [class_of(MOST_LEARNERS, number * MOST_LEARNERS) for number in range(len(learners) // MOST_LEARNERS)]
    return orjson.dumps([{"kind": "skill", "id": "a"}, *classes, *(one | {"learner": n} for n in learners)])


def wide(size: int) -> bytes:
    return b"{" + b",".join(b'"%d":{}' % n for n in range(size // 12)) + b"}"


def framework(items: int) -> bytes:
    uri = "https://x.example/"
    head = {"identifier": "d", "uri": f"{uri}d", "title": "Much"}
    rows = [{"identifier": f"i{n}", "uri": f"{uri}{n}", "fullStatement": "Halves of a whole"} for n in range(items)]
    return orjson.dumps({"CFDocument": head, "CFItems": rows, "CFAssociations": []})


def package_of(parts: bytes) -> bytes:
    return b'{"CFDocument":{"identifier":"d","uri":"https://x.example/d","title":"Much"},' + parts + b"}"


def materials(rows: int) -> bytes:
    lines = [f"https://x.example/a/{n},Item {n},https://x.example/o/{n}" for n in range(rows)]
    return "\n".join(["id,name,opens", *lines]).encode()


AGENT = "%7B%22mbox%22%3A%22mailto%3Aa%40school.example%22%7D"
SKILLS = "/skills?preview=true"
DOCUMENT = f"/xAPI/agents/profile?agent={AGENT}&profileId=large"
JSON = {"Content-Type": "application/json"}
FILE = {"Content-Type": "application/octet-stream"}
MIXED = {"Content-Type": "multipart/mixed; boundary=b"}
FORM = {"Content-Type": "application/x-www-form-urlencoded", "X-Experience-API-Version": "1.0.3"}
UNITS = {  # of which a body may be full
    "brackets": b"[]",
    "keys": b'{"":{}}',
    "deep brackets": b"[" * 90 + b"]" * 90,
    "deep keys": b'{"":' * 90 + b"0" + b"}" * 90,
    "many characters": TEXT,
    "one such character": b'"' + b"x" * 200 + b'"',
}
HOSTILE: dict[str, tuple[str, Callable[[], bytes], dict[str, str], tuple[int, ...]]] = {
    "one id twice": ("/xAPI/statements", duplicates, JSON, (400, 413)),
    "brackets": ("/xAPI/statements", lambda: filled(8 * MIB - 9, b"[]", nested=8 * MIB), JSON, (413,)),
    "objects": ("/xAPI/statements", lambda: filled(MIB - 9, b'{"":{}}'), JSON, (200, 400)),
    "many statements": (
        "/xAPI/statements",
        lambda: b"[" + b",".join([filled(MIB // 2, b'{"":{}}') for _ in range(15)]) + b"]",
        JSON,
        (200, 400),
    ),
    "a statement of more brackets": ("/xAPI/statements", lambda: filled(MIB - 9, b"[]", nested=MIB), JSON, (413,)),
    "statements of brackets": ("/xAPI/statements", lambda: several(b"[]"), JSON, (200,)),
    "statements of keys": ("/xAPI/statements", lambda: several(b'{"":{}}'), JSON, (200,)),
    "statements of deep brackets": ("/xAPI/statements", lambda: several(b"[" * 90 + b"]" * 90), JSON, (200,)),
    "statements of deep keys": ("/xAPI/statements", lambda: several(b'{"":' * 90 + b"0" + b"}" * 90), JSON, (200,)),
    "statements of many characters": ("/xAPI/statements", lambda: several(TEXT), JSON, (200,)),
    "statements that are rewritten": (
        "/xAPI/statements",
        lambda: several(b'{"":{}}', {"contextActivities": {"parent": {"id": "https://x.example/p"}}}),
        JSON,
        (200,),
    ),
    "changes": ("/catalog", lambda: b"[" + b",".join([b"[]"] * 600_000) + b"]", JSON, (413,)),
    "wrong changes": ("/catalog", lambda: b"[" + b",".join([b"[]"] * 10_000) + b"]", JSON, (400,)),
    "skills": ("/catalog", lambda: changes(10_000), JSON, (200,)),
    "too many skills": ("/catalog", lambda: changes(24_000), JSON, (413,)),
    "a preview": ("/catalog/preview", lambda: changes(10_000), JSON, (200,)),
    "overrulings": ("/catalog", overrulings, JSON, (200,)),
    "large classes": ("/catalog", lambda: large_classes(8), JSON, (200,)),
    "too large a class": ("/catalog", lambda: orjson.dumps([class_of(16_000)]), JSON, (400,)),
    "an envelope": (
        "/caliper/envelopes",
        lambda: b'{"data":[' + b",".join([b"{}"] * 600_000) + b"]}",
        JSON,
        (400, 422),
    ),
    "a document": (DOCUMENT, lambda: b"[" + b",".join([b"{}"] * 2_500_000) + b"]", JSON, (204, 400, 413)),
    "a document that is merged": (DOCUMENT + "-merged", lambda: wide(MIB), JSON, (204, 400, 413)),
    "a framework": ("/skills?preview=true", lambda: framework(20_000), FILE, (200,)),
    "too large a framework": ("/skills?preview=true", lambda: framework(200_000), FILE, (400,)),
    "a framework of no objects": (SKILLS, lambda: package_of(b'"CFItems":[' + b"0," * 900_000 + b"0]"), FILE, (400,)),
    "a framework of many values": (
        SKILLS,
        lambda: package_of(b'"CFItems":[' + b"0," * 8_000_000 + b"0]"),
        FILE,
        (400,),
    ),
    "a framework of keys": (SKILLS, lambda: package_of(wide(20 * MIB)[1:-1]), FILE, (200, 400)),
    "a framework with one item": (
        SKILLS,
        lambda: package_of(b'"CFItems":[{"x":[' + b"{}," * 900_000 + b"{}]}]"),
        FILE,
        (400,),
    ),
    "a framework with a large document": (
        SKILLS,
        lambda: b'{"CFDocument":{"x":[' + b"[]," * 900_000 + b"[]]}}",
        FILE,
        (400,),
    ),
    "materials": ("/materials?preview=true", lambda: materials(20_000), FILE, (200,)),
    "too many materials": ("/materials?preview=true", lambda: materials(200_000), FILE, (400,)),
    "a course": (
        "/cmi5/courses",
        lambda: b"<courseStructure xmlns='x'>" + b"<a/>" * 500_000 + b"</courseStructure>",
        {"Content-Type": "text/xml"},
        (400,),
    ),
    "a package": ("/cmi5/courses", package, {"Content-Type": "application/zip"}, (400,)),
    "a form of fields": ("/xAPI/statements?method=GET", lambda: b"a=&" * 2_700_000 + b"b=1", FORM, (431,)),
    "a form of a long field": ("/xAPI/statements?method=GET", lambda: b"agent=" + b"%7B" * 2_700_000, FORM, (431,)),
    "a form of escapes": ("/xAPI/statements?method=POST", lambda: b"content=" + b"%5B" * 2_700_000, FORM, (400,)),
    "a signature": ("/xAPI/statements", signature, MIXED, (400,)),
    "attachments": ("/xAPI/statements", lambda: many_parts(900), MIXED, (200,)),
    "too many attachments": ("/xAPI/statements", lambda: many_parts(3_000), MIXED, (413,)),
    "a large attachment": ("/xAPI/statements", lambda: large_attachment(100 * MIB), MIXED, (200,)),
    "data that no statement names": (
        "/xAPI/statements",
        lambda: multipart(statement(), [b"x" * 100 * MIB]),
        MIXED,
        (400,),
    ),
}


for _name, _unit in UNITS.items():
    HOSTILE[f"statements of {_name} with an attachment"] = (
        "/xAPI/statements",
        partial(lambda unit: with_attachment(several(unit)), _unit),
        MIXED,
        (200,),
    )


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_costly_request(own: Server, name: str) -> None:
    path, make, headers, statuses = HOSTILE[name]
    content = make()
    with watching(own) as delays:
        used, answer = memory_of(own, path, content, headers)
    assert answer.status_code in statuses, answer.text
    assert used < MOST_MEMORY, f"{used >> 20} MiB"
    assert max(delays) < MOST_DELAY, f"{max(delays):.2f} s"


def memory_of(
    server: Server, path: str, content: bytes, headers: dict[str, str], key: str = KEY
) -> tuple[int, httpx.Response]:
    """Bytes by which the API grew while it answered a POST, and the answer."""
    status = Path(f"/proc/{server.children()['lrs.processes.api']}/status")
    with server.client(key, timeout=120) as client:
        client.get("/catalog")
        Path(status.with_name("clear_refs")).write_text("5")  # the highest use counts from here
        before = memory(status, "VmRSS")
        answer = client.post(path, content=content, headers=headers)
        return memory(status, "VmHWM") - before, answer


def test_a_page_of_large_statements(own: Server) -> None:
    """However many were asked for, and however large each is."""
    verb = f"https://x.example/{uuid.uuid4()}"
    with own.client(timeout=120) as client:
        for _ in range(10):
            many = [filled(MIB - 4_096, b'"xxxxxxxxxxxxxxxx"') for _ in range(6)]
            batch = b"[" + b",".join(orjson.dumps(orjson.loads(one) | {"verb": {"id": verb}}) for one in many) + b"]"
            assert client.post("/xAPI/statements", content=batch, headers=JSON).status_code == 200
        own.wait()
        status = Path(f"/proc/{own.children()['lrs.processes.api']}/status")
        seen, more = 0, f"/xAPI/statements?limit=500&verb={verb}"
        while more:
            Path(status.with_name("clear_refs")).write_text("5")
            before = memory(status, "VmRSS")
            answer = client.get(more)
            used = memory(status, "VmHWM") - before
            assert answer.status_code == 200
            assert used < MOST_MEMORY, f"{used >> 20} MiB"
            seen += len(answer.json()["statements"])
            more = answer.json()["more"]
        assert seen == 60


def memory(status: Path, what: str) -> int:
    return next(int(line.split()[1]) << 10 for line in status.read_text().splitlines() if line.startswith(what))


class watching:
    """How long others wait meanwhile, each for an answer that costs nothing."""

    def __init__(self, own: Server) -> None:
        self._own = own
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.delays: list[float] = []

    def __enter__(self) -> list[float]:
        self._thread.start()
        eventually(lambda: bool(self.delays))  # somebody asks by now
        return self.delays

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _ask(self) -> None:
        with httpx.Client(base_url=self._own.base, auth=(KEY, SECRET), timeout=60) as client:
            while not self._stop.is_set():
                began = time.monotonic()
                client.get("/live")
                self.delays.append(time.monotonic() - began)
                time.sleep(0.01)


def test_a_large_batch_that_is_sent_again(own: Server) -> None:
    small = []
    for _ in range(9_000):
        one = answered(id_=str(uuid.uuid4()))
        small.append({name: one[name] for name in ("id", "actor", "verb", "object")})
    batch = orjson.dumps(small)
    assert len(batch) < 8 * MIB
    with own.client(timeout=120) as client:
        for _ in range(2):
            began = time.monotonic()
            with watching(own) as delays:
                assert client.post("/xAPI/statements", content=batch, headers=JSON).status_code == 200
            assert time.monotonic() - began < 30
            assert max(delays) < MOST_DELAY
