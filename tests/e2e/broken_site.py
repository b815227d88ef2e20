"""A local cloud behind a proxy that breaks one request, and what the platform does with an event that fails."""

from __future__ import annotations

import contextlib
from typing import Any, NamedTuple

import pytest

from handler.errors import VideosFailed
from harness.cloud import LocalCloud
from tests.clock import Clock
from tests.e2e.breaking import Break, Proxy
from tests.e2e.handling import Handler

#: As many as the platform makes of one event.
DELIVERIES = 9
#: Seconds of a lease, of which a request may take three tenths.
LEASE = 8.0


class Site(NamedTuple):
    cloud: LocalCloud
    clock: Clock
    proxy: Proxy


def every(breaks: dict[str, Break], *, reaches: bool) -> list[Any]:
    when = "after" if reaches else "before"
    return [pytest.param(how, reaches, id=f"{name} {when}") for name, how in breaks.items()]


def deliver(site: Site, handler: Handler, event: dict[str, Any]) -> dict[str, Any]:
    """As Function Compute does with an event whose invocation fails."""
    for _ in range(DELIVERIES - 1):
        with contextlib.suppress(VideosFailed):
            return handler(event)[0]
        site.clock.ahead += LEASE
    return handler(event)[0]
