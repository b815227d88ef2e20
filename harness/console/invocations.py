"""Invocations with their log lines, those that run now among them."""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Iterable

from harness.console.cloud import Cloud
from harness.console.model import InvocationView, Listing, LogLine
from harness.console.redact import Redactor
from harness.fc.records import InvocationRecord
from harness.journal import Entry

#: shown with each line or of no interest to a reader
_PLAIN = ("level", "at", "message", "request_id")
_RESULT_CHARS = 4000
#: how many log lines are kept in their parsed form
_PARSED = 20_000


class Invocations:
    def __init__(self, cloud: Cloud, redactor: Redactor) -> None:
        self._cloud, self._redactor = cloud, redactor
        # Pages are made anew at every change, and most of what they show is not new.
        self._parse = functools.lru_cache(_PARSED)(self._parse_line)

    def latest(self, limit: int) -> list[InvocationView]:
        """The latest first; those that run now before all others."""
        ended = self._cloud.fc.invocations[-limit:]
        return [*self._running(), *(self._view(record) for record in reversed(ended))]

    def by_state(self, limit: int, outcome: str) -> Listing[InvocationView]:
        """The latest of an outcome, or of all when it is ""."""
        running, ended = self._running(), self._cloud.fc.invocations
        counts = Counter(record.outcome for record in ended) + Counter(running=len(running))
        found = [record for record in ended if outcome in ("", record.outcome)][-limit:]
        shown = [call for call in running if outcome in ("", call.outcome)]
        return Listing([*shown, *(self._view(record) for record in reversed(found))], len(ended), counts)

    def count(self) -> int:
        return len(self._cloud.fc.invocations)

    def lines(self, lines: Iterable[str]) -> tuple[LogLine, ...]:
        return tuple(map(self._parse, lines))

    def _view(self, record: InvocationRecord) -> InvocationView:
        return InvocationView(
            record.request_id,
            record.function,
            record.type,
            record.outcome,
            record.retry_count,
            record.at,
            record.duration_ms,
            record.max_memory_mb,
            record.error_type or "",
            self.lines(record.lines),
            self._redactor.text(record.result[:_RESULT_CHARS].decode("utf-8", "replace")),
        )

    def _running(self) -> list[InvocationView]:
        """Those that have begun and not ended; a retry has the request id of the try before."""
        begun: dict[tuple[str, int], Entry] = {}
        for entry in self._cloud.journal.entries("invocation"):
            attempt = (entry.fields["request_id"], entry.fields["retry_count"])
            if entry.fields["phase"] == "start":
                begun[attempt] = entry
            else:
                begun.pop(attempt, None)
        lines: dict[str, list[str]] = {request_id: [] for request_id, _ in begun}
        for entry in self._cloud.journal.entries("log") if begun else ():
            lines.get(entry.fields["request_id"], []).append(entry.fields["line"])
        return [
            InvocationView(
                request_id,
                str(entry.fields["function"]),
                str(entry.fields["type"]),
                "running",
                retry_count,
                entry.at,
                lines=self.lines(lines[request_id]),
            )
            for (request_id, retry_count), entry in reversed(begun.items())
        ]

    def _parse_line(self, line: str) -> LogLine:
        line = self._redactor.text(line)
        try:
            fields = json.loads(line) if line.startswith("{") else None
        except ValueError:
            fields = None
        if not isinstance(fields, dict):
            return LogLine("PLATFORM" if line.startswith(("FC ", "FunctionCompute ")) else "", line)
        text = str(fields.get("message", ""))
        rest = {name: value for name, value in fields.items() if name not in _PLAIN}
        return LogLine(str(fields.get("level", "")), text, rest)
