"""InvokeFunction over HTTP, in the dialects of FC 3.0 and FC 2.0.

FC 2.0 names a service before the function. A function of FC 3.0 has none, so any service name will do here.
Not implemented: stateful async tasks (a task id is given back, but not looked at).
"""

from __future__ import annotations

import base64

from harness.fc.api import V2, V3, Call, Route
from harness.fc.delivery.queues import Delivery
from harness.fc.errors import FcError
from harness.fc.execution import Execution
from harness.fc.invocation import MAX_SYNC_PAYLOAD
from harness.fc.spec import LATEST
from harness.http.server import Response

_EXPOSED = (
    "Date,x-fc-request-id,x-fc-error-type,x-fc-code-checksum,x-fc-invocation-duration,x-fc-max-memory-usage,"
    "x-fc-log-result,x-fc-invocation-code-version"
)


def invocation_routes(execution: Execution, delivery: Delivery) -> list[Route]:
    def invoke(call: Call) -> Response:
        return _invoke(execution, delivery, call)

    old = V2 + "/services/{service}/functions/{function}/invocations"
    return [
        Route("POST", path, "InvokeFunction", invoke, max_body=MAX_SYNC_PAYLOAD)
        for path in (V3 + "/functions/{function}/invocations", old)
    ]


def _invoke(execution: Execution, delivery: Delivery, call: Call) -> Response:
    name, qualifier = call.names["function"], _qualifier(call)
    how = _choice(call, "x-fc-invocation-type", "Sync", "Async")
    tail = _choice(call, "x-fc-log-type", "None", "Tail") == "Tail"
    headers = {
        "Content-Type": "application/octet-stream",
        "Access-Control-Expose-Headers": _EXPOSED,
        "X-Fc-Request-Id": call.request_id,
    }
    if how == "Async":
        delivery.accept(name, call.body, qualifier, call.request_id)
        task_id = call.request.header("x-fc-async-task-id") or call.request_id
        return Response(202, {**headers, "X-Fc-Async-Task-Id": task_id})
    spec = execution.spec(name, qualifier)
    result = execution.invoke(name, call.body, call.request_id, qualifier)
    headers["X-Fc-Instance-Id"] = result.instance_id
    headers["X-Fc-Invocation-Code-Version"] = spec.version
    headers["X-Fc-Invocation-Duration"] = str(max(1, round(result.duration_ms)))
    headers["X-Fc-Max-Memory-Usage"] = str(result.max_memory_mb)
    if spec.code_checksum:
        headers["X-Fc-Code-Checksum"] = spec.code_checksum
    if result.error_type:
        headers["X-Fc-Error-Type"] = result.error_type
    if tail:
        headers["X-Fc-Log-Result"] = base64.b64encode(result.log.encode()).decode()
    return Response(result.status, headers, result.body)


def _qualifier(call: Call) -> str:
    """FC 3.0 has it in the query, FC 2.0 behind the service's name."""
    return call.request.params.get("qualifier") or call.names.get("service", "").partition(".")[2] or LATEST


def _choice(call: Call, header: str, *choices: str) -> str:
    """The header's value, one of `choices`; the first is the default."""
    value = call.request.header(header) or choices[0]
    for choice in choices:
        if value.lower() == choice.lower():
            return choice
    raise FcError(400, "InvalidArgument", f"{header} must be one of {', '.join(choices)}; it is '{value}'")
