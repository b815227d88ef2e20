"""One execution of a function, whoever asked for it, and the record of it."""

from __future__ import annotations

from collections.abc import Callable

from harness.fc.delivery.events import Event
from harness.fc.errors import FcError, too_large
from harness.fc.invocation import MAX_SYNC_PAYLOAD, InvocationResult, refused
from harness.fc.records import InvocationRecords
from harness.fc.registry import Functions
from harness.fc.spec import LATEST, AsyncConfig, FunctionSpec


class Execution:
    """`clock`: epoch seconds. All of it raises FcError (404) for a function that does not exist."""

    def __init__(self, functions: Functions, records: InvocationRecords, clock: Callable[[], float]) -> None:
        self._functions, self._records, self._clock = functions, records, clock

    def spec(self, name: str, qualifier: str = LATEST) -> FunctionSpec:
        return self._functions.find(name, qualifier).spec

    def config(self, name: str, qualifier: str) -> AsyncConfig:
        """For asynchronous calls."""
        self._functions.find(name, qualifier)
        return self._functions.async_config(name, qualifier)

    def limit(self, name: str, qualifier: str) -> int:
        """How many may run at once."""
        return self._functions.find(name, qualifier).limit

    def invoke(self, name: str, payload: bytes, request_id: str, qualifier: str = LATEST) -> InvocationResult:
        """Synchronously. Raises FcError for what the platform refuses."""
        self._functions.find(name, qualifier)
        if len(payload) > MAX_SYNC_PAYLOAD:
            raise too_large(MAX_SYNC_PAYLOAD)
        return self.run(Event(name, payload, request_id, self._clock(), qualifier), "Sync")

    def run(self, event: Event, kind: str = "Async") -> InvocationResult:
        """One try of an event. Raises FcError for what the platform refuses."""
        function = self._functions.find(event.function, event.qualifier)
        self._records.begin(event, kind)
        try:
            result = function.invoke(event.payload, event.request_id, event.retry_count)
        except FcError as exc:
            outcome = "throttled" if exc.status == 429 else "refused"
            self._records.end(event, kind, outcome, refused(exc, event.request_id))
            raise
        self._records.end(event, kind, "succeeded" if result.ok else "failed", result)
        return result

    def expire(self, event: Event) -> None:
        """What was too old to be run has its record, too."""
        self._records.end(event, "Async", "expired", InvocationResult(0, b"", event.request_id))
