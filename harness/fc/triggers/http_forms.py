"""What an HTTP trigger makes of a request (the function's event), and of the function's answer (the response).

Source: the page "Use an HTTP trigger to invoke a function", for built-in runtimes. Not known (U): which bodies
count as text (here: what is UTF-8), and what an answer without statusCode is (here: the body of a 200). A function
that fails is a 5xx by the table of errors, here 502.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any
from urllib.parse import unquote

from harness.fc.instances.environment import Platform
from harness.fc.invocation import InvocationResult
from harness.fc.triggers.documents import trigger_id
from harness.fc.triggers.specs import HttpTrigger
from harness.http.server import Request, Response

#: Neither reaches the function, nor can it set them.
_OF_THE_PLATFORM = re.compile("x-fc-.*|connection|keep-alive", re.IGNORECASE)
_NOT_IN_ANSWERS = re.compile("content-length|date|server|upgrade|transfer-encoding", re.IGNORECASE)
_MAX_ANSWER_HEADERS = 8 * 1024


def event_of(
    trigger: HttpTrigger, request: Request, body: bytes, path: str, request_id: str, platform: Platform, now: float
) -> bytes:
    """`path`: below the trigger's address, still percent-encoded. Repeated names are joined with commas."""
    try:
        text, encoded = body.decode(), False
    except UnicodeDecodeError:
        text, encoded = base64.b64encode(body).decode(), True
    prefix = trigger_id(trigger.function, trigger.name)
    kept = ((name, str(value)) for name, value in request.headers.items() if not _OF_THE_PLATFORM.fullmatch(name))
    about = {
        "method": request.method,
        "path": unquote(path),
        "protocol": "HTTP/1.1",
        "sourceIp": request.client,
        "userAgent": request.header("User-Agent"),
    }
    event = {
        "version": "v1",
        "rawPath": path,
        "headers": _joined(kept),
        "queryParameters": _joined(request.query),
        "body": text,
        "isBase64Encoded": encoded,
        "requestContext": {
            "accountId": platform.account_id,
            "domainName": f"{prefix}.{platform.region}.fcapp.run",
            "domainPrefix": prefix,
            "requestId": request_id,
            "time": datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "timeEpoch": str(int(now * 1000)),
            "triggerId": prefix,
            "http": about,
        },
    }
    return json.dumps(event).encode()


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def response_of(result: InvocationResult) -> Response:
    """502 for a function that fails, and BadResponse for an answer that is none."""
    headers = {"X-Fc-Request-Id": result.request_id}
    if result.error_type:
        headers.update({"X-Fc-Error-Type": result.error_type, "Content-Type": "application/json"})
        return Response(502, headers, result.body)
    try:
        answer = json.loads(result.body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict) or "statusCode" not in answer:
        return Response(200, {"Content-Type": "application/json", **headers}, result.body)
    try:
        status, given, body = _parts(answer)
    except ValueError as exc:
        message = f"the function's answer has {exc}"
        document = {"Code": "BadResponse", "Message": message, "RequestId": result.request_id}
        return Response(502, {"Content-Type": "application/json", **headers}, json.dumps(document).encode())
    return Response(status, {**given, **headers}, body)


def _parts(answer: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """Raises ValueError, which says what is wrong."""
    status, given, body = answer["statusCode"], answer.get("headers") or {}, answer.get("body")
    if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 599:
        raise ValueError("a statusCode that is not a number between 200 and 599")
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise ValueError("headers that are not an object of texts")
    if any(re.search("[\r\n\0]|[^\0-\xff]", text) for pair in given.items() for text in pair):
        raise ValueError("headers with characters that a header cannot have")
    if sum(len(name) + len(value) for name, value in given.items()) > _MAX_ANSWER_HEADERS:
        raise ValueError(f"headers of more than {_MAX_ANSWER_HEADERS} bytes")
    if not isinstance(body, str | None):
        raise ValueError("a body that is not a text")
    headers = {
        name: value
        for name, value in given.items()
        if not _OF_THE_PLATFORM.fullmatch(name) and not _NOT_IN_ANSWERS.fullmatch(name)
    }
    if not answer.get("isBase64Encoded"):
        return status, headers, (body or "").encode("utf-8", "replace")
    try:
        return status, headers, base64.b64decode(body or "", validate=True)
    except ValueError as exc:
        raise ValueError("isBase64Encoded, and a body that is not base64") from exc
