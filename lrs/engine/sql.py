"""What the engine must know of a request's SQL before ClickHouse reads it: where data begins, and if it only reads.

ClickHouse has the last word on grammar. This reads tokens alone, and whatever it does not know it does not let a
reader say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

_MOST_SQL_BYTES = 1 << 16  # bytes in which the SQL before an insert's data must end
_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\r\n]*(?=\r?\n|\Z)|/\*(?:(?!/\*)[\s\S])*?\*/)
    |(?P<string>'(?:[^'\\]|\\[\s\S])*')
    |(?P<quoted>`(?:[^`\\]|\\[\s\S])*`|"(?:[^"\\]|\\[\s\S])*")
    |(?P<word>[A-Za-z_]\w*)
    |(?P<number>\d[\w.]*)
    |(?P<unknown>--|/\*)
    |(?P<sign>[][(){},.;:?=<>!+*/%|&^~@-])""",
    re.ASCII | re.VERBOSE,
)
# Not EXPLAIN, which tells what an index finds among the rows of all tenants, nor EXISTS, which looks for files, too.
_READING = frozenset(["SELECT", "WITH", "SHOW", "DESCRIBE", "DESC"])
# Table functions that make rows from nothing or from a query. No other may be named by a reader: ClickHouse's own
# read-only mode stops most that reach outside, though not when they are only DESCRIBEd, and others go around the
# filters of tables.
_INNER = re.compile("numbers(_mt)?|zeros(_mt)?|view|values|format|null|generate_?series")
# Functions of an expression that reach outside, which read-only mode lets through. A reader may not even name one:
# `APPLY` and the functions of arrays call what is only named.
_OUTER = re.compile("file|catboostevaluate|hascolumnintable|naivebayesclassifier[a-z]*|showcertificate|ai[a-z]+")


class NotReading(Exception):
    """A reader's query that may do more than read the store's tables."""


@dataclass(frozen=True, slots=True)
class Insert:
    """An INSERT whose data follows its SQL."""

    sql: str
    format: str | None
    data: memoryview


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def _tokens(sql: str) -> Iterator[_Token]:
    """The tokens of SQL without space and comments; the last is `unknown` where this lexer is at its end."""
    position = 0
    while position < len(sql):
        token = _TOKEN.match(sql, position)
        if token is None or token.lastgroup is None or token.lastgroup == "unknown":
            yield _Token("unknown", "", position, position)
            return
        if token.lastgroup != "space":
            yield _Token(token.lastgroup, token[0], position, token.end())
        position = token.end()


def insert_with_data(argument: bytes, body: bytes) -> Insert | None:
    """Split an INSERT from its data: SQL in the argument and data in the body, or SQL before data in the body.

    None when the request is not such an INSERT, but SQL from end to end (as is `INSERT … VALUES`).
    """
    whole = argument or body
    # Latin-1 keeps positions: data that follows may be any bytes.
    head = whole[:_MOST_SQL_BYTES].decode("latin-1")
    words = _tokens(head)
    if (first := next(words, None)) is None or first.text.upper() != "INSERT":
        return None
    depth = 0
    for token in words:
        match token.text.upper():
            case "(":
                depth += 1
            case ")":
                depth -= 1
            case "SELECT" | "WITH" | "VALUES" | "INFILE" | ";" if depth == 0:
                return None
            case "FORMAT" if depth == 0 and token.kind == "word":
                name = next(words, None)
                if name is None or name.kind != "word" or name.text.upper() == "VALUES":
                    return None
                data = memoryview(body) if argument else memoryview(body)[_after_line(head, name.end) :]
                return Insert(whole[: token.start].decode(), name.text, data)
    return Insert(argument.decode(), None, memoryview(body)) if argument and body else None


def from_file(insert: Insert, path: str, format_: str) -> str:
    """The INSERT with its data in a file: FROM INFILE comes before SETTINGS, and FORMAT last."""
    end, _ = _settings_at(insert.sql)
    return f"{insert.sql[:end]} FROM INFILE '{path}' {insert.sql[end:]} FORMAT {format_}"


def with_settings(insert: Insert, pairs: Sequence[str]) -> Insert:
    """The INSERT with more settings, over which its own win."""
    if not pairs:
        return insert
    start, end = _settings_at(insert.sql)
    own = insert.sql[end:].strip()
    settings = ", ".join([*pairs, *([own] if own else [])])
    return replace(insert, sql=f"{insert.sql[:start].rstrip()} SETTINGS {settings}")


def _settings_at(sql: str) -> tuple[int, int]:
    """Where an INSERT's SETTINGS begin, and what is said behind the word; its end where there are none."""
    depth = 0
    for token in _tokens(sql):
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0 and token.kind == "word" and token.text.upper() == "SETTINGS":
            return token.start, token.end
    return len(sql), len(sql)


def _after_line(text: str, position: int) -> int:
    """Where data begins: behind the spaces and the one line end that follow the format's name."""
    line_end = re.compile(r"[ \t]*;?(?:\r?\n)?").match(text, position)
    return line_end.end() if line_end else position


def written_format(sql: str) -> str | None:
    """The format that a query asks for itself."""
    format_name = None
    last = None
    for token in _tokens(sql):
        if last is not None and last.text.upper() == "FORMAT" and last.kind == token.kind == "word":
            format_name = token.text
        last = token
    return format_name


def only_reads(sql: str, table_functions: frozenset[str]) -> None:
    """Raise NotReading unless a query is one question about tables.

    Args:
        table_functions: the lower-case names of all that this ClickHouse has.
    """
    tokens = list(_tokens(sql))
    while tokens and tokens[-1].text == ";":
        tokens.pop()
    first = next((t.text.upper() for t in tokens if t.text != "("), "")
    if first not in _READING:
        raise NotReading("it may only SELECT, SHOW and DESCRIBE")
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        name = token.text.lower()
        called = following is not None and following.text == "("
        if token.kind == "unknown" or token.text == ";":
            raise NotReading("it may send one statement in plain ASCII tokens, without $…$ and # comments")
        if token.kind == "word" and name in ("outfile", "infile"):
            raise NotReading("it may not name files")
        if token.kind == "word" and name == "prewhere":
            raise NotReading("it may not say what is asked of rows before their tenant: say WHERE")
        if called and (token.kind == "quoted" or (token.kind == "word" and _makes_rows(name, table_functions))):
            raise NotReading("it may not call what reaches outside the store")
        if token.kind in ("word", "quoted") and _OUTER.fullmatch(name.strip('`"')):
            raise NotReading(f"it may not name {token.text}, a function that reaches outside the store")
        if token.kind == "word" and name == "explain":  # of a subquery
            raise NotReading("it may not EXPLAIN")
        if token.kind == "quoted" and ("\\" in name or ("/" in name and first not in ("SELECT", "WITH"))):
            raise NotReading("it may not quote a name with a backslash, nor describe one with a slash")


def _makes_rows(name: str, table_functions: frozenset[str]) -> bool:
    """Whether it is a table function that makes rows of something else than nothing or a query."""
    return name in table_functions and not _INNER.fullmatch(name)
