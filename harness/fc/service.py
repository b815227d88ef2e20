"""FunctionCompute: the functions of one local cloud and their invocations, in-process and as a Service."""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

from harness.fc.credentials import RoleCredentials
from harness.fc.delivery import Delivery, DeliveryFaults, Event
from harness.fc.destinations import destination_payload, function_of
from harness.fc.environment import Platform
from harness.fc.errors import FcError, function_not_found, too_large
from harness.fc.function import Function
from harness.fc.instance import Instance
from harness.fc.invocation import (
    MAX_ASYNC_PAYLOAD,
    MAX_SYNC_PAYLOAD,
    InvocationRecord,
    InvocationResult,
    new_request_id,
    refused,
)
from harness.fc.launcher import Launcher
from harness.fc.spec import FunctionSpec
from harness.fc.watchdog import Watchdog
from harness.identity import Identities
from harness.service import Authorize, Journal

_KEPT_RECORDS = 2_000
_KEPT_RESULT = 64 * 1024


def _exponential(retry: int) -> float:
    """FC does not document the delays between retries; observed ones grow like this."""
    return float(2 ** (retry - 1))


class FunctionCompute:
    """Functions by name. Starts with none; `put_function` adds them. `close` ends every instance and thread.

    `retry_delays(n)`: seconds before the nth retry of an asynchronous invocation, from 1. `idle_seconds`: after so
    long without a request an instance ends. `python`: the interpreter of the instances.
    """

    name = "fc"

    def __init__(
        self,
        directory: Path,
        *,
        identities: Identities,
        authorize: Authorize,
        journal: Journal,
        account_id: str,
        region: str,
        python: str = sys.executable,
        context_shape: str | None = None,
        extra_environment: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.time,
        retry_delays: Callable[[int], float] = _exponential,
        idle_seconds: float = 300.0,
    ) -> None:
        self.directory = directory
        self.platform = Platform(region, account_id, context_shape)
        self.credentials = RoleCredentials(identities, clock)
        self._authorize = authorize
        self._journal = journal
        self._clock = clock
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._functions: dict[str, Function] = {}
        self._records: deque[InvocationRecord] = deque(maxlen=_KEPT_RECORDS)
        # Its own folder, because the names of sockets must be short.
        self._sockets = Path(tempfile.mkdtemp(prefix="fc-"))
        self._watchdog = Watchdog(self._stop_idle)
        self._launcher = Launcher(
            self.platform,
            self._watchdog,
            lambda spec: self.credentials.of(spec.role),
            lambda request_id, line: journal.add("log", request_id=request_id, line=line),
            self._sockets,
            python,
            dict(extra_environment or {}),
        )
        self._delivery = Delivery(self._look_up, self._execute, self._settle, self._expire, retry_delays, clock)

    @property
    def delivery(self) -> DeliveryFaults:
        """Faults of delivery: `duplicate`, `shuffle`."""
        return self._delivery.faults

    @property
    def invocations(self) -> list[InvocationRecord]:
        """The latest executions, oldest first."""
        with self._lock:
            return list(self._records)

    @property
    def functions(self) -> list[FunctionSpec]:
        with self._lock:
            return [function.spec for function in self._functions.values()]

    def put_function(self, spec: FunctionSpec) -> None:
        """Adds it, or changes it from the next invocation on."""
        with self._lock:
            function = self._functions.get(spec.name)
            if not function:
                self._functions[spec.name] = Function(spec, self._launcher)
        if function:
            function.update(spec)

    def remove_function(self, name: str) -> None:
        """What runs goes on to its end; accepted events that have not run are dropped. Unknown: does nothing."""
        with self._lock:
            function = self._functions.pop(name, None)
        if function:
            function.close()

    def invoke(
        self, name: str, payload: bytes, *, log_tail: bool = False, request_id: str | None = None
    ) -> InvocationResult:
        """Synchronously. Never raises for what FC would answer: see InvocationResult.

        `log_tail` is for callers over the wire; here the log is in the result anyway.
        """
        request_id = request_id or new_request_id()
        try:
            return self.invoke_or_raise(name, payload, request_id)
        except FcError as exc:
            return refused(exc, request_id)

    def invoke_or_raise(self, name: str, payload: bytes, request_id: str) -> InvocationResult:
        """As `invoke`, but raises FcError for what the platform refuses."""
        self._find(name)
        if len(payload) > MAX_SYNC_PAYLOAD:
            raise too_large(MAX_SYNC_PAYLOAD)
        return self._execute(Event(name, payload, request_id, self._clock()), "Sync")

    def invoke_async(self, name: str, payload: bytes, *, request_id: str | None = None) -> str:
        """Accepts the event and gives its request id. Raises FcError (404, 400 too large, 429 too many)."""
        request_id = request_id or new_request_id()
        if len(payload) > MAX_ASYNC_PAYLOAD:
            raise too_large(MAX_ASYNC_PAYLOAD)
        self._delivery.accept(name, payload, request_id)
        return request_id

    def drain(self, timeout: float) -> bool:
        """Until every accepted asynchronous invocation has ended: succeeded, given up or expired."""
        return self._delivery.drain(timeout)

    def kill_running(self, name: str | None = None, request_id: str | None = None) -> int:
        """Kills the processes that run a request now: all, or those of a function or a request. How many."""

        def chosen(instance: Instance) -> bool:
            return name in (None, instance.function) and request_id in (None, instance.request_id)

        return self._watchdog.kill(chosen)

    def close(self) -> None:
        self._delivery.close()
        self._watchdog.close()
        self._delivery.join(5)
        shutil.rmtree(self._sockets, ignore_errors=True)

    def _find(self, name: str) -> Function:
        with self._lock:
            function = self._functions.get(name)
        if not function:
            raise function_not_found(name)
        return function

    def _look_up(self, name: str) -> tuple[FunctionSpec, int]:
        function = self._find(name)
        return function.spec, function.limit

    def _execute(self, event: Event, type_: str = "Async") -> InvocationResult:
        function = self._find(event.function)
        about = {"request_id": event.request_id, "function": event.function, "type": type_}
        self._journal.add("invocation", phase="start", retry_count=event.retry_count, **about)
        try:
            result = function.invoke(event.payload, event.request_id, event.retry_count)
        except FcError as exc:
            self._record(
                event, type_, "throttled" if exc.status == 429 else "refused", refused(exc, event.request_id)
            )
            raise
        self._record(event, type_, "succeeded" if result.ok else "failed", result)
        return result

    def _record(self, event: Event, type_: str, outcome: str, result: InvocationResult) -> None:
        record = InvocationRecord(
            event.request_id,
            event.function,
            type_,
            len(event.payload),
            outcome,
            event.retry_count,
            self._clock(),
            result.duration_ms,
            result.max_memory_mb,
            result.lines,
            result.error_type or result.error_code,
            result.body[:_KEPT_RESULT],
        )
        with self._lock:
            self._records.append(record)
        self._journal.add(
            "invocation",
            phase="end",
            request_id=record.request_id,
            function=record.function,
            type=type_,
            outcome=outcome,
            retry_count=record.retry_count,
            duration_ms=round(record.duration_ms, 1),
            memory_mb=record.max_memory_mb,
            error_type=record.error_type,
        )

    def _expire(self, event: Event) -> None:
        self._record(event, "Async", "expired", InvocationResult(0, b"", event.request_id))

    def _settle(self, event: Event, result: InvocationResult) -> None:
        """Sends the outcome to the function's destination, with the role's permission."""
        spec = self._find(event.function).spec
        arn = spec.async_config.on_success if result.ok else spec.async_config.on_failure
        if not arn:
            return
        payload = destination_payload(event, result, self.platform.function_arn(event.function))
        target = function_of(arn)
        outcome = "not implemented"
        if target:
            resource = self.platform.function_arn(target)
            credentials = self.credentials.of(spec.role)
            outcome = "denied"
            if credentials and self._authorize(credentials, "fc:InvokeFunction", resource, {}).allowed:
                outcome = self._send(target, payload)
        self._journal.add("destination", request_id=event.request_id, destination=arn, outcome=outcome)

    def _send(self, function: str, payload: bytes) -> str:
        try:
            self.invoke_async(function, payload)
        except FcError as exc:
            return exc.code
        return "sent"

    def _stop_idle(self) -> None:
        with self._lock:
            functions = list(self._functions.values())
        since = time.monotonic() - self._idle_seconds
        for function in functions:
            function.stop_idle(since)
