"""Log Service as the commands use it: the lines that the functions have written, and sums over them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

from ops.errors import NotAnswered
from ops.refusals import log_refusal

if TYPE_CHECKING:
    from alibabacloud_sls20201230.client import Client

#: Milliseconds
_CONNECT, _READ = 10_000, 60_000
#: How often a query is sent that the service has answered in part: each time it goes on where it was.
_TRIES = 5
#: Lines of one answer: the most that Log Service gives.
MOST_LINES = 100


class LogLine(NamedTuple):
    """One line of a function. fields: what it says beside time, level and message."""

    at: datetime
    level: str
    message: str
    fields: Mapping[str, Any]


class Logs:
    """One logstore. Every method raises OpsError: Mistake where log or index does not exist."""

    def __init__(self, client: Client, project: str, logstore: str) -> None:
        self._client = client
        self._project, self._logstore = project, logstore

    def lines(self, search: str, since: datetime, until: datetime, most: int = MOST_LINES) -> list[LogLine]:
        """The newest `most` lines that it finds, the oldest of them first; a request for each hundred."""
        found: list[LogLine] = []
        for offset in range(0, most, MOST_LINES):
            size = min(MOST_LINES, most - offset)
            rows = self._ask(search, since, until, line=size, offset=offset, reverse=True)
            found += [line for row in rows if (line := _line(row))]
            if len(rows) < size:
                break
        return sorted(found, key=lambda line: line.at)

    def sums(self, search: str, columns: Mapping[str, str], since: datetime, until: datetime) -> dict[str, float]:
        """columns: a name → an aggregate in SQL. What is null, for there was nothing to add up, is left out."""
        selected = ", ".join(f"{expression} as {name}" for name, expression in columns.items())
        rows = self._ask(f"{search} | select {selected}", since, until)
        row = rows[0] if rows else {}
        return {name: number for name in columns if (number := _number(row.get(name))) is not None}

    def index(self) -> Mapping[str, Any]:
        """GetIndex, as it was made. Raises Mistake where there is none."""
        from alibabacloud_tea_util.models import RuntimeOptions

        runtime = RuntimeOptions(connect_timeout=_CONNECT, read_timeout=_READ, autoretry=False)
        send = self._client.get_index_with_options
        answer = self._send(lambda: send(self._project, self._logstore, {}, runtime), "GetIndex")
        found: Mapping[str, Any] = answer.to_map()
        return found

    def _ask(self, query: str, since: datetime, until: datetime, **options: Any) -> list[Mapping[str, Any]]:
        """Both ends: whole seconds; the second one is not in it."""
        # The SDK takes a second to import, and who has no log gets here never.
        from alibabacloud_sls20201230 import models
        from alibabacloud_tea_util.models import RuntimeOptions

        runtime = RuntimeOptions(connect_timeout=_CONNECT, read_timeout=_READ, autoretry=False)
        headers = models.GetLogsV2Headers(accept_encoding="lz4")
        send = self._client.get_logs_v2with_options
        request = models.GetLogsV2Request(
            from_=int(since.timestamp()), to=int(until.timestamp()) + 1, query=query, **options
        )
        for _ in range(_TRIES):
            body = self._send(lambda: send(self._project, self._logstore, request, headers, runtime))
            meta = body.meta
            if meta is None or str(meta.progress or "Complete") == "Complete":
                return list(body.data or ())
        raise NotAnswered(f"GetLogs of {self._name}: the log is too large for a whole answer; try again")

    @property
    def _name(self) -> str:
        return f"{self._project}/{self._logstore}"

    def _send(self, call: Callable[[], Any], operation: str = "GetLogs") -> Any:
        try:
            return call().body
        except Exception as exc:  # the SDK lets through whatever its layers raise
            raise log_refusal(exc, self._name, operation) from exc


def quoted(text: str) -> str:
    """For a search: its words, and nothing in it is an operator."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _line(row: Mapping[str, Any]) -> LogLine | None:
    """None of what is not one of ours, as what Function Compute itself writes between them."""
    try:
        fields = json.loads(str(row.get("message", "")))
        at = datetime.fromisoformat(str(fields["at"]).replace("Z", "+00:00"))
        level, message = str(fields["level"]), str(fields["message"])
    except (ValueError, KeyError, TypeError):
        return None
    rest = {name: value for name, value in fields.items() if name not in ("at", "level", "message")}
    return LogLine(at.astimezone(timezone.utc), level, message, rest)


def _number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None
