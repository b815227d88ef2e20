"""The shape that all services share."""

from __future__ import annotations

from typing import Protocol

from harness.http.server import Request, Response


class Service(Protocol):
    """One cloud service behind the shared port.

    The dispatcher asks `operation` first (for faults and the journal; it must not read the body of an upload), and
    calls `handle`, or `refuse` when a fault says so. `handle` never raises for a bad request: it answers as the
    service would.
    """

    name: str

    def operation(self, request: Request) -> str: ...

    def handle(self, request: Request) -> Response: ...

    def refuse(self, request: Request, status: int, code: str, message: str) -> Response: ...
