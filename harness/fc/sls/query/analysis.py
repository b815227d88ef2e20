"""The SQL part of a query, over the lines that its search has found: SQLite, in memory, which may only look.

Source: the page "SQL syntax"; the real service's is Presto's. What both have in common works, and the rest is
refused: functions that are not in FUNCTIONS, other tables than `log`, other statements than SELECT. FROM may be
left out. A field's name with a dot stands in "double quotes".
"""

from __future__ import annotations

import itertools
import re
import sqlite3
import time
from collections.abc import Iterable, Sequence
from typing import Any

from harness.fc.sls.errors import SlsError
from harness.fc.sls.query.search import Log, number_of, text_of
from harness.fc.sls.state.index import Field, Index

#: in both, with the same meaning
_NAMES = """
abs avg ceil ceiling coalesce count count_if floor length like lower ltrim max min nullif replace round rtrim
substr sum trim upper
"""
FUNCTIONS = frozenset(_NAMES.split())
#: rows of an answer, where the query has no LIMIT; seconds that a query may take; instructions between two looks
_ROWS, _SECONDS, _STEPS = 100, 10.0, 10_000
_TYPES = {"text": "TEXT", "json": "TEXT", "long": "INTEGER", "double": "REAL"}
_TOKEN = re.compile(r"'(?:''|[^'])*'|\"(?:\"\"|[^\"])*\"|--|/\*|\w+|\s+|.", re.DOTALL)
_BEFORE = ("where", "group", "having", "order", "limit")
_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION}

Row = dict[str, str]


def analyse(sql: str, logs: Iterable[Log], index: Index) -> tuple[list[str], list[Row]]:
    """(the columns' names, the rows as texts; NULL is "null"). Raises SlsError ParameterInvalid."""
    columns = [("__time__", Field("long"), "", ""), ("__topic__", Field("text"), "__topic__", "")]
    columns += [("__source__", Field("text"), "__source__", ""), *index.columns()]
    statement = _completed(sql, {name for name, *_ in columns})
    db = sqlite3.connect(":memory:")
    try:
        db.create_aggregate("count_if", 1, _CountIf)
        declared = ", ".join(f"{_quoted(name)} {_TYPES[field.kind]}" for name, field, *_ in columns)
        db.execute(f"CREATE TABLE log ({declared})")
        rows = ([_value(log, *column, index.max_text) for column in columns] for log in logs)
        db.executemany(f"INSERT INTO log VALUES ({', '.join('?' * len(columns))})", rows)
        db.commit()
        until = time.monotonic() + _SECONDS
        db.set_authorizer(_may)
        db.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
        found = db.execute(statement)
        names = [column[0] for column in found.description]
        return names, [dict(zip(names, map(_shown, row), strict=True)) for row in found]
    except (sqlite3.Error, sqlite3.Warning, OverflowError) as exc:
        raise _refused(str(exc)) from exc
    finally:
        db.close()


def _refused(why: str) -> SlsError:
    if why == "interrupted":
        why = f"the query took longer than {_SECONDS:g} seconds"
    if why.startswith(("not authorized", "access to")):
        why = f"only SELECT over log is permitted, with these functions: {', '.join(sorted(FUNCTIONS))} ({why})"
    return SlsError("ParameterInvalid", f"ErrorType:SyntaxError.ErrorMessage:{why}")


def _may(action: int, first: str | None, second: str | None, *_: object) -> int:
    known = action in _ALLOWED and (action != sqlite3.SQLITE_FUNCTION or second in FUNCTIONS)
    known = known and (action != sqlite3.SQLITE_READ or first in ("log", ""))
    return sqlite3.SQLITE_OK if known else sqlite3.SQLITE_DENY


def _completed(sql: str, columns: set[str]) -> str:
    """With `FROM log` and a LIMIT where it has none, after a look for names that SQLite would take for texts."""
    tokens = _TOKEN.findall(sql)
    words = _outer_words(tokens)
    if not words or words[0][1] not in ("select", "with"):
        raise _refused(f"the SQL part must begin with SELECT, not with {sql[:30]!r}")
    _check_names(tokens, columns)
    _count_nothing_as_zero(tokens)
    if "from" not in [word for _, word in words]:
        at = next((at for at, word in words if word in _BEFORE), len(tokens))
        tokens[at:at] = [" FROM log "]
    limit = "" if "limit" in [word for _, word in words] else f" LIMIT {_ROWS}"
    return "".join(tokens) + limit


def _outer_words(tokens: Sequence[str]) -> list[tuple[int, str]]:
    """(place, word in lower case) of what stands in no parentheses. Raises SlsError ParameterInvalid."""
    depth, words = 0, []
    for at, token in enumerate(tokens):
        if token in (";", "--", "/*"):
            raise _refused(f"{token} is not permitted")
        depth += (token == "(") - (token == ")")
        if depth == 0 and re.match(r"\w", token):
            words.append((at, token.lower()))
    return words


def _count_nothing_as_zero(tokens: list[str]) -> None:
    """Of no rows at all, SQLite does not ask an aggregate that is not its own: count_if would be NULL."""
    for at in [at for at, token in enumerate(tokens) if token.lower() == "count_if"]:
        depth = 0
        for end in range(at + 1, len(tokens)):
            depth += (tokens[end] == "(") - (tokens[end] == ")")
            if depth == 0 and tokens[end] == ")":
                tokens[at], tokens[end] = "coalesce(count_if", "), 0)"
                break


def _check_names(tokens: Sequence[str], columns: set[str]) -> None:
    """SQLite takes a name in double quotes that it does not know for a text."""
    solid = [token for token in tokens if token.strip()]
    made = {_name(then) for token, then in itertools.pairwise(solid) if token.lower() == "as"}
    for token in solid:
        if token.startswith('"') and _name(token) not in columns | made:
            raise _refused(
                f"Column '{_name(token)}' cannot be resolved: it is not in the index, or has no doc_value"
            )


def _name(token: str) -> str:
    return token[1:-1].replace('""', '"') if token.startswith('"') else token


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _value(log: Log, name: str, field: Field, key: str, path: str, most: int) -> Any:
    if name == "__time__":
        return log.line.time
    value = log.value(key, path)
    if field.kind in ("long", "double"):
        return number_of(value, field.kind)
    text = text_of(value)
    return text if text is None else text.encode()[:most].decode("utf-8", "ignore")


def _shown(value: Any) -> str:
    return "null" if value is None else str(value)


class _CountIf:
    def __init__(self) -> None:
        self._count = 0

    def step(self, value: Any) -> None:
        self._count += bool(value)

    def finalize(self) -> int:
        return self._count
