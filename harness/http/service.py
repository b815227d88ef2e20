"""The shape that all services share: three steps, so that no request is parsed twice."""

from __future__ import annotations

from typing import Protocol, TypeVar

from harness.http.server import Dispatch, Request, Response


class Call(Protocol):
    """A request as its service has read it."""

    @property
    def name(self) -> str:
        """Of the operation, for faults and the journal; a word of the service's for a request that is none."""
        ...


C = TypeVar("C", bound=Call)


class Service(Protocol[C]):
    """One cloud service behind the shared port.

    `read` comes first and finds out what is asked for. It refuses nothing, and must not read the body of an
    upload. Then comes `answer`, or `refuse` when a fault or a guard says so, in the service's own form. `answer`
    never raises for a bad request.
    """

    @property
    def name(self) -> str: ...

    def read(self, request: Request) -> C: ...

    def answer(self, call: C) -> Response: ...

    def refuse(self, call: C, status: int, code: str, message: str) -> Response: ...


def alone(service: Service[C]) -> Dispatch:
    """What a server does with a request when there is no service but this."""
    return lambda request: service.answer(service.read(request))
