"""What was invoked: bounded records for inspection, and lines in the journal."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from harness.fc.delivery.events import Event
from harness.fc.invocation import InvocationResult
from harness.journal import Journal

_KEPT = 2_000
_KEPT_RESULT = 64 * 1024
#: characters of an error in a repr
_SHOWN = 500


@dataclass(frozen=True, repr=False)
class InvocationRecord:
    """One execution, or what was refused or expired instead of one. Its repr shows what went wrong.

    `type`: Sync, Async. `outcome`: succeeded, failed, throttled, refused, expired. `at`: epoch seconds of its end.
    `error_type`: the function's, or the platform's error code. `result`: its first 64 KiB.
    """

    request_id: str
    function: str
    type: str
    outcome: str
    retry_count: int
    at: float
    duration_ms: float
    max_memory_mb: int
    error_type: str | None
    lines: tuple[str, ...]
    result: bytes

    @property
    def error(self) -> str:
        """What was raised and its message, or the platform's refusal; "" when it succeeded."""
        if self.outcome == "succeeded":
            return ""
        try:
            told = json.loads(self.result)
        except ValueError:
            return self.result.decode("utf-8", "replace")
        if not isinstance(told, dict):
            return str(told)
        message = told.get("errorMessage") or told.get("Message")
        return ": ".join(str(part) for part in (told.get("errorType"), message) if part)

    def __repr__(self) -> str:
        retry = f", retry {self.retry_count}" if self.retry_count else ""
        words = ": ".join(filter(None, (self.error_type, self.error[:_SHOWN])))
        return f"<{self.function} {self.type} {self.outcome}{retry}{f' {words}' if words else ''}>"


class InvocationRecords:
    """Thread-safe. `clock` gives epoch seconds."""

    def __init__(self, journal: Journal, clock: Callable[[], float]) -> None:
        self._journal = journal
        self._clock = clock
        self._records: deque[InvocationRecord] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()

    def list(self) -> list[InvocationRecord]:
        """Oldest first."""
        with self._lock:
            return list(self._records)

    def clear(self) -> None:
        with self._lock:
            self._records.clear()

    def begin(self, event: Event, kind: str) -> None:
        self._journal.add(
            "invocation",
            phase="start",
            request_id=event.request_id,
            function=event.function,
            type=kind,
            retry_count=event.retry_count,
        )

    def end(self, event: Event, kind: str, outcome: str, result: InvocationResult) -> None:
        record = InvocationRecord(
            event.request_id,
            event.function,
            kind,
            outcome,
            event.retry_count,
            self._clock(),
            result.duration_ms,
            result.max_memory_mb,
            result.error_type or result.error_code,
            result.lines,
            result.body[:_KEPT_RESULT],
        )
        with self._lock:
            self._records.append(record)
        self._journal.add(
            "invocation",
            phase="end",
            request_id=record.request_id,
            function=record.function,
            type=kind,
            outcome=outcome,
            retry_count=record.retry_count,
            duration_ms=round(record.duration_ms, 1),
            memory_mb=record.max_memory_mb,
            error_type=record.error_type,
        )
