"""The search part of a query, from its text to a tree.

Source: the page "Search syntax". `a b` is `a and b`; in "double quotes" nothing but words is meant, in any order,
and #"a b" is a phrase; `*` and `?` stand for letters of a word, but not for its first. Not implemented, and
refused: `field: (a or b)` and SPL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.fc.sls.errors import SlsError, bad_query

#: nested deeper, no query of a person is
_MOST_NESTED = 50
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<phrase>\#"(?:\\.|[^"\\])*") | (?P<quoted>"(?:\\.|[^"\\])*") | (?P<sign>>=|<=|[<>=:()\[\]])
    | (?P<word>[^\s"':=<>()\[\],\#|]+)
    )""",
    re.VERBOSE | re.DOTALL,
)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Everything:
    """`*`, and no search at all."""


@dataclass(frozen=True)
class Text:
    """`text` in a field, or in any. plain: without * and ? that stand for others. phrase: in one piece."""

    text: str
    field: str = ""
    plain: bool = False
    phrase: bool = False


@dataclass(frozen=True)
class Exists:
    """`field: *`."""

    field: str


@dataclass(frozen=True)
class Compare:
    """`field > 5`. sign: >, >=, <, <=, =."""

    field: str
    sign: str
    number: int | float


@dataclass(frozen=True)
class Not:
    inner: Node


@dataclass(frozen=True)
class And:
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Or:
    parts: tuple[Node, ...]


Node = Everything | Text | Exists | Compare | Not | And | Or


@dataclass(frozen=True)
class _Token:
    """kind: phrase, quoted, sign, word, and, or, not, in, end."""

    kind: str
    text: str
    at: int


def split(query: str) -> tuple[str, str]:
    """(search, SQL), which a | divides. Raises SlsError ParameterInvalid for more of them, as SPL has."""
    parts: list[str] = []
    start, quote = 0, ""
    for at, char in enumerate(query):
        if quote:
            quote = "" if char == quote and query[at - 1] != "\\" else quote
        elif char == '"' or (char == "'" and parts):
            quote = char
        elif char == "|" and query[max(at - 1, 0) : at + 2].count("|") == 1:  # not the || of SQL
            parts.append(query[start:at])
            start = at + 1
    parts.append(query[start:])
    if len(parts) > 2:
        raise bad_query("the local cloud knows one | in a query: search | SQL")
    return parts[0].strip(), parts[1].strip() if len(parts) > 1 else ""


def parse(search: str) -> Node:
    """Raises SlsError ParameterInvalid, which says where the search cannot be understood."""
    return _Parser(search).whole() if search.strip() else Everything()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._next, self._depth = 0, 0

    def whole(self) -> Node:
        found = self._either()
        if self._peek.kind != "end":
            raise self._unexpected()
        return found

    @property
    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._peek
        self._next += token.kind != "end"
        return token

    def _sees(self, *signs: str) -> bool:
        return self._peek.kind == "sign" and self._peek.text in signs

    def _either(self) -> Node:
        parts = [self._all()]
        while self._peek.kind == "or":
            self._take()
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all(self) -> Node:
        parts = [self._one()]
        while self._peek.kind in ("and", "not", "word", "quoted", "phrase") or self._sees("("):
            if self._peek.kind == "and":
                self._take()
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self) -> Node:
        if self._peek.kind == "not":
            self._take()
            self._deeper()
            inner = self._one()
            self._depth -= 1
            return Not(inner)
        if self._sees("("):
            return self._group()
        token = self._take()
        if token.kind == "phrase":
            return Text(_unquoted(token.text[1:]), plain=True, phrase=True)
        if token.kind not in ("word", "quoted"):
            self._next -= token.kind != "end"
            raise self._unexpected()
        name = _unquoted(token.text) if token.kind == "quoted" else token.text
        if self._sees(":"):
            self._take()
            return self._in_field(name)
        if self._sees(">", ">=", "<", "<=", "="):
            return Compare(name, self._take().text, self._number())
        if self._peek.kind == "in":
            self._take()
            return self._range(name)
        if token.kind == "word" and name == "*":
            return Everything()
        return Text(name, plain=token.kind == "quoted")

    def _group(self) -> Node:
        self._take()
        self._deeper()
        found = self._either()
        if not self._sees(")"):
            raise self._unexpected()
        self._take()
        self._depth -= 1
        return found

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > _MOST_NESTED:
            raise bad_query("the search is nested too deeply")

    def _in_field(self, name: str) -> Node:
        token = self._take()
        if token.kind == "phrase":
            return Text(_unquoted(token.text[1:]), name, plain=True, phrase=True)
        if token.kind == "quoted":
            return Text(_unquoted(token.text), name, plain=True)
        if token.kind in ("word", "and", "or", "not", "in"):
            return Exists(name) if token.text == "*" else Text(token.text, name)
        self._next -= token.kind != "end"
        raise self._unexpected(f"{name}: needs a word, or text in double quotes")

    def _range(self, name: str) -> Node:
        if not self._sees("[", "("):
            raise self._unexpected(f"{name} in needs a range, such as [1 5]")
        low = ">=" if self._take().text == "[" else ">"
        first, second = self._number(), self._number()
        if not self._sees("]", ")"):
            raise self._unexpected()
        high = "<=" if self._take().text == "]" else "<"
        return And((Compare(name, low, first), Compare(name, high, second)))

    def _number(self) -> int | float:
        token = self._take()
        if token.kind not in ("word", "quoted") or not _NUMBER.fullmatch(token.text):
            self._next -= token.kind != "end"
            raise self._unexpected("a number must stand here")
        return float(token.text) if "." in token.text else int(token.text)

    def _unexpected(self, why: str = "") -> SlsError:
        token = self._peek
        what = "the end" if token.kind == "end" else f"{token.text[:50]!r}"
        hint = why or 'text with : ( ) [ ] < > = , # and quotes in it must stand in "double quotes"'
        return bad_query(f"syntax error at {what} (character {token.at + 1} of the search): {hint}")


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None or not found.lastgroup:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            raise bad_query(
                f"syntax error at {text[start]!r} (character {start + 1} of the search): text with it must stand "
                'in "double quotes", and a quote must be closed'
            )
        kind = found.lastgroup
        word = found[kind]
        if kind == "word" and word.lower() in ("and", "or", "not", "in"):
            kind = word.lower()
        tokens.append(_Token(kind, word, found.start(found.lastgroup)))
        at = found.end()
    return [*tokens, _Token("end", "", len(text))]


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
