"""How a service asks whether somebody may."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from harness.http.server import Request
from harness.ram.identity import Credentials
from harness.ram.policy import Decision

#: (who, action, resource, condition context) → may they? `who` is None for an anonymous request.
Authorize = Callable[[Credentials | None, str, str, Mapping[str, str]], Decision]


def condition_context(request: Request, now: float) -> dict[str, str]:
    """RAM's common condition keys of a request. now: epoch seconds."""
    return {
        "acs:SourceIp": request.client,
        "acs:UserAgent": request.header("User-Agent"),
        "acs:CurrentTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
        "acs:SecureTransport": "false",
    }
