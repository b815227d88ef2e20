"""FunctionCompute: the functions of one local cloud and their invocations, in-process and as a Service."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from harness.fc.api import Api, Found
from harness.fc.control.deployments import Deployments
from harness.fc.control.plane import ControlPlane
from harness.fc.delivery.destinations import Destinations
from harness.fc.delivery.events import EventSpool
from harness.fc.delivery.queues import Delivery, DeliveryFaults
from harness.fc.errors import FcError
from harness.fc.execution import Execution
from harness.fc.guard import Guard
from harness.fc.instances.credentials import RoleCredentials
from harness.fc.instances.environment import Platform
from harness.fc.instances.instance import Instance
from harness.fc.instances.launcher import Launcher, LogLine
from harness.fc.instances.watchdog import Watchdog
from harness.fc.invocation import InvocationResult, new_request_id, refused
from harness.fc.invoke_api import invocation_routes
from harness.fc.options import Options, Surroundings
from harness.fc.records import InvocationRecord, InvocationRecords
from harness.fc.registry import Functions
from harness.fc.spec import LATEST, FunctionSpec
from harness.fc.triggers.http import HttpTriggers, TriggerCall, is_for_trigger
from harness.fc.triggers.sources import TriggerSources
from harness.fc.triggers.specs import Trigger
from harness.fc.triggers.timers import Timers
from harness.http.server import Request, Response
from harness.ram.realm import Realm


class FunctionCompute:
    """Functions by name: those deployed earlier, and those that are put. `close` ends every instance and thread.

    What is deployed lives in `directory`. `timers`: fire by the clock once they are started.
    """

    name = "fc"

    def __init__(
        self,
        directory: Path,
        realm: Realm,
        options: Options | None = None,
        surroundings: Surroundings | None = None,
    ) -> None:
        options, around = options or Options(), surroundings or Surroundings()
        journal, clock = realm.journal, realm.clock
        self.platform = Platform(realm.region, realm.account_id, options.context_shape)
        self.credentials = RoleCredentials(realm.identities, clock)
        self._idle_seconds = options.idle_seconds
        self._records = InvocationRecords(journal, clock)
        # Its own folder, because the names of sockets must be short.
        self._sockets = Path(tempfile.mkdtemp(prefix="fc-"))
        self._watchdog = Watchdog(self._stop_idle, min(1.0, max(0.05, options.idle_seconds / 4)))

        def log(line: LogLine) -> None:
            around.on_line(line)  # first, so that who hears of a line finds it
            journal.add("log", request_id=line.request_id, line=line.text)

        launcher = Launcher(
            self.platform,
            self._watchdog,
            self.credentials,
            log,
            self._sockets,
            options.extra_environment,
            directory,
        )
        self._functions = Functions(launcher)
        guard = Guard(realm.gate(self.name), self.platform)
        self._execution = execution = Execution(self._functions, self._records, clock)
        destinations = Destinations(execution, self.credentials, guard, self.platform, journal)
        spool = EventSpool(directory / "events")
        self._delivery = delivery = Delivery(spool, execution, destinations, options.retry_delay, clock)
        self.timers = Timers(delivery, journal, clock)
        self.http = HttpTriggers(around.url, execution, delivery, realm, guard, self.platform)
        sources = TriggerSources(around.events, self.timers, self.http)
        deployments = Deployments(directory, self._functions, self.platform, clock)
        self._control = ControlPlane(deployments, self._functions, guard, sources, around.code, realm.identities)
        self._api = Api([*invocation_routes(execution, delivery), *self._control.routes], realm, guard)

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
        return self._execution.spec(name, qualifier)

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
            return self._execution.invoke(name, payload, request_id, qualifier)
        except FcError as exc:
            return refused(exc, request_id)

    def invoke_async(
        self, name: str, payload: bytes, *, request_id: str | None = None, qualifier: str = LATEST
    ) -> str:
        """Accepts the event and gives its request id. Raises FcError (404, 400 too large, 429 too many)."""
        return self._delivery.accept(name, payload, qualifier, request_id)

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

    def _stop_idle(self) -> None:
        self._functions.stop_idle(time.monotonic() - self._idle_seconds)
