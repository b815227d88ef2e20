"""GetLogs and GetLogsV2: a query over the lines of a time.

They differ in their answers: a list with headers beside it, or {meta, data}. alibabacloud-sls20201230 sends the
request of GetLogsV2 for both, and reads its answer.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.fc.sls.errors import SlsError
from harness.fc.sls.query import syntax
from harness.fc.sls.query.analysis import analyse
from harness.fc.sls.query.search import Log, compile_search
from harness.fc.sls.state.index import read_index
from harness.fc.sls.wire.call import Call, answer
from harness.fc.sls.wire.compression import compressed
from harness.http.server import Response

_LARGEST = 1 << 53
#: of whole lines, in one answer
_MOST_LINES = 100


@dataclass(frozen=True)
class Query:
    """begin, end: epoch seconds, of begin <= time < end. lines, offset: of whole lines only."""

    begin: int
    end: int
    search: str
    sql: str
    topic: str
    lines: int
    offset: int
    newest_first: bool


@dataclass(frozen=True)
class Answer:
    """names: the columns of SQL. looked_at: lines that the search was over."""

    rows: list[dict[str, str]]
    names: list[str]
    looked_at: int
    milliseconds: int


def get_logs(call: Call) -> Response:
    query = read_query(call.request.params)
    found = run(call, query)
    headers = {
        "x-log-progress": "Complete",
        "x-log-count": str(len(found.rows)),
        "x-log-processed-rows": str(found.looked_at),
        "x-log-elapsed-millisecond": str(found.milliseconds),
        "x-log-has-sql": str(bool(query.sql)).lower(),
        "x-log-where-query": query.search.encode().decode("latin-1"),
        "x-log-agg-query": query.sql.encode().decode("latin-1"),
    }
    return compressed(call.request, answer(found.rows, headers))


def get_logs_v2(call: Call) -> Response:
    query = read_query(call.document())
    found = run(call, query)
    meta = {
        "progress": "Complete",
        "count": len(found.rows),
        "processedRows": found.looked_at,
        "processedBytes": 0,
        "elapsedMillisecond": found.milliseconds,
        "hasSQL": bool(query.sql),
        "whereQuery": query.search,
        "aggQuery": query.sql,
        "keys": found.names,
        "isAccurate": True,
        "mode": 0,
    }
    return compressed(call.request, answer({"meta": meta, "data": found.rows}))


def read_query(given: Mapping[str, Any]) -> Query:
    """From a GET's parameters, or a POST's document. Raises SlsError."""
    begin, end = (_number(given, name, None, "InvalidTimeRange") for name in ("from", "to"))
    if begin >= end:
        raise SlsError("InvalidTimeRange", f"from ({begin}) must be before to ({end})")
    text = _text(given, "query")
    search, sql = syntax.split(text)
    lines = _number(given, "line", _MOST_LINES, "InvalidLine")
    if lines > _MOST_LINES:
        raise SlsError("InvalidLine", f"{lines} is more than {_MOST_LINES}")
    offset = _number(given, "offset", 0, "InvalidOffset")
    if sql and offset:
        raise SlsError("ParameterInvalid", "offset is not available in a sql query: use limit x,y")
    return Query(begin, end, search, sql, _text(given, "topic"), lines, offset, _flag(given, "reverse"))


def run(call: Call, query: Query) -> Answer:
    """Raises SlsError: without an index, nothing is found."""
    begun = time.monotonic()
    try:
        document, created, _ = call.store.index(call.project, call.logstore)
    except SlsError as error:
        if error.code != "IndexConfigNotExist":
            raise
        raise SlsError("IndexConfigNotExist", status=400) from error
    index = read_index(document)
    fits = compile_search(syntax.parse(query.search), index)
    looked_at = 0

    def found() -> Any:
        nonlocal looked_at
        start = max(query.begin, int(created))  # an index holds what came after it was made
        for line in call.store.read(call.project, call.logstore, start, query.end, query.newest_first):
            looked_at += 1
            log = Log(line)
            if (not query.topic or line.topic == query.topic) and fits(log):
                yield log

    names: list[str] = []
    if query.sql:
        names, rows = analyse(query.sql, found(), index)
        rows = [{**row, "__source__": "", "__time__": row.get("__time__", str(query.begin))} for row in rows]
    else:
        rows = [_whole(log) for log in itertools.islice(found(), query.offset, query.offset + query.lines)]
    return Answer(rows, names, looked_at, int((time.monotonic() - begun) * 1000))


def _whole(log: Log) -> dict[str, str]:
    line = log.line
    return {"__time__": str(line.time), "__topic__": line.topic, "__source__": line.source, **line.fields}


def _number(given: Mapping[str, Any], name: str, default: int | None, code: str) -> int:
    value = given.get(name, default)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:20])
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _LARGEST:
        raise SlsError(code, f"{name} must be a number from 0, it is {value!r}")
    return value


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name, "")
    if not isinstance(value, str):
        raise SlsError("ParameterInvalid", f"{name} must be a text, it is {value!r}")
    return value


def _flag(given: Mapping[str, Any], name: str) -> bool:
    value = given.get(name, False)
    known = {"true": True, "false": False, "": False}
    if isinstance(value, str) and value.lower() in known:
        return known[value.lower()]
    if not isinstance(value, bool):
        raise SlsError("ParameterInvalid", f"{name} must be true or false, it is {value!r}")
    return value
