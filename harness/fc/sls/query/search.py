"""Which lines a search finds, as far as their logstore's index goes."""

from __future__ import annotations

import fnmatch
import json
import math
import re
from collections.abc import Callable
from typing import Any

from harness.fc.sls.errors import bad_query
from harness.fc.sls.query.syntax import And, Compare, Everything, Exists, Node, Not, Or, Text
from harness.fc.sls.state.index import Field, Index, Words
from harness.fc.sls.state.model import Line

_LONG = re.compile(r"-?[0-9]{1,19}")
#: characters of a text that is looked at as JSON
_LARGEST = 1 << 20
Found = Callable[["Log"], bool]


class Log:
    """A line, whose JSON is parsed once at most for each field."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self._parsed: dict[str, Any] = {}

    def value(self, key: str, path: str = "") -> Any:
        """A text, or what stands at `path` in the JSON of the field; None where there is nothing."""
        if key == "__topic__":
            return self.line.topic
        if key == "__source__":
            return self.line.source
        raw = self.line.fields.get(key)
        if not path or raw is None:
            return raw
        if key not in self._parsed:
            self._parsed[key] = _json(raw)
        return _walk(self._parsed[key], path)


def compile_search(node: Node, index: Index) -> Found:
    """Raises SlsError ParameterInvalid for what the index does not hold."""
    if isinstance(node, Everything):
        return lambda log: True
    if isinstance(node, Not):
        inner = compile_search(node.inner, index)
        return lambda log: not inner(log)
    if isinstance(node, And | Or):
        parts = [compile_search(part, index) for part in node.parts]
        every = all if isinstance(node, And) else any
        return lambda log: every(part(log) for part in parts)
    if isinstance(node, Text) and not node.field:
        return _anywhere(node, index)
    found = index.find(node.field)
    if found is None:
        raise bad_query(
            f"key ({node.field}) is not config as key value config, if symbol : is in your log, please wrap : "
            'with quotation mark "'
        )
    field, key, path = found
    if isinstance(node, Exists):
        return lambda log: log.value(key, path) is not None
    if isinstance(node, Compare) or field.kind in ("long", "double"):
        return _compared(node, field, key, path)
    return _in_field(node, field, key, path)


def text_of(value: Any) -> str | None:
    """A value of JSON as the text that is searched and shown."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def number_of(value: Any, kind: str) -> int | float | None:
    """As a long or a double field holds it; None for what is not one."""
    text = text_of(value) or ""
    if kind == "long":
        number = int(text) if _LONG.fullmatch(text) else None
        return number if number is not None and -(1 << 63) <= number < 1 << 63 else None
    try:
        double = float(text)
    except ValueError:
        return None
    return double if math.isfinite(double) else None


def _compared(node: Compare | Text, field: Field, key: str, path: str) -> Found:
    if field.kind not in ("long", "double"):
        raise bad_query(f"key ({node.field}) is of type {field.kind}: only long and double can be compared")
    if isinstance(node, Compare):
        sign, wanted = node.sign, node.number
    else:
        sign, number = "=", number_of(node.text, "long")
        number = number_of(node.text, "double") if number is None else number
        if number is None:
            raise bad_query(f"key ({node.field}) is of type {field.kind}, and {node.text[:50]!r} is not a number")
        wanted = number
    compare = _SIGNS[sign]

    def found(log: Log) -> bool:
        number = number_of(log.value(key, path), field.kind)
        return number is not None and compare(number, wanted)

    return found


_SIGNS: dict[str, Callable[[float, float], bool]] = {
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "=": lambda a, b: a == b,
}


def _in_field(node: Text, field: Field, key: str, path: str) -> Found:
    if not node.text:
        return lambda log: log.value(key, path) == ""
    matches = _matcher(node, field.words)

    def found(log: Log) -> bool:
        value = log.value(key, path)
        text = None if field.all_texts and not isinstance(value, str) else text_of(value)
        return text is not None and matches([text])

    return found


def _anywhere(node: Text, index: Index) -> Found:
    if index.line is None:
        raise bad_query(f"full text index is not configured: name a field to search {node.text[:50]!r} in")
    matches = _matcher(node, index.line)

    def found(log: Log) -> bool:
        fields = log.line.fields
        names = index.only & fields.keys() if index.only else fields.keys() - index.skipped
        return matches([fields[name] for name in names])

    return found


def _matcher(node: Text, words: Words) -> Callable[[list[str]], bool]:
    """Whether texts, taken together, have all the words; for a phrase, one of them in a piece."""
    if not node.plain and node.text[0] in "*?":
        raise bad_query(f"{node.text[:50]!r}: a word cannot begin with * or ?")
    wanted = (words if node.plain else words.without("*?")).of(node.text)
    if not wanted:
        raise bad_query(f"{node.text[:50]!r} has nothing but separators in it")
    if node.phrase:
        piece = words.folded(node.text)
        return lambda texts: any(
            _has_piece(words.of(text), wanted) and piece in words.folded(text) for text in texts
        )
    tests = [_tester(word, node.plain) for word in wanted]

    def matches(texts: list[str]) -> bool:
        present = {word for text in texts for word in words.of(text)}
        return all(test(present) for test in tests)

    return matches


def _tester(word: str, plain: bool) -> Callable[[set[str]], bool]:
    if plain or not re.search(r"[*?]", word):
        return lambda present: word in present
    pattern = re.compile(fnmatch.translate(word.replace("[", "[[]")))
    return lambda present: any(map(pattern.match, present))


def _has_piece(present: list[str], wanted: list[str]) -> bool:
    return any(present[at : at + len(wanted)] == wanted for at in range(len(present) - len(wanted) + 1))


def _json(raw: str) -> Any:
    if not raw.lstrip().startswith("{") or len(raw) > _LARGEST:
        return None
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _walk(value: Any, path: str) -> Any:
    """A name may have dots in it itself, so that each way to read the path is tried."""
    if not isinstance(value, dict):
        return None
    if path in value:
        return value[path]
    head, _, rest = path.partition(".")
    return _walk(value.get(head), rest) if rest else None
