"""FunctionCompute: the functions of one local cloud and their invocations, in-process and as a Service."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from harness.fc.api import Api, Found
from harness.fc.control.plane import ControlPlane
from harness.fc.control.surroundings import BucketEvents, CodeBucket, NoBucketEvents, NoCodeBucket
from harness.fc.delivery.destinations import Destinations
from harness.fc.delivery.events import Event, EventSpool
from harness.fc.delivery.queues import Delivery, DeliveryFaults, exponential_delay
from harness.fc.errors import FcError, too_large
from harness.fc.guard import Guard
from harness.fc.instances.credentials import RoleCredentials
from harness.fc.instances.environment import Platform
from harness.fc.instances.instance import Instance
from harness.fc.instances.launcher import Launcher, LogLine
from harness.fc.instances.watchdog import Watchdog
from harness.fc.invocation import (
    MAX_ASYNC_PAYLOAD,
    MAX_SYNC_PAYLOAD,
    InvocationResult,
    new_request_id,
    refused,
)
from harness.fc.invoke_api import invocation_routes
from harness.fc.records import InvocationRecord, InvocationRecords
from harness.fc.registry import Functions
from harness.fc.spec import LATEST, AsyncConfig, FunctionSpec
from harness.fc.triggers.http import HttpTriggers, TriggerCall, is_for_trigger
from harness.fc.triggers.sources import TriggerSources
from harness.fc.triggers.specs import Trigger
from harness.fc.triggers.timers import Timers
from harness.http.server import Request, Response
from harness.journal import Journal
from harness.ram.identity import Credentials
from harness.ram.realm import Realm


class FunctionCompute:
    """Functions by name: those deployed earlier, and those that are put. `close` ends every instance and thread.

    `retry_delay(n)`: seconds before the nth retry of an asynchronous invocation, from 1. `idle_seconds`: after so
    long without a request an instance ends. `python`: the interpreter of the instances. `event_sources`: where
    OSS triggers take effect. `code_bucket`: where deployed code comes from. What is deployed lives in `directory`.
    `on_line`: gets all that functions print.
    `url`: what the addresses of HTTP triggers begin with. `timers`: fire by the clock once they are started.
    """

    name = "fc"

    def __init__(
        self,
        directory: Path,
        realm: Realm,
        *,
        python: str = sys.executable,
        context_shape: str | None = None,
        extra_environment: Mapping[str, str] | None = None,
        retry_delay: Callable[[int], float] = exponential_delay,
        idle_seconds: float = 300.0,
        event_sources: BucketEvents | None = None,
        code_bucket: CodeBucket | None = None,
        url: str = "",
        on_line: Callable[[LogLine], None] = lambda line: None,
    ) -> None:
        self.directory = directory
        self.platform = Platform(realm.region, realm.account_id, context_shape)
        journal, clock = realm.journal, realm.clock
        self.credentials = RoleCredentials(realm.identities, clock)
        self._clock, self._on_line = clock, on_line
        self._idle_seconds = idle_seconds
        self._records = InvocationRecords(journal, clock)
        # Its own folder, because the names of sockets must be short.
        self._sockets = Path(tempfile.mkdtemp(prefix="fc-"))
        self._watchdog = Watchdog(self._stop_idle, min(1.0, max(0.05, idle_seconds / 4)))
        self._functions = Functions(self._launcher(journal, python, dict(extra_environment or {})))
        guard = Guard(realm.gate(self.name), self.platform)
        self.timers = Timers(self.invoke_async, journal, clock)
        self.http = HttpTriggers(url, self, realm, guard, self.platform)
        sources = TriggerSources(event_sources or NoBucketEvents(), self.timers, self.http)
        bucket = code_bucket or NoCodeBucket()
        self._control = ControlPlane(
            directory, self._functions, guard, realm.identities, sources, bucket, self.platform, clock
        )
        routes = [*invocation_routes(self), *self._control.routes]
        self._api = Api(routes, realm, guard)
        self._destinations = Destinations(self.platform, self._credentials_of, guard, journal, self.invoke_async)
        self._delivery = Delivery(
            EventSpool(directory / "events"),
            self._look_up,
            self._execute,
            self._settle,
            self._expire,
            retry_delay,
            clock,
        )

    def _launcher(self, journal: Journal, python: str, extra_environment: dict[str, str]) -> Launcher:
        def log(line: LogLine) -> None:
            self._on_line(line)  # first, so that who hears of a line finds it
            journal.add("log", request_id=line.request_id, line=line.text)

        return Launcher(
            self.platform,
            self._watchdog,
            self._credentials_of,
            log,
            self._sockets,
            python,
            extra_environment,
            self.directory,
        )

    def read(self, request: Request) -> Found | TriggerCall:
        return (self.http if is_for_trigger(request) else self._api).read(request)

    def answer(self, call: Found | TriggerCall) -> Response:
        return self.http.answer(call) if isinstance(call, TriggerCall) else self._api.answer(call)

    def refuse(self, call: Found | TriggerCall, status: int, code: str, message: str) -> Response:
        if isinstance(call, TriggerCall):
            return self.http.refuse(call, status, code, message)
        return self._api.refuse(call, status, code, message)

    @property
    def delivery(self) -> DeliveryFaults:
        """Faults of delivery: `duplicate`, `shuffle`."""
        return self._delivery.faults

    @property
    def invocations(self) -> list[InvocationRecord]:
        """The latest executions, oldest first."""
        return self._records.list()

    @property
    def functions(self) -> list[FunctionSpec]:
        return self._functions.specs()

    def function(self, name: str, qualifier: str = LATEST) -> FunctionSpec:
        """Raises FcError (404)."""
        return self._functions.find(name, qualifier).spec

    def put_function(self, spec: FunctionSpec) -> None:
        """Adds it, or changes it from the next invocation on. A restart forgets it, unlike what was deployed."""
        self._control.adopt(spec)

    def put_trigger(self, trigger: Trigger) -> None:
        """For a function that was put. Raises ValueError when the event source refuses it, FcError (404)."""
        self._control.adopt_trigger(trigger)

    def remove_function(self, name: str) -> None:
        """With its triggers. What runs goes on to its end; events that wait are dropped. Unknown: does nothing."""
        self._control.remove(name)

    def invoke(
        self, name: str, payload: bytes, *, request_id: str | None = None, qualifier: str = LATEST
    ) -> InvocationResult:
        """Synchronously. What FC would refuse is in the result too: a `status` of 4xx with an `error_code`."""
        request_id = request_id or new_request_id()
        try:
            return self.invoke_or_raise(name, payload, request_id, qualifier)
        except FcError as exc:
            return refused(exc, request_id)

    def invoke_or_raise(
        self, name: str, payload: bytes, request_id: str, qualifier: str = LATEST
    ) -> InvocationResult:
        """As `invoke`, but raises FcError for what the platform refuses."""
        self._functions.find(name, qualifier)
        if len(payload) > MAX_SYNC_PAYLOAD:
            raise too_large(MAX_SYNC_PAYLOAD)
        return self._execute(Event(name, payload, request_id, self._clock(), qualifier), "Sync")

    def invoke_async(
        self, name: str, payload: bytes, *, request_id: str | None = None, qualifier: str = LATEST
    ) -> str:
        """Accepts the event and gives its request id. Raises FcError (404, 400 too large, 429 too many)."""
        request_id = request_id or new_request_id()
        if len(payload) > MAX_ASYNC_PAYLOAD:
            raise too_large(MAX_ASYNC_PAYLOAD)
        self._delivery.accept(name, payload, request_id, qualifier)
        return request_id

    def resume(self) -> int:
        """Delivers the events that an earlier run in this directory accepted and did not finish; how many.

        Call it when the functions are put: events for others are dropped.
        """
        return self._delivery.resume()

    @property
    def pending(self) -> int:
        """How many accepted asynchronous invocations have not ended."""
        return self._delivery.pending()

    def drain(self, timeout: float) -> bool:
        """Until every accepted asynchronous invocation has ended: succeeded, given up or expired."""
        return self._delivery.drain(timeout)

    def kill_running(self, name: str | None = None, request_id: str | None = None) -> int:
        """Kills the processes that run a request now: all, or those of a function or a request. How many."""

        def chosen(instance: Instance) -> bool:
            return name in (None, instance.function) and request_id in (None, instance.request_id)

        return self._watchdog.kill(chosen)

    def clear(self) -> None:
        """Drops accepted events, kills what runs and forgets the records. Functions and idle instances stay."""
        self._delivery.clear(self.kill_running)
        self._records.clear()

    def close(self) -> None:
        self.timers.close()
        self._delivery.close()
        self._watchdog.close()
        self._delivery.join(5)
        shutil.rmtree(self._sockets, ignore_errors=True)

    def _credentials_of(self, spec: FunctionSpec) -> Credentials | None:
        return self.credentials.of(spec.role)

    def _look_up(self, name: str, qualifier: str) -> tuple[AsyncConfig, int]:
        limit = self._functions.find(name, qualifier).limit
        return self._functions.async_config(name, qualifier), limit

    def _execute(self, event: Event, kind: str = "Async") -> InvocationResult:
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

    def _expire(self, event: Event) -> None:
        self._records.end(event, "Async", "expired", InvocationResult(0, b"", event.request_id))

    def _settle(self, event: Event, result: InvocationResult) -> None:
        with contextlib.suppress(FcError):  # the function was deleted meanwhile
            spec = self._functions.find(event.function, event.qualifier).spec
            config = self._functions.async_config(event.function, event.qualifier)
            self._destinations.settle(spec, config, event, result)

    def _stop_idle(self) -> None:
        self._functions.stop_idle(time.monotonic() - self._idle_seconds)
