"""Where the outcome of an asynchronous invocation goes: onSuccess and onFailure of asyncInvokeConfig."""

from __future__ import annotations

import contextlib
import json
import re
import time
from typing import Protocol

from harness.fc.delivery.events import Event
from harness.fc.errors import FcError
from harness.fc.execution import Execution
from harness.fc.guard import Guard
from harness.fc.instances.credentials import RoleCredentials
from harness.fc.instances.environment import Platform
from harness.fc.invocation import InvocationResult
from harness.fc.spec import FunctionSpec
from harness.journal import Journal

_FUNCTION = re.compile(
    r"acs:fc:[^:]*:[^:]*:(?:functions/(?P<name>[^/]+)(?:/[^/]+)?|services/[^/]+/functions/(?P<old_name>[^/]+))"
)


class Queues(Protocol):
    """harness.fc.delivery.queues.Delivery, which settles by a Destinations."""

    def accept(self, function: str, payload: bytes) -> str:
        """Invokes the function asynchronously. Raises FcError."""
        ...


class Destinations:
    """Sends results on, with the function's role."""

    def __init__(
        self,
        execution: Execution,
        credentials: RoleCredentials,
        guard: Guard,
        platform: Platform,
        journal: Journal,
    ) -> None:
        self._execution, self._credentials = execution, credentials
        self._guard, self._platform, self._journal = guard, platform, journal

    def settle(self, event: Event, result: InvocationResult, queues: Queues) -> None:
        """Called once for each event that has ended, with its last result; what is sent on goes into `queues`."""
        with contextlib.suppress(FcError):  # the function was deleted meanwhile
            config = self._execution.config(event.function, event.qualifier)
            spec = self._execution.spec(event.function, event.qualifier)
            if arn := config.on_success if result.ok else config.on_failure:
                outcome = self._deliver(spec, function_of(arn), event, result, queues)
                self._journal.add("destination", request_id=event.request_id, destination=arn, outcome=outcome)

    def _deliver(
        self, spec: FunctionSpec, target: str | None, event: Event, result: InvocationResult, queues: Queues
    ) -> str:
        if target is None:
            return "not implemented"
        try:
            self._guard.allow(self._credentials.of(spec.role), "fc:InvokeFunction", f"functions/{target}", None)
        except FcError:
            return f"denied: fc:InvokeFunction on {self._platform.function_arn(target)}"
        try:
            queues.accept(target, destination_payload(event, result, self._platform.function_arn(spec.name)))
        except FcError as exc:
            return exc.code
        return "sent"


def function_of(arn: str) -> str | None:
    """The function that a destination's ARN names, in the form of FC 3.0 or 2.0; None: it is something else."""
    match = _FUNCTION.fullmatch(arn)
    return (match["name"] or match["old_name"]) if match else None


def destination_payload(event: Event, result: InvocationResult, function_arn: str) -> bytes:
    """What the destination receives. Shape: FC's page "Result callback"; `timestamp` in milliseconds."""
    condition = result.error_type or ""
    document = {
        "timestamp": int(time.time() * 1000),
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": function_arn,
            "condition": condition,
            "approximateInvokeCount": event.retry_count + 1,
        },
        "requestPayload": event.payload.decode("utf-8", "replace"),
        "responseContext": {"statusCode": result.status, "functionError": condition},
        "responsePayload": result.body.decode("utf-8", "replace"),
    }
    return json.dumps(document, ensure_ascii=False).encode()
