"""The alarms of alarms/ as Log Service has them: their queries, asked of the local one, and their conditions."""

from __future__ import annotations

import json
import operator
import re
import time
from collections.abc import Sequence
from typing import Any

from harness.cloud import LocalCloud
from harness.fc.sls import Line as LogLine
from tests.harness.fc.sls.asking import ask, client
from tests.project import PROJECT

ALARMS = PROJECT / "alarms"
NAMES = sorted(path.stem for path in ALARMS.glob("log-*.json"))
LOGS = "alarms"
Line = dict[str, Any]
Row = dict[str, str]
_UNITS = {"m": 60, "h": 3600}
_SIGNS = {"==": operator.eq, ">": operator.gt, "<": operator.lt}


def alarm(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ALARMS / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def query_of(name: str) -> dict[str, Any]:
    (query,) = alarm(name)["configuration"]["queryList"]
    return dict(query)


def looks_back(name: str) -> int:
    """Seconds of the log that it asks about."""
    start = query_of(name)["start"]
    return int(start[1:-1]) * _UNITS[start[-1]]


def provide(cloud: LocalCloud, logstore: str) -> None:
    """A logstore whose index was made two days ago: an index holds nothing of before."""
    cloud.sls.provide(LOGS, logstore, alarm("index"))
    made = "UPDATE indexes SET created = ? WHERE project = ? AND logstore = ?"
    cloud.sls.store._rows(made, time.time() - 48 * _UNITS["h"], LOGS, logstore)


def write(cloud: LocalCloud, logstore: str, lines: Sequence[Line], ago: float = 0) -> None:
    """ago: seconds before now, at which they came."""
    texts = [json.dumps(line, ensure_ascii=False) for line in lines]
    at = int(time.time() - ago)
    cloud.sls.write(LOGS, logstore, [LogLine(at, {"message": text}) for text in texts])


def firing(cloud: LocalCloud, name: str, logstore: str, project: str = LOGS) -> list[Row]:
    """The rows for which it goes off now: those that it finds and that meet its condition."""
    now = int(time.time()) + 1
    since, query = now - looks_back(name), query_of(name)["query"]
    rows: list[Row] = ask(client(cloud), project, query, logstore, from_=since, to=now).data
    (severity,) = alarm(name)["configuration"]["severityConfigurations"]
    condition = severity["evalCondition"]["condition"]
    if not condition:
        return rows
    variable, sign, number = condition.split()
    return [row for row in rows if _SIGNS[sign](float(row[variable]), float(number))]


def text_of(name: str, row: Row) -> str:
    """The alarm's title and text, filled in from a row."""
    parts = {each["key"]: each["value"] for each in alarm(name)["configuration"]["annotations"]}
    return re.sub(r"\$\$\{(\w+)\}", lambda found: row[found[1]], f"{parts['title']}\n{parts['desc']}")
