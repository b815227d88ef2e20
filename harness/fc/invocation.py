"""What an invocation comes to: FC's results and error bodies."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, field

from harness.fc.errors import FcError
from harness.fc.instances.instance import InstanceDied
from harness.fc.instances.logs import tail

#: Bytes of an event: synchronous, asynchronous.
MAX_SYNC_PAYLOAD = 32 * 1024 * 1024
MAX_ASYNC_PAYLOAD = 128 * 1024


@dataclass(frozen=True)
class InvocationResult:
    """`status`: HTTP's. A function's failure is 200 with `error_type`, the platform's 4xx with `error_code`.

    `lines`: what the instance wrote meanwhile. The duration does not include the start of an instance.
    """

    status: int
    body: bytes
    request_id: str
    error_type: str | None = None
    error_code: str | None = None
    duration_ms: float = 0.0
    max_memory_mb: int = 0
    lines: tuple[str, ...] = field(default=(), repr=False)
    instance_id: str = ""

    @property
    def ok(self) -> bool:
        return self.status == 200 and self.error_type is None

    @property
    def log(self) -> str:
        """The last 4 KB of what the function wrote."""
        return tail(list(self.lines))


def new_request_id() -> str:
    """In the form that FC 3.0 uses: `1-<time>-<8 hex>-<12 hex>`."""
    return f"1-{int(time.time()):08x}-{secrets.token_hex(4)}-{secrets.token_hex(6)}"


def refused(error: FcError, request_id: str) -> InvocationResult:
    """An invocation that the platform did not accept."""
    return InvocationResult(error.status, error.body(request_id), request_id, error_code=error.code)


def death(exc: InstanceDied, seconds: int, duration_ms: float, memory_mb: int) -> bytes:
    """The error body when the instance ended inside the request."""
    if exc.reason == "timeout":
        message = f"Function timed out after {seconds} seconds (maxMemoryUsage: {memory_mb}MB)"
    else:
        usage = f"(duration: {duration_ms:.0f}ms, maxMemoryUsage: {memory_mb}MB)"
        message = f"Process exited unexpectedly before completing request {usage}"
    return json.dumps({"errorMessage": message}, indent=4).encode()
