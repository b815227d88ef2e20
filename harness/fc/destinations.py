"""Where the outcome of an asynchronous invocation goes: onSuccess and onFailure of asyncInvokeConfig."""

from __future__ import annotations

import json
import re
import time

from harness.fc.delivery import Event
from harness.fc.invocation import InvocationResult

_FUNCTION = re.compile(
    r"acs:fc:[^:]*:[^:]*:(?:functions/(?P<name>[^/]+)(?:/[^/]+)?|services/[^/]+/functions/(?P<old_name>[^/]+))"
)


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
